"""Signed-in browsers: how a session begins, is renewed, is proven anew and ends. Nothing here knows a cookie."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.devices import UNKNOWN_DEVICE, Device
from forum.accounts.leaving import cancel_leaving, hold_member
from forum.accounts.models import Identity, Member, SignInSession
from forum.accounts.proofs import Proven
from forum.accounts.queries import identity_of
from forum.accounts.tokens import hash_of, new_token
from forum.database.moments import day_before_running, moment_of_running
from forum.database.rows import rows_changed
from forum.errors import Conflict, NotFound
from forum.permissions.actor import Actor, MemberId
from forum.text.translate import gettext as _

SESSION_LASTS = timedelta(days=30)
# A browser that nobody opened the forum in for so long has to log in again.
IDLE_LASTS = timedelta(days=14)


def session_is_valid() -> ColumnElement[bool]:
    """Say which sessions are good now, swept away or not."""
    return and_(
        SignInSession.expires_at > moment_of_running(),
        SignInSession.last_seen_on >= day_before_running(IDLE_LASTS),
    )


def sign_in_as(
    session: Session,
    issuer: str,
    subject: str,
    *,
    device: Device = UNKNOWN_DEVICE,
    proven: Proven | None = None,
) -> tuple[MemberId, str] | None:
    """Sign in whom this identity belongs to, and return the member and a new session's token; None if nobody.

    An identity that went dormant is revived: its person just came back by it.
    """
    whose = identity_of(session, issuer, subject)
    if whose is None:
        return None
    hold_member(session, whose.member_id)
    # Its member may have taken it away at this very moment; now nobody can.
    known = identity_of(session, issuer, subject)
    if known is None or known.member_id != whose.member_id:
        return None
    if known.is_dormant:
        session.execute(update(Identity).where(Identity.id == known.id).values(dormant_since=None))
    return known.member_id, sign_in(session, known.member_id, device=device, proven=proven)


def sign_in(
    session: Session,
    member_id: MemberId,
    *,
    device: Device = UNKNOWN_DEVICE,
    proven: Proven | None = None,
) -> str:
    """Begin a sign-in session of thirty days, and return its token, which only the browser will hold.

    Whoever was leaving stays, and is told so: coming back is how one changes one's mind.
    """
    cancel_leaving(session, member_id)
    token = new_token()
    begun_at = clock.now()
    _was_here(session, Member.id == member_id, begun_at.date())
    session.add(
        SignInSession(
            token_hash=hash_of(token),
            member_id=member_id,
            begun_at=begun_at,
            expires_at=begun_at + SESSION_LASTS,
            last_seen_on=begun_at.date(),
            browser=device.browser,
            system=device.system,
            proof=proven.proof if proven else None,
            proved_at=proven.at if proven else None,
        )
    )
    return token


def renew(session: Session, actor: Actor, proven: Proven | None = None) -> str:
    """Give the actor's session another token, and return it: the old one is worth nothing from now on.

    With a proof, the session remembers it. Of two requests that came with one token, the second changes nothing.

    Raises: Conflict (the session ended or was renewed meanwhile)
    """
    token = new_token()
    values: dict[str, object] = {"token_hash": hash_of(token)}
    if proven is not None:
        values |= {"proof": proven.proof, "proved_at": proven.at}
    is_this_one = and_(
        SignInSession.id == actor.sign_in_session_id, SignInSession.token_hash == actor.token_hash
    )
    if rows_changed(session, update(SignInSession).where(is_this_one).values(values)) != 1:
        raise Conflict(
            _("You did something else at the same moment. Load the page again, and see how things stand.")
        )
    return token


def sign_out(session: Session, sign_in_session_id: int) -> None:
    """End a sign-in session: its cookie is worth nothing from now on."""
    session.execute(delete(SignInSession).where(SignInSession.id == sign_in_session_id))


def end_session(session: Session, actor: Actor, sign_in_session_id: int) -> None:
    """End one of the actor's sessions. Raises NotFound, also for anybody else's."""
    ended = delete(SignInSession).where(
        SignInSession.id == sign_in_session_id, SignInSession.member_id == actor.member_id
    )
    if not rows_changed(session, ended):
        raise NotFound


def end_other_sessions(session: Session, actor: Actor) -> int:
    """End all of the actor's sessions but this one, and return how many there were."""
    return rows_changed(
        session,
        delete(SignInSession).where(
            SignInSession.member_id == actor.member_id, SignInSession.id != actor.sign_in_session_id
        ),
    )


def end_all_sessions(session: Session, member_id: MemberId, *, begun_by: datetime | None = None) -> int:
    """End every session of a member, or those begun up to ``begun_by``, and return how many there were."""
    theirs = SignInSession.member_id == member_id
    which = theirs if begun_by is None else and_(theirs, SignInSession.begun_at <= begun_by)
    return rows_changed(session, delete(SignInSession).where(which))


def mark_seen(session: Session, sign_in_session_id: int, day: date) -> None:
    """Write down the last day on which a session was used, and so its member was here: no warning counts any more.

    Many are written together, by whoever waits for nobody: a member whom somebody else holds has their turn tomorrow.
    """
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == sign_in_session_id, SignInSession.last_seen_on < day)
        .values(last_seen_on=day)
        .execution_options(synchronize_session=False)
    )
    whose = select(SignInSession.member_id).where(SignInSession.id == sign_in_session_id).scalar_subquery()
    free = (
        select(Member.id)
        .where(Member.id == whose, Member.last_seen_on < day)
        .with_for_update(key_share=True, skip_locked=True)
    )
    _was_here(session, Member.id.in_(free), day)


def sweep_sign_in_sessions(session: Session) -> int:
    """Delete the sessions whose thirty days are over, or that nobody used for fourteen; return how many."""
    now = clock.now()
    over = or_(SignInSession.expires_at <= now, SignInSession.last_seen_on < now.date() - IDLE_LASTS)
    return rows_changed(session, delete(SignInSession).where(over))


def _was_here(session: Session, who: ColumnElement[bool], day: date) -> None:
    session.execute(
        update(Member)
        .where(who)
        .values(last_seen_on=day, warned_inactive_on=None)
        .execution_options(synchronize_session=False)
    )
