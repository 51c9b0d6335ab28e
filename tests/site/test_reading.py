"""Reading settings: without an account, one cookie, only when something was chosen."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from forum.app import create_app
from forum.web.rendering import THEME_COOKIE
from tests import cast
from tests.conftest import database_of
from tests.pages import Element, read_page


def form_of(client: FlaskClient) -> Element:
    return read_page(client.get("/settings/reading").text).one("main").one("form", method="post")


def choose(client: FlaskClient, **fields: str) -> tuple[int, str]:
    token = form_of(client).one("input", name="csrf_token").attributes["value"]
    answer = client.post("/settings/reading", data={"csrf_token": token, **fields})
    return answer.status_code, answer.text


def theme_of(client: FlaskClient, address: str = "/about") -> str:
    return read_page(client.get(address).text).one("html").attributes.get("data-theme", "")


@pytest.mark.parametrize("theme", ["light", "dark", "dim"])
def test_a_chosen_theme_is_kept_for_a_year_and_used_everywhere(client: FlaskClient, theme: str) -> None:
    assert client.get_cookie(THEME_COOKIE) is None
    assert choose(client, theme=theme)[0] == 303
    cookie = client.get_cookie(THEME_COOKIE)
    assert cookie is not None
    assert (cookie.value, cookie.max_age, cookie.http_only, cookie.same_site) == (
        theme,
        31_536_000,
        True,
        "Lax",
    )
    assert {theme_of(client, address) for address in ("/about", "/", "/help-now", "/nowhere")} == {theme}
    (checked,) = [
        choice for choice in form_of(client).all("input", type="radio") if "checked" in choice.attributes
    ]
    assert checked.attributes["value"] == theme


def test_following_the_device_takes_the_cookie_away(client: FlaskClient) -> None:
    choose(client, theme="dim")
    assert choose(client, theme="auto")[0] == 303
    assert client.get_cookie(THEME_COOKIE) is None
    assert theme_of(client) == ""


@pytest.mark.parametrize("theme", ["", "neon", "DARK", "dark ", "<script>", "x" * 5000])
def test_a_theme_that_is_none_is_asked_for_again(client: FlaskClient, theme: str) -> None:
    status, text = choose(client, theme=theme)
    assert status == 422
    assert "Choose one of the four." in read_page(text).one("main").text
    assert client.get_cookie(THEME_COOKIE) is None


def test_nothing_chosen_is_asked_for_again(client: FlaskClient) -> None:
    assert choose(client)[0] == 422


def test_other_fields_are_refused(client: FlaskClient) -> None:
    assert choose(client, theme="dark", role="administrator")[0] == 400
    assert client.get_cookie(THEME_COOKIE) is None


def test_it_needs_the_token(client: FlaskClient) -> None:
    assert client.post("/settings/reading", data={"theme": "dark"}).status_code == 400
    assert client.get_cookie(THEME_COOKIE) is None


def test_a_cookie_that_we_did_not_write_changes_nothing(client: FlaskClient) -> None:
    client.set_cookie(THEME_COOKIE, 'dark" onload="x')
    assert theme_of(client) == ""


def test_members_have_it_too(app: Flask) -> None:
    client = cast.member(app).client
    assert choose(client, theme="dark")[0] == 303
    assert "Saved" in client.get("/settings/reading?saved").text


def test_over_https_the_cookie_is_for_https_alone(settings: Settings) -> None:
    secure = replace(
        settings,
        base_url="https://localhost",
        trusted_hosts=("localhost",),
        stand_in=False,
        google=None,
        facebook=None,
    )
    app = create_app(secure)
    client = app.test_client()
    page = client.get("/settings/reading", base_url="https://localhost")
    token = read_page(page.text).one("main").one("input", name="csrf_token").attributes["value"]
    answer = client.post(
        "/settings/reading",
        data={"csrf_token": token, "theme": "dark"},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/settings/reading"},
    )
    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"]
    database_of(app).dispose()
