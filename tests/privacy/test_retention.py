"""How long what is kept, row by row of the table, by a moved clock: just inside it stays, just outside it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from config import Settings
from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.from_providers import comes_first
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import (
    AccountEvent,
    AccountNotice,
    Ban,
    DeletionRequest,
    EmailAddress,
    FormerName,
    Identity,
    Leaving,
    Member,
    Passkey,
    PasskeyChallenge,
    RecoveryCode,
    SecurityEvent,
    SignInAttempt,
    SignInPurpose,
    SignInSession,
    Suspension,
)
from forum.accounts.sign_in_sessions import sign_in
from forum.audit_log.commands import record
from forum.community.models.blocks import Block
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.people import MemberTerm, Profile
from forum.community.models.reactions import Reaction
from forum.community.models.reading import Bookmark, CategoryWatch, ReadMark, TopicWatch, Visit
from forum.community.models.threads import CategoryModerator, Post, PostVersion, SubmissionKey, Topic
from forum.consent.models import ConsentRecord
from forum.database.base import Base
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job
from forum.moderation.models import MemberNote, Notice, Report, ReportReason
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, MemberState, Role
from forum.privacy import retention
from forum.privacy.erasure_ledger import note
from forum.privacy.models import DataExport, Erasure, ErasureKind, ExportState, KeptPost, LegalHold
from forum.privacy.registry import HELD
from forum.privacy.retention import RULES, Rule, retention_rows
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM
from tests.privacy.test_erasure_ledger import work

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HASH = "0" * 64
WITH_JOB = [rule for rule in RULES if rule.job is not None]


@dataclass(frozen=True, slots=True)
class World:
    """Somebody, a post of theirs, and the session in which rows are put in."""

    someone: Someone
    post_id: int
    session: Session


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of the table: how it comes to be, how long it stays, and how many of it there are."""

    lasts: timedelta
    make: Callable[[World], object]
    # Whether any of it is there.
    there: Callable[[Session], object]
    # How near to the moment it is looked at: days begin at midnight.
    near: timedelta = MINUTE


def rows(table: type[Base], *where: ColumnElement[bool]) -> Callable[[Session], object]:
    return lambda session: session.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def add(make: Callable[[World], Base]) -> Callable[[World], object]:
    return lambda world: world.session.add(make(world))


def _attempt(_world: World) -> Base:
    return SignInAttempt(
        state_hash=HASH,
        browser_hash=HASH,
        provider="google",
        nonce="nonce",
        code_verifier="verifier",
        purpose=SignInPurpose.SIGN_IN,
        next="/",
        expires_at=clock.now() + 10 * MINUTE,
    )


def _challenge(_world: World) -> Base:
    return PasskeyChallenge(
        challenge_hash=HASH,
        browser_hash=HASH,
        purpose=SignInPurpose.SIGN_IN,
        expires_at=clock.now() + 5 * MINUTE,
    )


def _report(reason: ReportReason) -> Callable[[World], object]:
    return add(
        lambda world: Report(
            reason=reason, post_id=world.post_id, post_markdown="Words", note="", raised_at=clock.now()
        )
    )


def _notice(world: World) -> object:
    made = Notice(
        member_id=world.someone.member_id,
        action=Action.POST_HIDE.value,
        post_id=world.post_id,
        their_words="Words",
        message="Words",
        by_role=Role.MODERATOR,
        made_at=clock.now(),
    )
    world.session.add(made)
    return made


def _export(world: World) -> Base:
    return DataExport(
        member_id=world.someone.member_id,
        file_name="a" * 32,
        state=ExportState.READY,
        parts_done=1,
        parts=1,
        asked_at=clock.now(),
        finished_at=clock.now(),
        size=1,
    )


def _hold(world: World) -> Base:
    return LegalHold(
        post_id=world.post_id,
        post_markdown="Words",
        reason="The law",
        asked_by=world.someone.uuid,
        asked_at=clock.now(),
        confirmed_by=world.someone.uuid.__class__(int=1),
        confirmed_at=clock.now(),
        until=clock.now() + 100 * DAY,
    )


def _dead_job(world: World) -> None:
    queue.enqueue(world.session, "a.job", {})
    world.session.execute(update(Job).where(Job.name == "a.job").values(failed_at=clock.now()))


def _turned_away(world: World) -> None:
    world.session.execute(
        update(Member).where(Member.id == world.someone.member_id).values(state=MemberState.TURNED_AWAY)
    )
    record(world.session, OPERATOR, Action.MEMBER_TURN_AWAY, member_uuid=world.someone.uuid)


def _warned(world: World) -> object:
    seen = clock.today() - 700 * DAY
    return world.session.execute(
        update(Member)
        .where(Member.id == world.someone.member_id)
        .values(last_seen_on=seen, warned_inactive_on=clock.today())
    )


def _erasure(world: World) -> object:
    note(world.session, ErasureKind.POST_DELETED, post_id=world.post_id)
    return world.session.execute(update(Erasure).values(written_at=clock.now()))


def _read_mark(world: World) -> None:
    topic_id = world.session.execute(select(Post.topic_id).where(Post.id == world.post_id)).scalar_one()
    world.session.execute(update(Topic).values(last_activity_at=clock.now()))
    world.session.add(ReadMark(member_id=world.someone.member_id, topic_id=topic_id, number=1))


ROWAN = Member.name == "Rowan"
KEPT: dict[str, Kept] = {
    "attempts": Kept(10 * MINUTE, add(_attempt), rows(SignInAttempt), timedelta(seconds=1)),
    "challenges": Kept(5 * MINUTE, add(_challenge), rows(PasskeyChallenge), timedelta(seconds=1)),
    # Not used again; that it ends after thirty days in any case is below.
    "sessions": Kept(
        14 * DAY, lambda world: sign_in(world.session, world.someone.member_id), rows(SignInSession), DAY
    ),
    "account-notices": Kept(
        90 * DAY,
        lambda world: tell(world.session, world.someone.member_id, AccountEvent.CODES_MADE),
        rows(AccountNotice),
    ),
    "security-events": Kept(
        90 * DAY, lambda world: comes_first(world.session, "google", "call", "text"), rows(SecurityEvent)
    ),
    "deletion-requests": Kept(
        90 * DAY,
        add(lambda _world: DeletionRequest(code_hash=HASH, member_id=None, asked_at=clock.now())),
        rows(DeletionRequest),
    ),
    "leaving": Kept(
        14 * DAY,
        lambda world: begin_leaving(world.session, world.someone.member_id),
        rows(Member, ROWAN),
    ),
    "turned-away": Kept(14 * DAY, _turned_away, rows(Member, ROWAN)),
    "inactive": Kept(
        700 * DAY, lambda _world: None, rows(Member, ROWAN, Member.warned_inactive_on.is_(None)), DAY
    ),
    "inactive-warned": Kept(
        30 * DAY, _warned, rows(Member, ROWAN, ~Member.id.in_(select(Leaving.member_id))), DAY
    ),
    "drafts": Kept(
        90 * DAY,
        add(
            lambda world: KeptDraft(
                member_id=world.someone.member_id,
                post_id=world.post_id,
                revision=1,
                words="Half a sentence",
                title="",
                content_note="",
                category_slug="",
                intent="",
                audience="",
                saved_at=clock.now(),
            )
        ),
        rows(KeptDraft),
    ),
    "read-marks": Kept(365 * DAY, _read_mark, rows(ReadMark)),
    "submission-keys": Kept(
        2 * DAY,
        add(
            lambda world: SubmissionKey(
                member_id=world.someone.member_id, key="key", post_id=world.post_id, made_at=clock.now()
            )
        ),
        rows(SubmissionKey),
    ),
    "exports": Kept(7 * DAY, add(_export), rows(DataExport)),
    "former-names": Kept(
        365 * DAY,
        add(lambda _world: FormerName(name_key_hash=HASH, free_at=clock.now() + 365 * DAY)),
        rows(FormerName),
    ),
    "worries": Kept(90 * DAY, _report(ReportReason.WORRIED_ABOUT_SOMEONE), rows(Report)),
    "reports": Kept(183 * DAY, _report(ReportReason.HARASSMENT), rows(Report)),
    "notices": Kept(183 * DAY, _notice, rows(Notice, Notice.message != "")),
    "suspensions": Kept(
        7 * DAY,
        add(
            lambda world: Suspension(
                member_id=world.someone.member_id, since=clock.now(), until=clock.now() + 7 * DAY
            )
        ),
        rows(Suspension),
    ),
    "bans": Kept(
        730 * DAY, add(lambda _world: Ban(identity_hash=HASH, until=clock.now() + 730 * DAY)), rows(Ban)
    ),
    "holds": Kept(100 * DAY, add(_hold), rows(LegalHold)),
    "failed-jobs": Kept(90 * DAY, _dead_job, rows(Job, Job.name == "a.job")),
    "erasures": Kept(30 * DAY, _erasure, rows(Erasure)),
}
# What the sentence says of it, where that is not a number of days.
SAID = {
    "attempts": "10 minutes",
    "challenges": "5 minutes",
    "former-names": "A year, and until the month after it begins",
    "reports": "Six months",
    "notices": "Six months",
    "suspensions": "Until that time is over",
    "bans": "at most two years",
    "holds": "at most two years",
}


@pytest.fixture
def world(app: Flask, database: Database) -> Callable[[Session], World]:
    make_room(database, ROOM)
    other, someone = cast.member(app, "Marlow"), cast.member(app, "Rowan")
    topic = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    with database.transaction() as session:
        for table in (SignInSession, SubmissionKey):
            session.query(table).delete()
        # Only what is under test can be swept.
        session.execute(update(Member).where(~ROWAN).values(role=Role.MODERATOR))
        session.execute(update(Member).values(last_seen_on=clock.today()))
    return lambda session: World(someone, topic, session)


# Which row tells of each table whose rows go with their member.
TOLD = {
    AccountNotice: "account-notices",
    Block: "blocks",
    Bookmark: "bookmarks",
    CategoryModerator: "account",
    CategoryWatch: "watches",
    ConsentRecord: "consents",
    DataExport: "exports",
    EmailAddress: "email",
    Identity: "ways-in",
    KeptDraft: "drafts",
    KeptPost: "leaving",
    Leaving: "leaving",
    Member: "account",
    MemberTerm: "health-terms",
    MemberNote: "member-notes",
    Notice: "notices",
    Passkey: "ways-in",
    PostVersion: "posts",
    Profile: "profile",
    Reaction: "reactions",
    ReadMark: "read-marks",
    RecoveryCode: "ways-in",
    SignInSession: "sessions",
    SubmissionKey: "submission-keys",
    Suspension: "suspensions",
    TopicWatch: "watches",
    Visit: "visits",
}


def test_no_table_about_somebody_is_without_a_row() -> None:
    assert {held.table for held in HELD if held.rows_go} == TOLD.keys()
    assert set(TOLD.values()) <= {rule.key for rule in RULES}


def test_no_row_is_without_a_test() -> None:
    assert {rule.key for rule in WITH_JOB} == KEPT.keys()
    assert len({rule.key for rule in RULES}) == len(RULES)


@pytest.mark.proves("D15")
@pytest.mark.parametrize("rule", WITH_JOB, ids=lambda rule: rule.key)
def test_just_inside_it_stays_and_just_outside_it_goes(
    database: Database, settings: Settings, world: Callable[[Session], World], rule: Rule
) -> None:
    kept = KEPT[rule.key]
    # At noon, so that a day more or less is one whichever way it is counted.
    begun = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(begun, tick=False):
        with database.transaction() as session:
            kept.make(world(session))
        for after, is_there in ((kept.lasts - kept.near, True), (kept.lasts + kept.near, False)):
            with time_machine.travel(begun + after, tick=False):
                with database.transaction() as session:
                    retention.run(session, rule, 30)
                work(database, settings)
                with database.reading() as session:
                    assert bool(kept.there(session)) == is_there, after


@pytest.mark.proves("D15")
def test_a_session_ends_after_thirty_days_however_often_it_is_used(
    database: Database, settings: Settings, world: Callable[[Session], World]
) -> None:
    (rule,) = (rule for rule in RULES if rule.key == "sessions")
    with database.transaction() as session:
        sign_in(session, world(session).someone.member_id)
    for after, left in ((30 * DAY - MINUTE, 1), (30 * DAY + MINUTE, 0)):
        with time_machine.travel(clock.now() + after), database.transaction() as session:
            session.execute(update(SignInSession).values(last_seen_on=clock.today()))
            retention.run(session, rule, 30)
            assert rows(SignInSession)(session) == left


@pytest.mark.parametrize("rule", WITH_JOB, ids=lambda rule: rule.key)
def test_the_sentence_says_what_the_job_does(rule: Rule) -> None:
    said = SAID.get(rule.key, f"{KEPT[rule.key].lasts.days} days")
    (row,) = (row for row, one in zip(retention_rows(30), RULES, strict=True) if one is rule)
    assert said in row.how_long


def test_every_sentence_is_whole() -> None:
    for row in retention_rows(12):
        assert all((row.what, row.how_long, row.why))
        assert "%" not in row.how_long
    assert any("12 days" in row.how_long for row in retention_rows(12))


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("reports", "after the report"),
        ("notices", "restrict"),
        ("account-notices", "restrict"),
        ("inactive", "moderator or an administrator"),
        ("inactive", "restrict"),
        ("inactive", "Without an address you do not hear of it"),
    ],
)
def test_whom_a_sentence_leaves_out_and_from_when_it_counts_is_said(key: str, says: str) -> None:
    (row,) = (row for row, rule in zip(retention_rows(30), RULES, strict=True) if rule.key == key)
    assert says in f"{row.what}. {row.how_long}"
