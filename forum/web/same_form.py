"""A form in which people write answers a refusal itself, with the words they typed: nobody has to write them twice.

Such a view says how its form is shown again. A refusal that comes before the view, because nobody is signed in or the
token is not good, is answered so, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from forum.errors import Refusal
from forum.web import current
from forum.web.headers import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., Any])
# What is answered so. Anything else is nothing that one could mend in a form.
_ANSWERED = frozenset({401, 403, 409, 422, 429, 503})


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form was not taken. ``token_was_good``: it did come from a page of ours, so its words may be kept."""

    status: int
    sentence: str
    error: Exception
    token_was_good: bool


def shows_again(show: Callable[..., Response]) -> Callable[[View], View]:
    """Declare what shows a view's form again: it is given a ``Refused`` and the parts of the address."""

    def declare(view: View) -> View:
        view.shows_again = show  # type: ignore[attr-defined]  # Functions take attributes; mypy can't say so.
        return view

    return declare


def came_from_our_page() -> bool:
    """Say whether this is a form that a page of ours may have sent, so that its words may be shown.

    Browsers that don't say from where, older ones and any over plain http, still name the origin of what they send.
    """
    if request.method in SAFE_METHODS:
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    return request.headers.get("Origin", current.settings().base_url) == current.settings().base_url


def same_form(status: int, sentence: str, error: Exception, *, token_was_good: bool) -> Response | None:
    """Return the form with what was typed in it, or None where there is none to show."""
    view = current_app.view_functions.get(request.endpoint or "")
    show: Callable[..., Response] | None = getattr(view, "shows_again", None)
    if show is None or not came_from_our_page() or (token_was_good and status not in _ANSWERED):
        return None
    refused = Refused(status, sentence, error, token_was_good)
    try:
        return show(refused, **(request.view_args or {}))
    except (Refusal, SQLAlchemyError, HTTPException):
        # What the form needs can't be had any more; the page that says so still has the words.
        return None
