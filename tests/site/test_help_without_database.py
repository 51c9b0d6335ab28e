"""Help now comes whatever fails: without its table, without knowing who asks, without any database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from config import Settings
from forum.app import create_app
from forum.database.session import Database
from forum.moderation.models import HelplineState
from forum.site import shipped_texts
from tests import cast
from tests.conftest import database_of, settings_for
from tests.pages import read_page
from tests.site.texts import publish_texts

EMERGENCY = "If you are in danger now, call your emergency number (112, 911, 999 or 000)."


@contextmanager
def without(database: Database, table: str) -> Iterator[None]:
    """Take a table away, and put it back for the tests that get this database next."""
    with database.transaction() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    try:
        yield
    finally:
        with database.transaction() as session:
            session.execute(text(f"ALTER TABLE away RENAME TO {table}"))


def helplines(client: FlaskClient) -> list[str]:
    """Return the words of each country's panel."""
    answer = client.get("/help-now")
    assert answer.status_code == 200
    main = read_page(answer.text).one("main")
    assert "Is a life in danger" in main.text
    return [panel.text for panel in main.all("section", class_="panel") if "Emergency:" in panel.text]


@pytest.mark.parametrize("table", ["helpline", "sign_in_session"])
def test_visitors_and_members_still_see_whom_to_call(app: Flask, database: Database, table: str) -> None:
    publish_texts(app)
    visitor, member = app.test_client(), cast.member(app).client
    before = [helplines(client) for client in (visitor, member)]
    assert before[0] == before[1] != []
    with without(database, table):
        assert [helplines(client) for client in (visitor, member)] == before
        broken = member if table == "sign_in_session" else visitor
        assert broken.get("/help-now").headers["Cache-Control"] == "no-store"


def test_only_verified_rows_are_shown_without_the_table(client: FlaskClient, database: Database) -> None:
    with without(database, "helpline"):
        shown = " ".join(helplines(client))
    for row in shipped_texts.helplines():
        if row.state is HelplineState.VERIFIED and row.country != "*":
            assert row.service in shown
            assert re.sub(r"\s+", " ", row.emergency) in shown
        elif row.state is not HelplineState.VERIFIED:
            assert row.service not in shown


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/forum.sqlite3", "postgresql+psycopg://nobody@127.0.0.1:9/none"]
)
def test_without_any_database_it_comes_too(tmp_path: Path, url: str) -> None:
    made: Settings = replace(settings_for(url, tmp_path))
    app = create_app(made)
    try:
        for client in (app.test_client(), cast.signed_in(app, "a token of somebody")):
            assert any("Ireland" in panel for panel in helplines(client))
            home = client.get("/")
            assert home.status_code == 500
            assert EMERGENCY in read_page(home.text).one("main").text
            assert "/help-now" in {
                link.attributes["href"] for link in read_page(home.text).one("main").all("a")
            }
    finally:
        database_of(app).dispose()


def test_a_member_who_cannot_be_recognised_gets_a_visitors_error_page(app: Flask, database: Database) -> None:
    member = cast.member(app, "Wren").client
    with without(database, "sign_in_session"):
        for address in ("/categories", "/moderation/reports", "/topics/new"):
            answer = member.get(address)
            assert answer.status_code == 500
            assert answer.mimetype == "text/html"
            assert answer.headers["Cache-Control"] == "no-store"
            page = read_page(answer.text)
            assert EMERGENCY in page.one("main").text
            assert "/help-now" in {link.attributes["href"] for link in page.one("main").all("a")}
            assert "Wren" not in page.text
        assert member.get("/no-such-page").status_code == 404


@pytest.mark.parametrize("table", ["community_settings", "sign_in_session"])
def test_a_page_that_is_not_there_offers_search_and_help_all_the_same(
    app: Flask, database: Database, table: str
) -> None:
    for client in (app.test_client(), cast.member(app).client):
        with without(database, table):
            answer = client.get("/no-such-page")
        assert answer.status_code == 404
        main = read_page(answer.text).one("main")
        assert main.one("form", role="search").attributes["action"] == "/search"
        assert "/help-now" in {link.attributes["href"] for link in main.all("a")}
