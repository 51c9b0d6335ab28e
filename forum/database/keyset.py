"""Lists by keyset: a page begins where the last one ended, so page 500 costs what page 1 costs.

A cursor is opaque text that holds the sort values of the row next to the page's edge. It is no secret and
no proof: whatever it says, only rows that the statement's own conditions allow come back.
"""

import base64
import binascii
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Integer, String, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.database.column_types import UtcDateTime
from forum.database.rows import AnyRow, AnySelect
from forum.errors import Malformed

T = TypeVar("T")
# Room for the longest of the texts that lists are ordered by.
_LONGEST = 700
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Where in a list the reader is: ``older`` than a cursor, ``newer`` than one, or at the top."""

    older: str = ""
    newer: str = ""


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of a list, with the cursors of its neighbours ("" where there is none)."""

    items: tuple[T, ...]
    newer: str
    older: str


def slice_of(
    session: Session,
    statement: AnySelect,
    order: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]],
    window: Window,
    size: int,
    *,
    oldest_first: bool = False,
) -> Slice[AnyRow]:
    """Return ``size`` rows in descending ``order`` at the window, or with ``oldest_first`` in ascending order.

    ``order`` are columns of the statement that together are unique, the newest first. The statement's last
    columns must be those same columns, so that the cursors can be made from the rows. Where the oldest come first,
    ``older`` still leads on in the list, and ``newer`` back.

    Queries: 1
    """
    upward = bool(window.newer)
    cursor = _read(window.newer or window.older, order) if (window.newer or window.older) else None
    key = tuple_(*order)
    if cursor is not None:
        edge = tuple_(*cursor)
        statement = statement.where(key > edge if upward is not oldest_first else key < edge)
    direction = [column.asc() if upward is not oldest_first else column.desc() for column in order]
    rows = list(session.execute(statement.order_by(None).order_by(*direction).limit(size + 1)))
    more = len(rows) > size
    rows = rows[:size]
    if upward:
        rows.reverse()
    has_newer = more if upward else cursor is not None
    has_older = True if upward else more
    width = len(order)
    return Slice(
        items=tuple(rows),
        newer=_write(rows[0][-width:]) if rows and has_newer else "",
        older=_write(rows[-1][-width:]) if rows and has_older else "",
    )


def cursor_at(*values: datetime | int) -> str:
    """Return the cursor of a place in a list where no row has to stand, such as the end of a month."""
    return _write(values)


def _write(values: Sequence[Any]) -> str:
    plain = [(v - _EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in values]
    written = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


def _read(
    text: str, order: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]]
) -> list[ColumnElement[Any]]:
    """Return the values a cursor holds. Raises Malformed when nobody here wrote it."""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError
        return [_typed(value, column) for value, column in zip(values, order, strict=True)]
    except (ValueError, binascii.Error, OverflowError, RecursionError):
        raise Malformed from None


def _typed(value: object, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, String):
        # What is no writing, PostgreSQL can't even compare with.
        if not isinstance(value, str) or any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
            raise ValueError
        return literal(value, column.type)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _largest(column):
        raise ValueError
    if isinstance(column.type, UtcDateTime):
        return literal(_EPOCH + timedelta(microseconds=value), column.type)
    return literal(value, column.type)


def _largest(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> int:
    """Return the largest number to compare the column with; PostgreSQL fails on one that doesn't fit its type."""
    small = isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    return 2**31 - 1 if small else 2**62
