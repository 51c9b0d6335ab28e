"""Wishes to be deleted that a provider passes on, and the page on which people see what became of theirs.

A request is known by a code that only its receiver has. Of somebody unknown here it holds nothing but its moment, so
that nobody can tell by the answer whether they are a member.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.from_providers import comes_first
from forum.accounts.leaving import ERASED_WITHIN, begin_leaving, hold_member
from forum.accounts.models import DeletionRequest, Leaving
from forum.accounts.providers.outcomes import Provider
from forum.accounts.providers.signed_requests import SignedCall
from forum.accounts.queries import identity_of
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.accounts.tokens import hash_of
from forum.database.rows import rows_changed
from forum.errors import NotFound

# As long as somebody may want to look; a good deal longer than deleting takes.
REQUESTS_KEPT = timedelta(days=90)

# Small letters and digits without those that are taken for one another: people copy the code by hand.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 26 of them are 130 random bits.
_CODE_LENGTH = 26


class Standing(StrEnum):
    """What became of a request."""

    UNDER_WAY = "under-way"
    CAME_BACK = "came-back"
    # It is done, or there never was anything.
    NOTHING_KEPT = "nothing-kept"


@dataclass(frozen=True, slots=True)
class DeletionPage:
    """What a request's page shows. The moments are None unless it is under way."""

    standing: Standing
    # How to reach the people who run this community; may be empty.
    contact: str
    # For how many days copies in backups stay.
    backup_days: int
    # Until when logging in brings everything back; None when that is over.
    can_return_until: datetime | None
    # When everything is deleted at the latest.
    erased_by: datetime | None


def ask_for_deletion(session: Session, provider: Provider, issuer: str, call: SignedCall) -> str:
    """Let somebody leave who asked for it at the provider, end all their sessions, and return the request's code.

    Whoever is on their way already gets another code for the same. Somebody unknown gets one that looks no different.
    A call that comes twice gets another code as well, and changes nothing else: by then the person may have come back.

    Emits: MemberPaused, AccountNoticeMade (when leaving begins by this)
    """
    known = identity_of(session, issuer, call.subject)
    member_id = known.member_id if known else None
    if member_id is not None and hold_member(session, member_id) is None:
        # They were erased at this very moment.
        member_id = None
    # Remembered of somebody unknown as well: they may join before it comes again.
    if comes_first(session, provider.value, "deletion", call.text) and member_id is not None:
        begin_leaving(session, member_id, provider.value)
        end_all_sessions(session, member_id)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    session.add(DeletionRequest(code_hash=hash_of(code), member_id=member_id, asked_at=clock.now()))
    session.flush()
    return code


def deletion_page(session: Session, code: str, contact: str, backup_days: int) -> DeletionPage:
    """Return what became of a request. Raises NotFound for a code that nobody was given, or long ago.

    Queries: 1
    """
    row = session.execute(
        select(DeletionRequest.member_id, Leaving.until)
        .outerjoin(Leaving, Leaving.member_id == DeletionRequest.member_id)
        .where(DeletionRequest.code_hash == hash_of(code))
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.member_id is None:
        return DeletionPage(Standing.NOTHING_KEPT, contact, backup_days, None, None)
    if row.until is None:
        return DeletionPage(Standing.CAME_BACK, contact, backup_days, None, None)
    can_return_until = row.until if clock.now() < row.until else None
    return DeletionPage(Standing.UNDER_WAY, contact, backup_days, can_return_until, row.until + ERASED_WITHIN)


def sweep_deletion_requests(session: Session) -> int:
    """Forget the requests of more than ninety days ago, and return how many there were."""
    return rows_changed(
        session, delete(DeletionRequest).where(DeletionRequest.asked_at < clock.now() - REQUESTS_KEPT)
    )
