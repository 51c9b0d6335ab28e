"""What follows when a provider calls us about somebody: a tie that was cut, a session that is not to be trusted.

The calls were found to be the providers' own before anything here runs. Whoever is unknown here stays so: nothing is
written about them. A wish to be deleted is in ``deletion_requests``.
"""

import json
from datetime import timedelta
from typing import cast

from sqlalchemy import CursorResult, Table, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent, Identity, SecurityEvent
from forum.accounts.providers.outcomes import Provider
from forum.accounts.providers.security_events import ProvidedEvents
from forum.accounts.queries import identity_of
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.accounts.tokens import hash_of
from forum.database.dialects import tools
from forum.permissions.actor import MemberId

# Longer than a provider may send the same event again.
EVENTS_KEPT = timedelta(days=90)


def cut_tie(session: Session, provider: Provider, issuer: str, subject: str) -> None:
    """Let an identity rest whose person cut the tie at the provider, end all their sessions, and tell them.

    Logging in with it revives it, so nobody is locked out by this. Of a call that comes twice the second changes
    nothing: by then the person may have logged in another way.

    Emits: AccountNoticeMade
    """
    known = identity_of(session, issuer, subject)
    if known is None or hold_member(session, known.member_id) is None:
        return
    rested = session.execute(
        update(Identity)
        .where(Identity.id == known.id, Identity.dormant_since.is_(None))
        .values(dormant_since=clock.now())
        .returning(Identity.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if rested is None:
        return
    end_all_sessions(session, known.member_id)
    tell(session, known.member_id, AccountEvent.IDENTITY_DORMANT, provider.value)


def heed_security_events(session: Session, provider: Provider, issuer: str, events: ProvidedEvents) -> None:
    """End all sessions of those whom a provider warns about, and tell them; once, however often it says so.

    ``issuer`` is the one under which identities are known here. Whoever has no session has nothing to be told.

    Emits: AccountNoticeMade
    """
    members = _members(session, issuer, events.subjects)
    if not members or not _is_new(session, events):
        return
    for member_id in members:
        if hold_member(session, member_id) is not None and end_all_sessions(session, member_id):
            tell(session, member_id, AccountEvent.SESSIONS_ENDED, provider.value)


def sweep_security_events(session: Session) -> int:
    """Forget the events of more than ninety days ago, and return how many there were."""
    result = session.execute(
        delete(SecurityEvent).where(SecurityEvent.received_at < clock.now() - EVENTS_KEPT)
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


def _members(session: Session, issuer: str, subjects: tuple[str, ...]) -> list[MemberId]:
    """Return whom these subjects are here, in the order in which everybody takes members."""
    rows = session.scalars(
        select(Identity.member_id)
        .where(Identity.issuer == issuer, Identity.subject.in_(subjects))
        .distinct()
        .order_by(Identity.member_id)
    )
    return [MemberId(member_id) for member_id in rows]


def _is_new(session: Session, events: ProvidedEvents) -> bool:
    """Remember a token by its issuer and id, and say whether it came for the first time; two at once take turns."""
    row = {
        "event_hash": hash_of(json.dumps([events.issuer, events.id])),
        "received_at": clock.now(),
    }
    return tools(session).insert_unless_there(session, cast(Table, SecurityEvent.__table__), row)
