"""PostgreSQL, for more than one machine: its own write queueing, advisory locks for taking turns."""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    case,
    cast,
    create_engine,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import NullPool

from forum.database.column_types import UtcDateTime

# How long a request waits for a connection, in seconds.
TURN_TIMEOUT = 10
# One forgotten transaction elsewhere must not hold every writer, and no statement of ours takes that long.
LIMITS = "-c lock_timeout=8s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"


class _Tools:
    def reading_engine(self, url: str, size: int) -> Engine:
        return _engine(url, size, "-c default_transaction_read_only=on -c timezone=UTC")

    def writing_engine(self, url: str, size: int) -> Engine:
        # Half as many as read: who waits to write waits here, and readers keep their threads and connections.
        return _engine(url, max(1, size // 2), "-c timezone=UTC")

    def migrating_engine(self, url: str) -> Engine:
        # Without the limits below: a migration may take as long as it needs.
        return create_engine(url, poolclass=NullPool, connect_args={"options": "-c timezone=UTC"})

    def bump(self, session: Session, table: Table, scopes: list[str]) -> None:
        # Sorted by the caller, so that two transactions never wait for each other in a circle.
        for scope in scopes:
            session.execute(
                insert(table)
                .values(scope=scope, version=1)
                .on_conflict_do_update(index_elements=["scope"], set_={"version": table.c.version + 1})
            )

    def insert_unless_there(self, session: Session, table: Table, row: dict[str, object]) -> bool:
        result = session.execute(
            insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
        )
        return result.first() is not None

    def read_as_of_now(self, session: Session) -> None:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))

    def take_turn(self, session: Session, name: str) -> None:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def refuse_changes(self, connection: Connection, table: str, because: str) -> None:
        _refuse(connection, table, "UPDATE OR DELETE OR TRUNCATE", because)

    def refuse_updates(self, connection: Connection, table: str, because: str) -> None:
        _refuse(connection, table, "UPDATE", because)

    def allow_changes(self, connection: Connection, table: str) -> None:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS tr_{table}_refuse ON {table}")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS fn_{table}_refuse()")
        self.allow_deletes(connection, table)

    def refuse_deletes(self, connection: Connection, table: str, because: str, *, unless: str) -> None:
        connection.exec_driver_sql(
            f"CREATE FUNCTION fn_{table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            # TRUNCATE has no row to ask about.
            f"$$ BEGIN IF TG_OP = 'DELETE' THEN IF {unless} THEN RETURN OLD; END IF; END IF; "
            f"RAISE EXCEPTION '{because}'; END $$"
        )
        for verb, each in (("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            connection.exec_driver_sql(
                f"CREATE TRIGGER tr_{table}_keep_{verb.lower()} BEFORE {verb} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION fn_{table}_keep()"
            )

    def allow_deletes(self, connection: Connection, table: str) -> None:
        for verb in ("delete", "truncate"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS tr_{table}_keep_{verb} ON {table}")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS fn_{table}_keep()")

    def stored(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bytes | None]:
        """Its columns hold what their types say, yet the driver can't read the year 10000, nor broken UTF-8."""
        # These bytes are those of the text in the connection's encoding, which is that of the database.
        return func.textsend(_as_text(column), type_=LargeBinary)

    def tidy(self, engine: Engine) -> bool:
        """Do nothing: the server cleans up by itself (autovacuum, and its log's own recycling)."""
        del engine
        return True


def _refuse(connection: Connection, table: str, verbs: str, because: str) -> None:
    connection.exec_driver_sql(
        f"CREATE FUNCTION fn_{table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{because}'; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER tr_{table}_refuse BEFORE {verbs} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION fn_{table}_refuse()"
    )


def _as_text(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    if isinstance(column.type, Boolean):
        return cast(cast(column, Integer), Text)
    if isinstance(column.type, Uuid):
        return func.replace(cast(column, Text), "-", "")
    if isinstance(column.type, UtcDateTime):
        # A day before Christ would else look like the one after.
        era = case((column < literal_column("timestamptz '0001-01-01 00:00:00+00'"), " BC"), else_="")
        return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US").concat(era)
    return cast(column, Text)


def _engine(url: str, size: int, options: str) -> Engine:
    return create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=TURN_TIMEOUT,
        pool_pre_ping=True,
        connect_args={"options": f"{options} {LIMITS}"},
    )


def is_busy(error: BaseException | None) -> bool:
    """Say whether two transactions waited for each other, or one for too long, and this one had to give way."""
    # serialization_failure, deadlock_detected, lock_not_available (appendix A of its manual).
    return getattr(error, "sqlstate", None) in ("40001", "40P01", "55P03")


TOOLS = _Tools()
