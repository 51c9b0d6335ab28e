"""What somebody sent when something else has to come first: it waits on the page that asks for that, in hidden fields.

A page that shows it must be an answer to a request that came with the token of a page of ours.
"""

from dataclasses import dataclass
from urllib.parse import quote

from flask import request

# What may stand in a path as it is.
_PLAIN_IN_PATH = "/:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """What was sent and waits: where it goes, and its fields, each as often as it came."""

    address: str
    fields: tuple[tuple[str, str], ...]


def asked_for() -> str:
    """Return the address that this request asked for, with its query."""
    address = quote(request.path, safe=_PLAIN_IN_PATH)
    if request.query_string:
        address += "?" + request.query_string.decode("ascii", "replace")
    return address


def waiting_form() -> WaitingForm:
    """Return what this request sent, but for its token."""
    fields = tuple(field for field in request.form.items(multi=True) if field[0] != "csrf_token")
    return WaitingForm(asked_for(), fields)
