"""The forms of leaving: what becomes of one's posts, how long one may change one's mind, and which posts stay."""

from datetime import timedelta

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, SelectMultipleField
from wtforms.validators import ValidationError

from forum.accounts.leaving import GRACE, SHORTEST_GRACE
from forum.accounts.models import PostsFate
from forum.errors import Malformed
from forum.privacy.leaving_commands import KeptDraft, LeaveDraft
from forum.privacy.leaving_queries import KEPT_POSTS_PER_PAGE
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.address_parts import LARGEST_KEY
from forum.web.forms import check_form

DAYS = {str(grace.days): grace for grace in (GRACE, SHORTEST_GRACE)}


class LeaveForm(Form):
    """How somebody leaves."""

    posts = RadioField(
        lazy_gettext("What shall become of your posts?"),
        validate_choice=False,
    )
    days = RadioField(
        lazy_gettext("How long would you like to be able to change your mind?"),
        validate_choice=False,
    )

    def validate_posts(self, field: Field) -> None:
        """Ask for one of the three."""
        if field.data not in set(PostsFate):
            raise ValidationError(_("Choose what shall become of your posts."))

    def validate_days(self, field: Field) -> None:
        """Ask for one of the two."""
        if field.data not in DAYS:
            raise ValidationError(_("Choose how long you would like to be able to change your mind."))


class KeptPostsForm(Form):
    """Which posts of one page are to stay: those that were shown, those that are ticked, and where to go then."""

    shown = HiddenField()
    keep = SelectMultipleField(choices=[], validate_choice=False)
    older = HiddenField()
    then = HiddenField()


def fresh_form() -> LeaveForm:
    """Return the form as it is opened. What isn't sent counts as nothing, and not as this."""
    return LeaveForm(data={"posts": PostsFate.DELETE.value, "days": str(GRACE.days)})


def parse_leave(form: LeaveForm, given: MultiDict[str, str]) -> LeaveDraft:
    """Return how somebody leaves. Raises Malformed or Invalid."""
    checked = check_form(form, given)
    grace: timedelta = DAYS[checked.days.data]
    return LeaveDraft(PostsFate(checked.posts.data), grace)


def parse_kept(form: KeptPostsForm, given: MultiDict[str, str]) -> KeptDraft:
    """Return which posts are to stay. Raises Malformed."""
    checked = check_form(form, given)
    shown = _numbers((checked.shown.data or "").split(","))
    kept = _numbers(checked.keep.data or [])
    if not kept <= shown:
        raise Malformed
    return KeptDraft(shown, kept)


def _numbers(texts: list[str]) -> frozenset[int]:
    """Return the ids of the posts of one page. Raises Malformed for anything that no page had."""
    filled = [text for text in texts if text]
    if len(filled) > KEPT_POSTS_PER_PAGE:
        raise Malformed
    for text in filled:
        if not text.isascii() or not text.isdecimal() or len(text) > 19 or not 0 < int(text) <= LARGEST_KEY:
            raise Malformed
    return frozenset(int(text) for text in filled)
