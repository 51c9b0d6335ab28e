"""Erasing people: newcomers who were turned away, some days after they could read why, and members who left.

There is one way to do it for both: the words go as when an author takes them back, then every row that leads to the
person. What stays are entries of the audit log and links of the consent chain, which name nobody once the rows below
are gone, and the copies of reported words, which end with their cases.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum import clock
from forum.accounts.leaving import GRACE
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
from forum.moderation.models import MemberNote, Notice, Report
from forum.permissions.actions import Action
from forum.permissions.actor import MemberId, MemberState

TURNED_AWAY_KEPT = timedelta(days=14)

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
    """Erase whoever was turned away more than 14 days ago and hasn't been let in since, on their way out or not.

    Emits: PostsErased (for each topic, of which newcomers have none)
    """
    turned_away_at = (
        select(func.max(AuditEntry.made_at))
        .where(AuditEntry.member_uuid == Member.uuid, AuditEntry.action == Action.MEMBER_TURN_AWAY.value)
        .scalar_subquery()
    )
    is_turned_away = or_(
        Member.state == MemberState.TURNED_AWAY,
        and_(Member.state == MemberState.LEAVING, Leaving.state_before == MemberState.TURNED_AWAY),
    )
    _erase(session, and_(is_turned_away, turned_away_at <= clock.now() - TURNED_AWAY_KEPT))


def erase_left(session: Session) -> None:
    """Erase whoever set out to leave more than 14 days ago and has not come back since.

    Emits: PostsErased (for each topic in which they wrote)
    """
    _erase(session, and_(Member.state == MemberState.LEAVING, Leaving.since <= clock.now() - GRACE))


def _erase(session: Session, whom: ColumnElement[bool]) -> None:
    """Erase these members, each held first: whoever comes back at this moment does so before or not at all."""
    rows = session.execute(
        select(Member.id, Member.uuid)
        .outerjoin(Leaving, Leaving.member_id == Member.id)
        .where(whom)
        .order_by(Member.id)
        # Somebody else may add rows that name them meanwhile; deleting the member at the end waits for those.
        .with_for_update(of=Member, key_share=True)
    ).all()
    ids = [MemberId(row.id) for row in rows]
    if not ids:
        return
    erase_words_of(session, ids)
    for named in _NAMED_IN:
        _change(session, update(named.class_).where(named.in_(ids)).values({named.key: None}))
    _change(session, delete(ConsentRecord).where(ConsentRecord.subject.in_([row.uuid for row in rows])))
    for theirs in _THEIRS:
        _change(session, delete(theirs.class_).where(theirs.in_(ids)))
    _change(session, delete(Member).where(Member.id.in_(ids)))


def _change(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
