"""The two pools and what a transaction is: who may write, that nobody's write is lost, what becomes of stamps."""

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from forum.database import page_stamps
from forum.database.dialects import tools
from forum.database.page_stamps import PageStamp
from forum.database.session import Database, commit
from forum.events import CategoryChanged, HelplinesChanged, MemberJoined, TopicStarted, emit
from tests.threads import together

THREADS = 16
ROUNDS = 8


def make_counter(database: Database) -> None:
    with database.transaction() as session:
        session.execute(insert(PageStamp).values(scope="counter", version=0))


def counter(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(PageStamp.version).where(PageStamp.scope == "counter")).scalar_one()


def set_counter(session: Session, value: int) -> None:
    session.execute(update(PageStamp).where(PageStamp.scope == "counter").values(version=value))


def stamps(database: Database, *scopes: str) -> list[int]:
    with database.reading() as session:
        return list(page_stamps.read(session, scopes).values())


# --- the reading pool ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO page_stamp (scope, version) VALUES ('new', 1)",
        "UPDATE page_stamp SET version = 9",
        "DELETE FROM page_stamp",
        "CREATE TABLE another (id INTEGER)",
        "DROP TABLE page_stamp",
    ],
)
def test_a_reading_session_refuses_to_write(database: Database, statement: str) -> None:
    make_counter(database)
    with database.reading() as session:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            session.execute(text(statement))
        session.rollback()
        # The connection is none the worse for it.
        assert session.execute(select(PageStamp.version)).all() == [(0,)]


def test_a_reading_session_refuses_also_what_it_only_flushes(database: Database) -> None:
    with database.reading() as session:
        session.add(PageStamp(scope="new", version=1))
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            session.flush()


def test_a_reader_does_not_wait_for_a_writer_and_sees_only_what_is_committed(database: Database) -> None:
    make_counter(database)
    with database.writing() as writer:
        set_counter(writer, 5)
        assert counter(database) == 0
        writer.commit()
    assert counter(database) == 5


def test_all_of_the_reading_pool_can_be_in_use_while_somebody_writes(database: Database) -> None:
    make_counter(database)
    readers = [database.reading() for _ in range(THREADS)]
    for reader in readers:
        assert reader.execute(select(PageStamp.version)).all() == [(0,)]
    with database.transaction() as session:
        set_counter(session, 1)
    for reader in readers:
        reader.close()
    assert counter(database) == 1


# --- many writers ----------------------------------------------------------------------------------------


def test_no_update_is_lost_where_the_row_is_locked_as_it_is_read(database: Database) -> None:
    make_counter(database)

    def add_ones(_number: int) -> None:
        for _ in range(ROUNDS):
            with database.transaction() as session:
                found = session.execute(
                    select(PageStamp.version).where(PageStamp.scope == "counter").with_for_update()
                ).scalar_one()
                set_counter(session, found + 1)

    together(THREADS, add_ones)
    assert counter(database) == THREADS * ROUNDS


def test_no_update_is_lost_where_a_turn_is_taken(database: Database) -> None:
    make_counter(database)

    def add_ones(_number: int) -> None:
        for _ in range(ROUNDS):
            with database.transaction() as session:
                tools(session).take_turn(session, "counter")
                found = session.execute(
                    select(PageStamp.version).where(PageStamp.scope == "counter")
                ).scalar_one()
                set_counter(session, found + 1)

    together(THREADS, add_ones)
    assert counter(database) == THREADS * ROUNDS


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_writers_queue_in_the_pool_and_need_no_patience_with_locks(database: Database) -> None:
    make_counter(database)
    with database.writing() as session:
        # There is one connection for writing, so this holds for all that follow.
        session.connection().exec_driver_sql("PRAGMA busy_timeout = 0")
        session.rollback()

    def add_ones(_number: int) -> None:
        for _ in range(ROUNDS):
            with database.transaction() as session:
                assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 0
                set_counter(session, session.execute(select(PageStamp.version)).scalar_one() + 1)

    together(THREADS, add_ones)
    assert counter(database) == THREADS * ROUNDS


def test_two_processes_lose_nothing_either(database: Database, database_url: str) -> None:
    # The command line beside a running server: to the database, a second pool is a second process.
    make_counter(database)
    beside = Database(database_url, size=16)

    def add_ones(number: int) -> None:
        for _ in range(ROUNDS):
            with (database, beside)[number % 2].transaction() as session:
                found = session.execute(select(PageStamp.version).with_for_update()).scalar_one()
                set_counter(session, found + 1)

    try:
        together(THREADS, add_ones)
    finally:
        beside.dispose()
    assert counter(database) == THREADS * ROUNDS


def test_a_writer_that_fails_gives_its_turn_to_the_next(database: Database) -> None:
    make_counter(database)

    def write(number: int) -> str:
        try:
            with database.transaction() as session:
                found = session.execute(select(PageStamp.version).with_for_update()).scalar_one()
                set_counter(session, found + 1)
                if number % 2:
                    raise LookupError
        except LookupError:
            return "undone"
        return "kept"

    assert together(THREADS, write).count("kept") == THREADS // 2
    assert counter(database) == THREADS // 2


# --- keys that point nowhere -----------------------------------------------------------------------------


def test_a_row_that_points_at_nothing_is_refused(database: Database) -> None:
    with database.writing() as session, pytest.raises(IntegrityError):
        session.execute(
            text("INSERT INTO email_address (member_id, address) VALUES (4711, 'nobody@forum.invalid')")
        )


# --- stamps ----------------------------------------------------------------------------------------------


def test_a_commit_bumps_each_stale_scope_once(database: Database) -> None:
    with database.transaction() as session:
        emit(session, TopicStarted(topic_id=7, category_id=3, post_id=1))
        emit(session, TopicStarted(topic_id=8, category_id=3, post_id=2))
        emit(session, HelplinesChanged())
        emit(session, MemberJoined(member_id=1))
    assert stamps(database, "latest", "category:3", "topic:7", "topic:8", "site", "topic:9") == [
        *(1, 1, 1, 1, 1, 0)
    ]
    with database.transaction() as session:
        emit(session, TopicStarted(topic_id=8, category_id=4, post_id=3))
    assert stamps(database, "latest", "category:3", "category:4", "topic:7", "topic:8", "site") == [
        *(2, 1, 1, 1, 2, 1)
    ]


def test_a_second_commit_of_a_session_does_not_bump_again(database: Database) -> None:
    with database.writing() as session:
        emit(session, HelplinesChanged())
        commit(session)
        commit(session)
        emit(session, CategoryChanged(category_id=1))
        commit(session)
    assert stamps(database, "site") == [2]


def test_an_exception_undoes_the_rows_and_the_stamps(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            session.add(PageStamp(scope="counter", version=1))
            session.flush()
            emit(session, HelplinesChanged())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with database.reading() as session:
        assert session.execute(select(PageStamp.scope)).all() == []


def test_what_a_rolled_back_transaction_made_stale_is_forgotten(database: Database) -> None:
    with database.writing() as session:
        emit(session, HelplinesChanged())
        session.rollback()
        emit(session, TopicStarted(topic_id=1, category_id=1, post_id=1))
        commit(session)
    assert stamps(database, "site", "topic:1") == [0, 1]
    with database.writing() as session:
        emit(session, HelplinesChanged())
        session.rollback()
        commit(session)
    assert stamps(database, "site") == [0]


def test_stamps_of_many_writers_never_wait_in_a_circle(database: Database) -> None:
    # Each announces another mixture of scopes; where they were bumped in any order but one, some would
    # wait for each other, and PostgreSQL would end one of them.
    def announce(number: int) -> None:
        for round_ in range(ROUNDS):
            with database.transaction() as session:
                for step in range(6):
                    topic = (number * 5 + step * (number % 5 + 1) + round_) % 12
                    emit(session, TopicStarted(topic_id=topic, category_id=topic % 5, post_id=1))
                if number % 3 == 0:
                    emit(session, HelplinesChanged())

    together(THREADS, announce)
    assert stamps(database, "latest", "site") == [THREADS * ROUNDS, 6 * ROUNDS]


def test_reading_stamps_takes_scopes_that_never_were(database: Database) -> None:
    assert stamps(database) == []
    assert stamps(database, "topic:1", "it's; DROP TABLE page_stamp") == [0, 0]
