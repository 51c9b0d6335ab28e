"""Signed heads of the ledger, kept outside the database: whoever can write there could also write the whole chain anew.

A head is the number and the hash of the newest event, with the moment and an HMAC-SHA256 by the operator's ledger key.
Each is a line of canonical JSON in ``ledger-heads.jsonl`` in the data folder. A chain that was cut or written anew no
longer holds what such a line says, and without the key nobody makes another line. Whoever has the database, the folder
and the key can still do it all; so a copy of the newest line belongs somewhere else (``forum consent sign-head``).
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import rfc8785
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock, files
from forum.consent import ledger
from forum.consent.ledger import Verification
from forum.consent.models import ConsentEvent
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand

FILE_NAME = "ledger-heads.jsonl"
# What recurs every hour is an errand by itself: files are written with no transaction open.
SIGN_HEAD = "consent.sign_head"
# What is signed every hour waits longer than this only where something is wrong.
LATE_AFTER = timedelta(hours=2)
_FIELDS = {"sequence", "hash", "signed_at", "signature"}

log = structlog.get_logger(__name__)


class NotOnTheChain(Exception):
    """The ledger no longer holds the event that was signed last: what is left of it must not be signed."""

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.sequence = sequence


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event at some moment, signed."""

    sequence: int
    hash: str
    # RFC 3339 in UTC.
    signed_at: str
    signature: str

    @property
    def line(self) -> bytes:
        """Return it as it stands in the file, without the end of the line."""
        return rfc8785.dumps(
            {**_signed_part(self.sequence, self.hash, self.signed_at), "signature": self.signature}
        )


@dataclass(frozen=True, slots=True)
class Heads:
    """What a file holds: the good heads in their order, and a sentence for each line that is none."""

    good: tuple[Head, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking the ledger against its heads found."""

    ledger: Verification
    heads: Heads

    @property
    def holds(self) -> bool:
        """Say whether nothing was found wrong, neither in the ledger nor in the heads."""
        return self.ledger.holds and not self.heads.faults


@dataclass(frozen=True, slots=True)
class _Newest:
    sequence: int
    hash: str


def errand_for(folder: Path, keys: Sequence[str]) -> Errand:
    """Return what a worker does for the job: it reads the head, and writes it with no transaction open."""

    def read(session: Session, payload: Payload) -> Callable[[], None] | None:
        del payload
        try:
            newest = _to_sign(session, folder, keys)
        except NotOnTheChain as error:
            # Trying again would change nothing. Checking the ledger says more, for whoever runs the site to judge.
            log.warning("consent.head_not_signed", signed_before=error.sequence)
            return None
        return None if newest is None else lambda: _write(folder, keys, newest)

    return read


def sign_head(session: Session, folder: Path, keys: Sequence[str]) -> Head | None:
    """Sign the head with the first key unless that was done, and return the newest line; None for an empty ledger.

    Queries: 2. Raises NotOnTheChain when the ledger no longer holds what was signed last.
    """
    newest = _to_sign(session, folder, keys)
    if newest is not None:
        _write(folder, keys, newest)
    good = read_heads(folder / FILE_NAME, keys).good
    return good[-1] if good else None


def check_heads(
    session: Session,
    files: Sequence[Path],
    keys: Sequence[str],
    progress: Callable[[int], object] | None = None,
) -> Checked:
    """Verify the whole ledger, and that it holds every head in these files that one of the keys signed.

    Queries: as ``ledger.verify``
    """
    # Read before the ledger is: a head that is signed meanwhile may be of an event that is not seen here.
    read = [read_heads(file, keys) for file in files]
    heads = Heads(
        tuple(head for one in read for head in one.good), tuple(fault for one in read for fault in one.faults)
    )
    signed = [(head.sequence, head.hash) for head in heads.good]
    return Checked(ledger.verify(session, signed, progress), heads)


def none_is_signed(session: Session, folder: Path, keys: Sequence[str]) -> bool:
    """Say whether the folder's file has no good head, though events are there that should have been signed by now.

    Queries: 1, none where there is a head
    """
    return not read_heads(folder / FILE_NAME, keys).good and _waits_for_long(session, 0)


def signing_is_late(session: Session, folder: Path, keys: Sequence[str]) -> bool:
    """Say whether events wait for a head that should have been signed by now.

    Queries: 2. Raises NotOnTheChain when the ledger no longer holds what was signed last.
    """
    newest = _to_sign(session, folder, keys)
    good = read_heads(folder / FILE_NAME, keys).good
    return newest is not None and _waits_for_long(session, good[-1].sequence if good else 0)


def read_heads(file: Path, keys: Sequence[str]) -> Heads:
    """Return the heads of a file, none where there is no file. Any of the keys may have signed them.

    A last line that was not written to its end never was a head, and is no fault.
    """
    good, faults = [], []
    for number, line in enumerate(_lines(file), 1):
        head = _head_from(line)
        if head is None:
            faults.append(
                f"Line {number} of {file.name} can't be read: it was changed, or not written to its end."
            )
        elif not any(_is_signed_by(key, head) for key in keys):
            faults.append(
                f"Line {number} of {file.name} is signed by none of the keys: it was changed or forged, or its key "
                "is no longer set."
            )
        else:
            good.append(head)
    return Heads(tuple(good), tuple(faults))


def _to_sign(session: Session, folder: Path, keys: Sequence[str]) -> _Newest | None:
    """Return the newest event unless the file ends with it, signed by the first key."""
    good = read_heads(folder / FILE_NAME, keys).good
    statement = select(ConsentEvent.sequence, ConsentEvent.hash)
    if good:
        there = session.execute(statement.where(ConsentEvent.sequence == good[-1].sequence)).one_or_none()
        if there is None or there.hash != good[-1].hash:
            raise NotOnTheChain(good[-1].sequence)
    row = session.execute(statement.order_by(ConsentEvent.sequence.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    newest = _Newest(row.sequence, row.hash)
    return None if good and _is_of(good[-1], newest, keys[0]) else newest


def _waits_for_long(session: Session, signed: int) -> bool:
    # The database compares: a moment that somebody changed may be none that can be read.
    late = ConsentEvent.happened_at <= clock.now() - LATE_AFTER
    waiting = select(ConsentEvent.sequence).where(ConsentEvent.sequence > signed, late).limit(1)
    return session.scalar(waiting) is not None


def _write(folder: Path, keys: Sequence[str], newest: _Newest) -> None:
    """Add a line, and return when it is on the disk. Others wait, and then have nothing to add."""
    with files.held(folder / FILE_NAME) as file:
        good = read_heads(file.path, keys).good
        if good and (good[-1].sequence > newest.sequence or _is_of(good[-1], newest, keys[0])):
            return
        file.append(_signed(newest, keys[0]).line + b"\n")


def _lines(file: Path) -> list[bytes]:
    try:
        # Nothing else ends a line.
        *lines, rest = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    # Somebody's own copy may do without the last end. What a crash left of a line is no head.
    return lines if _head_from(rest) is None else [*lines, rest]


def _head_from(line: bytes) -> Head | None:
    try:
        held = json.loads(line)
        if not isinstance(held, dict) or held.keys() != _FIELDS or type(held["sequence"]) is not int:
            return None
        if not all(isinstance(held[name], str) for name in _FIELDS - {"sequence"}):
            return None
        head = Head(**held)
        # Read the same and written otherwise is changed, too.
        return head if head.line == line else None
    except (ValueError, RecursionError):
        return None


def _signed(newest: _Newest, key: str) -> Head:
    signed_at = ledger.in_words(clock.now())
    return Head(
        newest.sequence, newest.hash, signed_at, _signature(key, newest.sequence, newest.hash, signed_at)
    )


def _is_of(head: Head, newest: _Newest, key: str) -> bool:
    return (head.sequence, head.hash) == (newest.sequence, newest.hash) and _is_signed_by(key, head)


def _is_signed_by(key: str, head: Head) -> bool:
    expected = _signature(key, head.sequence, head.hash, head.signed_at)
    # As bytes: a forged signature may hold any letters.
    return hmac.compare_digest(expected.encode(), head.signature.encode(errors="replace"))


def _signature(key: str, sequence: int, own_hash: str, signed_at: str) -> str:
    part = rfc8785.dumps(_signed_part(sequence, own_hash, signed_at))
    return hmac.new(key.encode(), part, hashlib.sha256).hexdigest()


def _signed_part(sequence: int, own_hash: str, signed_at: str) -> dict[str, Any]:
    return {"sequence": sequence, "hash": own_hash, "signed_at": signed_at}
