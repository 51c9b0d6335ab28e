"""A long ledger, made in bulk and by arithmetic of its own: each row is what the ledger would have written."""

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from forum.accounts.models import Member
from forum.consent.ledger import BEFORE_THE_FIRST, in_words
from forum.consent.models import (
    ConsentEvent,
    ConsentMethod,
    ConsentRecord,
    Decision,
    InterfaceText,
    PolicyKind,
)
from forum.database.session import Database
from forum.permissions.actor import Purpose

BEGUN = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
MEMBERS = 50
# Every so many records, one went with its member.
FORGOTTEN = 23


@dataclass(frozen=True, slots=True)
class LongLedger:
    """What there is: how many events and records, and which record was the first with which words."""

    events: int
    records: int
    first_with: dict[str, int]


def make_long(database: Database, length: int, *, schema_version: int = 2) -> LongLedger:
    """Store a ledger of so many events, of which a few lost their record."""
    dice = random.Random(length)  # noqa: S311 - it guards no secret.
    members = [_member(number) for number in range(MEMBERS)]
    policies = [
        {"kind": kind.value, "version": 1, "locale": "en", "sha256": f"{number:x}" * 64}
        for number, kind in enumerate(PolicyKind)
    ]
    texts: dict[str, dict[str, Any]] = {}
    events, records = [], []
    first_with: dict[str, int] = {}
    previous_hash = BEFORE_THE_FIRST
    for sequence in range(1, length + 1):
        now = BEGUN + timedelta(seconds=sequence, microseconds=dice.randrange(1_000_000))
        words = f"Question {dice.randrange(12)}: grüße an alle?\nneeded"
        key = hashlib.sha256(words.encode()).hexdigest()
        shown = texts.setdefault(key, {"sha256": key, "locale": "en", "text": words, "first_shown_at": now})
        record = _record(dice, sequence, now, shown, dice.choice(members)["uuid"], policies)
        record["schema_version"] = schema_version
        commitment = _commitment(record, shown)
        event = {"sequence": sequence, "commitment": commitment, "previous_hash": previous_hash}
        own_hash = hashlib.sha256(_canonical({**event, "happened_at": in_words(now)})).hexdigest()
        events.append({**event, "hash": own_hash, "happened_at": now})
        if sequence % FORGOTTEN:
            records.append(record)
            first_with.setdefault(key, sequence)
        previous_hash = own_hash
    with database.transaction() as session:
        session.execute(insert(Member), members)
        session.execute(insert(InterfaceText), list(texts.values()))
        session.execute(insert(ConsentEvent), events)
        session.execute(insert(ConsentRecord), records)
    return LongLedger(len(events), len(records), first_with)


def _member(number: int) -> dict[str, Any]:
    name = f"member-{number}"
    days = {"joined_at": BEGUN, "name_since": BEGUN, "policies_seen_at": BEGUN, "last_seen_on": BEGUN.date()}
    return {"uuid": uuid4(), "name": name, "name_key": name, "locale": "en", **days}


def _record(
    dice: random.Random,
    sequence: int,
    now: datetime,
    shown: dict[str, Any],
    subject: UUID,
    policies: list[Any],
) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "record_id": UUID(int=dice.getrandbits(128)),
        "subject": subject,
        "purpose": dice.choice(list(Purpose)),
        "decision": dice.choice(list(Decision)),
        "policies": policies,
        "happened_at": now,
        "method": dice.choice(list(ConsentMethod)),
        "locale": "en",
        "interface_text_sha256": shown["sha256"],
        "country": dice.choice([None, "IE", "DE"]),
        "gpc": dice.random() < 0.5,
        "app_version": "0.1.0",
        "salt": dice.randbytes(32).hex(),
    }


def _commitment(record: dict[str, Any], shown: dict[str, Any]) -> str:
    covered = {name: value for name, value in record.items() if name not in ("sequence", "salt")}
    covered |= {name: str(record[name]) for name in ("record_id", "subject")}
    covered |= {name: record[name].value for name in ("purpose", "decision", "method")}
    covered["happened_at"] = in_words(record["happened_at"])
    if record["schema_version"] > 1:
        covered["interface_text_locale"] = shown["locale"]
        covered["interface_text_first_shown_at"] = in_words(shown["first_shown_at"])
    return hashlib.sha256(bytes.fromhex(record["salt"]) + _canonical(covered)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
