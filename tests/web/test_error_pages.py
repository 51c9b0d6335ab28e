"""How a refusal or a fault looks: one sentence for people and programs, a number to ask about, and nothing else."""

import html
import sqlite3
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import DictLoader
from sqlalchemy import text
from werkzeug.test import TestResponse

from forum.app import LARGEST_REQUEST
from forum.database.session import Database
from tests import cast
from tests.web.test_headers import check
from tests.web.trial import REFUSALS, SECRET, STATUSES

JSON = {"Accept": "application/problem+json"}
INTERNALS = (SECRET, "LookupError", "Traceback", "trial.py", "sqlalchemy", "sqlite", "psycopg", "SELECT")


def words(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def no_internals(answer: TestResponse) -> None:
    for inner in INTERNALS:
        assert inner not in answer.text


@pytest.mark.proves("W18")
@pytest.mark.parametrize("name", sorted(set(REFUSALS) - {"sign-in"}))
def test_a_page_and_its_json_say_the_same(client: FlaskClient, name: str) -> None:
    page, program = (client.get(f"/trial/refuse/{name}", headers=headers) for headers in ({}, JSON))
    assert page.status_code == program.status_code == STATUSES[name]
    assert page.mimetype == "text/html"
    assert program.content_type == "application/problem+json"
    problem = program.json
    assert problem is not None
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert problem["status"] == STATUSES[name]
    reason = REFUSALS[name].reason
    assert problem["detail"] == reason or not reason
    assert problem["detail"].endswith(".")
    assert problem["detail"] in words(page)
    assert problem["title"] in words(page)
    assert problem["request_id"] == program.headers["X-Request-Id"]
    assert page.headers["X-Request-Id"] in page.text
    for answer in (page, program):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_who_comes_too_often_or_in_vain_is_told_when_to_come_again(client: FlaskClient) -> None:
    for headers in ({}, JSON):
        assert client.get("/trial/refuse/too-many", headers=headers).headers["Retry-After"] == "30"
        assert client.get("/trial/refuse/unavailable", headers=headers).headers["Retry-After"] == "120"
        assert "Retry-After" not in client.get("/trial/refuse/conflict", headers=headers).headers


def test_a_features_own_refusals_are_worded_as_well(client: FlaskClient) -> None:
    answer = client.get("/trial/later-refusal")
    assert answer.status_code == 409
    assert "Somebody was faster." in answer.text
    answer = client.get("/trial/own-refusal")
    assert answer.status_code == 400
    assert "It does not go." in answer.text


@pytest.mark.proves("W18")
@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "program"])
def test_a_fault_shows_its_number_and_nothing_of_the_inside(
    client: FlaskClient, headers: dict[str, str], token: dict[str, str]
) -> None:
    for answer in (
        client.get("/trial/fault", headers=headers),
        client.post("/trial/fault", headers=headers, data=token),
        client.get("/trial/status/200", headers=headers),
    ):
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
        no_internals(answer)


@pytest.mark.proves("W18")
def test_a_fault_of_the_error_page_itself_shows_no_more(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        session.execute(text("DROP TABLE sign_in_session"))
    # From now on nobody can be recognised, and no page can be made of a template.
    app.jinja_env.loader = DictLoader({})
    for address in ("/", "/trial/members", "/trial/fault"):
        answer = someone.client.get(address)
        assert answer.status_code == 500
        assert answer.mimetype == "text/plain"
        assert answer.headers["X-Request-Id"] in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        check(answer)
        assert "If you are in danger now, call your emergency number (112, 911, 999 or 000)." in answer.text
        assert "/help-now" in answer.text
        no_internals(answer)
    assert someone.client.get("/trial/fault", headers=JSON).content_type == "application/problem+json"


# --- another process writes ------------------------------------------------------------------------------


# PostgreSQL lets two processes write at once.
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_database_that_another_process_holds_is_busy_and_no_fault(
    client: FlaskClient, database: Database, token: dict[str, str]
) -> None:
    # Else it would wait for five seconds.
    with database.write_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(str(database.write_engine.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post("/trial/status/200", data={**token, "text": "My words."})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Many people are here at once" in answer.text
        assert "My words." in answer.text
        no_internals(answer)
    finally:
        other.close()
    assert client.post("/trial/status/200", data=token).status_code == 200


def test_any_other_failure_of_the_database_is_a_fault(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("DROP TABLE page_stamp"))
    assert client.get("/trial/declared").status_code == 500


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("application/json, text/html;q=0.5", "application/problem+json"),
        ("image/png", "text/html"),
        ("nonsense;;q=", "text/html"),
    ],
)
def test_who_asks_for_json_gets_it_and_nobody_else(client: FlaskClient, accept: str, mimetype: str) -> None:
    assert client.get("/no-such-page", headers={"Accept": accept} if accept else {}).mimetype == mimetype


# --- log in first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        ("/trial/members", "/trial/members"),
        ("/trial/members?page=2&q=a%20b", "/trial/members?page=2&q=a%20b"),
        ("/trial/members?", "/trial/members"),
        ("/trial/members?a=%C3%A9&b=%26", "/trial/members?a=%C3%A9&b=%26"),
        ("/trial/members?next=https://evil.example", "/trial/members?next=https://evil.example"),
        ("/trial/members?x=%0d%0aSet-Cookie:a", "/trial/members?x=%0d%0aSet-Cookie:a"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_must_log_in_first_is_led_there_and_back(
    client: FlaskClient, method: str, asked: str, after: str
) -> None:
    answer = client.open(asked, method=method)
    assert answer.status_code == 303
    location = urlsplit(answer.headers["Location"])
    assert (location.scheme, location.netloc, location.path) == ("", "", "/log-in")
    assert parse_qs(location.query, strict_parsing=True) == {"next": [after]}


def test_an_address_that_is_no_text_is_led_there_too(client: FlaskClient) -> None:
    answer = client.get("/trial/members", environ_overrides={"QUERY_STRING": "a=\xff\xfe"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/log-in?next=/trial/members")


def test_a_program_that_must_log_in_first_is_told_so(client: FlaskClient) -> None:
    answer = client.get("/trial/members", headers=JSON)
    assert answer.status_code == 401
    assert (answer.json or {})["detail"] == "Log in first. Reading needs no account; this page does."


def test_whose_session_ended_while_writing_keeps_their_words(client: FlaskClient) -> None:
    typed = "It hurt </textarea><script>alert(1)</script> & more.\n\nSecond paragraph, café."
    answer = client.post("/trial/members", data={"text": typed})
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text
    assert typed.replace("\n", "\r\n") in words(answer) or typed in words(answer)
    assert "Location" not in answer.headers
    refused = client.post("/trial/refuse/sign-in", data={"text": "x"})
    assert refused.status_code == 400, "Without a token it isn't even asked who they are."


# --- what HTTP itself refuses ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"])
def test_a_method_that_is_not_meant_is_told_which_are(client: FlaskClient, method: str) -> None:
    answer = client.open("/trial/token", method=method)
    if method == "get":
        # The test's own client writes methods in capitals, as the standard's are.
        assert answer.status_code == 200
        return
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "doesn't take that kind of request" in words(answer)


def test_head_and_options_are_answered(client: FlaskClient) -> None:
    head, whole = client.head("/"), client.get("/")
    assert head.status_code == 200
    assert head.data == b""
    assert head.content_length == whole.content_length
    options = client.options("/trial/refuse/conflict")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("fields", [{}, {"csrf_token": "x"}])
def test_what_is_too_large_is_refused_with_a_sentence(client: FlaskClient, fields: dict[str, str]) -> None:
    body = urlencode({**fields, "text": "x" * (LARGEST_REQUEST + 1)})
    answer = client.post("/trial/form", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "Make it shorter" in answer.text
    answer = client.post("/trial/form", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


def test_what_is_large_but_not_too_large_is_taken(client: FlaskClient, token: dict[str, str]) -> None:
    typed = "x" * (LARGEST_REQUEST // 2)
    assert client.post("/trial/form", data={**token, "text": typed}).text == typed


@pytest.mark.parametrize(
    "status", [400, 403, 404, 405, 406, 410, 413, 415, 418, 422, 429, 500, 501, 502, 503]
)
def test_every_status_has_words(client: FlaskClient, status: int) -> None:
    answer = client.get(f"/trial/abort/{status}")
    assert answer.status_code == status
    assert answer.headers["X-Request-Id"] in answer.text
    check(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/%00",
        "/%ff",
        "/topics/99999999999999999999/x",
        "/" + "a" * 5000,
        "/topics/-1/x",
        "/.",
    ],
)
def test_an_address_that_makes_no_sense_is_nowhere(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    check(answer)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "//evil.example//trial/token"])
def test_no_address_leads_to_another_site(client: FlaskClient, path: str) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in (308, 404)
    assert urlsplit(answer.headers.get("Location", "")).netloc in ("", "localhost")


@pytest.mark.parametrize("cookie", ["session=x", "session=" + "." * 4000, "session=\xff", "=;=;", "a" * 5000])
def test_a_damaged_cookie_is_a_visitors(client: FlaskClient, cookie: str) -> None:
    assert client.get("/", headers={"Cookie": cookie}).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("multipart/form-data", b"--"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n"),
        ("application/x-www-form-urlencoded", b"text=%ff%00&&&=&text"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"text=+ADw-script+AD4-"),
        ("text/plain", b"\x00\xff"),
        ("", b""),
    ],
)
def test_a_damaged_form_is_refused_and_no_fault(client: FlaskClient, content_type: str, body: bytes) -> None:
    answer = client.post("/trial/form", data=body, content_type=content_type)
    assert answer.status_code == 400


def test_only_the_words_that_were_typed_are_kept(
    client: FlaskClient, token_of: Callable[[FlaskClient], str]
) -> None:
    sent = {"text": "My words.", "name": "Other words", "csrf_token": token_of(client)}
    answer = client.post("/trial/refuse/conflict", data=sent)
    assert "My words." in answer.text
    assert "Other words" not in answer.text
    assert sent["csrf_token"] not in answer.text
