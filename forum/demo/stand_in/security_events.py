"""Google's Cross-Account Protection: who signs its security events, and the page from which they are sent.

An event is a token (RFC 8417) that is pushed to the application's registered address (RFC 8935).
"""

import time
import uuid
from typing import NamedTuple

import requests
from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from config import is_loopback
from forum import clock
from forum.demo.stand_in import GOOGLE_ISSUER
from forum.demo.stand_in.authorization import known_client
from forum.demo.stand_in.facebook import CALL_TIMEOUT_SECONDS
from forum.demo.stand_in.faults import Fault
from forum.demo.stand_in.google import ELSEWHERE, signed
from forum.demo.stand_in.personas import PERSONAS, Persona
from forum.demo.stand_in.state import Client, state
from forum.demo.stand_in.tokens import HTML

pages = Blueprint("security_events", __name__, url_prefix="/google/<client_id>")

# Here, and nowhere else, Google writes its issuer with a slash at the end.
ISSUER = f"{GOOGLE_ISSUER}/"
_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
_OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"


class _Kind(NamedTuple):
    type: str
    words: str
    more: dict[str, object]


KINDS = {
    "sessions-revoked": _Kind(f"{_RISC}sessions-revoked", "Google ended all their sessions", {}),
    "account-disabled": _Kind(
        f"{_RISC}account-disabled", "Their account was taken over, and closed", {"reason": "hijacking"}
    ),
    "tokens-revoked": _Kind(f"{_OAUTH}tokens-revoked", "Google took back every access to their account", {}),
    "account-enabled": _Kind(f"{_RISC}account-enabled", "Their account was opened again", {}),
    "verification": _Kind(f"{_RISC}verification", "Nothing: a trial", {"state": "a trial"}),
}


@pages.get("/.well-known/risc-configuration")
def configuration(client_id: str) -> AnyResponse:
    """The document that says who signs the events, and with which keys."""
    faults = state().faults
    time.sleep(faults.seconds(client_id, Fault.RISC_HANGS) or 0)
    if faults.on(client_id, Fault.RISC_DOWN):
        return Response(HTML, 503, mimetype="text/html")
    document = {
        "issuer": _issuer(client_id),
        "jwks_uri": url_for("google.keys", client_id=client_id, _external=True),
        "delivery_methods_supported": ["https://schemas.openid.net/secevent/risc/delivery-method/push"],
    }
    if faults.on(client_id, Fault.WRONG_ISSUER_IN_RISC):
        document["issuer"] = "https://someone-else.stand-in.invalid/"
    if faults.on(client_id, Fault.KEYS_OF_EVENTS_ON_OTHER_HOST):
        document["jwks_uri"] = f"{ELSEWHERE}/keys"
    return jsonify(document)


@pages.get("/events")
def events(client_id: str) -> AnyResponse:
    """The page from which events are sent."""
    return _page(known_client(client_id))


@pages.post("/events")
def send_event(client_id: str) -> AnyResponse:
    """Push an event about a persona to the application."""
    client = known_client(client_id)
    token = _asked_for(client)
    if client.events_url is None or not is_loopback(client.events_url):
        abort(400, "This event can't be sent: the application registered no address for it on this computer.")
    try:
        answer = requests.post(
            client.events_url,
            data=token,
            headers={"Content-Type": "application/secevent+jwt", "Accept": "application/json"},
            timeout=CALL_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException:
        return _page(client, sent=True)
    return _page(client, sent=True, status=answer.status_code, body=answer.text[:2000])


@pages.post("/events/token")
def make_token(client_id: str) -> AnyResponse:
    """The same event as a bare token, for whoever delivers it themselves."""
    return Response(_asked_for(known_client(client_id)), mimetype="application/secevent+jwt")


def _asked_for(client: Client) -> str:
    persona = PERSONAS.get(request.form.get("persona", ""))
    kind = KINDS.get(request.form.get("kind", ""))
    if persona is None or kind is None:
        abort(400, "There is no such person, or no such event.")
    return signed(client.client_id, _claims(client.client_id, persona, kind))


def _claims(client_id: str, persona: Persona, kind: _Kind) -> dict[str, object]:
    """Return what the token says, with what the switches change."""
    faults = state().faults
    subject = {
        "subject_type": faults.text(client_id, Fault.SUBJECT_TYPE) or "iss-sub",
        "iss": faults.text(client_id, Fault.SUBJECT_ISSUER) or _issuer(client_id),
        "sub": faults.text(client_id, Fault.SUBJECT) or persona.google_subject,
    }
    about: dict[str, object] = {} if kind is KINDS["verification"] else {"subject": subject}
    issued = int(clock.now().timestamp()) - (faults.seconds(client_id, Fault.ISSUED_SECONDS_AGO) or 0)
    issued += faults.seconds(client_id, Fault.ISSUED_IN_SECONDS) or 0
    claims: dict[str, object] = {
        "iss": _issuer(client_id),
        "aud": client_id,
        "iat": issued,
        "jti": faults.text(client_id, Fault.EVENT_ID) or str(uuid.uuid4()),
        "events": {faults.text(client_id, Fault.EVENT_KIND) or kind.type: about | kind.more},
    }
    changes: dict[Fault, dict[str, object]] = {
        Fault.WRONG_ISSUER: {"iss": "https://someone-else.stand-in.invalid/"},
        Fault.WRONG_AUDIENCE: {"aud": "another-client"},
        Fault.AUDIENCE_LIST: {"aud": [client_id]},
        Fault.AUDIENCE_LIST_WITH_AZP: {"aud": [client_id, "another-client"], "azp": client_id},
        Fault.NO_EVENTS: {"events": None},
    }
    for fault, change in changes.items():
        if faults.on(client_id, fault):
            claims |= change
    return {name: value for name, value in claims.items() if value is not None}


def _issuer(client_id: str) -> str:
    return GOOGLE_ISSUER if state().faults.on(client_id, Fault.RISC_ISSUER_WITHOUT_SLASH) else ISSUER


def _page(client: Client, *, sent: bool = False, status: int | None = None, body: str = "") -> AnyResponse:
    page = render_template(
        "stand_in/events.html",
        client=client,
        personas=PERSONAS.values(),
        kinds=[(key, kind.words) for key, kind in KINDS.items()],
        sent=sent,
        status=status,
        body=body,
    )
    return Response(page, mimetype="text/html")
