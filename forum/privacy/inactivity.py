"""Accounts that nobody uses any more: told after almost two years, and left a month later unless somebody comes.

Leaving then goes as it always does: hidden at once, and erased when the days of grace are over. Being seen on any day
ends it. Whoever keeps the community going is left alone, and so is whoever asked that nothing of theirs be deleted.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.leaving import begin_leaving, hold_member
from forum.accounts.models import AccountEvent, Member
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.permissions.actor import STAFF_ROLES, MemberId, MemberState

# 23 months and then 30 days: two years.
WARNED_AFTER = timedelta(days=700)
TIME_TO_COME_BACK = timedelta(days=30)
# Jobs outlive a release: what waits under these names has to be known by it.
WARN = "privacy.warn_inactive_members"
LEAVE = "privacy.leave_inactive_member"
# How many are told in one transaction, so that nobody who writes meanwhile waits for long.
BATCH = 50

_STATES = (MemberState.ACTIVE, MemberState.PAUSED)


def have_warned(session: Session) -> int:
    """Have everybody warned who was not seen for 23 months, batch by batch; return how many they are.

    Queries: 2
    """
    many = len(session.scalars(select(Member.id).where(_is_to_be_warned())).all())
    if many:
        _go_on_warning(session)
    return many


def have_left(session: Session) -> int:
    """Have everybody leave who was warned thirty days ago and not seen since; return how many they are.

    Queries: 1, and 1 for each
    """
    members = session.scalars(select(Member.id).where(_is_gone()).order_by(Member.id)).all()
    day = clock.today().isoformat()
    for member_id in members:
        queue.enqueue(session, LEAVE, {"member_id": member_id}, unique_key=f"{LEAVE}:{member_id}@{day}")
    return len(members)


def warn_batch(session: Session, _payload: Payload) -> None:
    """Tell some of those who were not seen for 23 months, and leave the rest to another job like this one.

    Emits: AccountNoticeMade (for each)
    """
    members = session.scalars(
        select(Member.id).where(_is_to_be_warned()).order_by(Member.id).limit(BATCH)
    ).all()
    for member_id in members:
        # Somebody may come, or go, at this very moment.
        if hold_member(session, MemberId(member_id)) is None:
            continue
        warned = session.scalar(
            update(Member)
            .where(Member.id == member_id, _is_to_be_warned())
            .values(warned_inactive_on=clock.today())
            .returning(Member.id)
            .execution_options(synchronize_session=False)
        )
        if warned is not None:
            tell(session, MemberId(member_id), AccountEvent.INACTIVE)
    if len(members) == BATCH:
        _go_on_warning(session)


def leave_inactive(session: Session, payload: Payload) -> None:
    """Let one member leave who is gone, unless they were seen since the job was put in.

    Emits: MemberPaused, LeavingBegun, AccountNoticeMade
    """
    member_id = payload["member_id"]
    if not isinstance(member_id, int):
        raise TypeError("A member's id is a number.")
    if hold_member(session, MemberId(member_id)) is None:
        return
    if session.scalar(select(Member.id).where(Member.id == member_id, _is_gone())) is not None:
        begin_leaving(session, MemberId(member_id))
        end_all_sessions(session, MemberId(member_id))


def _go_on_warning(session: Session) -> None:
    queue.enqueue(session, WARN, {})


def _can_be_inactive() -> ColumnElement[bool]:
    return and_(Member.role.not_in(STAFF_ROLES), Member.state.in_(_STATES))


def _is_to_be_warned() -> ColumnElement[bool]:
    last = Member.last_seen_on
    # A warning from before they were last seen is over, however it came to stay.
    not_warned = or_(Member.warned_inactive_on.is_(None), Member.warned_inactive_on <= last)
    return and_(_can_be_inactive(), last <= clock.today() - WARNED_AFTER, not_warned)


def _is_gone() -> ColumnElement[bool]:
    warned = Member.warned_inactive_on
    return and_(_can_be_inactive(), warned <= clock.today() - TIME_TO_COME_BACK, Member.last_seen_on < warned)
