"""What moderators send when they decide about a topic or a post, parsed into drafts."""

import re

from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from forum.community.forms import SHORTEST_TITLE
from forum.community.models.threads import LONGEST_TITLE
from forum.errors import Malformed
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.forms.deciding import ReasonedForm, reason_in, seen_in
from forum.permissions.actions import Action
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

# A topic's number, alone or in the address of its page.
_NUMBER = re.compile(r"(?:(?:https?://[^/\s]+)?/topics/)?([0-9]{1,18})(?:[/?#].*)?", re.ASCII)


class MoveForm(ReasonedForm):
    """Where a topic shall go."""

    category = SelectField(lazy_gettext("Where shall it go?"), validate_choice=False)

    def validate_category(self, field: Field) -> None:
        """Ask for one of the categories (whether it exists is the command's to say)."""
        if not field.data:
            raise ValidationError(_("Choose where it shall go."))


class MergeForm(ReasonedForm):
    """With which topic it shall be joined."""

    target = StringField(
        lazy_gettext("Address or number of the other topic"), filters=[lambda value: (value or "").strip()]
    )

    def validate_target(self, field: Field) -> None:
        """Ask for something that names a topic."""
        if not _NUMBER.fullmatch(field.data):
            raise ValidationError(_("Paste the address of the other topic's page, or its number."))


class SplitForm(ReasonedForm):
    """Which posts shall have a topic of their own."""

    posts = SelectMultipleField(lazy_gettext("Which posts?"), validate_choice=False)
    title = StringField(
        lazy_gettext("Title of the new topic"), filters=[lambda value: tidy_line(value or "")]
    )

    def validate_posts(self, field: Field) -> None:
        """Ask for at least one."""
        if not field.data:
            raise ValidationError(_("Choose the posts that shall have a topic of their own."))

    def validate_title(self, field: Field) -> None:
        """Ask for a title that a list can show."""
        if len(field.data) < SHORTEST_TITLE or not any(character.isalnum() for character in field.data):
            raise ValidationError(_("Give it a title of a few words, so that others can find it."))
        if len(field.data) > LONGEST_TITLE:
            raise ValidationError(_("Keep the title under %(limit)s characters.", limit=LONGEST_TITLE))


FORMS: dict[Action, type[ReasonedForm]] = {
    Action.TOPIC_MOVE: MoveForm,
    Action.TOPIC_MERGE: MergeForm,
    Action.TOPIC_SPLIT: SplitForm,
}


def form_for(action: Action, given: MultiDict[str, str] | None = None, *, seen: int = 0) -> ReasonedForm:
    """Return the form of an action, as it was sent or as it is shown first."""
    return FORMS.get(action, ReasonedForm)(action, given, seen=seen)


def parse_decision(form: ReasonedForm, given: MultiDict[str, str]) -> ThreadDraft:
    """Return the decision that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return ThreadDraft(seen=seen_in(form), reason=reason_in(form), message=form.text.data or "")


def parse_target(form: ReasonedForm) -> int:
    """Return the number of the topic that a merge names, once the form was checked."""
    found = _NUMBER.fullmatch(form["target"].data or "")
    if found is None:
        raise Malformed
    return int(found.group(1))


def parse_split(form: ReasonedForm) -> SplitDraft:
    """Return which posts shall go, once the form was checked. Raises Malformed."""
    posts = form["posts"].data or ()
    if not all(re.fullmatch(r"[0-9]{1,18}", number, re.ASCII) for number in posts):
        raise Malformed
    return SplitDraft(tuple(dict.fromkeys(int(number) for number in posts)), form["title"].data or "")
