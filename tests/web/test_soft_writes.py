"""Soft writes: small changes that are written soon, together, and never at a request's expense."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.web.soft_writes import FLUSH_SECONDS, SoftWrites
from tests.front_door import Log
from tests.recorder import recorded

# Nobody waits for so long: what is written in these tests is written by flush, unless a test says otherwise.
NEVER = 3600.0
SOON = 0.01


def stamp(scope: str, version: int = 1) -> Callable[[Session], object]:
    """Return a change: one more row in some table."""
    return lambda session: session.execute(insert(PageStamp).values(scope=scope, version=version))


def stamps(database: Database) -> dict[str, int]:
    """Return those rows."""
    with database.reading() as session:
        rows = session.execute(select(PageStamp.scope, PageStamp.version)).all()
    return {row.scope: row.version for row in rows}


@pytest.fixture
def soft(database: Database) -> Iterator[SoftWrites]:
    """Return a buffer that is emptied only when a test says so."""
    made = SoftWrites(database, every=NEVER, room=3)
    yield made
    made.close()


@pytest.fixture
def log(app: Flask, tmp_path: Path) -> Iterator[Log]:
    """Return the log from now on."""
    del app  # It sets the log up.
    opened = Log(tmp_path / "forum.log")
    yield opened
    opened.close()


def writing_softly() -> set[threading.Thread]:
    """Return the threads that write softly in this process."""
    return {thread for thread in threading.enumerate() if thread.name == "soft-writes"}


@pytest.fixture
def holders(app: Flask) -> Callable[[], set[threading.Thread]]:
    """Return what tells which threads of this test write softly: another test's may live on for a moment."""
    del app  # Nothing was put into its buffer yet.
    before = writing_softly()
    return lambda: writing_softly() - before


def test_changes_are_written_together(database: Database, soft: SoftWrites) -> None:
    commits = []
    with recorded(database) as statements:
        for scope in ("a", "b", "c"):
            soft.put(scope, stamp(scope))
        commits.append(len(statements))
        soft.flush()
        soft.flush()
    assert commits == [0]
    assert len(statements) == 3
    assert stamps(database) == {"a": 1, "b": 1, "c": 1}


def test_of_one_key_the_last_change_counts(database: Database, soft: SoftWrites) -> None:
    soft.put("a", stamp("a", 1))
    soft.put("a", stamp("a", 2))
    soft.flush()
    assert stamps(database) == {"a": 2}


def test_the_buffer_has_an_end(database: Database, soft: SoftWrites) -> None:
    for scope in ("a", "b", "c", "d"):
        soft.put(scope, stamp(scope))
    # What is in it already can still be changed.
    soft.put("a", stamp("a", 7))
    soft.flush()
    assert stamps(database) == {"a": 7, "b": 1, "c": 1}
    soft.put("d", stamp("d"))
    soft.flush()
    assert "d" in stamps(database)


def test_they_are_written_by_themselves_and_the_thread_goes(
    database: Database, holders: Callable[[], set[threading.Thread]]
) -> None:
    assert FLUSH_SECONDS == 2
    soft = SoftWrites(database, every=SOON)
    written = threading.Event()

    def change(session: Session) -> None:
        stamp("a")(session)
        written.set()

    soft.put("a", change)
    assert written.wait(20)
    for thread in holders():
        thread.join(20)
    assert holders() == set()
    assert stamps(database) == {"a": 1}
    # And it comes again.
    soft.put("b", stamp("b"))
    for thread in holders():
        thread.join(20)
    assert stamps(database) == {"a": 1, "b": 1}


def test_closing_the_database_writes_what_waits_and_leaves_no_thread(
    app: Flask, database: Database, holders: Callable[[], set[threading.Thread]]
) -> None:
    soft: SoftWrites = app.extensions["soft_writes"]
    soft.put("a", stamp("a"))
    assert holders()
    database.dispose()
    assert holders() == set()
    assert stamps(database) == {"a": 1}
    # Connections can be opened again, and so can the buffer.
    soft.put("b", stamp("b"))
    database.dispose()
    assert holders() == set()
    assert stamps(database) == {"a": 1, "b": 1}


def test_what_is_gone_takes_nothing_else_along(database: Database, soft: SoftWrites, log: Log) -> None:
    soft.put("a", stamp("a"))
    soft.put("twice", stamp("a"))
    soft.put("b", stamp("b"))
    soft.flush()
    assert stamps(database) == {"a": 1, "b": 1}
    assert '"error": "IntegrityError", "changes": 1' in log.text()


def test_a_failure_is_logged_by_its_class_and_kept_by_nobody(
    database: Database, soft: SoftWrites, log: Log
) -> None:
    def fail(session: Session) -> None:
        session.execute(text("SELECT secret_words FROM nowhere"))

    soft.put("a", stamp("a"))
    soft.put("b", fail)
    soft.flush()
    said = log.text()
    assert '"event": "soft_writes.lost"' in said
    assert '"changes": 2' in said
    assert "secret_words" not in said
    assert stamps(database) == {}
    # The next ones have their turn, and there is room again.
    for scope in ("c", "d", "e"):
        soft.put(scope, stamp(scope))
    soft.flush()
    assert stamps(database) == {"c": 1, "d": 1, "e": 1}
    assert log.text() == said


@pytest.mark.parametrize("dialect", ["sqlite"])  # What is away is the same to a pool of either.
def test_while_the_database_is_away_nothing_piles_up(
    tmp_path: Path, dialect: str, log: Log, holders: Callable[[], set[threading.Thread]]
) -> None:
    del dialect
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/forum.sqlite3")
    soft = SoftWrites(away, every=NEVER, room=3)
    for number in range(3):
        for scope in ("a", "b", "c"):
            soft.put((scope, number), stamp(scope))
        soft.flush()
    soft.close()
    away.dispose()
    assert log.text().count('"error": "OperationalError", "changes": 3') == 3
    assert holders() == set()


def test_many_at_once_lose_nothing(database: Database) -> None:
    soft = SoftWrites(database, every=SOON)

    def put(name: str) -> None:
        for number in range(25):
            soft.put((name, number), stamp(f"{name}-{number}"))

    threads = [threading.Thread(target=put, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    soft.close()
    assert len(stamps(database)) == 100
