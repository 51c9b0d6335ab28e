"""Facebook Login as the Graph API serves it: dialog, tokens, a profile, the word on a token, signed calls."""

import hashlib
import hmac
import secrets

import requests
from flask import Blueprint, Response, abort, jsonify, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from config import is_loopback
from forum import clock
from forum.demo.stand_in import signed_requests
from forum.demo.stand_in.authorization import FACEBOOK, answer_as, ask_who, known_client
from forum.demo.stand_in.faults import Fault
from forum.demo.stand_in.personas import PERSONAS
from forum.demo.stand_in.state import Client, Grant, state
from forum.demo.stand_in.tokens import (
    HTML,
    TokenRefused,
    finished,
    jsonify_with,
    redeemed,
    trouble,
    trouble_with,
)

pages = Blueprint("facebook", __name__, url_prefix="/facebook/<client_id>")

CALL_TIMEOUT_SECONDS = 10


@pages.get("/dialog/oauth")
def dialog(client_id: str) -> AnyResponse:
    """The login dialog: ask who to be."""
    return ask_who(FACEBOOK, client_id)


@pages.post("/dialog/oauth")
def dialog_answered(client_id: str) -> AnyResponse:
    """The persona was chosen."""
    return answer_as(FACEBOOK, client_id)


@pages.route("/oauth/access_token", methods=["GET", "POST"])
def access_token(client_id: str) -> AnyResponse:
    """Trade a code for a token, or the application's own secret for one of its own."""
    broken = trouble(client_id)
    if broken is not None:
        return broken
    if request.values.get("grant_type") == "client_credentials":
        return _token_of_the_application()
    try:
        grant = redeemed(FACEBOOK, client_id)
    except TokenRefused as refusal:
        return _graph_error(f"This can't be traded: {refusal.error}.", 100)
    broken = trouble_with(grant)
    if broken is not None:
        return broken
    made = state().new_token(grant)
    return finished(client_id, {"access_token": made, "token_type": "bearer", "expires_in": 5183944})


def _token_of_the_application() -> Response:
    """Answer the client credentials grant (RFC 6749, section 4.4), with the Graph API's own codes for its errors."""
    client = state().client(request.values.get("client_id", ""))
    if client is None:
        return _graph_error("Error validating application. Invalid application ID.", 101)
    if not client.has_secret(request.values.get("client_secret", "")):
        return _graph_error("Error validating client secret.", 1)
    return finished(client.client_id, {"access_token": secrets.token_urlsafe(32), "token_type": "bearer"})


@pages.get("/me")
def me(client_id: str) -> AnyResponse:
    """The profile's fields that were asked for; only for calls that prove to come from the application."""
    faults = state().faults
    if faults.on(client_id, Fault.PROFILE_500):
        return Response(HTML, 500, mimetype="text/html")
    if faults.on(client_id, Fault.PROFILE_HTML):
        return Response(HTML, mimetype="text/html")
    client = known_client(client_id)
    given = _bearer()
    grant = state().token(given)
    if grant is None or grant.request.provider != FACEBOOK or grant.request.client_id != client_id:
        return _graph_error("The access token is not valid.", 190)
    proof = hmac.new(client.client_secret.encode(), given.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof, request.args.get("appsecret_proof", "")):
        return _graph_error("Invalid appsecret_proof provided in the API argument", 100)
    profile: dict[str, object] = {
        "id": _subject(grant),
        "name": faults.text(client_id, Fault.NAME) or grant.persona.name,
    }
    if faults.on(client_id, Fault.EMPTY_SUBJECT):
        profile["id"] = ""
    if faults.on(client_id, Fault.NUMERIC_SUBJECT):
        profile["id"] = int(_subject(grant))
    asked = request.args.get("fields", "id,name").split(",")
    return jsonify({name: value for name, value in profile.items() if name in asked})


@pages.get("/debug_token")
def debug_token(client_id: str) -> AnyResponse:
    """What the platform knows of a token; told to the application alone."""
    faults = state().faults
    if faults.on(client_id, Fault.DEBUG_TOKEN_500):
        return Response(HTML, 500, mimetype="text/html")
    client = known_client(client_id)
    if not hmac.compare_digest(_bearer(), f"{client.client_id}|{client.client_secret}"):
        return _graph_error("Invalid OAuth access token signature.", 190)
    grant = state().token(request.args.get("input_token", ""))
    if grant is None or grant.request.provider != FACEBOOK or faults.on(client_id, Fault.DEBUG_TOKEN_INVALID):
        return jsonify({"data": {"is_valid": False, "scopes": [], "error": {"code": 190, "message": "No."}}})
    other_app = faults.on(client_id, Fault.DEBUG_TOKEN_OTHER_APP)
    other_user = faults.on(client_id, Fault.DEBUG_TOKEN_OTHER_USER)
    return jsonify(
        {
            "data": {
                "app_id": "another-app" if other_app else grant.request.client_id,
                "type": "USER",
                "application": "Alongside",
                "expires_at": int(clock.now().timestamp()) + 5183944,
                "is_valid": True,
                "scopes": grant.request.scope.split(),
                "user_id": "1022999999999999" if other_user else _subject(grant),
            }
        }
    )


@pages.get("/calls")
def calls(client_id: str) -> AnyResponse:
    """The page from which the signed calls are sent."""
    return _calls_page(known_client(client_id))


@pages.post("/calls")
def send_call(client_id: str) -> AnyResponse:
    """Post a signed request, as Facebook does when someone removes the application or wants to be deleted."""
    client = known_client(client_id)
    persona = PERSONAS.get(request.form.get("persona", ""))
    addresses = {"deauthorize": client.deauthorize_url, "deletion": client.deletion_url}
    address = addresses.get(request.form.get("call", ""))
    if persona is None or address is None or not is_loopback(address):
        abort(
            400, "This call can't be made: no such person, or the application registered no address for it."
        )
    content = signed_requests.payload(persona.facebook_subject, int(clock.now().timestamp()))
    try:
        answer = requests.post(
            address,
            data={"signed_request": signed_requests.sign(content, client.client_secret)},
            timeout=CALL_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException:
        return _calls_page(client, sent=True)
    return _calls_page(client, sent=True, status=answer.status_code, body=answer.text[:2000])


def _calls_page(
    client: Client, *, sent: bool = False, status: int | None = None, body: str = ""
) -> AnyResponse:
    page = render_template(
        "stand_in/calls.html", client=client, personas=PERSONAS.values(), sent=sent, status=status, body=body
    )
    return Response(page, mimetype="text/html")


def _subject(grant: Grant) -> str:
    return state().faults.text(grant.request.client_id, Fault.SUBJECT) or grant.persona.facebook_subject


def _bearer() -> str:
    """Return the access token of a Graph API call, from its header or its query."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value if scheme.lower() == "bearer" else request.args.get("access_token", "")


def _graph_error(message: str, code: int) -> Response:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "stand-in"}
    return jsonify_with(400, {"error": error})
