"""The erasure ledger's file, ``erasures.jsonl`` in the data folder: what its lines say, and reading and writing them.

Each line is canonical JSON with an HMAC-SHA256 by the operator's ledger key; whoever can write into the folder makes
none that counts. The first one says from when on the file has everything, so that an empty file is told from a lost
one. It names random numbers alone. What goes into it, and when, is ``erasure_ledger``'s.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import rfc8785

from forum import files
from forum.files import HeldFile
from forum.permissions.actor import Purpose
from forum.privacy.models import ErasureKind

FILE = "erasures.jsonl"
_HEAD = "begun"


class Damaged(ValueError):
    """A line of the file is not as it was written; the message names it."""


class Missing(Exception):
    """There is no such file: nobody can say what a backup must not bring back."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it stands in the file."""

    kind: ErasureKind
    subject: UUID | None
    post_id: int | None
    purpose: Purpose | None
    happened_at: datetime
    # Of somebody who is leaving: until when they can come back.
    until: datetime | None = None
    # Of a post: when it was written. Its number alone tells nothing, since a restore gives numbers out again.
    written_at: datetime | None = None
    # Of a post whose earlier text was purged: since when the text stood that stayed.
    stands_since: datetime | None = None
    # Of a picture that was removed its random name, and of a topic that was narrowed who may read it since.
    detail: str | None = None

    @property
    def mark(self) -> "Mark":
        """Return what tells this entry from every other one, in the file and in the database alike."""
        return (self.kind, self.subject, self.post_id, self.purpose, self.happened_at)


# Row numbers are given out again once a backup is back, so they tell nothing; moments have microseconds.
Mark = tuple[ErasureKind, UUID | None, int | None, Purpose | None, datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds."""

    # When it was begun, by the database that it belongs to: a database whose newest moment is older was put back.
    begun_at: datetime
    # From when on everything is in it; what happened before was forgotten, or never written down.
    since: datetime
    lines: tuple[Line, ...] = ()

    @property
    def newest(self) -> datetime | None:
        """Return when what was written down last happened."""
        return max((line.happened_at for line in self.lines), default=None)


def read(folder: Path, keys: Sequence[str]) -> Kept:
    """Return what the file holds, in its order. Any of the keys may have signed a line.

    Raises: Missing, Damaged (a line is not as it was written)
    """
    try:
        data = (folder / FILE).read_bytes()
    except FileNotFoundError:
        raise Missing from None
    # What a crash left of a line at the end still waits in the database, and comes again whole.
    first, *rest = data.rpartition(b"\n")[0].split(b"\n")
    try:
        head = _checked(first, keys)
        if head["kind"] != _HEAD:
            raise ValueError
        begun_at, since = (datetime.fromisoformat(head[name]) for name in ("begun_at", "since"))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Damaged(_not_as_written(folder, 1)) from None
    found = []
    for number, line in enumerate(rest, 2):
        try:
            found.append(_line_of(_checked(line, keys)))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Damaged(_not_as_written(folder, number)) from None
    return Kept(begun_at, since, tuple(found))


def append(folder: Path, keys: Sequence[str], lines: Iterable[Line]) -> None:
    """Add lines at the end of the file, and come back once they are safe from a power cut. Raises Missing."""
    data = b"".join(_encoded(_values_of(line), keys[0]) for line in lines)
    with _held(folder) as file:
        if not file.path.exists():
            raise Missing
        file.append(data)


def begin(folder: Path, keys: Sequence[str], kept: Kept) -> None:
    """Write the file anew; at every moment it is whole, as it was or as it will be."""
    with _held(folder) as file:
        file.replace(_content(keys, kept))


def forget(folder: Path, keys: Sequence[str], before: datetime) -> None:
    """Leave out what happened before a moment, and say so in the first line. Raises Missing, Damaged."""
    with _held(folder) as file:
        kept = read(folder, keys)
        stay = tuple(line for line in kept.lines if line.happened_at >= before)
        file.replace(_content(keys, replace(kept, since=max(kept.since, before), lines=stay)))


def _content(keys: Sequence[str], kept: Kept) -> bytes:
    head = {"kind": _HEAD, "begun_at": kept.begun_at.isoformat(), "since": kept.since.isoformat()}
    return b"".join(_encoded(values, keys[0]) for values in (head, *map(_values_of, kept.lines)))


def _values_of(line: Line) -> dict[str, Any]:
    return {name: _in_json(value) for name, value in asdict(line).items()}


def _in_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _encoded(values: dict[str, Any], key: str) -> bytes:
    signature = hmac.new(key.encode(), rfc8785.dumps(values), hashlib.sha256).hexdigest()
    return rfc8785.dumps({**values, "signature": signature}) + b"\n"


def _checked(line: bytes, keys: Sequence[str]) -> dict[str, Any]:
    """Return what a line says. Raises ValueError unless one of the keys signed it, byte by byte."""
    values: dict[str, Any] = json.loads(line)
    if not isinstance(values, dict):
        raise ValueError
    values.pop("signature")
    if not any(hmac.compare_digest(_encoded(values, key), line + b"\n") for key in keys):
        raise ValueError
    return values


def _line_of(values: dict[str, Any]) -> Line:
    return Line(
        kind=ErasureKind(values["kind"]),
        subject=_perhaps(UUID, values["subject"]),
        post_id=_perhaps(int, values["post_id"]),
        purpose=_perhaps(Purpose, values["purpose"]),
        happened_at=datetime.fromisoformat(values["happened_at"]),
        until=_perhaps(datetime.fromisoformat, values["until"]),
        written_at=_perhaps(datetime.fromisoformat, values["written_at"]),
        stands_since=_perhaps(datetime.fromisoformat, values["stands_since"]),
        # Lines of earlier releases don't have it.
        detail=_perhaps(str, values.get("detail")),
    )


def _perhaps(read_as: Callable[[Any], Any], value: object) -> Any:
    return None if value is None else read_as(value)


def _not_as_written(folder: Path, number: int) -> str:
    return (
        f"Line {number} of {folder / FILE} was changed or forged, or its key is no longer among LEDGER_KEYS. The file "
        "tells what a backup must not bring back: bring back your newest good copy of it."
    )


def _held(folder: Path) -> AbstractContextManager[HeldFile]:
    """Return what holds the right to change the file: two workers may have an errand each."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return files.held(folder / FILE)
