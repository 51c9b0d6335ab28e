"""What migrations do with rows that are there: nobody is logged out or hidden by one, on either way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text, update

from forum import clock, viewer
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import Member, SignInAttempt, SignInPurpose, SignInSession
from forum.accounts.sign_in_sessions import sign_in, sweep_sign_in_sessions
from forum.accounts.tokens import hash_of
from forum.community.models.threads import Topic
from forum.consequences import follow
from forum.database import migrate
from forum.database.session import Database
from forum.permissions.actor import Actor, MemberId, MemberState
from tests import cast
from tests.architecture.structure import connected
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room

MEMBER = """INSERT INTO member (id, uuid, name, name_key, name_since, role, state, locale, joined_at)
 VALUES (:id, :uuid, :name, :name, :at, 'member', :state, 'en', :at)"""
CATEGORY = """INSERT INTO category
 (id, slug, locale, position, name, description, opening_markdown, opening_html, help_on_top)
 VALUES (1, 'c', 'en', 1, 'C', '', '', '', false)"""
TOPIC = """INSERT INTO topic (id, category_id, author_id, from_community, locale, title, slug, intent, content_note,
 audience, state, pinned, locked, started_at, last_number, reply_count, last_activity_at)
 VALUES (:id, 1, 1, false, 'en', 't', 't', 'just-listen', '', 'public', 'published', 0, false, :at, 1, 0, :at)"""
POST = """INSERT INTO post (id, topic_id, number, author_id, from_community, by_topic_author, state, markdown, html,
 renderer_version, written_at) VALUES (:id, :id, 1, 1, false, true, 'published', 'x', 'x', 1, :at)"""


def test_0002_keeps_who_is_suspended_and_what_was_taken_down_on_both_ways(empty_database_url: str) -> None:
    url, at = empty_database_url, "2026-01-01 00:00:00"
    migrate.upgrade(url)
    migrate.downgrade(url, "0001")
    with connected(url) as connection:
        for number, state in enumerate(("active", "suspended", "paused"), 1):
            row = {"id": number, "uuid": f"{number:032x}", "name": state, "state": state, "at": at}
            connection.execute(text(MEMBER), row)
        connection.execute(text(CATEGORY))
        for number in (1, 2, 3):
            connection.execute(text(TOPIC), {"id": number, "at": at})
            connection.execute(text(POST), {"id": number, "at": at})

    migrate.upgrade(url)
    with connected(url) as connection:
        assert _states(connection, "member") == ["active", "active", "paused"]
        assert list(connection.scalars(text("SELECT member_id FROM suspension"))) == [2]
        for change in (
            "UPDATE member SET state = 'waiting' WHERE id = 1",
            "UPDATE topic SET state = 'merged', merged_into_id = 2 WHERE id = 1",
            "UPDATE topic SET state = 'removed' WHERE id = 3",
            "UPDATE post SET state = 'moved', moved_to_id = 2 WHERE id = 1",
            "UPDATE post SET state = 'removed' WHERE id = 3",
        ):
            connection.execute(text(change))

    migrate.downgrade(url, "0001")
    with connected(url) as connection:
        assert _states(connection, "member") == ["paused", "suspended", "paused"]
        assert _states(connection, "topic") == ["deleted", "published", "hidden"]
        assert _states(connection, "post") == ["deleted", "published", "hidden"]


def _states(connection: Connection, table: str) -> list[str]:
    return list(connection.scalars(text(f"SELECT state FROM {table} ORDER BY id")))


@contextmanager
def database_at(url: str) -> Iterator[Database]:
    """Use a database as the application does."""
    database = Database(url, size=2, follower=follow)
    try:
        yield database
    finally:
        database.dispose()


def actor_of(database: Database, member_id: MemberId) -> Actor:
    """Sign a member in, and return who they are to the rules."""
    with database.transaction() as session:
        token = sign_in(session, member_id)
    with database.reading() as session:
        found = viewer.actor_of(session, token)
    assert found is not None
    return found


@pytest.mark.parametrize(("days", "stays"), [(0, True), (20, True), (29, True), (31, False)])
def test_0003_logs_nobody_out(empty_database_url: str, days: int, stays: bool) -> None:
    url = empty_database_url
    migrate.upgrade(url)
    with database_at(url) as database:
        member_id = cast.join(database, "Rowan")
        with database.transaction() as session:
            token = sign_in(session, member_id)
            begun_at, lasts = clock.now() - timedelta(days=days), timedelta(days=30)
            session.flush()
            session.execute(update(SignInSession).values(begun_at=begun_at, expires_at=begun_at + lasts))
    # What the session's day and device are is forgotten on the way down: so it was made by the older release.
    migrate.downgrade(url, "0002")
    migrate.upgrade(url)
    with database_at(url) as database:
        with database.transaction() as session:
            assert sweep_sign_in_sessions(session) == (0 if stays else 1)
        with database.reading() as session:
            actor = viewer.actor_of(session, token)
            assert (actor is not None) == stays
            if actor is not None:
                assert actor.last_seen_on == clock.now().date()
                # Nobody has shown lately that it is they.
                assert (actor.proof, actor.proved_at) == (None, None)


def test_0003_brings_back_on_the_way_down_who_was_leaving(empty_database_url: str) -> None:
    url = empty_database_url
    migrate.upgrade(url)
    states = (MemberState.ACTIVE, MemberState.PAUSED, MemberState.WAITING, MemberState.TURNED_AWAY)
    with database_at(url) as database:
        make_room(database, "flares-today")
        kept, *leaving = (cast.join(database, name) for name in ("Heather", *(one.value for one in states)))
        others = actor_of(database, kept)
        topic = start(database, others, topic_draft("flares-today"))
        untouched = start(database, others, topic_draft("flares-today"))
        for member_id in leaving:
            reply(database, actor_of(database, member_id), topic)
        reply(database, others, untouched)
        for member_id, state in zip(leaving, states, strict=True):
            with database.transaction() as session:
                session.execute(update(Member).where(Member.id == member_id).values(state=state))
        before = _facts(database, topic), _facts(database, untouched)
        with database.transaction() as session:
            for member_id in leaving:
                begin_leaving(session, member_id)
        # Of those who answered, one was shown until they left.
        first_reply = _facts(database, topic)[2]
        assert _facts(database, topic)[0] == 0
        assert first_reply is None
    migrate.downgrade(url, "0002")
    with connected(url) as connection:
        assert _states(connection, "member") == ["active", *(state.value for state in states)]
        counts = connection.scalars(text("SELECT reply_count FROM topic ORDER BY id")).all()
        assert counts == [1, 1]
        assert connection.scalars(
            text("SELECT count(first_reply_at) FROM topic WHERE id = :id"), {"id": topic}
        ).all() == [1]
    migrate.upgrade(url)
    with database_at(url) as database:
        now_shown = _facts(database, topic)
        assert now_shown[0] == 1
        # Theirs is the one answer that is shown, and it stands where it stood.
        assert now_shown[1] == now_shown[2] == before[0][2]
        assert _facts(database, untouched) == before[1]
        with database.reading() as session:
            assert list(session.scalars(select(Member.state).order_by(Member.id)))[1:] == list(states)


def _facts(database: Database, topic_id: int) -> tuple[object, ...]:
    with database.reading() as session:
        row = session.execute(
            select(Topic.reply_count, Topic.last_activity_at, Topic.first_reply_at).where(
                Topic.id == topic_id
            )
        ).one()
        return tuple(row)


def test_0003_leaves_no_attempt_that_would_become_a_log_in(empty_database_url: str) -> None:
    url = empty_database_url
    migrate.upgrade(url)
    with database_at(url) as database, database.transaction() as session:
        for purpose in SignInPurpose:
            session.add(
                SignInAttempt(
                    state_hash=hash_of(purpose.value),
                    browser_hash=hash_of("browser"),
                    provider="google",
                    nonce="nonce",
                    code_verifier="verifier",
                    purpose=purpose,
                    next="/",
                    expires_at=clock.now() + timedelta(minutes=10),
                )
            )
    migrate.downgrade(url, "0002")
    with connected(url) as connection:
        left = connection.scalars(text("SELECT state_hash FROM sign_in_attempt")).all()
        assert left == [hash_of(SignInPurpose.SIGN_IN.value)]
    migrate.upgrade(url)
    with database_at(url) as database, database.reading() as session:
        assert session.scalars(select(SignInAttempt.purpose)).all() == [SignInPurpose.SIGN_IN]
