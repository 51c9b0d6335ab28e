"""The ground that the other tests stand on: it must hold, and it must be able to give way."""

import socket
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.consent.models import ConsentEvent
from tests.conftest import OutsideReached

OUTSIDE = "192.0.2.1"
MOMENT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def _tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_database_is_migrated_and_of_the_asked_kind(database_url: str, dialect: str) -> None:
    assert database_url.startswith(dialect)
    assert {"alembic_version", "member", "consent_event"} <= _tables(database_url)


@pytest.mark.parametrize("_time", range(2))
def test_a_database_is_this_tests_own(database_url: str, _time: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        # Were the second test given the first one's database, the table would exist.
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()


@pytest.mark.parametrize("_time", range(2))
def test_a_database_has_no_rows_and_counts_from_one(database_url: str, _time: int) -> None:
    # Were the second test given the first one's rows or counters, its member would not be number one. The
    # event's table refuses DELETE, so it also shows that emptying gets past the triggers.
    engine = create_engine(database_url)
    with Session(engine) as session:
        member = Member(
            uuid=UUID(int=1), name="rowan", name_key="rowan", name_since=MOMENT, locale="en", joined_at=MOMENT
        )
        event = ConsentEvent(sequence=1, commitment="c", previous_hash="p", hash="h", happened_at=MOMENT)
        session.add_all([member, event])
        session.commit()
        assert member.id == 1
    engine.dispose()


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    assert _tables(empty_database_url) == set()


def test_nothing_outside_is_reached() -> None:
    with pytest.raises(OutsideReached), socket.create_connection((OUTSIDE, 80), timeout=1):
        pass


def test_no_name_is_looked_up_outside() -> None:
    with pytest.raises(OutsideReached):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_the_browser_is_real_and_stays_here(page: Page) -> None:
    page.set_content("<p id=here>Hello</p>")
    assert page.text_content("#here") == "Hello"
    with pytest.raises(PlaywrightError, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
