"""What differs between the two databases, behind one small protocol. Only this folder (and search) may know."""

from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, Table
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.database.dialects import postgresql, sqlite

AnyColumn: TypeAlias = InstrumentedAttribute[Any]


class DialectTools(Protocol):
    """What each of the two modules offers."""

    def reading_engine(self, url: str, size: int) -> Engine:
        """Return a pool whose connections can't write."""

    def writing_engine(self, url: str, size: int) -> Engine:
        """Return a pool whose transactions take turns as this database needs it."""

    def migrating_engine(self, url: str) -> Engine:
        """Return an engine under which a migration may remake tables."""

    def bump(self, session: Session, table: Table, scopes: list[str]) -> None:
        """Add one to each scope's version, making the row where there is none."""

    def insert_unless_there(self, session: Session, table: Table, row: dict[str, object]) -> bool:
        """Insert the row unless one of its unique keys is taken; say whether it was inserted."""

    def read_as_of_now(self, session: Session) -> None:
        """Let all that a new session reads be as it is at one moment, whatever others write meanwhile."""

    def take_turn(self, session: Session, name: str) -> None:
        """Wait for and hold, until the transaction ends, the turn that goes by this name."""

    def refuse_changes(self, connection: Connection, table: str, because: str) -> None:
        """Make the triggers that refuse UPDATE, DELETE and what amounts to them on a table that is there."""

    def allow_changes(self, connection: Connection, table: str) -> None:
        """Drop every trigger that refuses something on a table (a migration's way back)."""

    def refuse_updates(self, connection: Connection, table: str, because: str) -> None:
        """Make the triggers that refuse UPDATE and what amounts to it: rows may go, and never change."""

    def refuse_deletes(self, connection: Connection, table: str, because: str, *, unless: str) -> None:
        """Make the triggers that refuse DELETE, and what empties a table, but for rows for which a condition holds.

        The condition is SQL, in which the row is ``OLD``. A migration that makes a table anew which it names has to
        take these triggers away before and make them again after.
        """

    def allow_deletes(self, connection: Connection, table: str) -> None:
        """Drop those triggers alone."""

    def stored(self, column: AnyColumn) -> ColumnElement[bytes | None]:
        """Return what a column holds as bytes, read by no type, so that nothing that is stored there can't be read.

        Whole numbers come in decimal, truth values as 1 and 0, uuids as 32 hex digits, moments in UTC as
        ``2026-11-22 17:00:00.000000``, anything else as its UTF-8. What is of another kind than the column's, which
        SQLite lets be, comes as bytes that are no UTF-8.
        """

    def tidy(self, engine: Engine) -> bool:
        """Let go of erased rows that the database still keeps beside its tables; say whether it is done."""


def tools_for(name: str) -> DialectTools:
    """Return the tools for a dialect's name (``sqlite`` or ``postgresql``)."""
    found: dict[str, DialectTools] = {"sqlite": sqlite.TOOLS, "postgresql": postgresql.TOOLS}
    return found[name]


def is_busy(error: OperationalError) -> bool:
    """Say whether the statement failed only because somebody else was writing, so that it may go well next time."""
    return sqlite.is_busy(error.orig) or postgresql.is_busy(error.orig)


def tools(session: Session) -> DialectTools:
    """Return the tools for the database this session talks to."""
    return tools_for(session.get_bind().dialect.name)
