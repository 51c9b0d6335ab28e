"""What is in a member's copy, as the registry says it, read as of one moment and laid out for the files of the copy.

Rows go from the database into a file without a name, and from there into the copy, so that no copy is too large for
the server's memory, and no transaction is open while it is packed. What the files look like stands in ``export_files``.
"""

import base64
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any, TypeAlias
from uuid import UUID

from sqlalchemy import Column, ColumnElement, select
from sqlalchemy.orm import Session

from forum.community.models.people import HealthTerm
from forum.consent.models import ConsentRecord
from forum.consent.receipts import receipt
from forum.database.dialects import tools
from forum.database.personal_data import Held, Subject
from forum.privacy import registry
from forum.text.kept_words import neutral
from forum.text.slots import neutral_words

# A row as JSON has it, by the names of its columns.
Values: TypeAlias = Mapping[str, Any]

# Columns of texts that members write, with what leaves out whom they mention and what they quote: that is others' own.
WRITTEN: Mapping[tuple[str, str], Callable[[str], str]] = {
    ("post", "markdown"): neutral_words,
    ("post_version", "markdown"): neutral_words,
    ("kept_draft", "words"): neutral,
}

# How many rows are in memory at once.
_AT_ONCE = 500
_RECEIPTS = "receipts/"


@dataclass(frozen=True, slots=True)
class TableOfCopy:
    """A table of which something is in a copy."""

    name: str
    # What it holds, in English.
    what: str
    columns: tuple[str, ...]
    held: Held


def tables() -> tuple[TableOfCopy, ...]:
    """Return the tables of every copy, in its order."""
    return tuple(
        TableOfCopy(
            name=registry.table_of(held).name,
            what=held.what,
            columns=tuple(column.name for column in registry.exported_columns(held)),
            held=held,
        )
        for held in registry.exported()
    )


class Spool:
    """Rows on their way from the database into a copy, in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}

    def keep(self, name: str, rows: Iterable[Values]) -> None:
        """Keep rows under a name, one after the other."""
        begin, count = self._file.seek(0, 2), 0
        for row in rows:
            self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            count += 1
        self._places[name] = (begin, count)

    def rows(self, name: str) -> Iterator[Values]:
        """Give the rows of a name, in their order."""
        place, count = self._places[name]
        for _row in range(count):
            # Somebody else may read other rows in between.
            self._file.seek(place)
            line = self._file.readline()
            place += len(line)
            yield json.loads(line)

    def count(self, name: str) -> int:
        """Return how many rows there are under a name."""
        return self._places[name][1]

    def receipts(self) -> Iterator[tuple[int, bytes]]:
        """Give the receipts with their numbers, each to the byte as its owner gets it by itself."""
        for row in self.rows(_RECEIPTS):
            yield row["sequence"], row["receipt"].encode()


@contextmanager
def new_spool(folder: Path) -> Iterator[Spool]:
    """Give a spool whose file has no name in the folder: whatever stops us, nobody finds it, and it is gone."""
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Spool(file)


def read_everything(session: Session, subject: Subject, spool: Spool) -> None:
    """Put everything of a member's into the spool, as it is at this moment. The session must be a new one.

    Queries: 1 for each table, and 1 for each receipt
    """
    tools(session).read_as_of_now(session)
    for table in tables():
        spool.keep(table.name, _rows_of(session, table, subject))
    spool.keep(_RECEIPTS, _receipts_of(session, subject))


def _rows_of(session: Session, table: TableOfCopy, subject: Subject) -> Iterator[Values]:
    """Give the rows that are about somebody, in the order in which they were made."""
    about = table.held.about
    if about is None:
        raise ValueError(f"Nobody says whose the rows of {table.name} are.")
    columns = map(_as_said, registry.exported_columns(table.held))
    statement = select(*columns).where(about(subject)).order_by(*registry.table_of(table.held).primary_key)
    with closing(session.execute(statement, execution_options={"yield_per": _AT_ONCE})) as found:
        for row in found:
            values = dict(zip(table.columns, map(_plain, row), strict=True))
            yield {
                name: WRITTEN[table.name, name](value) if (table.name, name) in WRITTEN else value
                for name, value in values.items()
            }


def _as_said(column: Column[Any]) -> ColumnElement[Any]:
    """Return what is read of a column: the name of a condition, whose number in our list says nothing to anybody."""
    if not registry.is_a_term(column):
        return column
    return select(HealthTerm.name).where(HealthTerm.id == column).scalar_subquery()


def _receipts_of(session: Session, subject: Subject) -> Iterator[Values]:
    numbers = session.scalars(
        select(ConsentRecord.sequence)
        .where(ConsentRecord.subject == subject.uuid)
        .order_by(ConsentRecord.sequence)
    ).all()
    for sequence in numbers:
        found = receipt(session, subject.uuid, sequence)
        if found is not None:
            yield {"sequence": sequence, "receipt": found.decode()}


def in_words(moment: datetime) -> str:
    """Return a moment as a copy writes it: RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: object) -> Any:
    """Return what a column holds as JSON has it. ``export_schema`` says the same of the columns' types."""
    match value:
        case None | bool() | int() | float() | list() | dict():
            return value
        # Before text: a word of a closed set is both.
        case Enum():
            return value.value
        case str():
            return value
        case datetime():
            return in_words(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
    raise TypeError(f"A copy can't hold a {type(value).__name__}.")
