"""What follows when a provider calls us about somebody: a tie that was cut, a session that is not to be trusted.

The calls were found to be the providers' own before anything here runs. Whoever is unknown here stays so: nothing is
written about them. A wish to be deleted is in ``deletion_requests``.
"""

import json
from datetime import timedelta
from typing import cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent, Identity, SecurityEvent
from forum.accounts.providers.openid import LEEWAY
from forum.accounts.providers.outcomes import Provider
from forum.accounts.providers.security_events import ProvidedEvents
from forum.accounts.providers.signed_requests import SignedCall
from forum.accounts.queries import identity_of
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.accounts.tokens import hash_of
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.permissions.actor import MemberId

# Longer than a provider may send the same call again.
EVENTS_KEPT = timedelta(days=90)


def comes_first(session: Session, *parts: str) -> bool:
    """Remember a call by what tells it apart, and say whether it comes for the first time; two at once take turns."""
    row = {"event_hash": hash_of(json.dumps(parts)), "received_at": clock.now()}
    return tools(session).insert_unless_there(session, cast(Table, SecurityEvent.__table__), row)


def cut_tie(session: Session, provider: Provider, issuer: str, call: SignedCall) -> None:
    """Let an identity rest whose person cut the tie at the provider, end all their sessions, and tell them.

    Logging in with it revives it, so nobody is locked out by this. Of a call that comes twice the second changes
    nothing: by then the person may have logged in again.

    Emits: AccountNoticeMade
    """
    known = identity_of(session, issuer, call.subject)
    if known is None or hold_member(session, known.member_id) is None:
        return
    if not comes_first(session, provider.value, "cut-tie", call.text):
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
    """End the sessions of those whom a provider warns about, and tell them; once, however often it says so.

    ``issuer`` is the one under which identities are known here. A warning may come days late: whoever logged in after
    it was given stays logged in, and whoever has no session that ends has nothing to be told.

    Emits: AccountNoticeMade
    """
    members = _members(session, issuer, events.subjects)
    if not members or not comes_first(session, events.issuer, events.id):
        return
    # Should our clock be ahead, one that began just before the warning must not outlive it.
    begun_by = events.issued_at + LEEWAY
    for member_id in members:
        if hold_member(session, member_id) is None:
            continue
        if end_all_sessions(session, member_id, begun_by=begun_by):
            tell(session, member_id, AccountEvent.SESSIONS_ENDED, provider.value)


def sweep_security_events(session: Session) -> int:
    """Forget the calls of more than ninety days ago, and return how many there were."""
    return rows_changed(
        session, delete(SecurityEvent).where(SecurityEvent.received_at < clock.now() - EVENTS_KEPT)
    )


def _members(session: Session, issuer: str, subjects: tuple[str, ...]) -> list[MemberId]:
    """Return whom these subjects are here, in the order in which everybody takes members."""
    rows = session.scalars(
        select(Identity.member_id)
        .where(Identity.issuer == issuer, Identity.subject.in_(subjects))
        .distinct()
        .order_by(Identity.member_id)
    )
    return [MemberId(member_id) for member_id in rows]
