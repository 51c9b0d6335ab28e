"""The forms of a member's ways in. What is typed here is never shown again and never logged."""

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField, StringField
from wtforms.validators import ValidationError

from forum.accounts.recovery_codes import LONGEST_TYPED
from forum.errors import Malformed
from forum.text.translate import gettext as _
from forum.text.translate import lazy_gettext
from forum.web.address_parts import LARGEST_KEY
from forum.web.forms import check_form


class CodeForm(Form):
    """A recovery code, as somebody reads it off their paper, and where they were going."""

    code = StringField(lazy_gettext("A recovery code"))
    next = HiddenField()

    def validate_code(self, field: Field) -> None:
        """Ask for something that can be one."""
        if not (field.data or "").strip():
            raise ValidationError(_("Write one of your recovery codes."))
        if len(field.data) > LONGEST_TYPED:
            raise ValidationError(_("A code is much shorter: sixteen letters and digits."))


class SeenForm(Form):
    """Up to which notice about their account somebody has read."""

    up_to = HiddenField()


def parse_code(form: CodeForm, given: MultiDict[str, str]) -> str:
    """Return the code as it was typed. Raises Malformed or Invalid."""
    return str(check_form(form, given).code.data)


def parse_up_to(given: MultiDict[str, str]) -> int:
    """Return the id of the newest notice that was read. Raises Malformed."""
    typed = check_form(SeenForm(given), given).up_to.data or ""
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 19 or not 0 < int(typed) <= LARGEST_KEY:
        raise Malformed
    return int(typed)
