"""Erasing newcomers who were turned away: everything that leads to them, some days after they could read why.

They never wrote anything here. What stays are entries of the audit log and links of the consent chain, which name
nobody once the rows below are gone.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import EmailAddress, Identity, Member, SignInSession, Suspension
from forum.audit_log.models import AuditEntry
from forum.community.models import CategoryModerator
from forum.consent.models import ConsentRecord
from forum.moderation.models import MemberNote, Notice, Report
from forum.permissions.actions import Action
from forum.permissions.actor import MemberState

TURNED_AWAY_KEPT = timedelta(days=14)

# Rows that are theirs, by the column that says so.
_THEIRS = (
    SignInSession.member_id,
    Identity.member_id,
    EmailAddress.member_id,
    Suspension.member_id,
    CategoryModerator.member_id,
    Notice.member_id,
    MemberNote.member_id,
)


def erase_turned_away(session: Session) -> None:
    """Erase whoever was turned away more than 14 days ago and hasn't been let in since."""
    turned_away_at = (
        select(func.max(AuditEntry.made_at))
        .where(AuditEntry.member_uuid == Member.uuid, AuditEntry.action == Action.MEMBER_TURN_AWAY.value)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Member.id, Member.uuid)
        .where(Member.state == MemberState.TURNED_AWAY, turned_away_at <= clock.now() - TURNED_AWAY_KEPT)
        .order_by(Member.id)
        .with_for_update()
    ).all()
    ids = [row.id for row in rows]
    if not ids:
        return
    # What they told the moderators is kept as long as every report is, and is a reader's from now on.
    session.execute(
        update(Report)
        .where(Report.reporter_id.in_(ids))
        .values(reporter_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(ConsentRecord)
        .where(ConsentRecord.subject.in_([row.uuid for row in rows]))
        .execution_options(synchronize_session=False)
    )
    for column in _THEIRS:
        session.execute(
            delete(column.class_).where(column.in_(ids)).execution_options(synchronize_session=False)
        )
    session.execute(delete(Member).where(Member.id.in_(ids)).execution_options(synchronize_session=False))
