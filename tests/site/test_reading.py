"""Reading settings: without an account, a cookie for each choice, only when something was chosen."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from forum.app import create_app
from forum.web.reading import CHOICES, cookie_name
from tests import cast
from tests.conftest import database_of
from tests.pages import Element, read_page

THEME_COOKIE = cookie_name("theme")
NOTHING_CHOSEN = {"theme": "auto", "size": "auto", "motion": "auto"}
EACH = [(choice, value) for choice, values in CHOICES.items() for value in values]


def form_of(client: FlaskClient) -> Element:
    return read_page(client.get("/settings/reading").text).one("main").one("form", method="post")


def choose(client: FlaskClient, **fields: str) -> tuple[int, str]:
    return send(client, {**NOTHING_CHOSEN, **fields})


def send(client: FlaskClient, fields: dict[str, str]) -> tuple[int, str]:
    """Send the form as it stands on the page (a choice of another kind too, where one is there), with these changes."""
    form = form_of(client)
    standing = {box.attributes["name"]: box.attributes["value"] for box in form.all("input", type="hidden")}
    answer = client.post("/settings/reading", data={**standing, **fields})
    return answer.status_code, answer.text


def html_of(client: FlaskClient, address: str = "/about") -> dict[str, str]:
    """Return what the root element says about how to read."""
    attributes = read_page(client.get(address).text).one("html").attributes
    return {name: value for name, value in attributes.items() if name.startswith("data-")}


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
    assert checked(client) == {**NOTHING_CHOSEN, "theme": theme}


def checked(client: FlaskClient) -> dict[str, str]:
    """Return what is chosen on the page."""
    boxes = form_of(client).all("input", type="radio")
    return {
        box.attributes["name"]: box.attributes["value"]
        for box in boxes
        if "checked" in box.attributes and box.attributes["name"] in NOTHING_CHOSEN
    }


@pytest.mark.parametrize(("choice", "value"), EACH)
def test_each_choice_stands_alone_in_a_cookie_of_its_own(
    client: FlaskClient, choice: str, value: str
) -> None:
    assert choose(client, **{choice: value})[0] == 303
    kept = {name: client.get_cookie(cookie_name(name)) for name in CHOICES}
    assert {name: cookie.value for name, cookie in kept.items() if cookie is not None} == {choice: value}
    assert html_of(client) == {f"data-{choice}": value}
    assert checked(client) == {**NOTHING_CHOSEN, choice: value}
    assert choose(client)[0] == 303
    assert [client.get_cookie(cookie_name(name)) for name in CHOICES] == [None, None, None]
    assert html_of(client) == {}


def test_all_of_them_together_are_on_every_page(client: FlaskClient) -> None:
    choose(client, theme="dim", size="largest", motion="none")
    everything = {"data-theme": "dim", "data-size": "largest", "data-motion": "none"}
    assert [html_of(client, address) for address in ("/", "/help-now", "/nowhere")] == [everything] * 3


def test_what_was_never_chosen_is_not_taken_away_either(client: FlaskClient) -> None:
    client.get("/settings/reading")
    token = form_of(client).one("input", name="csrf_token").attributes["value"]
    answer = client.post("/settings/reading", data={"csrf_token": token, **NOTHING_CHOSEN})
    assert answer.status_code == 303
    assert not [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("reading-")]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [("size", "Choose one of the three sizes."), ("motion", "Choose whether anything may move.")],
)
@pytest.mark.parametrize("value", ["", "huge", "<script>", "dark"])
def test_a_choice_that_is_none_is_asked_for_again(
    client: FlaskClient, choice: str, sentence: str, value: str
) -> None:
    status, text = choose(client, **{choice: value})
    assert status == 422
    assert sentence in read_page(text).one("main").text
    assert client.get_cookie(cookie_name(choice)) is None


@pytest.mark.parametrize("choice", CHOICES)
def test_cookies_that_we_did_not_write_change_nothing(client: FlaskClient, choice: str) -> None:
    client.set_cookie(cookie_name(choice), 'none" onload="x')
    assert html_of(client) == {}


def test_following_the_device_takes_the_cookie_away(client: FlaskClient) -> None:
    choose(client, theme="dim")
    assert choose(client, theme="auto")[0] == 303
    assert client.get_cookie(THEME_COOKIE) is None
    assert theme_of(client) == ""


@pytest.mark.parametrize("theme", ["", "neon", "DARK", "dark ", "<script>", "x" * 5000])
def test_a_theme_that_is_none_is_asked_for_again(client: FlaskClient, theme: str) -> None:
    status, text = choose(client, theme=theme)
    assert status == 422
    assert "Choose one of the four colours." in read_page(text).one("main").text
    assert client.get_cookie(THEME_COOKIE) is None


@pytest.mark.parametrize("missing", NOTHING_CHOSEN)
def test_what_is_not_sent_is_asked_for_again(client: FlaskClient, missing: str) -> None:
    assert send(client, {name: value for name, value in NOTHING_CHOSEN.items() if name != missing})[0] == 422


def test_other_fields_are_refused(client: FlaskClient) -> None:
    assert choose(client, theme="dark", role="administrator")[0] == 400
    assert client.get_cookie(THEME_COOKIE) is None


def test_it_needs_the_token(client: FlaskClient) -> None:
    assert client.post("/settings/reading", data={**NOTHING_CHOSEN, "theme": "dark"}).status_code == 400
    assert client.get_cookie(THEME_COOKIE) is None


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
        data={"csrf_token": token, **NOTHING_CHOSEN, "theme": "dark"},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/settings/reading"},
    )
    assert answer.status_code == 303
    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(THEME_COOKIE)]
    assert "Secure" in cookie
    database_of(app).dispose()
