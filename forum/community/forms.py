"""What people send when they write, parsed into drafts: tidied, checked and rendered before any transaction."""

import re
import secrets
import unicodedata

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum.community.drafts import PostDraft, PostEdit, TopicDraft
from forum.community.models.threads import (
    LONGEST_CONTENT_NOTE,
    LONGEST_TITLE,
    OFFERED_AUDIENCES,
    Audience,
    Intent,
)
from forum.errors import Malformed
from forum.text.markdown import render_post
from forum.text.plain import tidy_line, tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form

LONGEST_POST = 20_000
SHORTEST_TITLE = 3
_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")


def new_submission_key() -> str:
    """Return a key for one sending of one form; sending the same form twice makes one post."""
    return secrets.token_urlsafe(24)


class _Writing(Form):
    """What every form with a text has. The name ``text`` is what error pages give back to copy."""

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


class ReplyForm(_Writing):
    """A reply."""

    submission_key = HiddenField()


class EditForm(_Writing):
    """A new text for a post of one's own."""


class TopicForm(_Writing):
    """A new topic."""

    category = SelectField(lazy_gettext("Where does it belong?"), validate_choice=False)
    title = StringField(lazy_gettext("Title"), filters=[lambda value: tidy_line(value or "")])
    intent = RadioField(lazy_gettext("What would help you?"), validate_choice=False)
    content_note = StringField(
        lazy_gettext("Content note, if it needs one"), filters=[lambda value: tidy_line(value or "")]
    )
    # Nothing is chosen beforehand: who may read about somebody's health is theirs to say each time.
    audience = RadioField(lazy_gettext("Who may read it?"), validate_choice=False)
    submission_key = HiddenField()

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
        if field.data not in OFFERED_AUDIENCES:
            raise ValidationError(_("Choose who may read it."))

    def validate_content_note(self, field: Field) -> None:
        """Keep it to a few words."""
        if len(field.data) > LONGEST_CONTENT_NOTE:
            raise ValidationError(_("Keep the note under %(limit)s characters.", limit=LONGEST_CONTENT_NOTE))


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
    )


def _says_something(text: str) -> bool:
    """Say whether there is anything for eyes or ears: not only spaces and invisible characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Malformed
    return key
