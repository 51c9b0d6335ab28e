"""What people send when they write, parsed into drafts: tidied, checked and rendered before any transaction."""

import re
import secrets
import unicodedata
from enum import StrEnum

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum.community.models.threads import (
    LONGEST_CONTENT_NOTE,
    LONGEST_TITLE,
    Audience,
    Intent,
)
from forum.community.short_posts import Need, Today
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.community.what_is_sent import PostDraft, PostEdit, TopicDraft
from forum.errors import Invalid, Malformed
from forum.text.markdown import render_post
from forum.text.plain import tidy_line, tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

LONGEST_POST = 20_000
SHORTEST_TITLE = 3
_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")
_REVISION = re.compile(r"[0-9]{1,9}")
# As long as any number that a database gives.
_ID = re.compile(r"[1-9][0-9]{0,17}")


def new_submission_key() -> str:
    """Return a key for one sending of one form; sending the same form twice makes one post."""
    return secrets.token_urlsafe(24)


class Pressed(StrEnum):
    """Which button of a composer was pressed; the one that sends has no word of its own."""

    SEND = ""
    SEND_ANYWAY = "send-anyway"
    PREVIEW = "preview"
    KEEP = "keep"
    PICTURES = "pictures"


class Writing(Form):
    """What every composer has. The name ``text`` is what error pages give back to copy."""

    do = HiddenField()
    # How often the draft had been saved that this page goes on from, and words it sent that nobody answered yet.
    revision = HiddenField()
    unanswered = HiddenField(filters=[lambda value: tidy_text(value or "")])
    text = TextAreaField(lazy_gettext("Your words"), filters=[lambda value: tidy_text(value or "")])

    def validate_text(self, field: Field) -> None:
        """Ask for something to read, and not for a book."""
        if not _says_something(field.data):
            raise ValidationError(_("Write a few words first."))
        if len(field.data) > LONGEST_POST:
            raise ValidationError(
                _(
                    "This is longer than the %(limit)s characters a post can hold. Split it into two.",
                    limit=LONGEST_POST,
                )
            )

    @property
    def pressed(self) -> Pressed:
        """Return which button was pressed. Raises Malformed for one that no composer has."""
        word = self.do.data or ""
        if word not in set(Pressed):
            raise Malformed
        return Pressed(word)

    @property
    def known(self) -> Known:
        """Return what the page knew of its draft. Raises Malformed."""
        revision = self.revision.data or "0"
        if not _REVISION.fullmatch(revision):
            raise Malformed
        key = self._fields.get("submission_key")
        return Known(int(revision), self.unanswered.data or "", (key.data or "") if key is not None else "")

    @property
    def unsent(self) -> Unsent:
        """Return what was typed so far, checked by nobody."""
        return Unsent(words=self.text.data or "")

    def go_on_from(self, unsent: Unsent, revision: int) -> None:
        """Fill in a draft."""
        self.text.data = unsent.words
        self.revision.data = str(revision)


class ReplyForm(Writing):
    """A reply."""

    submission_key = HiddenField()


class EditForm(Writing):
    """A new text for a post of one's own."""


class TopicForm(Writing):
    """A new topic."""

    category = SelectField(lazy_gettext("Where does it belong?"), validate_choice=False)
    title = StringField(lazy_gettext("Title"), filters=[lambda value: tidy_line(value or "")])
    intent = RadioField(lazy_gettext("What would help you?"), validate_choice=False)
    content_note = StringField(
        lazy_gettext("Content note, if it needs one"), filters=[lambda value: tidy_line(value or "")]
    )
    # Nothing is chosen beforehand: who may read about somebody's health is theirs to say each time.
    audience = RadioField(lazy_gettext("Who may read it?"), validate_choice=False)
    # Of one's own conditions the one that readers share, which is the command's to look at. It counts only for readers
    # with the same condition.
    condition = SelectField(lazy_gettext("With which condition?"), validate_choice=False)
    submission_key = HiddenField()
    # The category in which it was begun: the draft is found there again.
    begun_in = HiddenField()

    @property
    def unsent(self) -> Unsent:
        """Return what was typed and chosen so far, checked by nobody."""
        return Unsent(
            words=self.text.data or "",
            title=self.title.data or "",
            content_note=self.content_note.data or "",
            category_slug=self.category.data or "",
            intent=self.intent.data or "",
            audience=self.audience.data or "",
            condition=self.condition.data or "",
        )

    def go_on_from(self, unsent: Unsent, revision: int) -> None:
        """Fill in a draft."""
        super().go_on_from(unsent, revision)
        self.title.data = unsent.title
        self.content_note.data = unsent.content_note
        self.category.data = unsent.category_slug
        self.intent.data = unsent.intent
        self.audience.data = unsent.audience
        self.condition.data = unsent.condition

    def validate_category(self, field: Field) -> None:
        """Ask for one of the categories (whether it exists is the command's to say)."""
        if not field.data:
            raise ValidationError(_("Choose where it belongs."))

    def validate_title(self, field: Field) -> None:
        """Ask for a title that a list can show."""
        if len(field.data) < SHORTEST_TITLE or not _says_something(field.data):
            raise ValidationError(_("Give it a title of a few words, so that others can find it."))
        if len(field.data) > LONGEST_TITLE:
            raise ValidationError(_("Keep the title under %(limit)s characters.", limit=LONGEST_TITLE))

    def validate_intent(self, field: Field) -> None:
        """Ask for one of the four."""
        if field.data not in set(Intent):
            raise ValidationError(_("Choose what would help you, so that others know how to answer."))

    def validate_audience(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in set(Audience):
            raise ValidationError(_("Choose who may read it."))

    def validate_content_note(self, field: Field) -> None:
        """Keep it to a few words."""
        if len(field.data) > LONGEST_CONTENT_NOTE:
            raise ValidationError(_("Keep the note under %(limit)s characters.", limit=LONGEST_CONTENT_NOTE))


class DraftForm(TopicForm):
    """What a composer's script saves as one types: all of the composer's fields, and where the draft belongs."""

    topic_id = HiddenField()
    post_id = HiddenField()

    @property
    def place(self) -> DraftPlace:
        """Return where the draft belongs. Raises Malformed for what can't be an id of ours."""
        topic_id, post_id = self.topic_id.data or "", self.post_id.data or ""
        if (topic_id and post_id) or not all(not one or _ID.fullmatch(one) for one in (topic_id, post_id)):
            raise Malformed
        if topic_id:
            return DraftPlace(topic_id=int(topic_id))
        if post_id:
            return DraftPlace(post_id=int(post_id))
        return DraftPlace(category_slug=self.begun_in.data or "")


class ShortForm(Form):
    """A low-energy post: how today is, and what would help. Both are taps."""

    category = SelectField(lazy_gettext("Where does it belong?"), validate_choice=False)
    today = RadioField(lazy_gettext("How is today?"), validate_choice=False)
    need = RadioField(lazy_gettext("What do you need?"), validate_choice=False)
    submission_key = HiddenField()

    def validate_category(self, field: Field) -> None:
        """Ask for one of the categories (whether it exists is the command's to say)."""
        if not field.data:
            raise ValidationError(_("Choose where it belongs."))

    def validate_today(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in set(Today):
            raise ValidationError(_("Tap how today is."))

    def validate_need(self, field: Field) -> None:
        """Ask for one of those on offer."""
        if field.data not in set(Need):
            raise ValidationError(_("Tap what you need."))


def check_unfinished(form: Writing, given: MultiDict[str, str]) -> None:
    """Check a composer whose words are looked at or kept before they are finished: anything may still be wrong.

    Raises Malformed.
    """
    try:
        check_form(form, given)
    except Invalid:
        for field in form:
            field.errors = ()


def check_words(form: Writing, given: MultiDict[str, str]) -> None:
    """Check the words alone, which somebody wants to see as others will. Raises Malformed or Invalid."""
    check_unfinished(form, given)
    if not form.text.validate(form, [type(form).validate_text]):
        raise Invalid({"text": str(form.text.errors[0])})


def parse_short(form: ShortForm, given: MultiDict[str, str]) -> TopicDraft:
    """Return the topic that three taps make, for members at most. Raises Malformed or Invalid."""
    check_form(form, given)
    today, need = Today(form.today.data), Need(form.need.data)
    return TopicDraft(
        category_slug=form.category.data,
        title=today.heading,
        intent=need.intent,
        content_note="",
        audience=Audience.MEMBERS,
        body=render_post(f"{today.words}\n\n{need.words}"),
        submission_key=_key(form.submission_key.data or ""),
        takes_fewer=True,
    )


def parse_post(form: ReplyForm, given: MultiDict[str, str]) -> PostDraft:
    """Return the reply that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return PostDraft(
        body=render_post(form.text.data or ""), submission_key=_key(form.submission_key.data or "")
    )


def parse_edit(form: EditForm, given: MultiDict[str, str]) -> PostEdit:
    """Return the new text that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return PostEdit(body=render_post(form.text.data or ""))


def parse_topic(form: TopicForm, given: MultiDict[str, str]) -> TopicDraft:
    """Return the topic that was sent. Raises Malformed or Invalid."""
    check_form(form, given)
    return TopicDraft(
        category_slug=form.category.data,
        title=form.title.data or "",
        intent=Intent(form.intent.data),
        content_note=form.content_note.data or "",
        audience=Audience(form.audience.data),
        body=render_post(form.text.data or ""),
        submission_key=_key(form.submission_key.data or ""),
        condition_slug=form.condition.data or "",
    )


def _says_something(text: str) -> bool:
    """Say whether there is anything for eyes or ears: not only spaces and invisible characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Malformed
    return key
