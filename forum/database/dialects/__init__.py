"""What differs between the two databases, behind one small protocol. Only this folder (and search) may know."""

from typing import Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.orm import Session

from forum.database.dialects import postgresql, sqlite


class DialectTools(Protocol):
    """What each of the two modules offers."""

    def reading_engine(self, url: str, size: int) -> Engine:
        """Return a pool whose connections can't write."""

    def writing_engine(self, url: str, size: int) -> Engine:
        """Return a pool whose transactions take turns as this database needs it."""

    def bump(self, session: Session, table: Table, scopes: list[str]) -> None:
        """Add one to each scope's version, making the row where there is none."""

    def insert_unless_there(self, session: Session, table: Table, row: dict[str, object]) -> bool:
        """Insert the row unless one of its unique keys is taken; say whether it was inserted."""

    def take_turn(self, session: Session, name: str) -> None:
        """Wait for and hold, until the transaction ends, the turn that goes by this name."""

    def refuse_changes(self, connection: Connection, table: str, because: str) -> None:
        """Make the trigger that refuses UPDATE and DELETE on a table."""

    def allow_changes(self, connection: Connection, table: str) -> None:
        """Drop that trigger (a migration's way back)."""

    def refuse_updates(self, connection: Connection, table: str, because: str) -> None:
        """Make the trigger that refuses UPDATE alone: rows may go, and never change."""


def tools_for(name: str) -> DialectTools:
    """Return the tools for a dialect's name (``sqlite`` or ``postgresql``)."""
    found: dict[str, DialectTools] = {"sqlite": sqlite.TOOLS, "postgresql": postgresql.TOOLS}
    return found[name]


def tools(session: Session) -> DialectTools:
    """Return the tools for the database this session talks to."""
    return tools_for(session.get_bind().dialect.name)
