"""What people send to the site's own pages: how they like to read."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, RadioField
from wtforms.validators import ValidationError

from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form
from forum.web.reading import Reading, offered

# Follow the device, which needs no cookie.
AUTO = "auto"


class ReadingForm(Form):
    """Colours, the size of the words, motion, content notes, and the language where there is a choice."""

    theme = RadioField(lazy_gettext("Colours"), validate_choice=False)
    size = RadioField(lazy_gettext("Size of the words"), validate_choice=False)
    motion = RadioField(lazy_gettext("Movement"), validate_choice=False)
    notes = RadioField(lazy_gettext("Topics with a content note"), validate_choice=False)
    language = RadioField(lazy_gettext("Language"), validate_choice=False)
    # Where somebody came from to choose, and goes back to.
    next = HiddenField()

    def validate_theme(self, field: Field) -> None:
        """Ask for one of the four."""
        if not _is_offered(field):
            raise ValidationError(_("Choose one of the four colours."))

    def validate_size(self, field: Field) -> None:
        """Ask for one of the three."""
        if not _is_offered(field):
            raise ValidationError(_("Choose one of the three sizes."))

    def validate_motion(self, field: Field) -> None:
        """Ask for one of the two."""
        if not _is_offered(field):
            raise ValidationError(_("Choose whether anything may move."))

    def validate_notes(self, field: Field) -> None:
        """Ask for one of the three."""
        if field.data is not None and not _is_offered(field):
            raise ValidationError(_("Choose whether lists show topics with a content note."))

    def validate_language(self, field: Field) -> None:
        """Ask for one of those that there are; where there is one alone, nobody is asked."""
        if not _is_offered(field) and (field.data is not None or offered()["language"]):
            raise ValidationError(_("Choose one of the languages."))


def _is_offered(field: Field) -> bool:
    return field.data == AUTO or field.data in offered()[field.name]


def show_reading(reading: Reading, next_page: str = "") -> ReadingForm:
    """Return the form as it stands before anything is changed."""
    return ReadingForm(
        data={"next": next_page, **{name: getattr(reading, name) or AUTO for name in offered()}}
    )


def parse_reading(form: ReadingForm, given: MultiDict[str, str]) -> Reading:
    """Return what was chosen. Raises Malformed or Invalid."""
    check_form(form, given)
    return Reading(**{name: "" if form[name].data in (AUTO, None) else form[name].data for name in offered()})
