"""The consent ledger: a chain of salted commitments that nobody can change unseen, beside records that can go.

An event says that something was decided, not what or by whom: it holds SHA-256 over a random salt and the record's
canonical JSON (RFC 8785). Each event's hash covers its number, its commitment, its moment and the hash before it. When
a person leaves, their records go with their salts; the commitments that stay tell nothing, and the chain still holds.

How the tables are read for checking, byte by byte, is in ``as_stored``; what a member takes along, in ``receipts``;
what is kept outside the database, so that nobody can cut the chain or write it anew unseen, in ``heads``.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from uuid_utils import compat as uuids

from forum import clock
from forum.consent import as_stored
from forum.consent.as_stored import StoredEvent, StoredRecord, StoredText, Unreadable, Values
from forum.consent.models import ConsentEvent, ConsentMethod, ConsentRecord, Decision, InterfaceText
from forum.database.dialects import tools
from forum.permissions.actor import Purpose

TURN = "consent-ledger"
# Raise it when a payload gets other fields; records keep the number they were made under.
SCHEMA_VERSION = 2
SALT_BYTES = 32
BEFORE_THE_FIRST = "0" * 64
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision to record."""

    subject: UUID
    purpose: Purpose
    decision: Decision
    # The policies in force that the person was shown: {"kind", "version", "locale", "sha256"} each.
    policies: tuple[dict[str, Any], ...]
    # The exact words shown beside the choice.
    interface_text: str
    method: ConsentMethod
    locale: str
    gpc: bool
    app_version: str
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking the whole ledger found."""

    events: int
    records: int
    # The number of the first record that isn't as it was written; None when all are.
    first_bad: int | None = None
    what: str = ""
    # The hash of the last event, when nothing is wrong.
    head: str = field(default="", compare=False)

    @property
    def holds(self) -> bool:
        """Say whether nothing was found wrong."""
        return self.first_bad is None


def append(session: Session, entries: list[Entry]) -> list[int]:
    """Record decisions in their order, and return their numbers in the chain.

    It holds the ledger's turn until the transaction ends: whoever appends at the same time waits, so that numbers
    have no gaps and the chain no fork.
    """
    tools(session).take_turn(session, TURN)
    last = session.execute(
        select(ConsentEvent.sequence, ConsentEvent.hash).order_by(ConsentEvent.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, previous_hash = (0, BEFORE_THE_FIRST) if last is None else (last[0], last[1])
    now = clock.now()
    numbers = []
    for entry in entries:
        sequence += 1
        previous_hash = _append_one(session, entry, sequence, previous_hash, now)
        numbers.append(sequence)
    return numbers


def verify(
    session: Session,
    signed: Iterable[tuple[int, str]] = (),
    progress: Callable[[int], object] | None = None,
) -> Verification:
    """Check every byte that is stored of events, records and shown words, and name the first record that is wrong.

    ``signed`` are numbers and hashes of events that were written down outside the database: the chain must still hold
    them. ``progress`` is told now and then how many events are done. Nothing that is stored makes this raise.

    Queries: 3, and 1 to find where something came from
    """
    checked = _Checked(session, signed)
    try:
        for event, record in as_stored.events_with_records(session):
            checked.take(event, record)
            if progress is not None and checked.events % as_stored.AT_A_TIME == 0:
                progress(checked.events)
        checked.take_the_end()
    except _Bad as bad:
        return Verification(checked.events, checked.records, bad.number, bad.what)
    except DBAPIError:
        what = "from here on, the database itself can't read what it holds"
        return Verification(checked.events, checked.records, checked.events + 1, what)
    return Verification(checked.events, checked.records, head=checked.head)


def length(session: Session) -> int:
    """Return the number of the newest event, 0 when there is none.

    Queries: 1
    """
    return session.scalar(select(func.max(ConsentEvent.sequence))) or 0


def payload_of(record: ConsentRecord, shown: InterfaceText) -> dict[str, Any]:
    """Return a record as the commitment covers it: every field but the salt and the place in the chain."""
    return payload(
        record_id=str(record.record_id),
        schema_version=record.schema_version,
        subject=str(record.subject),
        purpose=record.purpose.value,
        decision=record.decision.value,
        policies=record.policies,
        happened_at=in_words(record.happened_at),
        method=record.method.value,
        locale=record.locale,
        interface_text_sha256=record.interface_text_sha256,
        interface_text_locale=shown.locale,
        interface_text_first_shown_at=in_words(shown.first_shown_at),
        country=record.country,
        gpc=record.gpc,
        app_version=record.app_version,
    )


def payload(**covered: Any) -> dict[str, Any]:
    """Return what a commitment covers, given every field that the newest version of a record has."""
    if covered["schema_version"] == 1:
        # The first ones covered no more of the words that were shown than their hash.
        del covered["interface_text_locale"], covered["interface_text_first_shown_at"]
    return covered


def commitment_of(salt: str, payload: dict[str, Any]) -> str:
    """Return SHA-256 over the salt's bytes and the payload's canonical JSON, in hex."""
    return hashlib.sha256(bytes.fromhex(salt) + rfc8785.dumps(payload)).hexdigest()


def hash_of_event(sequence: int, commitment: str, previous_hash: str, happened_at: datetime) -> str:
    """Return what chains an event to the one before it, in hex."""
    link: dict[str, Any] = {
        "sequence": sequence,
        "commitment": commitment,
        "previous_hash": previous_hash,
        "happened_at": in_words(happened_at),
    }
    return hashlib.sha256(rfc8785.dumps(link)).hexdigest()


def hash_of_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def in_words(moment: datetime) -> str:
    """Return a moment as the ledger writes it: RFC 3339 in UTC, always with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _append_one(session: Session, entry: Entry, sequence: int, previous_hash: str, now: datetime) -> str:
    shown = _keep_text(session, entry, now)
    record = ConsentRecord(
        sequence=sequence,
        record_id=uuids.uuid7(),
        schema_version=SCHEMA_VERSION,
        subject=entry.subject,
        purpose=entry.purpose,
        decision=entry.decision,
        policies=list(entry.policies),
        happened_at=now,
        method=entry.method,
        locale=entry.locale,
        interface_text_sha256=shown.sha256,
        country=entry.country,
        gpc=entry.gpc,
        app_version=entry.app_version,
        salt=secrets.token_hex(SALT_BYTES),
    )
    commitment = commitment_of(record.salt, payload_of(record, shown))
    event = ConsentEvent(
        sequence=sequence,
        commitment=commitment,
        previous_hash=previous_hash,
        hash=hash_of_event(sequence, commitment, previous_hash, now),
        happened_at=now,
    )
    session.add(event)
    # The record points at the event, and nothing but this order tells the database so.
    session.flush()
    session.add(record)
    session.flush()
    return event.hash


def _keep_text(session: Session, entry: Entry, now: datetime) -> InterfaceText:
    """Keep the words once; whoever appends holds the ledger's turn, so nobody else keeps them meanwhile."""
    sha256 = hash_of_text(entry.interface_text)
    shown = session.get(InterfaceText, sha256)
    if shown is None:
        shown = InterfaceText(
            sha256=sha256, locale=entry.locale, text=entry.interface_text, first_shown_at=now
        )
        session.add(shown)
        session.flush()
    return shown


class _Bad(Exception):
    """The first thing that isn't as it was written, and the number of its record."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(what)
        self.number = number
        self.what = what


class _Checked:
    """How far a check has come: what it knows of the events before, and of the words that were shown."""

    def __init__(self, session: Session, signed: Iterable[tuple[int, str]]) -> None:
        self.events = 0
        self.records = 0
        self.head = BEFORE_THE_FIRST
        self._session = session
        self._signed: dict[int, set[str]] = {}
        for sequence, own_hash in signed:
            self._signed.setdefault(sequence, set()).add(own_hash)
        self._last_signed = 0
        self._shown: dict[bytes | None, StoredText | None] | None = None

    def take(self, stored: Values, record: Values | None) -> None:
        """Check the next event, and its record when that is there. Raises _Bad."""
        number = self.events + 1
        try:
            event = as_stored.event_from(stored)
        except Unreadable:
            raise _Bad(self._place_of(stored) or number, "the event was changed") from None
        if event.sequence > number:
            raise _Bad(number, "the event is missing")
        if event.sequence < number:
            raise _Bad(self._place_of(stored) or number, "the event is not in its place")
        if event.previous_hash != self.head:
            raise _Bad(number, "the event does not follow from the one before it")
        if event.hash != _hash_of(event):
            raise _Bad(number, "the event was changed")
        self._hold_against_signed(event)
        if record is not None:
            self._take_record(record, event)
            self.records += 1
        self.events, self.head = number, event.hash

    def take_the_end(self) -> None:
        """Check that nothing is missing after the last event, and nothing is left over. Raises _Bad."""
        if self._signed and max(self._signed) > self.events:
            raise _Bad(
                self.events + 1,
                f"the end is missing: event {max(self._signed)} was signed, and the last one is {self.events}",
            )
        lost = as_stored.record_without_event(self._session)
        if lost is not None:
            raise _Bad(self._origin_of_lost(lost) or self.events + 1, "the record is not in its place")
        if None in self._texts().values():
            raise _Bad(
                max(self.events, 1), "a text that was shown, and that no record names any more, was changed"
            )

    def _hold_against_signed(self, event: StoredEvent) -> None:
        for own_hash in self._signed.get(event.sequence, ()):
            if own_hash != event.hash:
                since = f"after event {self._last_signed}" if self._last_signed else "from the first event on"
                what = f"the event is not the one that was signed: the chain was written anew {since}"
                raise _Bad(event.sequence, what)
            self._last_signed = event.sequence

    def _take_record(self, stored: Values, event: StoredEvent) -> None:
        try:
            record = as_stored.record_from(stored)
        except Unreadable:
            raise _Bad(event.sequence, "the record was changed") from None
        shown = self._texts().get(record.fields["interface_text_sha256"].encode())
        if shown is None:
            raise _Bad(event.sequence, "the text that was shown was changed, or the record's word of it")
        if _commitment_of(record, shown) == event.commitment:
            return
        origin = self._origin_of(record)
        if origin is not None:
            raise _Bad(origin, "the record is not in its place")
        raise _Bad(
            event.sequence, "the record was changed, or when or in which language its text was first shown"
        )

    def _texts(self) -> Mapping[bytes | None, StoredText | None]:
        """Return all words that were shown by their hash as it is stored, None for what isn't as it was written.

        They are read after the events are: no event is of words that came later.
        """
        if self._shown is None:
            self._shown = {stored[0]: _whole(stored) for stored in as_stored.texts(self._session)}
        return self._shown

    def _origin_of_lost(self, stored: Values) -> int | None:
        try:
            return self._origin_of(as_stored.record_from(stored))
        except Unreadable:
            return None

    def _place_of(self, stored: Values) -> int | None:
        """Return the number that an event would have, going by the one it follows."""
        previous_hash = as_stored.previous_hash_of(stored)
        if previous_hash == BEFORE_THE_FIRST:
            return 1
        before = self._session.scalar(select(ConsentEvent.sequence).where(ConsentEvent.hash == previous_hash))
        return before + 1 if isinstance(before, int) else None

    def _origin_of(self, record: StoredRecord) -> int | None:
        """Return the number of the event that stands for a record and has none, should it have been moved."""
        shown = self._texts().get(record.fields["interface_text_sha256"].encode())
        if shown is None:
            return None
        found = self._session.scalar(
            select(ConsentEvent.sequence)
            .outerjoin(ConsentRecord, ConsentRecord.sequence == ConsentEvent.sequence)
            .where(ConsentEvent.commitment == _commitment_of(record, shown), ConsentRecord.sequence.is_(None))
        )
        return found if isinstance(found, int) else None


def _whole(stored: Values) -> StoredText | None:
    try:
        shown = as_stored.text_from(stored)
    except Unreadable:
        return None
    return shown if hash_of_text(shown.text) == shown.sha256 else None


def _commitment_of(record: StoredRecord, shown: StoredText) -> str:
    covered = payload(
        **record.fields,
        interface_text_locale=shown.locale,
        interface_text_first_shown_at=shown.first_shown_at,
    )
    return hashlib.sha256(bytes.fromhex(record.salt) + _quickly(covered)).hexdigest()


def _hash_of(event: StoredEvent) -> str:
    link = {
        "sequence": event.sequence,
        "commitment": event.commitment,
        "previous_hash": event.previous_hash,
        "happened_at": event.happened_at,
    }
    return hashlib.sha256(_quickly(link)).hexdigest()


def _quickly(value: Any) -> bytes:
    """Return canonical JSON of what the ledger holds, five times as fast as the library, which also knows the rest.

    For texts, whole numbers and keys in ASCII they are the same. What somebody put in instead can only differ more.
    """
    return _ENCODER.encode(value).encode(errors="surrogatepass")
