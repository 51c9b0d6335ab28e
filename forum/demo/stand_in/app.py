"""The stand-in as a Flask application: its blueprints, its headers and its log."""

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from forum.demo.stand_in import control, facebook, google, security_events
from forum.demo.stand_in.authorization import content_policy
from forum.demo.stand_in.state import Logged, State, state

# Requests to these are how tests watch and steer, not what a browser or an application does.
_NOT_LOGGED = ("/log", "/faults", "/clients", "/static/")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInSettings:
    """How a stand-in is set up. ``clients_file`` holds a JSON list of clients to know from the start."""

    clients_file: Path | None = None
    # Longer than the forum waits for a provider, so that the slow persona is slow enough.
    slow_seconds: float = 8.0


def create_app(settings: StandInSettings) -> Flask:
    """Make a stand-in with a memory of its own."""
    app = Flask(__name__)
    # Only this machine is answered, by name too, so that no web page can reach in by renaming itself.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.extensions["stand_in"] = memory = State(slow_seconds=settings.slow_seconds)
    if settings.clients_file is not None:
        for entry in json.loads(settings.clients_file.read_text()):
            memory.register(control.client_from(entry))
    for blueprint in (google.pages, security_events.pages, facebook.pages, control.pages):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", view_func=home)
    app.before_request(_log_request)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _error_page)
    return app


def home() -> str:
    """What this is, and the ways in."""
    return render_template("stand_in/home.html", clients=state().clients())


def _log_request() -> None:
    if request.path.startswith(_NOT_LOGGED):
        return
    names = {*request.args, *request.form}
    state().log.append(
        Logged(
            client_id=(request.view_args or {}).get("client_id"),
            method=request.method,
            path=request.path,
            parameters=tuple(sorted(names)),
            referer=request.headers.get("Referer"),
        )
    )


def _add_headers(response: AnyResponse) -> AnyResponse:
    response.headers.setdefault("Content-Security-Policy", content_policy())
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _error_page(error: HTTPException) -> tuple[str, int]:
    return render_template("stand_in/error.html", message=error.description), error.code or 500
