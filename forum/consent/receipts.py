"""Receipts: one decision with all that proves it, for the member whose decision it was, as a file and as a page.

A receipt is canonical JSON (RFC 8785) in the form of ``docs/schemas/consent-receipt.schema.json``, and whoever has one
can check it with nothing of ours: the words hash to what the record says, the record and the salt to the commitment,
and the commitment to the link of the chain. What each part means is in ``docs/consent-ledger.md``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from forum.consent import ledger
from forum.consent.addresses import address_of
from forum.consent.models import (
    ConsentEvent,
    ConsentMethod,
    ConsentRecord,
    Decision,
    InterfaceText,
    PolicyKind,
    PolicyVersion,
)
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.permissions.actor import Actor

# Raise it when a receipt gets other parts than docs/schemas/consent-receipt.schema.json says.
RECEIPT_VERSION = 1


@dataclass(frozen=True, slots=True)
class PolicyAgreedTo:
    """A version of a policy that somebody had before them when they decided."""

    title: str
    version: int
    address: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt for reading and for paper."""

    sequence: int
    decision: Decision
    method: ConsentMethod
    happened_at: datetime
    # The label of the choice, which is the first line of the words beside it.
    about: str
    # The exact words.
    words: str
    policies: tuple[PolicyAgreedTo, ...]
    gpc: bool
    interface_text_sha256: str
    record_id: UUID
    salt: str
    commitment: str
    previous_hash: str
    hash: str

    @property
    def checksums(self) -> tuple[tuple[str, str], ...]:
        """Return the SHA-256 of each policy by its title."""
        return tuple((policy.title, policy.sha256) for policy in self.policies)

    @property
    def file_address(self) -> str:
        """Return where the same can be had as a file."""
        return f"/settings/privacy/receipts/{self.sequence}.json"


def receipt(session: Session, subject: UUID, sequence: int) -> bytes | None:
    """Return a decision as canonical JSON, with its words, salt and place in the chain; None unless it is theirs.

    Queries: 1
    """
    row = _row(session, subject, sequence)
    if row is None:
        return None
    record, event, shown = row
    place: dict[str, Any] = {
        "sequence": event.sequence,
        "commitment": event.commitment,
        "previous_hash": event.previous_hash,
        "happened_at": ledger.in_words(event.happened_at),
        "hash": event.hash,
    }
    whole: dict[str, Any] = {
        "receipt_version": RECEIPT_VERSION,
        "record": ledger.payload_of(record, shown),
        "interface_text": shown.text,
        "salt": record.salt,
        "event": place,
    }
    return rfc8785.dumps(whole)


def receipt_page(session: Session, actor: Actor, sequence: int) -> ReceiptPage:
    """Return one of the actor's own receipts in words.

    Queries: 2. Raises NotFound when there is none of theirs with this number.
    """
    row = None if actor.uuid is None else _row(session, actor.uuid, sequence)
    if row is None:
        raise NotFound
    record, event, shown = row
    return ReceiptPage(
        sequence=event.sequence,
        decision=record.decision,
        method=record.method,
        happened_at=record.happened_at,
        about=shown.text.partition("\n")[0],
        words=shown.text,
        policies=_policies(session, record),
        gpc=record.gpc,
        interface_text_sha256=shown.sha256,
        record_id=record.record_id,
        salt=record.salt,
        commitment=event.commitment,
        previous_hash=event.previous_hash,
        hash=event.hash,
    )


def _row(session: Session, subject: UUID, sequence: int) -> AnyRow | None:
    # A number that the databases have no room for is nobody's.
    if sequence >= 2**63:
        return None
    return session.execute(
        select(ConsentRecord, ConsentEvent, InterfaceText)
        .join(ConsentEvent, ConsentEvent.sequence == ConsentRecord.sequence)
        .join(InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256)
        .where(ConsentRecord.subject == subject, ConsentRecord.sequence == sequence)
    ).one_or_none()


def _policies(session: Session, record: ConsentRecord) -> tuple[PolicyAgreedTo, ...]:
    """Return what a record names, with the titles of that time, in the order in which it names them."""
    named = [(PolicyKind(one["kind"]), one["version"], one["locale"]) for one in record.policies]
    version = tuple_(PolicyVersion.kind, PolicyVersion.version, PolicyVersion.locale)
    rows = session.execute(
        select(PolicyVersion.kind, PolicyVersion.version, PolicyVersion.locale, PolicyVersion.title).where(
            version.in_(named)
        )
    )
    titles = {(row.kind, row.version, row.locale): row.title for row in rows}
    return tuple(
        PolicyAgreedTo(
            title=titles.get((PolicyKind(one["kind"]), one["version"], one["locale"]), one["kind"]),
            version=one["version"],
            address=address_of(PolicyKind(one["kind"]), one["locale"], str(one["version"])),
            sha256=one["sha256"],
        )
        for one in record.policies
    )
