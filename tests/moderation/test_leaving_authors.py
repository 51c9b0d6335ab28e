"""Whoever wrote what was reported and sets out to leave: they can still be suspended, and nobody learns their name."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum import clock
from forum.accounts.bans import banned_until, hashes_of
from forum.accounts.leaving import GRACE, cancel_leaving
from forum.accounts.models import Ban, Identity, Leaving, Member, Suspension
from forum.database.session import Database
from forum.moderation.models import ReportReason
from forum.permissions.actor import Role
from tests import cast
from tests.cast import Someone
from tests.moderation.conftest import Told
from tests.moderation.leaving import leave, run
from tests.moderation.working import close, notices, page, press, refusal, report, take

SENT = {"length": "7", "reason": "harassment", "text": "", "step": "act"}


def address_of(report_id: int, deed: str = "suspend") -> str:
    return f"/moderation/members/report:{report_id}/{deed}"


def suspensions(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(Suspension.member_id)))


@pytest.fixture
def told(database: Database, post: Told) -> int:
    """A report on a post whose author has set out to leave since."""
    report_id = report(database, post.id, ReportReason.HARASSMENT)
    leave(post.author)
    return report_id


@pytest.mark.proves("D12")
def test_they_are_suspended_by_the_report_and_banned_once_they_are_erased(
    database: Database, post: Told, told: int, cedar: Someone
) -> None:
    take(cedar.client, told)
    case = page(cedar.client, f"/moderation/reports/{told}")
    assert address_of(told) in {link.attributes["href"] for link in case.all("a")}
    asked = page(cedar.client, address_of(told))
    for shown in (case, asked):
        assert post.author.name not in shown.text
    previewed = press(cedar.client, address_of(told), address_of(told), **{**SENT, "step": "preview"})
    assert "This is what a former member will read" in previewed.text
    answer = press(cedar.client, address_of(told), address_of(told), **SENT)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/moderation/reports/{told}")
    assert suspensions(database) == [post.author.member_id]
    assert [notice.member_id for notice in notices(database)] == [post.author.member_id]
    with database.reading() as session:
        issuer, subject = session.execute(
            select(Identity.issuer, Identity.subject).where(Identity.member_id == post.author.member_id)
        ).one()
        until = session.scalars(select(Suspension.until)).one()
    # Those who chose to be gone tomorrow are not back before it would have ended.
    shorten(post.author)
    run(database, timedelta(days=1, hours=1))
    with database.reading() as session:
        assert banned_until(session, hashes_of(cast.BAN_KEYS, issuer, subject)) == until


def shorten(someone: Someone) -> None:
    """Let the days of grace be one."""
    with someone.database.transaction() as session:
        leaving = session.get_one(Leaving, someone.member_id)
        leaving.until = clock.now() + timedelta(days=1)


def test_whoever_comes_back_is_suspended(database: Database, post: Told, told: int, cedar: Someone) -> None:
    press(cedar.client, address_of(told), address_of(told), **SENT)
    with database.transaction() as session:
        assert cancel_leaving(session, post.author.member_id)
    assert post.author.actor.is_suspended
    # From now on they go by their name again.
    assert refusal(cedar.client, address_of(told, "lift")) == refusal(cedar.client, address_of(told))


def test_it_can_be_lifted_in_the_same_way(database: Database, told: int, cedar: Someone) -> None:
    press(cedar.client, address_of(told), address_of(told), **SENT)
    take(cedar.client, told)
    links = {link.attributes["href"] for link in page(cedar.client, f"/moderation/reports/{told}").all("a")}
    assert address_of(told, "lift") in links
    assert address_of(told) not in links
    lifted = press(
        cedar.client,
        address_of(told, "lift"),
        address_of(told, "lift"),
        reason="looked-again",
        text="",
        step="act",
    )
    assert lifted.status_code == 303
    assert suspensions(database) == []
    run(database, GRACE + timedelta(hours=1))
    with database.reading() as session:
        assert session.scalars(select(Ban.id)).all() == []


def test_without_an_open_report_they_are_gone_for_moderators_too(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    here, gone = cast.member(app, "Juniper"), "/moderation/members/Nobody-Ever"
    closed = report(database, post.id, ReportReason.HARASSMENT)
    take(cedar.client, closed)
    assert close(cedar.client, closed) == 303
    worry = report(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE)
    # Who is still here goes by their name.
    open_one = report(database, post.id, ReportReason.SPAM_OR_SELLING)
    assert refusal(cedar.client, address_of(open_one)) == refusal(cedar.client, gone)
    leave(post.author)
    for report_id in (closed, worry, 10**6, 10**30):
        assert refusal(cedar.client, address_of(report_id)) == refusal(cedar.client, gone)
    # Nothing else of them is there.
    assert "Suspend whoever wrote this?" in page(cedar.client, address_of(open_one)).text
    for deed in ("let-in", "turn-away"):
        assert refusal(cedar.client, address_of(open_one, deed)) == refusal(cedar.client, gone)
    assert refusal(cedar.client, f"/moderation/members/report:{open_one}") == refusal(cedar.client, gone)
    assert refusal(cedar.client, f"/moderation/members/{post.author.name}") == refusal(cedar.client, gone)
    assert refusal(here.client, address_of(open_one)) == refusal(here.client, gone)


def test_nobody_judges_a_moderator_who_leaves_but_an_administrator(
    app: Flask, database: Database, post: Told, told: int, cedar: Someone
) -> None:
    with database.transaction() as session:
        session.get_one(Member, post.author.member_id).role = Role.MODERATOR
    assert cedar.client.get(address_of(told)).status_code == 403
    assert cast.administrator(app).client.get(address_of(told)).status_code == 200
