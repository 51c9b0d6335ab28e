"""SQLite, the embedded default: one writer at a time, readers never wait, commits are durable.

The driver's own transaction handling is off (``isolation_level=None``): with it, a transaction that reads
before it writes can silently lose an update. Ours begins with BEGIN IMMEDIATE for writing, and the write
pool holds a single connection, so that writers queue in order of arrival instead of polling a lock.
"""

from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

# For other processes only (the command line beside a running server): milliseconds.
BUSY_TIMEOUT = 5000
# How long a request waits for its turn to write, in seconds.
TURN_TIMEOUT = 10


class _Tools:
    def reading_engine(self, url: str, size: int) -> Engine:
        return _engine(url, size, begin="BEGIN", pragmas=("query_only = ON",))

    def writing_engine(self, url: str, size: int) -> Engine:
        del size  # One connection: SQLite has one writer, and the pool is its queue.
        return _engine(url, 1, begin="BEGIN IMMEDIATE", pragmas=("synchronous = FULL",))

    def bump(self, session: Session, table: Table, scopes: list[str]) -> None:
        rows = [{"scope": scope, "version": 1} for scope in scopes]
        session.execute(
            insert(table)
            .values(rows)
            .on_conflict_do_update(index_elements=["scope"], set_={"version": table.c.version + 1})
        )

    def insert_unless_there(self, session: Session, table: Table, row: dict[str, object]) -> bool:
        result = session.execute(
            insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
        )
        return result.first() is not None

    def take_turn(self, session: Session, name: str) -> None:
        """Do nothing more: BEGIN IMMEDIATE already made this transaction the only writer."""

    def refuse_changes(self, connection: Connection, table: str, because: str) -> None:
        self.refuse_updates(connection, table, because)
        _refuse(connection, table, "DELETE", because)

    def refuse_updates(self, connection: Connection, table: str, because: str) -> None:
        _refuse(connection, table, "UPDATE", because)

    def allow_changes(self, connection: Connection, table: str) -> None:
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_trigger(table, verb)}")


def _trigger(table: str, verb: str) -> str:
    return f"tr_{table}_no_{verb.lower()}"


def _refuse(connection: Connection, table: str, verb: str, because: str) -> None:
    connection.exec_driver_sql(
        f"CREATE TRIGGER {_trigger(table, verb)} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{because}'); END"
    )


def _engine(url: str, size: int, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=TURN_TIMEOUT,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        # Only the file's owner side can switch to WAL; on a read connection this is a no-op read.
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA secure_delete = ON")
        # Else REPLACE deletes a row of a ledger without asking the trigger that refuses it.
        cursor.execute("PRAGMA recursive_triggers = ON")
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_ourselves(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "reset")
    def leave_nothing_open(connection: Any, _record: Any, _state: Any) -> None:
        # A COMMIT that fails (on a full disk, say) leaves its transaction open, and SQLAlchemy takes it for
        # ended: on the one connection for writing, no other could begin from then on.
        if connection.in_transaction:
            connection.rollback()

    return engine


TOOLS = _Tools()
