"""Breaks the writing of a database at one statement, and holds what every table holds, for tests of all or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from forum.database.base import Base
from forum.database.session import Database
from tests.soaking import rounds

# All that a fault leaves is taken back by the same lines on each database: on SQLite every statement fails once. On
# PostgreSQL, where thousands of them take a minute, it is in the gate one in so many beyond the first ones.
FIRST, ONE_IN = 20, rounds(5, soaking=1)


class MadeToFail(RuntimeError):
    """The fault that a test asked for."""


@contextmanager
def failing_at(database: Database, number: int) -> Iterator[list[int]]:
    """Break the write connection at its nth statement; the list holds how many were sent."""
    sent = [0]

    def count(*_arguments: Any) -> None:
        sent[0] += 1
        if sent[0] == number:
            raise MadeToFail("made to fail")

    with _listening(database, "before_cursor_execute", count):
        yield sent


@contextmanager
def lost_at_the_commit(database: Database) -> Iterator[None]:
    """Lose the write connection when everything was sent, and nothing is committed yet."""

    def lose(connection: Any) -> None:
        connection.connection.dbapi_connection.close()

    with _listening(database, "commit", lose):
        yield


@contextmanager
def _listening(database: Database, what: str, heard: Callable[..., None]) -> Iterator[None]:
    event.listen(database.write_engine, what, heard)
    try:
        yield
    finally:
        event.remove(database.write_engine, what, heard)


def contents(database: Database) -> dict[str, list[str]]:
    """Return every row of every table, as the driver has it."""
    with database.reading() as session:
        connection = session.connection()
        return {
            name: sorted(repr(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
            for name in Base.metadata.tables
        }


def all_or_nothing(database: Database, deed: Callable[[Session], object]) -> int:
    """Do something in a transaction that fails at its first statement, at its second, and so on, until it gets through.

    Each time nothing may have changed, in any table; at the end something has. Returns how many statements there are.
    """
    before = contents(database)
    number = 0
    stride = ONE_IN if database.write_engine.dialect.name == "postgresql" else 1
    while True:
        number += 1 if number < FIRST else stride
        with failing_at(database, number) as sent:
            happened = _tried(database, deed)
        if sent[0] < number:
            break
        assert not happened, f"The fault at statement {number} was swallowed."
        assert contents(database) == before, f"A fault at statement {number} left something."
        if number == 1:
            # Nor may it leave anything when the connection is lost after everything was sent.
            with lost_at_the_commit(database), pytest.raises(DBAPIError), database.transaction() as session:
                deed(session)
            assert contents(database) == before
    assert happened
    assert contents(database) != before
    return sent[0]


def _tried(database: Database, deed: Callable[[Session], object]) -> bool:
    try:
        with database.transaction() as session:
            deed(session)
    except MadeToFail:
        return False
    return True
