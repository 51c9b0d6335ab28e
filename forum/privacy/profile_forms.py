"""The form on the page of what others see of a member."""

from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField

from forum.accounts.names import tidy_name
from forum.text.translate import lazy_gettext
from forum.web.forms import check_form


class NameForm(Form):
    """Another name. Whether it can be had is the command's to say: it looks while nobody can take it."""

    name = StringField(
        lazy_gettext("The name others will see"), filters=[lambda value: tidy_name(value or "")]
    )


def parse_name(form: NameForm, given: MultiDict[str, str]) -> str:
    """Return the name as it would be stored. Raises Malformed or Invalid."""
    return check_form(form, given).name.data or ""
