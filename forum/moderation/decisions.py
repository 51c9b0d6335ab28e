"""The newest decision on something, so that two moderators never decide at once without knowing of each other.

Every form carries the number of the newest entry of the audit log that was on its page. A command that holds the
rows it is about to change compares it with the newest one now.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.audit_log.models import AuditEntry
from forum.errors import Conflict
from forum.moderation.deeds import deed
from forum.moderation.names import decider
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.text.translate import gettext as _

_ON_STANDING = (
    Action.MEMBER_SUSPEND.value,
    Action.MEMBER_UNSUSPEND.value,
    Action.MEMBER_PROFILE_CLEAR.value,
    Action.MEMBER_LET_IN.value,
    Action.MEMBER_TURN_AWAY.value,
    Action.ROLE_CHANGE.value,
)


def decided_about(member: UUID) -> ColumnElement[bool]:
    """Say which entries decided something about a member themselves; notes and what became of their posts did not."""
    return and_(AuditEntry.member_uuid == member, AuditEntry.action.in_(_ON_STANDING))


def newest_decision(session: Session, about: ColumnElement[bool]) -> int:
    """Return the number of the newest entry of this kind, or 0 when there is none.

    Queries: 1
    """
    return session.scalar(select(func.max(AuditEntry.id)).where(about)) or 0


def refuse_if_decided_since(session: Session, about: ColumnElement[bool], seen: int, actor: Actor) -> None:
    """Raise Conflict, which says who did what, unless the newest entry is the one that was seen (0: none).

    Queries: 1
    """
    newest = session.execute(
        select(
            AuditEntry.id,
            AuditEntry.action,
            AuditEntry.facts,
            AuditEntry.actor_uuid,
            AuditEntry.actor_role,
            Member.name,
            Member.state,
        )
        .outerjoin(Member, Member.uuid == AuditEntry.actor_uuid)
        .where(about)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    if (newest.id if newest else 0) == seen:
        return
    if newest is None:
        raise Conflict(_("This page was too old. Nothing was changed. Load it again and look once more."))
    if newest.actor_uuid == actor.uuid:
        raise Conflict(
            _(
                "You decided something here since this page was loaded. Nothing was changed. Look at it once more."
            )
        )
    raise Conflict(
        _(
            "%(name)s was faster, and %(deed)s. Nothing was changed by you. Look again before you go on.",
            name=decider(newest.name, newest.state, newest.actor_role),
            deed=deed(newest.action, newest.facts),
        )
    )
