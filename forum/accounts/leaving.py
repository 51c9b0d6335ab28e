"""Setting out to leave, and coming back in time. What becomes of what they wrote is not decided here.

A member who leaves is out of sight at once. For fourteen days, or fewer if they say so, logging in brings everything
back; after that nothing does, and within a day they are erased.
Whoever changes how things stand with a member holds the member first and topics afterwards, as erasing does.
"""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.models import AccountEvent, Leaving, Member, PostsFate
from forum.errors import Conflict
from forum.events import LeavingBegun, LeavingCancelled, MemberPaused, MemberReturned, emit
from forum.permissions.actor import MemberId, MemberState
from forum.text.translate import gettext as _

GRACE = timedelta(days=14)
# For whoever wants it as soon as possible; a night's sleep is left all the same.
SHORTEST_GRACE = timedelta(days=1)
# The daily job comes within this time once the days of grace are over.
ERASED_WITHIN = timedelta(days=1)


def hold_member(session: Session, member_id: MemberId) -> MemberState | None:
    """Keep everybody else from changing or erasing a member until this transaction ends; return how things stand.

    None when they were erased. Rows that merely name the member can be added meanwhile, so nobody who does that waits.

    Queries: 1
    """
    return session.scalar(select(Member.state).where(Member.id == member_id).with_for_update(key_share=True))


def begin_leaving(
    session: Session,
    member_id: MemberId,
    provider: str = "",
    *,
    posts: PostsFate = PostsFate.DELETE,
    grace: timedelta = GRACE,
) -> None:
    """Let a member set out to leave: nothing of theirs is shown from now on. Doing it twice changes nothing.

    Whoever calls ends their sessions. ``provider`` is the one that passed on their wish, or "". For ``grace``, which is
    never longer than fourteen days, signing in brings everything back.

    Emits: MemberPaused, LeavingBegun, AccountNoticeMade
    """
    state = hold_member(session, member_id)
    if state is None or state is MemberState.LEAVING:
        return
    now = clock.now()
    session.add(
        Leaving(
            member_id=member_id, since=now, until=now + min(grace, GRACE), posts=posts, state_before=state
        )
    )
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(state=MemberState.LEAVING)
        .execution_options(synchronize_session=False)
    )
    emit(session, MemberPaused(member_id))
    emit(session, LeavingBegun(member_id))
    tell(session, member_id, AccountEvent.LEAVING_BEGUN, provider)


def cancel_leaving(session: Session, member_id: MemberId) -> bool:
    """Bring a member back who was leaving, as they were, and tell them; False when they were not leaving.

    Emits: MemberReturned, LeavingCancelled, AccountNoticeMade
    Raises: Conflict (they were erased at this very moment, or the days in which they could come back are over)
    """
    if hold_member(session, member_id) is None:
        raise Conflict(
            _("Your account was deleted at this very moment, as it was asked for. Nothing of it is left.")
        )
    leaving = session.execute(
        select(Leaving.until, Leaving.state_before).where(Leaving.member_id == member_id)
    ).one_or_none()
    if leaving is None:
        return False
    if leaving.until <= clock.now():
        raise Conflict(
            _(
                "Your account is being deleted, as it was asked for, and the days in which you could come back "
                "are over. By tomorrow nothing of it is left. After that you can join anew."
            )
        )
    session.execute(delete(Leaving).where(Leaving.member_id == member_id))
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(state=leaving.state_before)
        .execution_options(synchronize_session=False)
    )
    emit(session, MemberReturned(member_id))
    emit(session, LeavingCancelled(member_id))
    tell(session, member_id, AccountEvent.LEAVING_CANCELLED)
    return True


def rest_on_return(session: Session, member_id: MemberId) -> None:
    """Let a member who is leaving find their account resting if they come back: a consent that it stands on is gone.

    Somebody who waits to be let in, or was turned away, goes on doing so.
    """
    session.execute(
        update(Leaving)
        .where(Leaving.member_id == member_id, Leaving.state_before == MemberState.ACTIVE)
        .values(state_before=MemberState.PAUSED)
        .execution_options(synchronize_session=False)
    )
