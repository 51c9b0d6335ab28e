"""Who left while they were suspended: all that is left is a keyed hash, which keeps them from joining for a while."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, update

from forum import clock
from forum.accounts.bans import (
    LONGEST_BAN,
    banned_until,
    hash_identity,
    hashes_of,
    note_bans,
    sweep_bans,
)
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import Ban, Identity, Member, Suspension
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.database.session import Database
from forum.permissions.actor import MemberId
from forum.text.translate import say_moment
from tests import cast
from tests.accounts.stand_in import StandIn
from tests.accounts.ways_in import add, identity_ids, let_a_week_pass, remove
from tests.consent.joining import ROBIN
from tests.daily import do_daily_job
from tests.front_door import Browser, Forum, Log, Page, served

# When the worker erases whoever left.
AFTER = GRACE + timedelta(hours=1)
CANNOT = "can’t be joined with the account that you chose until"
KEY = "a key for bans that serves these tests alone"
NEW_KEY = "another key for bans, made after the first one"


def suspend(forum: Forum, until: datetime | None) -> None:
    with forum.database.transaction() as session:
        member_id = session.scalars(select(Member.id)).one()
        session.add(Suspension(member_id=member_id, since=clock.now(), until=until))


def erase(forum: Forum) -> None:
    """Let the only member leave, and erase them when their days of grace are over.

    That comes at once: the provider lives on its own clock and would not let anybody in who came weeks later.
    """
    with forum.database.transaction() as session:
        member_id = MemberId(session.scalars(select(Member.id)).one())
        begin_leaving(session, member_id)
        end_all_sessions(session, member_id)
    do_daily_job(forum.database, "moderation.erase_left", AFTER)
    with forum.database.reading() as session:
        assert session.scalars(select(Member.id)).all() == []


def end_bans(forum: Forum) -> None:
    """Let the time of every ban be over, without anybody having swept it away."""
    with forum.database.transaction() as session:
        session.execute(update(Ban).values(until=clock.now()))


def bans(database: Database) -> list[Ban]:
    with database.reading() as session:
        return list(session.scalars(select(Ban)))


@pytest.mark.proves("D12")
def test_whoever_left_while_suspended_cannot_join_before_it_would_have_ended(forum: Forum, log: Log) -> None:
    Browser(forum).join("quiet-river")
    until = clock.now() + timedelta(days=60)
    suspend(forum, until)
    erase(forum)
    before = forum.counts()
    browser = Browser(forum)
    answer = browser.at_consent()
    assert answer.status_code == 403
    assert CANNOT in answer.text
    assert say_moment(until) in Page(answer.text).words(**{"class": "lead"})
    assert answer.headers["Cache-Control"] == "no-store"
    # It says nothing else: neither why, nor who it was.
    for word in ("suspen", "quiet-river", "left", "moderator", "ban"):
        assert word not in Page(answer.text).words(id="main").lower()
    assert {"/categories", "/help-now"} <= set(Page(answer.text).links().values())
    assert forum.counts() == before
    # The browser has forgotten who it was: there is nobody to be asked any more.
    assert "pending" not in browser.http.cookies
    assert browser.get("/join/consent").status_code == 410
    assert browser.name() is None
    # Another account at a provider is somebody else.
    assert Browser(forum).join("still-lake", persona="sam").status_code == 303
    logged = log.text().lower()
    for told in (ROBIN.google_subject, "quiet-river", "people.stand-in"):
        assert told not in logged
    end_bans(forum)
    assert Browser(forum).join("quiet-brook").status_code == 303


@pytest.mark.proves("D12")
def test_all_that_is_left_is_a_hash_with_an_end(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    until = clock.now() + timedelta(days=60)
    suspend(forum, until)
    with forum.database.reading() as session:
        issuer, subject = session.execute(select(Identity.issuer, Identity.subject)).one()
    erase(forum)
    (ban,) = bans(forum.database)
    assert ban.identity_hash == hash_identity(forum.settings.ban_keys[0], issuer, subject)
    assert ban.until == until
    assert set(Ban.__table__.columns.keys()) == {"id", "identity_hash", "until"}
    # Without the key, whoever knows the account can't find it.
    assert hash_identity("no key of this forum's", issuer, subject) != ban.identity_hash
    with forum.database.transaction() as session:
        sweep_bans(session)
    assert len(bans(forum.database)) == 1
    with time_machine.travel(until), forum.database.transaction() as session:
        sweep_bans(session)
        assert session.scalars(select(Ban.id)).all() == []


@pytest.mark.proves("D12")
@pytest.mark.parametrize("suspended_for", [None, timedelta(days=7)], ids=["never", "over by then"])
def test_whoever_was_not_suspended_when_they_were_erased_is_new(
    forum: Forum, suspended_for: timedelta | None
) -> None:
    Browser(forum).join("quiet-river")
    if suspended_for is not None:
        suspend(forum, clock.now() + suspended_for)
    erase(forum)
    assert bans(forum.database) == []
    browser = Browser(forum)
    # Their name is nobody's for a year, not theirs either: nobody knows any more whose it was.
    page = browser.at_consent()
    assert browser.agree(page, "quiet-river").status_code == 422
    assert browser.agree(page, "quiet-brook").status_code == 303
    assert browser.name() == "quiet-brook"
    assert "There is nothing here" in browser.get("/notices").text


@pytest.mark.proves("D12")
def test_a_suspension_without_an_end_keeps_out_for_two_years(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    suspend(forum, None)
    erase(forum)
    (ban,) = bans(forum.database)
    assert abs(ban.until - AFTER - clock.now() - LONGEST_BAN) < timedelta(minutes=5)
    assert Browser(forum).at_consent().status_code == 403
    end_bans(forum)
    assert Browser(forum).join("quiet-brook").status_code == 303


@pytest.mark.proves("D12")
def test_whoever_is_at_the_consent_step_already_is_refused_when_they_answer(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    issuer = forum.settings.google.issuer if forum.settings.google else ""
    with forum.database.transaction() as session:
        hashed = hash_identity(forum.settings.ban_keys[0], issuer, ROBIN.google_subject)
        session.add(Ban(identity_hash=hashed, until=clock.now() + timedelta(days=1)))
    before = forum.counts()
    answer = browser.agree(page, "quiet-river")
    assert answer.status_code == 403
    assert CANNOT in answer.text
    assert forum.counts() == before


@pytest.mark.proves("D12")
@pytest.mark.parametrize("suspended_for", [timedelta(days=7), None], ids=["a week", "no end"])
def test_a_way_in_that_was_taken_away_while_suspended_is_no_way_around(
    forum: Forum, suspended_for: timedelta | None
) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser, "facebook")
    let_a_week_pass(forum)
    until = clock.now() + suspended_for if suspended_for else None
    suspend(forum, until)
    google, facebook = identity_ids(forum)
    assert remove(browser, google).status_code == 303
    assert identity_ids(forum) == [facebook]
    (ban,) = bans(forum.database)
    ends = until or clock.now() + LONGEST_BAN
    assert abs(ban.until - ends) < timedelta(minutes=5)
    before = forum.counts()
    answer = Browser(forum).at_consent()
    assert answer.status_code == 403
    assert CANNOT in answer.text
    assert forum.counts() == before
    # They are themselves by the other one, and can have the first one back.
    assert Browser(forum).sign_in("facebook").headers["Location"] != "/join/consent"
    add(browser, "google")
    assert len(identity_ids(forum)) == 2


@pytest.mark.proves("D12")
def test_a_way_in_that_was_taken_away_by_anybody_else_bans_nobody(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser, "facebook")
    let_a_week_pass(forum)
    assert remove(browser, identity_ids(forum)[0]).status_code == 303
    assert bans(forum.database) == []
    assert Browser(forum).at_consent().status_code == 200


@pytest.mark.proves("D12")
def test_a_ban_holds_when_the_key_is_changed(forum: Forum, stand_in: StandIn) -> None:
    Browser(forum).join("quiet-river")
    suspend(forum, None)
    erase(forum)
    settings = replace(forum.settings, ban_keys=(NEW_KEY, *forum.settings.ban_keys))
    with served(settings, stand_in) as again:
        assert Browser(again).at_consent().status_code == 403
    with served(replace(forum.settings, ban_keys=(NEW_KEY,)), stand_in) as again:
        assert Browser(again).at_consent().status_code == 200


@pytest.mark.proves("D12")
def test_every_way_in_is_banned_and_the_longer_ban_stays(database: Database) -> None:
    member_id = cast.join(database, "Juniper", pending=cast.identity("juniper-1"))
    until = clock.now() + timedelta(days=30)
    facebook = "https://facebook.stand-in.invalid"
    google = "https://google.stand-in.invalid"
    with database.transaction() as session:
        session.add(Identity(member_id=member_id, issuer=facebook, subject="juniper-1", added_at=clock.now()))
        session.add(Suspension(member_id=member_id, since=clock.now(), until=until))
        longer = until + timedelta(days=30)
        # From an earlier time here, under the key of then.
        session.add(Ban(identity_hash=hash_identity(KEY, facebook, "juniper-1"), until=longer))
    with database.transaction() as session:
        note_bans(session, member_id, (NEW_KEY, KEY))
        note_bans(session, member_id, (NEW_KEY, KEY))
    with database.reading() as session:
        keys = (NEW_KEY, KEY)
        assert banned_until(session, hashes_of(keys, google, "juniper-1")) == until
        assert banned_until(session, hashes_of(keys, facebook, "juniper-1")) == longer
        assert banned_until(session, hashes_of((NEW_KEY,), facebook, "juniper-1")) == longer
        assert banned_until(session, hashes_of(keys, google, "juniper-2")) is None
    assert len(bans(database)) == 2
    with database.transaction() as session:
        session.execute(delete(Suspension))
        session.execute(delete(Ban))
        note_bans(session, member_id, (KEY,))
    assert bans(database) == []
