"""Each member is erased by a job of their own: it looks again, is tried again, and keeps nobody else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import GRACE
from forum.accounts.sign_in_sessions import sign_in
from forum.community.models.threads import Post
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job
from forum.jobs.queue import MOST_ATTEMPTS
from forum.privacy.erasing import (
    ERASE_MEMBER,
    erase_left,
    erase_member,
    erase_turned_away,
)
from tests import cast
from tests.daily import BAN_KEYS, do_jobs
from tests.moderation.conftest import make_room
from tests.moderation.leaving import MARK, ROOM, is_there, leave, run, write
from tests.moderation.working import rows_of


@pytest.fixture
def room(database: Database) -> str:
    """A room to write in."""
    make_room(database, ROOM)
    return ROOM


def test_erasing_nobody_changes_nothing(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Rowan")
    before = rows_of(database, someone.member_id, someone.uuid)
    with database.transaction() as session:
        erase_left(session)
        erase_turned_away(session)
        assert erasing_jobs(session) == []
        erase_member(session, {"member_id": someone.member_id}, BAN_KEYS)
        erase_member(session, {"member_id": 999_999}, BAN_KEYS)
    assert rows_of(database, someone.member_id, someone.uuid) == before


def erasing_jobs(session: Session) -> list[tuple[int, str | None]]:
    """Return how often each job that erases was tried, and what was wrong."""
    rows = session.execute(
        select(Job.attempts, Job.last_error).where(Job.name == ERASE_MEMBER).order_by(Job.id)
    )
    return [(row.attempts, row.last_error) for row in rows]


@pytest.fixture
def keepsake(database: Database) -> Iterator[str]:
    """A table that nobody told erasing of: whoever has a row in it can't be erased."""
    with database.write_engine.begin() as connection:
        connection.execute(text("CREATE TABLE keepsake (member_id BIGINT NOT NULL REFERENCES member (id))"))
    yield "keepsake"
    with database.write_engine.begin() as connection:
        connection.execute(text("DROP TABLE keepsake"))


@pytest.mark.proves("D7")
def test_one_who_can_not_be_erased_keeps_nobody_else(
    app: Flask, database: Database, room: str, keepsake: str
) -> None:
    stuck, other, away = cast.member(app, "Rowan"), cast.member(app, "Marlow"), cast.member(app, "Hazel")
    topic = write(database, stuck, f"One {MARK}.")
    with database.transaction() as session:
        session.execute(text(f"INSERT INTO {keepsake} VALUES ({stuck.member_id})"))
    for someone in (stuck, other, away):
        leave(someone)
    before = rows_of(database, stuck.member_id, stuck.uuid)
    run(database, GRACE + timedelta(minutes=1))
    assert [is_there(someone) for someone in (stuck, other, away)] == [True, False, False]
    # Nothing of theirs is gone by halves, and their job is tried again.
    assert rows_of(database, stuck.member_id, stuck.uuid) == before
    with database.reading() as session:
        assert session.scalars(select(Post.markdown).where(Post.topic_id == topic)).all() == [f"One {MARK}."]
        assert erasing_jobs(session) == [(1, "IntegrityError")]
    with database.transaction() as session:
        session.execute(text(f"DELETE FROM {keepsake}"))
    with time_machine.travel(clock.now() + GRACE + timedelta(minutes=2)):
        do_jobs(database)
    assert not is_there(stuck)
    with database.reading() as session:
        assert erasing_jobs(session) == []


@pytest.mark.proves("D7")
def test_one_who_was_given_up_is_tried_again_the_next_day(
    app: Flask, database: Database, room: str, keepsake: str
) -> None:
    stuck = cast.member(app, "Rowan")
    with database.transaction() as session:
        session.execute(text(f"INSERT INTO {keepsake} VALUES ({stuck.member_id})"))
    leave(stuck)
    with time_machine.travel(clock.now() + GRACE + timedelta(minutes=1)) as moment:
        with database.transaction() as session:
            erase_left(session)
            # Of two that come at once, by either of the two entries, one is enough.
            erase_left(session)
        for _attempt in range(MOST_ATTEMPTS):
            do_jobs(database)
            moment.shift(timedelta(hours=12))
        with database.reading() as session:
            assert erasing_jobs(session) == [(MOST_ATTEMPTS, "IntegrityError")]
    with database.transaction() as session:
        session.execute(text(f"DELETE FROM {keepsake}"))
    run(database, GRACE + timedelta(days=5))
    assert not is_there(stuck)


@pytest.mark.proves("D9")
def test_a_job_that_was_put_in_too_early_looks_again(app: Flask, database: Database, room: str) -> None:
    someone = cast.member(app, "Rowan")
    topic = write(database, someone, f"One {MARK}.")
    leave(someone)
    with database.transaction() as session:
        queue.enqueue(session, ERASE_MEMBER, {"member_id": someone.member_id}, clock.now() + GRACE)
    with time_machine.travel(clock.now() + GRACE - timedelta(minutes=1)):
        with database.transaction() as session:
            sign_in(session, someone.member_id)
        # And sets out once more: the days of grace begin anew.
        leave(someone)
    with time_machine.travel(clock.now() + GRACE + timedelta(minutes=1)):
        do_jobs(database)
        with database.reading() as session:
            assert erasing_jobs(session) == []
        assert is_there(someone)
        with database.transaction() as session:
            sign_in(session, someone.member_id)
    assert MARK in cast.visitor(app).get(f"/topics/{topic}", follow_redirects=True).text
