"""Choosing a language in the reading settings: a cookie that is set then and not before, and no account needed."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Settings
from forum.accounts.models import Member
from forum.app import create_app
from forum.database.session import Database
from forum.text.pseudo import ACCENTED, MIRRORED
from forum.text.translate import speaking
from forum.web.languages import COOKIE
from forum.web.reading import CHOICES, cookie_name
from tests import cast
from tests.conftest import database_of
from tests.pages import read_page

ADDRESS = "/settings/reading"


def choose(client: FlaskClient, **changes: str | None) -> TestResponse:
    """Fill in the form as it stands on the page, with these changes; None leaves a field out."""
    form = read_page(client.get(ADDRESS).text).one("main").one("form", method="post")
    token = form.one("input", name="csrf_token").attributes["value"]
    chosen = {
        box.attributes["name"]: box.attributes["value"]
        for box in form.all("input", type="radio")
        if "checked" in box.attributes
    }
    sent = {"csrf_token": token, **chosen, **changes}
    return client.post(ADDRESS, data={name: value for name, value in sent.items() if value is not None})


def language_of(client: FlaskClient) -> str:
    return read_page(client.get("/about").text).one("html").attributes["lang"]


def test_a_language_is_chosen_and_left_to_the_browser_again(client: FlaskClient) -> None:
    assert cookie_name("language") == COOKIE
    assert client.get_cookie(COOKIE) is None
    assert choose(client, language=MIRRORED).status_code == 303
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert (cookie.value, cookie.http_only, cookie.same_site) == (MIRRORED, True, "Lax")
    assert language_of(client) == MIRRORED
    saved = client.get(f"{ADDRESS}?saved").text
    assert (
        read_page(saved).one("input", name="language", value=MIRRORED).attributes.get("checked") is not None
    )
    # What was chosen otherwise is not touched, and leaving it to the browser leaves no cookie.
    choose(client, theme="dim")
    assert language_of(client) == MIRRORED
    assert choose(client, language="auto").status_code == 303
    assert client.get_cookie(COOKIE) is None
    assert language_of(client) == "en"


@pytest.mark.parametrize("language", ["tlh", "", "../en", "en_XA", None])
def test_only_a_language_that_is_there_can_be_chosen(client: FlaskClient, language: str | None) -> None:
    answer = choose(client, language=language)
    assert answer.status_code == 422
    assert "Choose one of the languages." in answer.text
    assert client.get_cookie(COOKIE) is None


def test_the_languages_are_called_by_their_own_names(client: FlaskClient) -> None:
    client.set_cookie(COOKIE, ACCENTED)
    boxes = read_page(client.get(ADDRESS).text).one("main").all("input", name="language")
    assert [box.attributes["value"] for box in boxes] == ["auto", "en", ACCENTED, MIRRORED]
    assert "<b>English</b>" in client.get(ADDRESS).text


def test_nobody_is_asked_where_there_is_one_language(settings: Settings) -> None:
    app: Flask = create_app(replace(settings, pseudo_locales=False))
    client = app.test_client()
    page = read_page(client.get(ADDRESS).text)
    assert page.all("input", name="language") == []
    assert {box.attributes["name"] for box in page.all("input", type="radio")} == {*CHOICES, "notes"}
    assert choose(client, theme="dim").status_code == 303
    assert choose(client, language="en").status_code == 422
    database_of(app).dispose()


def test_a_member_keeps_the_language_they_joined_in_though_the_policies_had_only_another(
    database: Database,
) -> None:
    with speaking(ACCENTED):
        member_id = cast.join(database, "Juniper")
    with database.reading() as session:
        assert session.get_one(Member, member_id).locale == ACCENTED
