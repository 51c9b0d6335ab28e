"""Bans: who left while they were suspended does not come back as somebody new before the suspension would have ended.

The same goes for an account at a provider that somebody suspended takes away from their ways in: nothing else would
tell that whoever joins with it is they.

All that is left of the person is a keyed hash for each account at a provider that they logged in with, and an end.
The keys are handed in: the newest is hashed with, and all are looked with, so that they can be changed. A ban under a
key that is no longer among them can't be found, and ends with its time.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, true
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Ban, Identity, Suspension
from forum.accounts.queries import suspension_holds
from forum.database.rows import rows_changed
from forum.permissions.actor import MemberId

# A suspension without an end would be a ban for good: nobody is left whom one could ask about it.
LONGEST_BAN = timedelta(days=730)


def hash_identity(key: str, issuer: str, subject: str) -> str:
    """Return the hash by which an account at a provider is known again, with this key and with no other."""
    return hmac.new(key.encode(), json.dumps(["ban", issuer, subject]).encode(), hashlib.sha256).hexdigest()


def hashes_of(keys: Sequence[str], issuer: str, subject: str) -> tuple[str, ...]:
    """Return the hashes that an account at a provider may be banned under, one for each key."""
    return tuple(hash_identity(key, issuer, subject) for key in keys)


def note_bans(
    session: Session, member_id: MemberId, keys: Sequence[str], *, identity_id: int | None = None
) -> None:
    """Ban every account with which a member logs in, if they are suspended now; for whoever is about to erase them.

    With ``identity_id`` it is that account alone; for whoever is about to take it away. A ban keeps nobody from an
    account here that they have: only from joining anew.

    It lasts as long as the suspension would have, and at most two years. A longer one that stands already stays.

    Queries: 1, and 2 for each account of somebody suspended
    """
    rows = session.execute(
        select(Identity.issuer, Identity.subject, Suspension.until)
        .join(Suspension, Suspension.member_id == Identity.member_id)
        .where(
            Identity.member_id == member_id,
            true() if identity_id is None else Identity.id == identity_id,
            suspension_holds(),
        )
        .order_by(Identity.id)
    ).all()
    longest = clock.now() + LONGEST_BAN
    for issuer, subject, until in rows:
        ends = longest if until is None else min(until, longest)
        hashes = hashes_of(keys, issuer, subject)
        stood = banned_until(session, hashes)
        session.execute(
            delete(Ban).where(Ban.identity_hash.in_(hashes)), execution_options={"synchronize_session": False}
        )
        session.add(Ban(identity_hash=hashes[0], until=max(ends, stood or ends)))
    session.flush()


def banned_until(session: Session, hashes: Sequence[str]) -> datetime | None:
    """Return until when whoever has one of these hashes may not join, or None when they may.

    Queries: 1
    """
    return session.scalar(
        select(func.max(Ban.until)).where(Ban.identity_hash.in_(hashes), Ban.until > clock.now())
    )


def sweep_bans(session: Session) -> int:
    """Forget bans whose time is over, and return how many."""
    return rows_changed(session, delete(Ban).where(Ban.until <= clock.now()))
