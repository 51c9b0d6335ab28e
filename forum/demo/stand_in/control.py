"""What tests use: registering clients, setting switches, reading the log.

Bodies are JSON alone, which no foreign web page can send here unasked.
"""

import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, abort, jsonify, request, url_for

from forum.demo.stand_in import FACEBOOK_ISSUER, GOOGLE_ISSUER
from forum.demo.stand_in.faults import Fault, Value
from forum.demo.stand_in.state import Client, state

pages = Blueprint("control", __name__)


@pages.post("/clients")
def register() -> tuple[Response, int]:
    """Register a client and answer with everything an application needs to be configured with."""
    client = client_from(_json())
    state().register(client)
    return jsonify(configuration(client)), 201


@pages.post("/faults")
def set_faults() -> tuple[str, int]:
    """Set switches, for the client in ``?client_id=`` or for everyone."""
    asked = _json()
    faults: dict[Fault, Value] = {}
    for name, value in asked.items():
        if name not in set(Fault) or not isinstance(value, bool | int | str):
            abort(400, "There is no such switch, or it takes no such value.")
        faults[Fault(name)] = value
    state().faults.set(request.args.get("client_id"), faults)
    return "", 204


@pages.delete("/faults")
def clear_faults() -> tuple[str, int]:
    """Put switches back, for the client in ``?client_id=`` or for everyone."""
    state().faults.clear(request.args.get("client_id"))
    return "", 204


@pages.get("/log")
def read_log() -> Response:
    """The requests that came, the oldest first; of the client in ``?client_id=`` or of everyone."""
    client_id = request.args.get("client_id")
    return jsonify(
        [
            {
                "client_id": entry.client_id,
                "method": entry.method,
                "path": entry.path,
                "parameters": entry.parameters,
                "referer": entry.referer,
            }
            for entry in list(state().log)
            if client_id is None or entry.client_id == client_id
        ]
    )


@pages.delete("/log")
def clear_log() -> tuple[str, int]:
    """Forget the requests."""
    state().log.clear()
    return "", 204


@pages.get("/elsewhere")
def elsewhere() -> Response:
    """Where a token endpoint that redirects sends its callers; the log shows whether one came."""
    return jsonify({"access_token": "from elsewhere", "id_token": "from elsewhere"})


def client_from(content: Mapping[str, object]) -> Client:
    """Return a client made of a JSON object; what isn't given is made up."""

    def text(name: str) -> str | None:
        value = content.get(name)
        if value is not None and not isinstance(value, str):
            abort(400, f"{name} must be a text.")
        return value

    redirect_uris = content.get("redirect_uris")
    if not isinstance(redirect_uris, list) or not all(isinstance(uri, str) for uri in redirect_uris):
        abort(400, "redirect_uris must be a list of addresses.")
    return Client(
        client_id=text("client_id") or f"client-{secrets.token_hex(8)}",
        client_secret=text("client_secret") or secrets.token_urlsafe(32),
        redirect_uris=tuple(redirect_uris),
        deauthorize_url=text("deauthorize_url"),
        deletion_url=text("deletion_url"),
        events_url=text("events_url"),
    )


def configuration(client: Client) -> dict[str, object]:
    """Return how an application reaches the stand-in as this client."""

    def address(endpoint: str) -> str:
        return url_for(endpoint, client_id=client.client_id, _external=True)

    own: dict[str, object] = {"client_id": client.client_id, "client_secret": client.client_secret}
    return {
        **own,
        "google": {
            **own,
            "provider": "google",
            "issuer": GOOGLE_ISSUER,
            "metadata_url": address("google.discovery"),
            "security_events_url": address("security_events.configuration"),
        },
        "facebook": {
            **own,
            "provider": "facebook",
            "issuer": FACEBOOK_ISSUER,
            "authorize_url": address("facebook.dialog"),
            "token_url": address("facebook.access_token"),
            "profile_url": address("facebook.me"),
            "debug_token_url": address("facebook.debug_token"),
        },
    }


def _json() -> dict[str, object]:
    content = request.get_json()
    if not isinstance(content, dict):
        abort(400, "A JSON object is needed.")
    return content
