"""What people send when they keep a post at hand: a note for themselves, or nothing."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, TextAreaField
from wtforms.validators import ValidationError

from forum.community.models.reading import LONGEST_NOTE
from forum.text.plain import tidy_text
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class BookmarkForm(Form):
    """A note on a post."""

    note = TextAreaField(lazy_gettext("A note for yourself"), filters=[lambda value: tidy_text(value or "")])

    def validate_note(self, field: Field) -> None:
        """Keep it to what a list can show."""
        if len(field.data) > LONGEST_NOTE:
            raise ValidationError(_("Keep the note under %(limit)s characters.", limit=LONGEST_NOTE))


def parse_bookmark(form: BookmarkForm, given: MultiDict[str, str]) -> str:
    """Return the note that was sent, "" for none. Raises Malformed or Invalid."""
    check_form(form, given)
    return form.note.data or ""
