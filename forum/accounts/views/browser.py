"""What a browser holds for accounts: its session cookie and, for fifteen minutes, who is at the consent step.

The session cookie carries a random value that ties sign-ins under way to the browser, and with them who is at the
consent step. Once somebody is signed in, it carries the token of the sign-in session instead. Signing in and logging
out both begin a new one.
"""

from typing import TypeVar

from flask import Response, after_this_request, request, session
from flask_login import UserMixin, login_user
from werkzeug.wrappers import Response as WerkzeugResponse

from forum import clock
from forum.accounts.devices import Device, device_of
from forum.accounts.pending_identity import PENDING_FOR, PendingIdentity, seal, unseal
from forum.accounts.tokens import new_token
from forum.permissions.actor import VISITOR
from forum.web import current

_BROWSER = "browser"

AnyResponse = TypeVar("AnyResponse", bound=WerkzeugResponse)


class _JustSignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types.
    """Tells Flask-Login the token. Who it belongs to is read from the database by the next request."""

    actor = VISITOR

    def __init__(self, token: str) -> None:
        self.id = token


def browser_value() -> str:
    """Return this browser's random value, making one when it has none."""
    if _BROWSER not in session:
        session[_BROWSER] = new_token()
    return str(session[_BROWSER])


def known_browser_value() -> str | None:
    """Return this browser's random value, or None when it never began a sign-in."""
    value = session.get(_BROWSER)
    return value if isinstance(value, str) else None


def forget_browser_value() -> None:
    """Drop this browser's random value: the sign-in for which it was needed came to nothing."""
    session.pop(_BROWSER, None)


def carry_sign_in(token: str) -> None:
    """Put a new sign-in session's token in the cookie, and nothing of what the cookie held before.

    It happens only if the request goes well: what was not committed must not be in anybody's cookie.
    """

    @after_this_request
    def carry(response: AnyResponse) -> AnyResponse:
        if response.status_code < 400:
            session.clear()
            # It lasts as long as the sign-in session, not until the browser is closed.
            session.permanent = True
            login_user(_JustSignedIn(token))
            # Flask-Login adds a fingerprint of address and browser that nothing here uses.
            session.pop("_id", None)
        return response


def carry_renewed(token: str) -> None:
    """Put the same session's new token in the cookie; forms that are open in other tabs stay good.

    It happens only if the request goes well.
    """

    @after_this_request
    def carry(response: AnyResponse) -> AnyResponse:
        if response.status_code < 400:
            login_user(_JustSignedIn(token))
            session.pop("_id", None)
        return response


def device() -> Device:
    """Return what kind of device this browser says that it runs on."""
    return device_of(request.headers.get("User-Agent", ""))


def forget_browser() -> None:
    """Empty the session cookie, whatever comes of the request."""
    session.clear()


def forget_sign_in() -> None:
    """Empty the session cookie, if the request goes well: who is still signed in must see it."""

    @after_this_request
    def forget(response: AnyResponse) -> AnyResponse:
        if response.status_code < 400:
            session.clear()
        return response


def pending_identity() -> PendingIdentity | None:
    """Return who is at the consent step in this browser, or None when nobody is or the fifteen minutes are over.

    A cookie that was taken from another browser, or from this one before somebody declined or logged out, is nobody's.
    """
    sealed = request.cookies.get(_pending_name())
    value = known_browser_value()
    if sealed is None or value is None:
        return None
    return unseal(sealed, value, current.settings().cookie_keys, clock.now())


def keep_pending(response: Response, identity: PendingIdentity) -> None:
    """Let the browser hold the identity, encrypted, until the consent step is over."""
    response.set_cookie(
        _pending_name(),
        seal(identity, browser_value(), current.settings().cookie_keys, clock.now()),
        max_age=PENDING_FOR,
        path="/",
        secure=current.settings().over_https,
        httponly=True,
        samesite="Lax",
    )


def drop_pending(response: Response) -> None:
    """Make the browser forget the identity."""
    if _pending_name() in request.cookies:
        response.delete_cookie(
            _pending_name(), path="/", secure=current.settings().over_https, httponly=True, samesite="Lax"
        )


def clear_storage(response: Response) -> None:
    """Have the browser forget what it stored of somebody who is signed in no more."""
    # Not "cookies": they would take the reading choices along, which have nothing to do with an account.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def unstored(response: AnyResponse) -> AnyResponse:
    """Let nobody store an answer: it is one person's, and carries cookies or a form's token."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _pending_name() -> str:
    # The prefix makes browsers refuse the cookie from a subdomain or over http; on loopback it can't be used.
    return "__Host-pending" if current.settings().over_https else "pending"
