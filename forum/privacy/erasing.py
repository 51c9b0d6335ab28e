"""Erasing people: newcomers who were turned away, some days after they could read why, and members who left.

There is one way to do it for both: the words go as when an author takes them back, then every row that leads to the
person. What stays are entries of the audit log and links of the consent chain, which name nobody once the rows below
are gone, and the copies of reported words, which end with their cases.

Each is erased by a job of their own, which looks again whether it is still time: what keeps one keeps nobody else.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum import clock
from forum.accounts.leaving import hold_member
from forum.accounts.models import (
    AccountNotice,
    DeletionRequest,
    EmailAddress,
    Identity,
    Leaving,
    Member,
    Passkey,
    RecoveryCode,
    SignInSession,
    Suspension,
)
from forum.audit_log.models import AuditEntry
from forum.community.models import CategoryModerator
from forum.community.taking_back import erase_words_of
from forum.consent.models import ConsentRecord
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.moderation.models import MemberNote, Notice, Report
from forum.permissions.actions import Action
from forum.permissions.actor import MemberId, MemberState

TURNED_AWAY_KEPT = timedelta(days=14)
# Jobs outlive a release: what waits under this name has to be known by it.
ERASE_MEMBER = "moderation.erase_member"

# Rows that are theirs, by the column that says so.
_THEIRS = (
    SignInSession.member_id,
    Identity.member_id,
    Passkey.member_id,
    RecoveryCode.member_id,
    AccountNotice.member_id,
    Leaving.member_id,
    EmailAddress.member_id,
    Suspension.member_id,
    CategoryModerator.member_id,
    Notice.member_id,
    MemberNote.member_id,
)
# Rows that others need, in which they were named: what a member told the moderators is a reader's from now on, and
# what a moderator did is a former member's.
_NAMED_IN: tuple[InstrumentedAttribute[int | None], ...] = (
    Report.reporter_id,
    Report.claimed_by_id,
    Report.closed_by_id,
    MemberNote.author_id,
    DeletionRequest.member_id,
)


def erase_turned_away(session: Session) -> None:
    """Have everybody erased who was turned away more than 14 days ago and hasn't been let in since.

    Queries: 1, and 1 for each
    """
    _put_in(session, _was_turned_away())


def erase_left(session: Session) -> None:
    """Have everybody erased who set out to leave, and whose days of grace are over.

    Queries: 1, and 1 for each
    """
    _put_in(session, _has_left())


def erase_member(session: Session, payload: Payload) -> None:
    """Erase the member whom a job is about, unless they came back, or were let in, since it was put in.

    Emits: PostsErased (for each topic in which they wrote)
    Raises: Conflict (moderators put their posts into another topic at this moment)
    """
    member_id = payload["member_id"]
    if not isinstance(member_id, int):
        raise TypeError("A member's id is a number.")
    _erase_if_due(session, MemberId(member_id))


def _put_in(session: Session, whom: ColumnElement[bool]) -> None:
    """Put in a job for each of these. One that was given up is put in again the next day, as what recurs is."""
    due = select(Member.id).outerjoin(Leaving, Leaving.member_id == Member.id).where(whom)
    day = clock.now().date().isoformat()
    for member_id in session.scalars(due.order_by(Member.id)).all():
        key = f"{ERASE_MEMBER}:{member_id}@{day}"
        queue.enqueue(session, ERASE_MEMBER, {"member_id": member_id}, unique_key=key)


def _was_turned_away() -> ColumnElement[bool]:
    """Say who was turned away long enough ago, on their way out or not. Needs Member outer-joined to Leaving."""
    turned_away_at = (
        select(func.max(AuditEntry.made_at))
        .where(AuditEntry.member_uuid == Member.uuid, AuditEntry.action == Action.MEMBER_TURN_AWAY.value)
        .scalar_subquery()
    )
    is_turned_away = or_(
        Member.state == MemberState.TURNED_AWAY,
        and_(Member.state == MemberState.LEAVING, Leaving.state_before == MemberState.TURNED_AWAY),
    )
    return and_(is_turned_away, turned_away_at <= clock.now() - TURNED_AWAY_KEPT)


def _has_left() -> ColumnElement[bool]:
    """Say whose days of grace are over. Needs Member outer-joined to Leaving."""
    return and_(Member.state == MemberState.LEAVING, Leaving.until <= clock.now())


def _erase_if_due(session: Session, member_id: MemberId) -> None:
    """Erase one member, held before the look: whoever comes back at this moment does so before or not at all."""
    # Somebody else may add rows that name them meanwhile; deleting the member at the end waits for those.
    if hold_member(session, member_id) is None:
        return
    uuid = session.scalar(
        select(Member.uuid)
        .outerjoin(Leaving, Leaving.member_id == Member.id)
        .where(Member.id == member_id, or_(_was_turned_away(), _has_left()))
    )
    if uuid is None:
        return
    erase_words_of(session, member_id)
    for named in _NAMED_IN:
        _change(session, update(named.class_).where(named == member_id).values({named.key: None}))
    _change(session, delete(ConsentRecord).where(ConsentRecord.subject == uuid))
    for theirs in _THEIRS:
        _change(session, delete(theirs.class_).where(theirs == member_id))
    _change(session, delete(Member).where(Member.id == member_id))


def _change(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
