"""Sending someone here and back: the request both providers take, the page of personas, and the answer.

An unknown client or address gets a page, never a redirect (RFC 6749, section 4.1.2.1); every other mistake
is told to the application at its own registered address.
"""

import json
import re
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from forum.demo.stand_in import GOOGLE_ISSUER
from forum.demo.stand_in.faults import Fault
from forum.demo.stand_in.personas import PERSONAS, Kind
from forum.demo.stand_in.state import AuthorizationRequest, Client, state

GOOGLE = "google"
FACEBOOK = "facebook"
NAMES = {GOOGLE: "Google", FACEBOOK: "Facebook"}
_SCOPES = {GOOGLE: {"openid", "email", "profile"}, FACEBOOK: {"public_profile", "email"}}

# RFC 7636, section 4.2: a SHA-256 in base64url.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

# What a real provider's error description could hold: it must never be seen again.
DESCRIPTION = "The stand-in's error description, which nobody should repeat."


def known_client(client_id: str) -> Client:
    """Return the client, or answer with a page that says there is none."""
    client = state().client(client_id)
    if client is None:
        abort(400, "No application is registered under this client id.")
    return client


def ask_who(provider: str, client_id: str) -> AnyResponse:
    """Answer an authorization request with the page of personas, or refuse it."""
    client = known_client(client_id)
    if any(len(values) > 1 for values in request.args.to_dict(flat=False).values()):
        abort(400, "A parameter was given twice.")
    if request.args.get("client_id") != client_id:
        abort(400, "The client id does not belong to this address.")
    redirect_uri = request.args.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        abort(400, "The redirect address is not registered, letter for letter.")
    asked = AuthorizationRequest(
        provider=provider,
        client_id=client_id,
        redirect_uri=redirect_uri,
        state=request.args.get("state"),
        nonce=request.args.get("nonce"),
        scope=request.args.get("scope", ""),
        code_challenge=request.args.get("code_challenge"),
        max_age=request.args.get("max_age", type=int),
    )
    error = _error_in(asked)
    if error is not None:
        return _send_back(asked, {"error": error, "error_description": DESCRIPTION})
    return _page_of_personas(asked)


def answer_as(provider: str, client_id: str) -> AnyResponse:
    """Send the person back as who they chose to be."""
    asked = state().take_request(request.form.get("request", ""))
    persona = PERSONAS.get(request.form.get("persona", ""))
    if asked is None or persona is None or (asked.provider, asked.client_id) != (provider, client_id):
        abort(400, "This page was used already or is too old. Go back to the forum and start again.")
    error = state().faults.text(client_id, Fault.ERROR_RESPONSE)
    if error is None and persona.kind is Kind.DECLINES:
        error = "access_denied"
    if error is not None:
        return _send_back(asked, {"error": error, "error_description": DESCRIPTION})
    return _send_back(asked, {"code": state().new_code(asked, persona)})


def _error_in(asked: AuthorizationRequest) -> str | None:
    """Return the error code for a request that can't be granted."""
    if request.args.get("response_type") != "code":
        return "unsupported_response_type"
    scopes = set(asked.scope.split())
    if (
        not scopes
        or scopes - _SCOPES[asked.provider]
        or (asked.provider == GOOGLE and "openid" not in scopes)
    ):
        return "invalid_scope"
    if request.args.get("access_type", "online") != "online":
        return "invalid_request"
    if not request.args.get("max_age", "0").isdecimal() or not _is_claims_request(
        request.args.get("claims", "{}")
    ):
        return "invalid_request"
    # Without PKCE nobody gets further; "plain" is no PKCE.
    if request.args.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        asked.code_challenge or ""
    ):
        return "invalid_request"
    return None


def _is_claims_request(text: str) -> bool:
    """Say whether it is what OpenID Connect Core 1.0, section 5.5, takes: an object, its members objects too."""
    try:
        asked = json.loads(text)
    except ValueError:
        return False
    return isinstance(asked, dict) and all(isinstance(part, dict) for part in asked.values())


def _page_of_personas(asked: AuthorizationRequest) -> Response:
    page = make_response(
        render_template(
            "stand_in/who.html",
            provider=NAMES[asked.provider],
            personas=PERSONAS.values(),
            handle=state().keep_request(asked),
            scopes=asked.scope.split(),
            slow_seconds=state().slow_seconds,
        )
    )
    # Chromium applies form-action to where the answer redirects to.
    parts = urlsplit(asked.redirect_uri)
    page.headers["Content-Security-Policy"] = content_policy(f"{parts.scheme}://{parts.netloc}")
    return page


def content_policy(*form_targets: str) -> str:
    """Return the Content-Security-Policy of a page whose forms may lead to these places too."""
    targets = " ".join(("'self'", *form_targets))
    return (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
        f"form-action {targets}"
    )


def _send_back(asked: AuthorizationRequest, answer: dict[str, str]) -> AnyResponse:
    faults = state().faults
    if asked.state is not None:
        answer["state"] = (
            f"not-{asked.state}" if faults.on(asked.client_id, Fault.WRONG_STATE) else asked.state
        )
    if asked.provider == GOOGLE and not faults.on(asked.client_id, Fault.MISSING_ISS_PARAMETER):
        wrong = faults.on(asked.client_id, Fault.WRONG_ISS_PARAMETER)
        answer["iss"] = "https://someone-else.stand-in.invalid" if wrong else GOOGLE_ISSUER
    parts = urlsplit(asked.redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(answer)) if part)
    return redirect(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")), 303)
