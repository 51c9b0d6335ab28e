"""What is logged: that something was asked and how it ended, and never a word of who, what or from where."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from config import Settings
from forum.app import create_app
from forum.database.session import Database
from tests import cast
from tests.conftest import database_of
from tests.web import trial
from tests.web.trial import SECRET

TYPED = "oxycodone"
SOUGHT = "endometriosis"
SLUG = "living-with-lupus"
WHO = "Wren-with-a-name"
PRIVATE = (SECRET, TYPED, SOUGHT, SLUG, WHO, "192.0.2.1", "Some-Browser", "csrf")


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """Collect what the forum logs."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def ask(app: Flask, client: FlaskClient) -> Callable[..., int]:
    """Return the function that asks for something with everything about it that is nobody's business."""

    def send(method: str, address: str, **other: Any) -> int:
        headers = {
            "User-Agent": "Some-Browser",
            "X-Forwarded-For": "192.0.2.1",
            "Referer": f"http://localhost/topics/1/{SLUG}",
        }
        return client.open(
            f"{address}?q={SOUGHT}", method=method, headers={**headers, **other.pop("headers", {})}, **other
        ).status_code

    return send


REQUESTS = [
    ("GET", f"/trial/topics/7/{SLUG}", 200),
    ("GET", f"/no-such/{SLUG}", 404),
    ("GET", f"/topics/7/{SLUG}", 404),
    ("GET", f"/members/{WHO}", 404),
    ("GET", f"/trial/refuse/{SLUG}", 500),
    ("GET", "/trial/fault", 500),
    ("GET", "/trial/status/200", 500),
    ("GET", "/trial/members", 303),
    ("POST", "/trial/fault", 500),
    ("POST", "/trial/breaks-at-flush", 500),
    ("POST", "/trial/breaks-at-commit", 500),
    ("POST", f"/trial/refuse/{SLUG}", 500),
    ("POST", f"/trial/topics/7/{SLUG}", 405),
    ("POST", "/trial/form", 200),
]


@pytest.mark.proves("W14")
@pytest.mark.proves("W19")
@pytest.mark.parametrize(("method", "address", "status"), REQUESTS)
def test_no_line_holds_a_word_of_it(
    ask: Callable[..., int],
    token: dict[str, str],
    lines: list[Any],
    caplog: pytest.LogCaptureFixture,
    method: str,
    address: str,
    status: int,
) -> None:
    data = {**token, "text": TYPED, "name": WHO} if method == "POST" else None
    with caplog.at_level(logging.DEBUG):
        assert ask(method, address, data=data) == status
    written = json.dumps(lines) + "".join(f"{record.name} {record.getMessage()}" for record in caplog.records)
    assert lines
    for private in (*PRIVATE, token["csrf_token"]):
        assert private not in written
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.proves("W14")
def test_a_request_is_one_line(ask: Callable[..., int], lines: list[Any]) -> None:
    ask("GET", f"/trial/topics/7/{SLUG}")
    (line,) = lines
    assert line.pop("milliseconds") >= 0
    assert len(line.pop("request_id")) == 32
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "/trial/topics/<int:topic_id>/<slug>",
        "status": 200,
    }


@pytest.mark.proves("W18")
def test_a_faults_line_leads_to_the_place_and_to_the_request(client: FlaskClient, lines: list[Any]) -> None:
    number = client.get("/trial/fault").headers["X-Request-Id"]
    fault, request = lines
    assert fault["event"] == "fault"
    assert fault["log_level"] == "error"
    assert fault["error"] == "LookupError"
    assert fault["where"][-1].startswith("trial.py:")
    assert fault["where"][-1].endswith(":fault")
    assert fault["request_id"] == request["request_id"] == number
    assert request["status"] == 500


@pytest.mark.proves("W14")
def test_a_fault_of_the_error_page_is_logged_no_differently(
    app: Flask, database: Database, lines: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    someone = cast.member(app, "Wren")
    with database.transaction() as session:
        session.execute(text("DROP TABLE sign_in_session"))
    assert someone.client.get(f"/trial/topics/7/{SLUG}?q={SOUGHT}").status_code == 200
    assert someone.client.get(f"/topics/7/{SLUG}?q={SOUGHT}").status_code == 500
    faults = [line for line in lines if line["event"] == "fault"]
    assert faults
    assert all(line["error"].endswith("Error") for line in faults)
    written = json.dumps(lines) + caplog.text
    for private in (SLUG, SOUGHT, "Wren", someone.token, "SELECT", "no such table", "does not exist"):
        assert private not in written
    assert not caplog.records


@pytest.mark.proves("W14")
def test_what_really_comes_out_is_one_json_object_a_line(
    capfd: pytest.CaptureFixture[str], settings: Settings
) -> None:
    # The application is made only now, so that it writes to what is captured.
    app = create_app(settings)
    trial.register(app)
    client = app.test_client()
    capfd.readouterr()
    client.get(f"/trial/fault?q={SOUGHT}")
    client.get(f"/trial/topics/7/{SLUG}")
    out, err = capfd.readouterr()
    assert out == ""
    written = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in written] == ["fault", "request", "request"]
    assert all(line["timestamp"].endswith("Z") for line in written)
    for private in PRIVATE:
        assert private not in err
    database_of(app).dispose()
