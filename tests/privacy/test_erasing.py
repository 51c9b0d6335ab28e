"""Erasing who left: nothing leads to them any more, threads stand, and what was promised to stay does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import String, Text, func, select

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.deletion_requests import Standing, ask_for_deletion, deletion_page
from forum.accounts.devices import BrowserFamily, SystemFamily
from forum.accounts.leaving import GRACE, cancel_leaving
from forum.accounts.models import (
    AccountEvent,
    DeletionRequest,
    EmailAddress,
    Identity,
    Leaving,
    Member,
    Passkey,
    RecoveryCode,
    SignInSession,
    Suspension,
)
from forum.accounts.providers import Provider
from forum.accounts.providers.signed_requests import SignedCall
from forum.accounts.sign_in_sessions import sign_in, sign_in_as
from forum.audit_log.models import AuditEntry
from forum.community.commands import writing as commands
from forum.community.models.threads import CategoryModerator, Post, PostState, PostVersion, Topic, TopicState
from forum.community.what_is_sent import PostEdit
from forum.consent.ledger import verify
from forum.consent.models import ConsentEvent
from forum.database.base import Base
from forum.database.session import Database
from forum.errors import Conflict
from forum.moderation.commands.members import note_member, turn_away_member
from forum.moderation.commands.threads import decide_on_post
from forum.moderation.commands.working import claim_report
from forum.moderation.drafts import ClaimDraft, MemberDraft, ThreadDraft
from forum.moderation.models import MemberNote, Notice, ReasonCode, Report
from forum.permissions.actions import Action
from forum.permissions.actor import MemberId, MemberState
from forum.privacy import registry
from forum.privacy.erasing import TURNED_AWAY_KEPT, erase_member
from forum.schedule import SCHEDULE
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.daily import BAN_KEYS
from tests.moderation.conftest import make_room
from tests.moderation.leaving import MARK, ROOM, is_there, leave, run, write
from tests.moderation.working import page, refusal, report, rows_of
from tests.threads import together


@pytest.fixture
def room(database: Database) -> str:
    """A room to write in."""
    make_room(database, ROOM)
    return ROOM


def first_post(database: Database, topic_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()


def places_of(database: Database, words: str) -> set[str]:
    """Return every column that holds these words somewhere."""
    found = set()
    with database.reading() as session:
        for table in Base.metadata.tables.values():
            for column in table.columns:
                if (
                    isinstance(column.type, String | Text)
                    and session.execute(
                        select(func.count())
                        .select_from(table)
                        .where(func.lower(column).contains(words.lower()))
                    ).scalar_one()
                ):
                    found.add(str(column))
    return found


def fill(app: Flask, database: Database, someone: Someone, cedar: Someone) -> None:
    """Put a row of the member into every table that has some of theirs."""
    other = cast.member(app, "Marlow")
    answered, alone = write(database, someone, f"One {MARK}."), write(database, someone, f"Two {MARK}.")
    reply(database, someone.actor, alone, f"And {MARK}.")
    reply(database, other.actor, answered, "I hear you.")
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    posts = [reply(database, someone.actor, theirs, f"{number} {MARK}.") for number in range(4)]
    told = report(database, posts[0], by=other.actor)
    by_them = report(database, first_post(database, theirs), note="Look there.", by=someone.actor)
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, posts[1], PostEdit(render_post(f"Edited {MARK}.")))
        commands.delete_post(session, someone.actor, posts[3])
        draft = ThreadDraft(seen=0, reason=ReasonCode.OFF_TOPIC, message="Elsewhere.")
        decide_on_post(session, cedar.actor, posts[2], Action.POST_HIDE, draft)
        note_member(session, cedar.actor, someone.name, "Wrote to them.")
        claim_report(session, cedar.actor, told, ClaimDraft(seen=0, take_over=False))
        session.get_one(Report, by_them).claimed_by_id = someone.member_id
        now = clock.now()
        session.add_all(
            [
                EmailAddress(member_id=someone.member_id, address=f"{MARK}@forum.invalid", verified_at=None),
                Passkey(
                    member_id=someone.member_id,
                    credential_id="credential",
                    user_handle="handle",
                    public_key=b"key",
                    sign_count=0,
                    name=f"My {MARK}",
                    added_at=now,
                ),
                RecoveryCode(member_id=someone.member_id, code_hash="0" * 64, made_at=now),
                Suspension(member_id=someone.member_id, since=now, until=None),
                MemberNote(
                    member_id=other.member_id, author_id=someone.member_id, text="Kind.", written_at=now
                ),
                CategoryModerator(
                    category_id=session.scalars(select(Topic.category_id).where(Topic.id == theirs)).one(),
                    member_id=someone.member_id,
                ),
            ]
        )
        tell(session, someone.member_id, AccountEvent.PASSKEY_ADDED)
        issuer, subject = session.execute(
            select(Identity.issuer, Identity.subject).where(Identity.member_id == someone.member_id)
        ).one()
        ask_for_deletion(session, Provider.GOOGLE, issuer, SignedCall(subject, "a call"))
        # Their sessions ended with that; a row that somehow stayed must not keep anybody from being erased.
        expires = clock.now() + timedelta(days=30)
        session.add(
            SignInSession(
                token_hash="0" * 64,
                member_id=someone.member_id,
                begun_at=now,
                expires_at=expires,
                last_seen_on=now.date(),
                browser=BrowserFamily.OTHER,
                system=SystemFamily.OTHER,
            )
        )


@pytest.mark.proves("D7")
@pytest.mark.proves("D9")
def test_who_left_is_erased_after_fourteen_days_with_every_row(
    app: Flask, database: Database, room: str, cedar: Someone
) -> None:
    someone = cast.member(app, f"{MARK}-river")
    fill(app, database, someone, cedar)
    kept = cast.member(app, "Heather")
    with database.reading() as session:
        events = session.execute(select(func.count()).select_from(ConsentEvent)).scalar_one()
        entries = session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()
    before = rows_of(database, someone.member_id, someone.uuid)
    run(database, GRACE - timedelta(minutes=1))
    assert rows_of(database, someone.member_id, someone.uuid) == before > 25
    run(database, GRACE + timedelta(minutes=1))
    assert rows_of(database, someone.member_id, someone.uuid) == 0
    # Reported words outlive it, as the page says; nothing else does, neither words nor name nor address.
    assert places_of(database, MARK) == {"report.post_markdown"}
    assert rows_of(database, kept.member_id, kept.uuid) > 3
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(ConsentEvent)).scalar_one() == events
        assert session.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == entries
        assert session.scalars(select(DeletionRequest.member_id)).all() == [None]
        assert session.scalars(select(MemberNote.text)).all() == ["Kind."]
        assert session.scalars(select(Report.reporter_id).where(Report.note != "")).all() == [None]
        assert verify(session).holds


@pytest.mark.proves("D6")
@pytest.mark.proves("D8")
def test_threads_stand_with_neutral_lines_and_a_topic_of_theirs_alone_goes(
    app: Flask, database: Database, room: str, cedar: Someone
) -> None:
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    answered, alone = write(database, someone, f"One {MARK}."), write(database, someone, f"Two {MARK}.")
    reply(database, someone.actor, alone, f"Three {MARK}.")
    reply(database, other.actor, answered, "I hear you.")
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    own = reply(database, someone.actor, theirs, f"Four {MARK}.")
    reply(database, other.actor, theirs, "Thank you.")
    leave(someone)
    run(database, GRACE + timedelta(minutes=1))
    visitor = cast.visitor(app)
    left = visitor.get(f"/topics/{answered}", follow_redirects=True)
    assert left.status_code == 200
    assert "I hear you." in left.text
    assert "A topic whose first post is not shown" in left.text
    assert visitor.get(f"/topics/{alone}").status_code == 404
    assert refusal(visitor, f"/posts/{own}") == refusal(visitor, "/posts/999999")
    with_others = visitor.get(f"/topics/{theirs}", follow_redirects=True).text
    assert "Thank you." in with_others
    for text in (left.text, with_others, visitor.get("/").text, visitor.get(f"/categories/{ROOM}").text):
        assert MARK not in text
        assert "Rowan" not in text
    with database.reading() as session:
        topic = session.get_one(Topic, answered)
        assert (topic.state, topic.title, topic.slug, topic.author_id) == (TopicState.PUBLISHED, "", "", None)
        assert (topic.reply_count, topic.last_number) == (1, 2)
        assert session.get_one(Topic, alone).state is TopicState.DELETED
        assert session.get_one(Topic, theirs).reply_count == 1
        numbers = session.scalars(select(Post.number).where(Post.topic_id == theirs).order_by(Post.number))
        assert numbers.all() == [1, 2, 3]
        assert session.scalars(select(PostVersion.id)).all() == []
        assert set(session.scalars(select(Post.state).where(Post.markdown == ""))) == {PostState.DELETED}
    # Whoever moderates sees that somebody wrote there, and no more.
    assert "Rowan" not in page(cedar.client, f"/moderation/topics/{answered}").text


@pytest.mark.proves("D8")
def test_reported_words_stay_with_their_case(
    app: Flask, database: Database, room: str, cedar: Someone
) -> None:
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    told = report(database, reply(database, someone.actor, theirs, f"A {MARK} for you."), by=other.actor)
    leave(someone)
    run(database, GRACE + timedelta(minutes=1))
    case = page(cedar.client, f"/moderation/reports/{told}").text
    assert MARK in case
    assert "Rowan" not in case
    run(database, timedelta(days=184), "moderation.sweep_reports")
    assert places_of(database, MARK) == set()


@pytest.mark.proves("D9")
def test_who_came_back_in_time_is_not_erased(app: Flask, database: Database, room: str) -> None:
    someone = cast.member(app, "Rowan")
    topic = write(database, someone, f"One {MARK}.")
    leave(someone)
    with time_machine.travel(clock.now() + GRACE - timedelta(hours=1)), database.transaction() as session:
        assert sign_in(session, someone.member_id)
    run(database, timedelta(days=60))
    assert is_there(someone)
    assert MARK in cast.visitor(app).get(f"/topics/{topic}", follow_redirects=True).text


@pytest.mark.proves("A33")
def test_the_page_of_a_request_says_what_became_of_it(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Rowan")
    with database.transaction() as session:
        issuer, subject = session.execute(select(Identity.issuer, Identity.subject)).one()
        code = ask_for_deletion(session, Provider.GOOGLE, issuer, SignedCall(subject, "a call"))
        shown = deletion_page(session, code, "", 30)
    assert shown.standing is Standing.UNDER_WAY
    assert shown.erased_by is not None
    # A job of midnight, at the first midnight after the days of grace: not after what was promised.
    (job,) = (job for job in SCHEDULE if job.name == "moderation.erase_left")
    assert job.next_due(clock.now() + GRACE) <= shown.erased_by
    run(database, job.next_due(clock.now() + GRACE) - clock.now())
    assert not is_there(someone)
    assert (
        "Nothing of yours is kept here any more"
        in cast.visitor(app).get(f"/auth/facebook/deletion/{code}").text
    )


def test_who_was_turned_away_is_not_kept_longer_because_they_asked_to_go(
    app: Flask, database: Database, cedar: Someone
) -> None:
    someone = cast.newcomer(app, "Hazel")
    with database.transaction() as session:
        session.get_one(Member, someone.member_id).state = MemberState.WAITING
    with database.transaction() as session:
        turn_away_member(session, cedar.actor, "Hazel", MemberDraft(0, ReasonCode.OTHER, ""))
    with time_machine.travel(clock.now() + timedelta(days=13)):
        leave(someone)
    run(database, TURNED_AWAY_KEPT + timedelta(minutes=1), "moderation.erase_turned_away")
    assert not is_there(someone)


@pytest.mark.proves("D9")
@pytest.mark.parametrize("many", range(3))
def test_whoever_comes_too_late_while_they_are_erased_is_told_so(
    app: Flask, database: Database, room: str, many: int
) -> None:
    someone = cast.member(app, "Rowan")
    topic = write(database, someone, f"One {MARK}.")
    leave(someone)
    with database.reading() as session:
        issuer, subject = session.execute(select(Identity.issuer, Identity.subject)).one()

    def work(number: int) -> bool:
        with database.transaction() as session:
            if number:
                erase_member(session, {"member_id": someone.member_id}, BAN_KEYS)
                return True
            try:
                return sign_in_as(session, issuer, subject) is not None
            except Conflict:
                return False

    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1)):
        came_back, _erased = together(2, work)
    assert not came_back
    assert not is_there(someone)
    assert MARK not in cast.visitor(app).get(f"/topics/{topic}", follow_redirects=True).text


@pytest.mark.proves("D9")
def test_the_last_moment_of_the_days_is_still_theirs(app: Flask, database: Database, room: str) -> None:
    someone = cast.member(app, "Rowan")
    leave(someone)
    with database.reading() as session:
        until = session.scalars(select(Leaving.until)).one()
    with (
        time_machine.travel(until, tick=False),
        pytest.raises(Conflict),
        database.transaction() as session,
    ):
        sign_in(session, someone.member_id)
    with time_machine.travel(until - timedelta(seconds=1), tick=False), database.transaction() as session:
        erase_member(session, {"member_id": someone.member_id}, BAN_KEYS)
        assert sign_in(session, someone.member_id)
    assert is_there(someone)


@pytest.mark.parametrize("many", range(3))
def test_erasing_beside_people_who_write_harms_neither(
    app: Flask, database: Database, room: str, cedar: Someone, many: int
) -> None:
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    topics = [write(database, someone, f"{number} {MARK}.") for number in range(3)]
    for topic in topics:
        reply(database, other.actor, topic)
    last = reply(database, someone.actor, topics[0], f"Last {MARK}.")
    leave(someone)
    actor, by = other.actor, cedar.actor

    def work(number: int) -> None:
        if number == 0:
            run(database, GRACE + timedelta(hours=1))
        elif number == 1:
            draft = ThreadDraft(seen=0, reason=ReasonCode.OFF_TOPIC, message="Elsewhere.")
            try:
                with database.transaction() as session:
                    decide_on_post(session, by, last, Action.POST_HIDE, draft)
            except Conflict:
                pass
        else:
            reply(database, actor, topics[number - 2])

    together(5, work)
    # Whoever was in the way then, isn't on the next day.
    run(database, GRACE + timedelta(days=1, hours=1))
    assert not is_there(someone)
    assert places_of(database, MARK) == set()
    with database.reading() as session:
        assert session.scalars(select(Topic.reply_count).order_by(Topic.id)).all() == [2, 2, 2]
        assert session.scalars(select(Notice.id)).all() == []


def test_coming_back_does_nothing_for_who_never_left(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Rowan")
    with database.transaction() as session:
        assert not cancel_leaving(session, someone.member_id)
        with pytest.raises(Conflict):
            cancel_leaving(session, MemberId(999_999))


@pytest.mark.proves("D1")
def test_erasing_knows_every_column_that_names_a_member() -> None:
    rows = {table.table.__tablename__ for table in registry.rows_that_go()}
    named = {str(column) for column in registry.names()}
    for name in _columns_that_name_members():
        assert name in named or name.partition(".")[0] in rows, name
    assert "member" in rows
    # A row goes before the one that it points at.
    order = [table.table.__tablename__ for table in registry.rows_that_go()]
    for position, one in enumerate(order):
        for column in Base.metadata.tables[one].columns:
            for key in column.foreign_keys:
                target = key.target_fullname.partition(".")[0]
                assert target == one or target not in order[:position], (one, target)


def _columns_that_name_members() -> Iterator[str]:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if {key.target_fullname for key in column.foreign_keys} & {"member.id", "member.uuid"}:
                yield str(column)
