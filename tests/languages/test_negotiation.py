"""In which language an answer is, what it says of that, and that nothing of it is left for whoever asks next."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from werkzeug.test import TestResponse

from config import Mode, Settings, SettingsError
from forum.accounts.models import Member
from forum.app import LARGEST_REQUEST, create_app
from forum.database.session import Database
from forum.text import translate
from forum.text.pseudo import ACCENTED, MIRRORED
from forum.web.languages import COOKIE, Offered, negotiate
from tests import cast
from tests.conftest import database_of
from tests.pages import read_page
from tests.web import trial

THREE = Offered(("en", "es", "zh-Hant", ACCENTED), "en")


@pytest.fixture
def spanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of a few sentences, where catalogues are looked for."""
    catalogue = Catalog(locale="es", domain="messages")
    catalogue.add("Help now", "Ayuda ahora")
    catalogue.add("There is nothing here", "Aquí no hay nada")
    folder = tmp_path / "locales" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(translate, "LOCALES_FOLDER", tmp_path / "locales")
    translate._catalogue.cache_clear()
    yield
    translate._catalogue.cache_clear()


@pytest.fixture
def app(spanish: None, settings: Settings) -> Iterator[Flask]:
    """The forum in English, Spanish and the pseudo-locales, with the views of ``trial``."""
    application = create_app(settings)
    trial.register(application)
    yield application
    database_of(application).dispose()


def asked(client: FlaskClient, header: str | None, address: str = "/", **options: Any) -> TestResponse:
    """Return the answer to a browser that asks for these languages."""
    headers = {} if header is None else {"Accept-Language": header}
    return client.get(address, headers=headers, **options)


def language_of(answer: TestResponse) -> str:
    """Return the language of an answer, which header and page say alike."""
    top = read_page(answer.text).one("html").attributes
    assert top["lang"] == answer.headers["Content-Language"]
    return top["lang"]


# --- who decides -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("ES", "es"),
        ("es-MX", "es"),
        ("es-419,es;q=0.9,en;q=0.8", "es"),
        # Dearer is what counts, and not what is there to the letter.
        ("en-GB,es;q=0.9", "en"),
        ("fr-CH, fr;q=0.9, es;q=0.8, en;q=0.7, *;q=0.5", "es"),
        ("en;q=0.2, es;q=0.3", "es"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=0", "en"),
        ("*", "en"),
        ("*;q=0.9, es;q=0.1", "es"),
        ("de, fr", "en"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-hant-hk-x-private", "zh-Hant"),
        ("zh-TW", "en"),
        ("en-xa", ACCENTED),
    ],
)
def test_the_dearest_language_that_is_there_is_spoken(header: str, language: str) -> None:
    assert negotiate(THREE, chosen="", of_member="", asked_for=header) == language


@pytest.mark.parametrize(
    ("chosen", "of_member", "header", "language"),
    [
        ("es", "zh-Hant", "en", "es"),
        ("", "zh-Hant", "es", "zh-Hant"),
        ("tlh", "", "es", "es"),
        ("tlh", "xx", "", "en"),
        # A cookie holds what we wrote into it, or nothing of ours.
        ("ES", "", "", "en"),
        ("../es", "", "", "en"),
    ],
)
def test_a_choice_comes_before_the_member_and_the_member_before_the_browser(
    chosen: str, of_member: str, header: str, language: str
) -> None:
    assert negotiate(THREE, chosen=chosen, of_member=of_member, asked_for=header) == language


def test_where_nothing_fits_the_operators_language_is_spoken() -> None:
    languages = replace(THREE, default="es")
    assert negotiate(languages, chosen="", of_member="", asked_for="de") == "es"
    assert negotiate(languages, chosen="", of_member="", asked_for="en;q=0.1") == "en"


@pytest.mark.parametrize(
    "header",
    [
        "es;q=abc",
        "es;q=1e9",
        ";;;,,,===",
        "-,--,-es-",
        "es" * 500_000,
        "en-" * 300_000,
        "a-b;q=0.5," * 100_000,
        "\x00\xff\r\n es",
        'es;q="',
        "es;level=1;q=0.5",
        "ｅｓ",
    ],
)
def test_a_hostile_header_gets_an_answer(header: str) -> None:
    assert negotiate(THREE, chosen="", of_member="", asked_for=header) in THREE.codes


@given(header=st.text(), chosen=st.text(max_size=20))
def test_any_header_gets_an_answer(header: str, chosen: str) -> None:
    assert negotiate(THREE, chosen=chosen, of_member="", asked_for=header) in THREE.codes


def test_what_stands_behind_a_thousand_characters_is_not_looked_at() -> None:
    assert negotiate(THREE, chosen="", of_member="", asked_for="xx," * 333 + "es") == "en"
    # Not even a half of it.
    assert negotiate(THREE, chosen="", of_member="", asked_for="xx," * 332 + "aa" + ",es-MX" * 9) == "en"


# --- the answer ------------------------------------------------------------------------------------------


def test_a_page_says_in_which_language_it_is(client: FlaskClient) -> None:
    for header, language, words in (("es-MX", "es", "Ayuda ahora"), ("fr", "en", "Help now")):
        answer = asked(client, header)
        assert language_of(answer) == language
        assert words in answer.text
        assert {"Accept-Language", "Cookie"} <= set(answer.vary)
        assert read_page(answer.text).one("html").attributes["dir"] == "ltr"


def test_a_choice_made_here_counts_most(app: Flask) -> None:
    someone = cast.member(app)
    assert language_of(asked(someone.client, "es")) == "en", "Members read what they joined in."
    someone.client.set_cookie(COOKIE, "es")
    assert language_of(asked(someone.client, "en")) == "es"
    someone.client.set_cookie(COOKIE, "tlh")
    assert language_of(asked(someone.client, "es")) == "en"


def test_a_members_language_is_spoken_wherever_they_sign_in(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(locale="es"))
    assert language_of(asked(someone.client, "en")) == "es"
    assert language_of(asked(app.test_client(), "en")) == "en"


def test_whom_the_database_can_not_tell_is_answered_all_the_same(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        session.execute(text("DROP TABLE sign_in_session"))
    answer = asked(someone.client, "es", "/help-now")
    assert answer.status_code == 200
    assert language_of(answer) == "es"


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (404, lambda client, headers: client.get("/no-such-page", headers=headers)),
        (405, lambda client, headers: client.post("/about", headers=headers)),
        (400, lambda client, headers: client.post("/log-out", headers=headers)),
        (
            413,
            lambda client, headers: client.post(
                "/log-out", data={"x": "x" * LARGEST_REQUEST}, headers=headers
            ),
        ),
        (409, lambda client, headers: client.get("/trial/refuse/conflict", headers=headers)),
        (500, lambda client, headers: client.get("/trial/fault", headers=headers)),
    ],
)
def test_refusals_are_worded_in_the_same_language(
    client: FlaskClient, status: int, ask: Callable[[FlaskClient, dict[str, str]], TestResponse]
) -> None:
    page = ask(client, {"Accept-Language": MIRRORED})
    assert page.status_code == status
    assert language_of(page) == MIRRORED
    assert read_page(page.text).one("html").attributes["dir"] == "rtl"
    assert {"Accept-Language", "Cookie"} <= set(page.vary)
    problem = ask(client, {"Accept-Language": ACCENTED, "Accept": "application/json"})
    assert problem.content_type == "application/problem+json"
    assert problem.headers["Content-Language"] == ACCENTED
    assert (problem.json or {})["title"].startswith("⟦")


def test_a_problem_is_told_to_programs_in_their_language(client: FlaskClient) -> None:
    headers = {"Accept": "application/problem+json", "Accept-Language": "es"}
    answer = client.get("/no-such-page", headers=headers)
    assert (answer.json or {})["title"] == "Aquí no hay nada"
    assert answer.headers["Content-Language"] == "es"


def test_what_is_said_ahead_of_the_application_is_english_and_says_so(client: FlaskClient) -> None:
    answer = asked(client, "es", base_url="http://other.example")
    assert answer.status_code == 400
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize("address", ["/robots.txt", "/health/live", "/favicon.ico"])
def test_what_machines_read_is_in_no_language(client: FlaskClient, address: str) -> None:
    answer = asked(client, "es", address)
    assert "Content-Language" not in answer.headers
    assert "Accept-Language" not in answer.vary


def test_with_one_language_nothing_depends_on_what_the_browser_asks_for(settings: Settings) -> None:
    app = create_app(replace(settings, pseudo_locales=False))
    answer = asked(app.test_client(), "es")
    database_of(app).dispose()
    assert language_of(answer) == "en"
    assert "Accept-Language" not in answer.vary


# --- one after the other ---------------------------------------------------------------------------------


def test_a_language_is_not_left_for_the_next_request_of_a_thread(app: Flask) -> None:
    seen: list[str] = []

    def work() -> None:
        for header in ("es", None, MIRRORED, "en"):
            seen.append(language_of(asked(app.test_client(), header)))
            # What this thread does between requests, it does in English.
            seen.append(translate.locale_code())
        asked(app.test_client(), "es", "/trial/fault")
        seen.append(translate.locale_code())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == ["es", "en", "en", "en", MIRRORED, "en", "en", "en", "en"]


# --- what an operator sets -------------------------------------------------------------------------------


@pytest.mark.usefixtures("spanish")
def test_the_operators_language_is_one_that_is_there(settings: Settings) -> None:
    app = create_app(replace(settings, default_locale="es"))
    assert language_of(asked(app.test_client(), None)) == "es"
    assert language_of(asked(app.test_client(), "en")) == "en"
    database_of(app).dispose()
    with pytest.raises(SettingsError, match="ALONGSIDE_DEFAULT_LOCALE must be one of: en, es"):
        create_app(replace(settings, default_locale="fr"))


def test_pseudo_locales_are_offered_only_where_they_were_asked_for(settings: Settings) -> None:
    app = create_app(replace(settings, pseudo_locales=False))
    client = app.test_client()
    client.set_cookie(COOKIE, ACCENTED)
    assert language_of(asked(client, MIRRORED)) == "en"
    database_of(app).dispose()
    assert settings.mode is Mode.TEST
