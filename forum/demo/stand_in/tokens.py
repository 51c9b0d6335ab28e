"""The token endpoint as both providers share it: who asks, for which code, and how it can go wrong."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterator
from urllib.parse import unquote_plus

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from forum.demo.stand_in.faults import Fault
from forum.demo.stand_in.personas import Kind
from forum.demo.stand_in.state import Grant, state

HTML = "<!doctype html><title>Sorry</title><p>Something went wrong.</p>"


class TokenRefused(Exception):
    """The token request is refused; the message is the error code of RFC 6749, section 5.2."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


def redeemed(provider: str, client_id: str) -> Grant:
    """Return what the request's code stands for, once everything about the request is right.

    Raises TokenRefused otherwise. A code is used up by the first try, right or wrong.
    """
    form = request.form if request.method == "POST" else request.args
    client = state().client(client_id)
    given_id, given_secret = _credentials(form.get("client_id", ""), form.get("client_secret", ""))
    if client is None or given_id != client_id or not client.has_secret(given_secret):
        raise TokenRefused("invalid_client", 401)
    if form.get("grant_type", "authorization_code") != "authorization_code":
        raise TokenRefused("unsupported_grant_type")
    grant = state().take_code(form.get("code", ""))
    if grant is None or (grant.request.provider, grant.request.client_id) != (provider, client_id):
        raise TokenRefused("invalid_grant")
    if form.get("redirect_uri") != grant.request.redirect_uri:
        raise TokenRefused("invalid_grant")
    verifier = form.get("code_verifier", "")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(challenge, grant.request.code_challenge or ""):
        raise TokenRefused("invalid_grant")
    return grant


def _credentials(form_id: str, form_secret: str) -> tuple[str, str]:
    """Return the client's id and secret from the body or from HTTP Basic (RFC 6749, section 2.3.1)."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form_id, form_secret
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def trouble(client_id: str) -> AnyResponse | None:
    """Return the broken answer that a switch asks for in place of a real one, held back if one says so."""
    faults = state().faults
    hanging = faults.seconds(client_id, Fault.TOKEN_HANGS)
    if hanging:
        time.sleep(hanging)
    if faults.on(client_id, Fault.TOKEN_REDIRECT):
        return redirect(url_for("control.elsewhere", _external=True), 302)
    if faults.on(client_id, Fault.TOKEN_HTML):
        return Response(HTML, mimetype="text/html")
    if faults.on(client_id, Fault.TOKEN_500):
        return Response(HTML, 500, mimetype="text/html")
    if faults.on(client_id, Fault.TOKEN_500_JSON):
        return jsonify_with(500, {"error": "server_error"})
    if faults.on(client_id, Fault.TOKEN_BROKEN_JSON):
        return Response('{"access_token": "abc', mimetype="application/json")
    if faults.on(client_id, Fault.TOKEN_LIST):
        return Response("[1, 2]", mimetype="application/json")
    if faults.on(client_id, Fault.TOKEN_HUGE):
        return Response('{"padding": "' + "x" * 1_000_000 + '"}', mimetype="application/json")
    if faults.on(client_id, Fault.TOKEN_NOT_OUR_CLIENT):
        return jsonify_with(401, {"error": "invalid_client"})
    dripping = faults.seconds(client_id, Fault.TOKEN_DRIPS)
    if dripping:
        return Response(_drips(dripping), mimetype="application/json")
    return None


def trouble_with(grant: Grant) -> AnyResponse | None:
    """Return the broken answer that comes with the persona; hold it back first if they are slow."""
    if grant.persona.kind is Kind.SLOW:
        time.sleep(state().slow_seconds)
    if grant.persona.kind is Kind.BROKEN:
        return Response(HTML, 502, mimetype="text/html")
    return None


def finished(client_id: str, reply: dict[str, object]) -> Response:
    """Return the token endpoint's answer, without what a switch leaves out."""
    faults = state().faults
    if faults.on(client_id, Fault.NO_ACCESS_TOKEN):
        del reply["access_token"]
    if faults.on(client_id, Fault.NO_ID_TOKEN):
        reply.pop("id_token", None)
    if faults.on(client_id, Fault.TOKEN_ODD_LIFETIME):
        reply["expires_in"] = "an hour or so"
    answer = jsonify(reply)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def jsonify_with(status: int, content: dict[str, object]) -> Response:
    """Return JSON with a status."""
    answer = jsonify(content)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _drips(seconds: int) -> Iterator[bytes]:
    yield b"{"
    for _ in range(seconds * 5):
        time.sleep(0.2)
        yield b" "
    yield b"}"
