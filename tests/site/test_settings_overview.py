"""The page of all settings: what an account is, and what can be done without one."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.consent.models import PolicyKind
from forum.database.session import Database
from forum.permissions.actor import VISITOR, MemberState
from forum.site.queries import settings_page
from tests import cast
from tests.pages import Element, read_page
from tests.recorder import recorded


def main_of(client: FlaskClient) -> Element:
    answer = client.get("/settings")
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def links(main: Element) -> set[str]:
    return {link.attributes["href"] for link in main.all("a")}


def test_a_visitor_finds_what_needs_no_account_and_what_does(client: FlaskClient, database: Database) -> None:
    main = main_of(client)
    assert {"/settings/reading", "/join", "/log-in?next=/settings"} == links(main)
    assert "Your account" not in main.text
    with database.reading() as session, recorded(database) as statements:
        assert settings_page(session, VISITOR, {}).account is None
    assert statements == []


def test_a_member_finds_their_account_and_their_pages(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Juniper")
    main = main_of(someone.client)
    facts = {line.one("dt").text: line.one("dd").text for line in main.one("dl").inside}
    assert facts["Your name here"] == "Juniper"
    assert facts["You are"] == "Member"
    assert facts["You log in with"] == "Google"
    assert facts["Member since"]
    assert {"/settings/reading", "/notices", "/my-topics", "/my-posts"} <= links(main)
    agreed = main.one("section", aria_labelledby="agreed")
    assert {f"/policies/{kind.value}/1" for kind in PolicyKind} == links(agreed)
    assert len(agreed.all("time")) == len(PolicyKind)
    actor = someone.actor
    with database.reading() as session, recorded(database) as statements:
        settings_page(session, actor, {})
    assert len(statements) == 3


def test_it_is_in_every_members_menu_and_nobody_stores_it(app: Flask) -> None:
    answer = cast.member(app).client.get("/settings")
    header = read_page(answer.text).one("header", class_="top")
    assert "/settings" in {link.attributes["href"] for link in header.all("a")}
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("make", "role"),
    [
        (cast.peer_supporter, "Peer supporter"),
        (cast.moderator, "Moderator"),
        (cast.administrator, "Administrator"),
    ],
)
def test_it_says_what_one_was_trusted_with(app: Flask, make: object, role: str) -> None:
    someone: cast.Someone = make(app)  # type: ignore[operator]  # One of the three functions above.
    assert role in main_of(someone.client).one("dl").text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (MemberState.PAUSED, "Your account is paused"),
        (MemberState.RESTRICTED, "You asked that what is yours be kept and not used"),
        (MemberState.WAITING, "A moderator welcomes each new member"),
        (MemberState.TURNED_AWAY, "The moderators did not let you in"),
    ],
)
def test_it_says_how_things_stand(app: Flask, database: Database, state: MemberState, sentence: str) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))
    assert sentence in main_of(someone.client).text


def test_it_says_until_when_one_is_suspended(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    until = clock.now() + timedelta(days=3)
    with database.transaction() as session:
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=until))
    main = main_of(someone.client)
    assert "Your account is suspended until" in main.text
    assert str(until.year) in main.text
    with database.transaction() as session:
        session.execute(update(Suspension).values(until=None))
    assert "until further notice" in main_of(someone.client).text


def test_nobody_reads_anybody_elses(app: Flask) -> None:
    first, second = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    assert "Marlow" not in first.client.get("/settings").text
    assert "Juniper" not in second.client.get("/settings").text
