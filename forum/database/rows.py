"""From rows to frozen dataclasses, and how many rows a change was about. No ORM object is handed to a page."""

from typing import Any, TypeAlias, TypeVar

from sqlalchemy import CursorResult, Delete, Row, Select, Update
from sqlalchemy.orm import Session

T = TypeVar("T")

# A statement or a row whose columns the type checker need not know.
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def all_as(session: Session, kind: type[T], statement: AnySelect) -> tuple[T, ...]:
    """Run the statement and build one ``kind`` a row, its columns being the positional arguments."""
    return tuple(kind(*row) for row in session.execute(statement))


def rows_changed(session: Session, statement: Delete | Update) -> int:
    """Run an UPDATE or a DELETE, and return how many rows it was about. None of them is looked at as an object."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return result.rowcount if isinstance(result, CursorResult) else 0
