"""The ledger's three tables as the database keeps them, byte by byte, for whoever looks for what was changed.

No column's type reads anything here: a moment that is none, a word outside its closed set or JSON that is broken has
been changed, and must be found, not raise an error somewhere inside. So every value has exactly one form that is right,
the one in which it was written. What follows from a value is the ledger's to judge.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.consent.models import ConsentEvent, ConsentRecord, InterfaceText
from forum.database.dialects import tools

# How many rows are fetched at a time, so that a long ledger needs no more memory than a short one.
AT_A_TIME = 1000

_EVENT = (
    ConsentEvent.sequence,
    ConsentEvent.commitment,
    ConsentEvent.previous_hash,
    ConsentEvent.hash,
    ConsentEvent.happened_at,
)
_RECORD = (
    ConsentRecord.sequence,
    ConsentRecord.record_id,
    ConsentRecord.schema_version,
    ConsentRecord.subject,
    ConsentRecord.purpose,
    ConsentRecord.decision,
    ConsentRecord.policies,
    ConsentRecord.happened_at,
    ConsentRecord.method,
    ConsentRecord.locale,
    ConsentRecord.interface_text_sha256,
    ConsentRecord.country,
    ConsentRecord.gpc,
    ConsentRecord.app_version,
    ConsentRecord.salt,
)
_SHOWN = (
    InterfaceText.sha256,
    InterfaceText.locale,
    InterfaceText.text,
    InterfaceText.first_shown_at,
)
_TRUTH = {b"0": False, b"1": True}
_HEX = re.compile("(?:[0-9a-f]{2})+")


class Unreadable(Exception):
    """A value is not in the form in which it was written, so it was changed."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event, as it can be read. ``happened_at`` is in the ledger's words."""

    sequence: int
    commitment: str
    previous_hash: str
    hash: str
    happened_at: str


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record's fields by their names, as a commitment covers them, and its salt."""

    fields: dict[str, Any]
    salt: str


@dataclass(frozen=True, slots=True)
class StoredText:
    """The words that were shown. ``first_shown_at`` is in the ledger's words."""

    sha256: str
    locale: str
    text: str
    first_shown_at: str


# The values of one table's row, in the order in which its columns stand above.
Values = tuple[bytes | None, ...]


def events_with_records(session: Session) -> Iterator[tuple[Values, Values | None]]:
    """Give every event in the order of the numbers, with its record or None where that is gone.

    Queries: 1
    """
    stored = tools(session).stored
    statement = (
        select(*map(stored, (*_EVENT, *_RECORD)))
        .select_from(ConsentEvent)
        .outerjoin(ConsentRecord, ConsentRecord.sequence == ConsentEvent.sequence)
        .order_by(ConsentEvent.sequence)
        .execution_options(yield_per=AT_A_TIME)
    )
    apart = len(_EVENT)
    with session.execute(statement) as rows:
        for row in rows:
            values = tuple(row)
            # No record is without its number.
            yield values[:apart], None if values[apart] is None else values[apart:]


def record_without_event(session: Session) -> Values | None:
    """Return a record for which no event stands, if there is one: nobody could have written it.

    Queries: 1
    """
    row = session.execute(
        select(*map(tools(session).stored, _RECORD))
        .where(~select(ConsentEvent.sequence).where(ConsentEvent.sequence == ConsentRecord.sequence).exists())
        .order_by(ConsentRecord.sequence)
        .limit(1)
    ).one_or_none()
    return None if row is None else tuple(row)


def texts(session: Session) -> list[Values]:
    """Return all the words that were ever shown beside a choice: some dozens, and each once.

    Queries: 1
    """
    return [tuple(row) for row in session.execute(select(*map(tools(session).stored, _SHOWN)))]


def event_from(values: Values) -> StoredEvent:
    """Return the event. Raises Unreadable."""
    sequence, commitment, previous_hash, own_hash, happened_at = values
    return StoredEvent(
        _number(sequence), _text(commitment), _text(previous_hash), _text(own_hash), _moment(happened_at)
    )


def previous_hash_of(values: Values) -> str:
    """Return what an event says it follows, or nothing of use."""
    return (values[2] or b"").decode(errors="replace")


def record_from(values: Values) -> StoredRecord:
    """Return the record. Raises Unreadable."""
    (
        _sequence,
        record_id,
        schema_version,
        subject,
        purpose,
        decision,
        policies,
        happened_at,
        method,
        locale,
        interface_text_sha256,
        country,
        gpc,
        app_version,
        salt,
    ) = values
    if gpc is None or gpc not in _TRUTH:
        raise Unreadable
    fields = {
        "record_id": _uuid(record_id),
        "schema_version": _number(schema_version),
        "subject": _uuid(subject),
        "purpose": _text(purpose),
        "decision": _text(decision),
        "policies": _policies(policies),
        "happened_at": _moment(happened_at),
        "method": _text(method),
        "locale": _text(locale),
        "interface_text_sha256": _text(interface_text_sha256),
        "country": None if country is None else _text(country),
        "gpc": _TRUTH[gpc],
        "app_version": _text(app_version),
    }
    return StoredRecord(fields, _hex(salt))


def text_from(values: Values) -> StoredText:
    """Return the words. Raises Unreadable."""
    sha256, locale, text, first_shown_at = values
    return StoredText(_text(sha256), _text(locale), _text(text), _moment(first_shown_at))


def _text(value: bytes | None) -> str:
    if value is None:
        raise Unreadable
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unreadable from None


def _number(value: bytes | None) -> int:
    try:
        return int(_text(value))
    except ValueError:
        raise Unreadable from None


def _hex(value: bytes | None) -> str:
    """Only small letters: in capitals the number would be the same, and the bytes are not."""
    text = _text(value)
    if _HEX.fullmatch(text) is None:
        raise Unreadable
    return text


def _uuid(value: bytes | None) -> str:
    text = _text(value)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _moment(value: bytes | None) -> str:
    """Return a moment as the ledger writes it. What is anything else looks like none of the ledger's words after it."""
    day, between, time = _text(value).partition(" ")
    if not between:
        raise Unreadable
    return f"{day}T{time}Z"


def _policies(value: bytes | None) -> Any:
    if value is None:
        raise Unreadable
    return _json(value)


# Most records name the same few policies.
@lru_cache(maxsize=256)
def _json(value: bytes) -> Any:
    try:
        found = json.loads(value)
        # What reads the same, but was written otherwise, was changed.
        if json.dumps(found).encode() != value:
            raise Unreadable
    except (ValueError, RecursionError):
        raise Unreadable from None
    return found
