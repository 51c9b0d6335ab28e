"""Where providers call us, and the page that people are sent to afterwards.

No browser and nobody's session is behind these calls: what they say counts by its signature alone, and so they take no
token of a form. No answer tells whether somebody is a member.
"""

import structlog
from flask import Response, current_app, jsonify, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from config import ProviderSettings
from forum.accounts import deletion_requests, from_providers
from forum.accounts.providers import Provider, ProviderCalls, ProviderRefused, ProviderUnavailable, Reason
from forum.accounts.providers.security_events import MAX_LENGTH, events_in
from forum.accounts.providers.signed_requests import SignedCall, call_in
from forum.accounts.views.blueprint import accounts, configured
from forum.accounts.views.browser import unstored
from forum.errors import Malformed, NotFound
from forum.web import current
from forum.web.access import public
from forum.web.rendering import render

log = structlog.get_logger()

ACCEPTED = 202
RETRY_AFTER = 60
_EVENT_CALLS = "event_calls"
# What RFC 8935, section 2.4, calls it; everything else is an invalid request.
_ERRORS = {
    Reason.WRONG_ALGORITHM: "invalid_key",
    Reason.UNKNOWN_KEY: "invalid_key",
    Reason.WRONG_SIGNATURE: "invalid_key",
    Reason.WRONG_ISSUER: "invalid_issuer",
    Reason.WRONG_AUDIENCE: "invalid_audience",
}


@accounts.record
def _limit_event_calls(state: BlueprintSetupState) -> None:
    """Anyone can send here what looks like an event: asking for keys never takes a place from whoever logs in."""
    state.app.extensions[_EVENT_CALLS] = ProviderCalls(1)


@accounts.post("/auth/facebook/deauthorize")
@public
def cut_facebook_tie() -> Response:
    """Take it from Facebook that somebody removed the forum there; the answer is the same for everybody."""
    settings = configured(Provider.FACEBOOK.value)
    from_providers.cut_tie(current.session(), Provider.FACEBOOK, settings.issuer, _signed_call(settings))
    return unstored(jsonify())


@accounts.post("/auth/facebook/deletion")
@public
def ask_facebook_deletion() -> Response:
    """Take it from Facebook that somebody wants to be deleted, and answer where they see what becomes of it."""
    settings = configured(Provider.FACEBOOK.value)
    call = _signed_call(settings)
    code = deletion_requests.ask_for_deletion(current.session(), Provider.FACEBOOK, settings.issuer, call)
    address = url_for("accounts.deletion_page", code=code)
    return unstored(jsonify(url=current.settings().base_url + address, confirmation_code=code))


@accounts.get("/auth/facebook/deletion/<code>")
@public
def deletion_page(code: str) -> Response:
    """Show what became of a request, to whoever holds its code."""
    days = current.settings().backup_days
    page = deletion_requests.deletion_page(current.session(), code, current.contact(), days)
    return unstored(render("accounts/deletion_page.html", page))


@accounts.post("/auth/google/events")
@public
def take_google_events() -> Response:
    """Take a security event token from Google (RFC 8935). Nothing is open in the database while keys are asked for."""
    settings = configured(Provider.GOOGLE.value)
    if settings.security_events_url is None:
        raise NotFound
    try:
        events = events_in(settings, _token(), calls=current_app.extensions[_EVENT_CALLS])
    except ProviderRefused as refused:
        log.info("security_event.refused", provider=Provider.GOOGLE.value, reason=refused.reason.value)
        return _refusal(refused.reason)
    except ProviderUnavailable as out:
        log.warning("security_event.unavailable", provider=Provider.GOOGLE.value, reason=out.reason.value)
        return unstored(Response(status=503, headers={"Retry-After": str(RETRY_AFTER)}))
    from_providers.heed_security_events(current.session(), Provider.GOOGLE, settings.issuer, events)
    return unstored(Response(status=ACCEPTED))


def _signed_call(settings: ProviderSettings) -> SignedCall:
    """Return what Facebook says. Raises Malformed for a call that isn't Facebook's, is too old, or can't be read.

    Only the signed field counts. Others may come beside it, should Facebook ever add some, but none twice.
    """
    try:
        if any(len(values) > 1 for values in request.form.listvalues()):
            raise ProviderRefused(Reason.DUPLICATED_PARAMETER)
        return call_in(settings, request.form.get("signed_request", ""))
    except ProviderRefused as refused:
        log.info("provider_call.refused", provider=settings.provider, reason=refused.reason.value)
        raise Malformed from None


def _token() -> str:
    """Return the token, which is the whole body. Raises ProviderRefused for one that is too long to be any."""
    if (request.content_length or 0) > MAX_LENGTH:
        raise ProviderRefused(Reason.MALFORMED_SECURITY_EVENT)
    try:
        return request.get_data().decode("ascii").strip()
    except (UnicodeDecodeError, HTTPException):
        raise ProviderRefused(Reason.MALFORMED_SECURITY_EVENT) from None


def _refusal(reason: Reason) -> Response:
    """Return the error of RFC 8935, section 2.4; its description is a reason code, and for whoever sent it."""
    answer = jsonify(err=_ERRORS.get(reason, "invalid_request"), description=reason.value)
    answer.status_code = 400
    answer.headers["Content-Language"] = "en"
    return unstored(answer)
