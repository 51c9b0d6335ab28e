"""Forged requests: nothing unsafe is done without the token of the very browser that asks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from forum.database.session import Database
from forum.web import csrf
from tests import cast
from tests.web.trial import UNSAFE, written

Fetch = Callable[[FlaskClient], str]


@pytest.mark.proves("W3")
@pytest.mark.parametrize("method", UNSAFE)
def test_without_a_token_nothing_is_done(client: FlaskClient, database: Database, method: str) -> None:
    answer = client.open("/trial/status/200", method=method, data={"text": "My words."})
    assert answer.status_code == 400
    assert "your page was open for so long" in answer.text.lower()
    assert "My words." in answer.text, "What was typed is not lost."
    assert written(database) == []


@pytest.mark.proves("W3")
def test_only_this_browsers_own_token_counts(app: Flask, database: Database, token_of: Fetch) -> None:
    own, other, fresh = app.test_client(), app.test_client(), app.test_client()
    tokens = token_of(own), token_of(other)
    for client, token in [(own, tokens[1]), (fresh, tokens[0]), (own, ""), (own, "x"), (own, tokens[0][:-1])]:
        assert client.post("/trial/status/200", data={"csrf_token": token}).status_code == 400
    assert written(database) == []
    assert own.post("/trial/status/200", data={"csrf_token": tokens[0]}).status_code == 200
    assert written(database) == ["status"]


def test_a_program_sends_the_token_as_a_header(client: FlaskClient, token: dict[str, str]) -> None:
    headers = {"X-CSRFToken": token["csrf_token"]}
    assert client.post("/trial/status/200", headers=headers).status_code == 200


@pytest.mark.proves("W3")
@pytest.mark.parametrize("address", ["/trial/form", "/topics/1/reply"])
def test_what_another_site_sent_is_not_shown(client: FlaskClient, address: str) -> None:
    # Older browsers, and any over plain http, say nothing but the origin, and that may be nobody's.
    for foreign in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        answer = client.post(address, data={"text": "Send your password."}, headers=foreign)
        assert answer.status_code in (400, 401)
        assert "Send your password." not in answer.text
        # Nor does a visitor's empty session take the place of somebody's own.
        assert "Set-Cookie" not in answer.headers
    for own in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}):
        assert (
            "Send your password."
            in client.post(address, data={"text": "Send your password."}, headers=own).text
        )


def test_the_token_sets_a_cookie_that_scripts_and_other_sites_can_not_use(client: FlaskClient) -> None:
    cookie = client.get("/trial/token").headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


@pytest.mark.proves("W3")
def test_every_unsafe_route_asks_for_the_token(app: Flask) -> None:
    someone = cast.administrator(app)
    unsafe = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {*UNSAFE})
        if _place_of(app.view_functions[rule.endpoint]) not in csrf.EXEMPT
    ]
    assert len(unsafe) > 10
    addresses = app.url_map.bind("localhost")
    for rule, method in unsafe:
        address = addresses.build(rule.endpoint, _values(rule), method=method)
        answer = someone.client.open(address, method=method, data={"text": "x"})
        # What nobody declared is closed before anything else is asked.
        expected = 404 if rule.endpoint == "trial.undeclared" else 400
        assert answer.status_code == expected, f"{method} {address}"


def _values(rule: Rule) -> dict[str, Any]:
    return {name: _value(converter) for name, converter in rule._converters.items()}


def _value(converter: BaseConverter) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"


@pytest.mark.proves("W3")
def test_only_what_providers_call_themselves_is_exempt(app: Flask) -> None:
    assert csrf._protect._exempt_views == set(csrf.EXEMPT)
    assert csrf._protect._exempt_blueprints == set()
    assert all(csrf.EXEMPT.values()), "Each has its reason."
    exempt = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & {*UNSAFE}
        if _place_of(app.view_functions[rule.endpoint]) in csrf.EXEMPT
    }
    assert exempt == {
        ("/auth/facebook/deauthorize", "POST"),
        ("/auth/facebook/deletion", "POST"),
        ("/auth/google/events", "POST"),
    }


def _place_of(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__name__}"
