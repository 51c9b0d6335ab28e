"""The helplines: which are shown, in which order, what a newer list changes, and which need another look."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.database import page_stamps
from forum.database.session import Database
from forum.moderation import helplines
from forum.moderation.helplines import HelplineRow
from forum.moderation.models import Helpline, HelplineState
from forum.permissions.actor import OPERATOR
from forum.site import shipped_texts
from tests.pages import read_page

GOOD = HelplineRow(
    country="IE",
    service="A line",
    contact="call 116 123",
    hours="24/7",
    emergency="112",
    state=HelplineState.VERIFIED,
    verified_on=date(2026, 1, 10),
    source="a page",
)


def load(database: Database, *rows: HelplineRow) -> int:
    with database.transaction() as session:
        return helplines.load_helplines(session, OPERATOR, rows)


def stored(database: Database) -> Helpline:
    with database.reading() as session:
        return session.scalars(select(Helpline)).one()


def test_only_verified_ones_are_shown_the_own_country_first(database: Database) -> None:
    load(database, *shipped_texts.helplines())
    with database.reading() as session:
        countries = helplines.helplines_by_country(session, "IE")
    assert countries[0].name == "Ireland"
    rest = [country.name for country in countries[1:]]
    assert rest == sorted(rest)
    assert {country.code for country in countries} == {
        row.country for row in shipped_texts.helplines() if row.state is HelplineState.VERIFIED
    }
    assert {"MX", "ZA", "JP", "*"}.isdisjoint(country.code for country in countries)
    assert (countries[0].emergency, countries[0].emergency_address) == ("112", "tel:112")


@pytest.mark.parametrize("own", ["", "Atlantis", "ZZ", "JP"])
def test_without_a_known_own_country_the_order_is_by_name(database: Database, own: str) -> None:
    load(database, *shipped_texts.helplines())
    with database.reading() as session:
        names = [country.name for country in helplines.helplines_by_country(session, own)]
    assert names == sorted(names)


@pytest.mark.parametrize("own", ["NZ", "nz", "New Zealand", " new zealand "])
def test_the_own_country_is_told_by_name_or_letters(own: str) -> None:
    assert helplines.country_code(own) == "NZ"


def test_loading_the_same_list_twice_changes_nothing(database: Database) -> None:
    rows = shipped_texts.helplines()
    assert load(database, *rows) == len(rows)
    with database.reading() as session:
        before = page_stamps.read(session, ["site"])
    assert load(database, *rows) == 0
    with database.reading() as session:
        assert page_stamps.read(session, ["site"]) == before


def test_a_row_that_was_verified_later_replaces_the_older_and_asks_anew(database: Database) -> None:
    load(database, GOOD)
    with database.transaction() as session:
        assert helplines.confirm_helplines(session, OPERATOR, "IE") == 1
    assert load(database, replace(GOOD, contact="call 1", verified_on=date(2026, 5, 1))) == 1
    row = stored(database)
    assert (row.contact, row.confirmed_at) == ("call 1", None)


@pytest.mark.parametrize(
    "older",
    [
        replace(GOOD, contact="call 1"),
        replace(GOOD, contact="call 1", verified_on=date(2025, 1, 1)),
        replace(GOOD, contact="call 1", state=HelplineState.UNVERIFIED, verified_on=None),
    ],
)
def test_a_row_that_knows_no_better_leaves_what_is_stored(database: Database, older: HelplineRow) -> None:
    load(database, GOOD)
    assert load(database, older) == 0
    assert stored(database).contact == "call 116 123"


def test_what_was_unverified_gives_way(database: Database) -> None:
    load(database, replace(GOOD, state=HelplineState.UNVERIFIED, verified_on=None))
    assert load(database, GOOD) == 1
    assert stored(database).state is HelplineState.VERIFIED


def test_confirming_is_for_ones_own_country_and_ends_the_asking(database: Database) -> None:
    load(database, GOOD, replace(GOOD, country="FR"))
    with database.reading() as session:
        assert helplines.unconfirmed_helplines(session, "IE") == (GOOD,)
    with database.transaction() as session:
        helplines.confirm_helplines(session, OPERATOR, "IE")
    with database.reading() as session:
        assert helplines.unconfirmed_helplines(session, "IE") == ()
        assert len(helplines.unconfirmed_helplines(session, "FR")) == 1


@pytest.mark.parametrize(
    ("today", "is_stale"), [("2026-07-09", False), ("2026-07-10", True), ("2027-01-01", True)]
)
def test_a_row_is_stale_after_180_days(database: Database, today: str, *, is_stale: bool) -> None:
    load(database, GOOD, replace(GOOD, country="FR", state=HelplineState.UNVERIFIED, verified_on=None))
    with (
        time_machine.travel(datetime.fromisoformat(today).replace(tzinfo=UTC)),
        database.reading() as session,
    ):
        found = helplines.stale_helplines(session)
    assert [row.country for row in found] == (["IE"] if is_stale else [])


def test_a_line_to_call_or_text_has_a_button_for_each(client: FlaskClient, database: Database) -> None:
    load(database, replace(GOOD, contact="call or text 988"))
    main = read_page(client.get("/help-now").text).one("main")
    buttons = {
        link.text: link.attributes["href"]
        for link in main.all("a")
        if link.attributes["href"].startswith(("tel:", "sms:"))
    }
    assert buttons["Call 988 A line"] == "tel:988"
    assert buttons["Text 988 A line"] == "sms:988"
