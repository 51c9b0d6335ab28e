"""The consent ledger: a chain of salted commitments that nobody can change unseen, beside records that can go.

An event says that something was decided, not what or by whom: it holds SHA-256 over a random salt and the record's
canonical JSON (RFC 8785). Each event's hash covers its number, its commitment, its moment and the hash before it. When
a person leaves, their records go with their salts; the commitments that stay tell nothing, and the chain still holds.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils import compat as uuids

from forum import clock
from forum.consent.models import ConsentEvent, ConsentMethod, ConsentRecord, Decision, InterfaceText
from forum.database.dialects import tools
from forum.permissions.actor import Purpose

TURN = "consent-ledger"
# Raise it when a payload gets other fields; records keep the number they were made under.
SCHEMA_VERSION = 1
SALT_BYTES = 32
BEFORE_THE_FIRST = "0" * 64


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
    # The first event that isn't as it was written; None when all are.
    first_bad: int | None = None
    what: str = ""

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


def verify(session: Session) -> Verification:
    """Check every event and every record there is, and name the first that isn't as it was written.

    Queries: 1
    """
    statement = (
        select(ConsentEvent, ConsentRecord, InterfaceText.text)
        .outerjoin(ConsentRecord, ConsentRecord.sequence == ConsentEvent.sequence)
        .outerjoin(InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256)
        .order_by(ConsentEvent.sequence)
        .execution_options(yield_per=500)
    )
    events = records = 0
    previous_hash = BEFORE_THE_FIRST
    with session.execute(statement) as rows:
        for event, record, text in rows:
            events += 1
            wrong = _what_is_wrong(event, record, text, events, previous_hash)
            if wrong:
                return Verification(events, records, min(event.sequence, events), wrong)
            records += record is not None
            previous_hash = event.hash
    return Verification(events, records)


def receipt(session: Session, subject: UUID, sequence: int) -> bytes | None:
    """Return a decision as canonical JSON, with its salt and its place in the chain; None unless it is the subject's.

    Queries: 1
    """
    row = session.execute(
        select(ConsentRecord, ConsentEvent)
        .join(ConsentEvent, ConsentEvent.sequence == ConsentRecord.sequence)
        .where(ConsentRecord.subject == subject, ConsentRecord.sequence == sequence)
    ).one_or_none()
    if row is None:
        return None
    record, event = row
    place: dict[str, Any] = {
        "sequence": event.sequence,
        "commitment": event.commitment,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
    whole: dict[str, Any] = {"record": payload_of(record), "salt": record.salt, "event": place}
    return rfc8785.dumps(whole)


def payload_of(record: ConsentRecord) -> dict[str, Any]:
    """Return a record as the commitment covers it: every field but the salt and the place in the chain."""
    return {
        "record_id": str(record.record_id),
        "schema_version": record.schema_version,
        "subject": str(record.subject),
        "purpose": record.purpose.value,
        "decision": record.decision.value,
        "policies": record.policies,
        "happened_at": in_words(record.happened_at),
        "method": record.method.value,
        "locale": record.locale,
        "interface_text_sha256": record.interface_text_sha256,
        "country": record.country,
        "gpc": record.gpc,
        "app_version": record.app_version,
    }


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
        interface_text_sha256=_keep_text(session, entry, now),
        country=entry.country,
        gpc=entry.gpc,
        app_version=entry.app_version,
        salt=secrets.token_hex(SALT_BYTES),
    )
    commitment = commitment_of(record.salt, payload_of(record))
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


def _keep_text(session: Session, entry: Entry, now: datetime) -> str:
    """Keep the words once; whoever appends holds the ledger's turn, so nobody else keeps them meanwhile."""
    sha256 = hash_of_text(entry.interface_text)
    if session.get(InterfaceText, sha256) is None:
        session.add(
            InterfaceText(sha256=sha256, locale=entry.locale, text=entry.interface_text, first_shown_at=now)
        )
        session.flush()
    return sha256


def _what_is_wrong(
    event: ConsentEvent, record: ConsentRecord | None, text: str | None, expected: int, previous_hash: str
) -> str:
    """Return what isn't as it was written, or nothing."""
    if event.sequence != expected:
        return "an event is missing"
    if event.previous_hash != previous_hash:
        return "the event does not follow from the one before it"
    if event.hash != hash_of_event(event.sequence, event.commitment, event.previous_hash, event.happened_at):
        return "the event was changed"
    if record is None:
        return ""
    if record.happened_at != event.happened_at or event.commitment != commitment_of(
        record.salt, payload_of(record)
    ):
        return "the record was changed"
    if text is None or hash_of_text(text) != record.interface_text_sha256:
        return "the text that was shown was changed"
    return ""
