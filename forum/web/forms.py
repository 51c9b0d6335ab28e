"""Forms that are strict about what they are sent, and how a refused one is shown again with the typed text."""

import unicodedata
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectMultipleField

from forum.errors import Invalid, Malformed

AnyForm = TypeVar("AnyForm", bound=Form)


def check_form(form: AnyForm, given: MultiDict[str, str]) -> AnyForm:
    """Return the form if all it was sent is right.

    Raises Malformed for a field the form doesn't have (nobody who used the page sent that), one that came
    more than once where one is meant, or one that holds what no text may and no filter of its own took out; and
    Invalid with a sentence for each wrong field.
    """
    unknown = set(given) - set(form._fields) - {"csrf_token"}
    several = {name for name, field in form._fields.items() if isinstance(field, SelectMultipleField)}
    if unknown or any(len(given.getlist(name)) > 1 for name in set(given) - several):
        raise Malformed
    if any(_holds_controls(field.data) for field in form._fields.values()):
        raise Malformed
    if not form.validate():
        raise Invalid({name: str(next(iter(errors))) for name, errors in form.errors.items() if name})
    return form


def show_refusal(form: Form, refusal: Invalid) -> None:
    """Put the sentences of a refusal beside the fields, for the page that shows the form again."""
    for name, sentence in refusal.fields.items():
        if name in form._fields:
            form._fields[name].errors = [sentence]


def _holds_controls(value: Any) -> bool:
    """Say whether a field's value has characters in it that are no writing, and that not every database stores."""
    if isinstance(value, str):
        return any(unicodedata.category(c) in ("Cc", "Cs") for c in value if c not in "\t\n\r")
    return isinstance(value, list | tuple) and any(_holds_controls(one) for one in value)
