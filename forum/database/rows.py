"""From rows to frozen dataclasses: reads select columns and never hand an ORM object to a page."""

from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

T = TypeVar("T")

# A statement or a row whose columns the type checker need not know.
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def all_as(session: Session, kind: type[T], statement: AnySelect) -> tuple[T, ...]:
    """Run the statement and build one ``kind`` a row, its columns being the positional arguments."""
    return tuple(kind(*row) for row in session.execute(statement))
