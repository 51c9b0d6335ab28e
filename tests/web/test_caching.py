"""Who may store an answer: nobody, where it is one person's. Every public address is walked."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forum.database.session import Database
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.site.texts import publish_texts


def public_addresses(app: Flask, topic_id: int) -> list[str]:
    """Return an existing address for each public route that answers GET."""
    known = {
        "topic_id": topic_id,
        "post_id": topic_id,
        "slug": "flares-today",
        "kind": "terms",
        "version": 1,
        "number": 1,
        "provider": "google",
        "told": "report",
        "code": "nobodys",
        "name": "0" * 32,
    }
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            "GET" not in (rule.methods or ())
            or getattr(view, "access", "") != "public"
            or "trial" in rule.rule
        ):
            continue
        values = dict(known)
        if rule.rule.startswith("/treatments"):
            values["slug"] = "intrathecal-implants"
        with app.test_request_context():
            built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None, f"{rule.rule}: say above what stands for its parts."
        found.append(built[1])
    return sorted(found)


def is_stored_by_nobody(answer: TestResponse) -> bool:
    return "no-store" in answer.headers.get("Cache-Control", "")


@pytest.fixture
def addresses(app: Flask, database: Database) -> list[str]:
    """The public addresses of a community in which somebody wrote."""
    publish_texts(app)
    found = public_addresses(app, start(database, cast.member(app).actor, topic_draft("flares-today")))
    assert {"/", "/help-now", "/log-in", "/settings/reading"} <= set(found)
    return found


@pytest.mark.proves("W15")
def test_what_sets_a_cookie_or_holds_a_token_is_stored_by_nobody(app: Flask, addresses: list[str]) -> None:
    own, everyones = set(), set()
    for address in addresses:
        # The second time the cookie is there already, and a token is not new.
        for browser in (app.test_client(), visitor_with_a_session(app)):
            answer = browser.get(address)
            assert answer.status_code < 500
            if "Set-Cookie" in answer.headers or "csrf_token" in answer.text:
                own.add(address)
                assert is_stored_by_nobody(answer), address
            elif answer.status_code == 200 and not is_stored_by_nobody(answer):
                everyones.add(address)
    assert {"/settings/reading", "/log-in"} <= own
    assert any(re.fullmatch(r"/posts/\d+/worry", address) for address in own)
    assert any(re.fullmatch(r"/posts/\d+/report", address) for address in own)
    assert {"/", "/about", "/help-now", "/categories"} <= everyones
    assert not own & everyones


@pytest.mark.proves("W15")
def test_whatever_a_member_gets_is_stored_by_nobody(app: Flask, addresses: list[str]) -> None:
    someone = cast.member(app, "Wren").client
    statuses = set()
    for address in [*addresses, "/topics/new", "/no-such-page", "/trial/refuse/conflict"]:
        answer = someone.get(address)
        statuses.add(answer.status_code)
        assert is_stored_by_nobody(answer), address
    assert statuses & {301, 302, 303, 307, 308}, "Redirects are among them."


def visitor_with_a_session(app: Flask) -> FlaskClient:
    """Return the browser of a visitor who opened a form before."""
    browser = app.test_client()
    assert "Set-Cookie" in browser.get("/settings/reading").headers
    return browser


def test_a_kept_page_does_not_vary_with_the_session(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers
