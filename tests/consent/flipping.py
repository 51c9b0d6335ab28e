"""Flipping one bit of one byte of one stored value, as a failing disk or a patient hand would, and putting it back.

SQLite is opened without anything of ours, so that no type is in the way. PostgreSQL refuses what its types can't hold;
such a value is not stored, and another one is chosen.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg import sql

TABLES: dict[str, tuple[str, ...]] = {
    "consent_event": ("sequence", "commitment", "previous_hash", "hash", "happened_at"),
    "consent_record": (
        "sequence",
        "record_id",
        "schema_version",
        "subject",
        "purpose",
        "decision",
        "policies",
        "happened_at",
        "method",
        "locale",
        "interface_text_sha256",
        "country",
        "gpc",
        "app_version",
        "salt",
    ),
    "interface_text": ("sha256", "locale", "text", "first_shown_at"),
}
KEYS = {"consent_event": "sequence", "consent_record": "sequence", "interface_text": "sha256"}
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is stored: ``key`` is that of its row."""

    table: str
    column: str
    key: Any


class Flipper(Protocol):
    """What each of the two databases offers."""

    def keys(self, table: str) -> list[Any]:
        """Return the keys of a table's rows."""

    def flipped(self, place: Place, dice: random.Random) -> bool:
        """Flip one bit there; say False, and change nothing, when what it makes can't be stored."""

    def put_back(self) -> None:
        """Make it what it was."""


@contextmanager
def flipper_for(url: str) -> Iterator[Flipper]:
    """Give what flips bits in this database, whose triggers are gone from then on."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        yield _SqliteFlipper(file)
        file.close()
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            yield _PostgresFlipper(connection)


class _SqliteFlipper:
    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._undo: tuple[str, tuple[Any, ...]] | None = None
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("PRAGMA ignore_check_constraints = ON")
        triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            file.execute(f"DROP TRIGGER {name}")

    def keys(self, table: str) -> list[Any]:
        return [row[0] for row in self._file.execute(f"SELECT {KEYS[table]} FROM {table} ORDER BY rowid")]

    def flipped(self, place: Place, dice: random.Random) -> bool:
        table, column = place.table, place.column
        rowid, kind, held = self._file.execute(
            f"SELECT rowid, typeof({column}), CAST({column} AS BLOB) FROM {table} WHERE {KEYS[table]} = ?",
            (place.key,),
        ).fetchone()
        if kind == "null":
            return False
        if kind == "integer":
            new = _flip_number(int(held), 8, dice)
            self._undo = (f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (int(held), rowid))
            return self._update(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
        as_text = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?"
        self._undo = (as_text, (held, rowid))
        return self._update(as_text, (_flip(held, dice), rowid))

    def _update(self, statement: str, values: tuple[Any, ...]) -> bool:
        with suppress(sqlite3.IntegrityError):
            self._file.execute(statement, values)
            return True
        return False

    def put_back(self) -> None:
        assert self._undo is not None
        self._file.execute(*self._undo)


class _PostgresFlipper:
    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._undo: tuple[sql.Composed, tuple[Any, ...]] | None = None
        # Neither our triggers nor those that guard foreign keys.
        connection.execute("SET session_replication_role = replica")

    def keys(self, table: str) -> list[Any]:
        statement = sql.SQL("SELECT {key} FROM {table} ORDER BY {key}")
        names = {"key": sql.Identifier(KEYS[table]), "table": sql.Identifier(table)}
        return [row[0] for row in self._connection.execute(statement.format(**names))]

    def flipped(self, place: Place, dice: random.Random) -> bool:
        names = {name: sql.Identifier(value) for name, value in _names(place).items()}
        # JSON as it is stored, not as the driver reads it.
        as_kept = "{column}::text" if place.column == "policies" else "{column}"
        looked = sql.SQL("SELECT " + as_kept + " FROM {table} WHERE {key} = %s").format(**names)
        (held,) = self._connection.execute(looked, (place.key,)).fetchone() or (None,)
        if held is None:
            return False
        with suppress(psycopg.DataError, psycopg.IntegrityError, UnicodeDecodeError, OverflowError):
            new = _FLIPS[type(held)](held, dice)
            changed = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s").format(**names)
            self._connection.execute(changed, (new, place.key))
            self._undo = (changed, (held, new if place.column == KEYS[place.table] else place.key))
            return True
        return False

    def put_back(self) -> None:
        assert self._undo is not None
        self._connection.execute(*self._undo)


def _names(place: Place) -> dict[str, str]:
    return {"table": place.table, "column": place.column, "key": KEYS[place.table]}


def _flip(held: bytes, dice: random.Random) -> bytes:
    changed = bytearray(held)
    changed[dice.randrange(len(held))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _flip_number(held: int, size: int, dice: random.Random) -> int:
    return int.from_bytes(_flip(held.to_bytes(size, "big", signed=True), dice), "big", signed=True)


def _flip_moment(held: datetime, dice: random.Random) -> datetime:
    """A moment is kept as microseconds since 2000 began; what lies beyond the year 9999 the driver can't send."""
    return _EPOCH + _flip_number((held - _EPOCH) // _MICROSECOND, 8, dice) * _MICROSECOND


_FLIPS: dict[type, Callable[[Any, random.Random], Any]] = {
    bool: lambda held, _dice: not held,
    int: lambda held, dice: _flip_number(held, 8, dice),
    str: lambda held, dice: _flip(held.encode(), dice).decode(),
    UUID: lambda held, dice: UUID(bytes=_flip(held.bytes, dice)),
    datetime: _flip_moment,
}
