"""What people send to the site's own pages: how they like to read."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, RadioField
from wtforms.validators import ValidationError

from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form
from forum.web.rendering import THEMES

# Follow the device, which needs no cookie.
AUTO = "auto"


class ReadingForm(Form):
    """The theme."""

    theme = RadioField(lazy_gettext("Colours"), validate_choice=False)

    def validate_theme(self, field: Field) -> None:
        """Ask for one of the four."""
        if field.data not in (AUTO, *THEMES):
            raise ValidationError(_("Choose one of the four."))


def parse_reading(form: ReadingForm, given: MultiDict[str, str]) -> str:
    """Return the chosen theme, or ``auto``. Raises Malformed or Invalid."""
    check_form(form, given)
    theme: str = form.theme.data
    return theme
