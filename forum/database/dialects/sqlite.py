"""SQLite, the embedded default: one writer at a time, readers never wait, commits are durable.

The driver's own transaction handling is off (``isolation_level=None``): with it, a transaction that reads
before it writes can silently lose an update. Ours begins with BEGIN IMMEDIATE for writing, and the write
pool holds a single connection, so that writers queue in order of arrival instead of polling a lock.
"""

import sqlite3
from typing import Any

from sqlalchemy import (
    BLOB,
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Table,
    case,
    cast,
    create_engine,
    event,
    func,
    inspect,
    literal_column,
    null,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import NullPool, QueuePool

# For other processes only (the command line beside a running server): milliseconds.
BUSY_TIMEOUT = 5000
# How long a request waits for its turn to write, in seconds.
TURN_TIMEOUT = 10
# How long emptying the log waits for readers, in milliseconds: writers wait that long with it.
TIDY_TIMEOUT = 100
# Not the UTF-8 of anything.
UNREADABLE = b"\xff"


class _Tools:
    def reading_engine(self, url: str, size: int) -> Engine:
        return _engine(url, size, begin="BEGIN", pragmas=("query_only = ON",))

    def writing_engine(self, url: str, size: int) -> Engine:
        del size  # One connection: SQLite has one writer, and the pool is its queue.
        return _engine(url, 1, begin="BEGIN IMMEDIATE", pragmas=("synchronous = FULL",))

    def migrating_engine(self, url: str) -> Engine:
        # Batch mode drops and remakes tables; with keys on, that would delete the children's rows.
        return _engine(url, 1, begin="BEGIN IMMEDIATE", pragmas=("foreign_keys = OFF",))

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

    def read_as_of_now(self, session: Session) -> None:
        """Do nothing more: in WAL mode, whatever a transaction reads is as it was at its first statement."""

    def take_turn(self, session: Session, name: str) -> None:
        """Do nothing more: BEGIN IMMEDIATE already made this transaction the only writer."""

    def refuse_changes(self, connection: Connection, table: str, because: str) -> None:
        self.refuse_updates(connection, table, because)
        _refuse(connection, table, "DELETE", because)

    def refuse_updates(self, connection: Connection, table: str, because: str) -> None:
        _refuse(connection, table, "UPDATE", because)
        _refuse_replacing(connection, table, because)

    def allow_changes(self, connection: Connection, table: str) -> None:
        for verb in ("UPDATE", "DELETE", "REPLACE"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_trigger(table, verb)}")

    def refuse_deletes(self, connection: Connection, table: str, because: str, *, unless: str) -> None:
        _refuse(connection, table, "DELETE", because, f"WHEN NOT ({unless}) ")

    def allow_deletes(self, connection: Connection, table: str) -> None:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_trigger(table, 'DELETE')}")

    def stored(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bytes | None]:
        """Any column of SQLite's can hold anything: what is of another kind than the column's is told apart here."""
        kind = "integer" if isinstance(column.type, (Integer, Boolean)) else "text"
        return case(
            (func.typeof(column) == kind, cast(column, BLOB)),
            (column.is_(None), null()),
            else_=literal_column(f"x'{UNREADABLE.hex()}'", BLOB),
        )

    def tidy(self, engine: Engine) -> bool:
        """Empty the write-ahead log: until then it holds the words that were erased from the file.

        It can't be done inside a transaction, and so not by a job. Where somebody reads or writes for long, it
        gives up for this time.
        """
        alone = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {TIDY_TIMEOUT}")
            busy, *_pages = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        return not busy


def _trigger(table: str, verb: str) -> str:
    return f"tr_{table}_no_{verb.lower()}"


def _refuse(connection: Connection, table: str, verb: str, because: str, when: str = "") -> None:
    connection.exec_driver_sql(
        f"CREATE TRIGGER {_trigger(table, verb)} BEFORE {verb} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{because}'); END"
    )


def _refuse_replacing(connection: Connection, table: str, because: str) -> None:
    """Refuse a row whose key is there: REPLACE deletes the old one without asking the trigger on DELETE.

    Our own connections have a pragma against that; whoever opens the file otherwise has not.
    """
    look = inspect(connection)
    keys: list[list[Any]] = [look.get_pk_constraint(table)["constrained_columns"]]
    keys += [unique["column_names"] for unique in look.get_unique_constraints(table)]
    keys += [index["column_names"] for index in look.get_indexes(table) if index["unique"]]
    # The hidden number of a row is a key as well.
    keys.append(["rowid"])
    taken = " OR ".join(" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    connection.exec_driver_sql(
        f"CREATE TRIGGER {_trigger(table, 'REPLACE')} BEFORE INSERT ON {table} "  # noqa: S608 - our own names.
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
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


def is_busy(error: BaseException | None) -> bool:
    """Say whether the file was locked by another process for longer than we wait (PostgreSQL queues by itself)."""
    # The low byte is the kind; the rest tells its varieties apart.
    return (
        isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    )


TOOLS = _Tools()
