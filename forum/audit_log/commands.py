"""Writing into the audit log. Nothing else may, and nothing changes what is there."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.models import Area, AuditEntry
from forum.permissions.actions import Action
from forum.permissions.actor import Actor

OPERATOR_ROLE = "operator"


class PublicName(str):
    """What something is called in a list that everybody may read, and that is about nobody in particular."""

    __slots__ = ()


def record(
    session: Session,
    actor: Actor,
    action: Action,
    *,
    reason: StrEnum | None = None,
    category_id: int | None = None,
    topic_id: int | None = None,
    post_id: int | None = None,
    report_id: int | None = None,
    member_uuid: UUID | None = None,
    facts: Mapping[str, int | StrEnum | datetime | PublicName | None] | None = None,
) -> None:
    """Keep that the actor did this, in the transaction that does it.

    ``facts`` holds numbers, moments, words of closed sets and names from public lists. Raises TypeError for anything
    else, so that nobody's words and no member's name can get into a table from which nothing ever goes. Raises
    ValueError for an action that changes nothing.
    """
    session.add(
        AuditEntry(
            made_at=clock.now(),
            action=action.value,
            area=_area_of(action).value,
            actor_uuid=actor.uuid,
            actor_role=OPERATOR_ROLE if actor.is_operator else actor.role.value,
            reason=reason.value if reason else "",
            category_id=category_id,
            topic_id=topic_id,
            post_id=post_id,
            report_id=report_id,
            member_uuid=member_uuid,
            facts={name: _plain(value) for name, value in (facts or {}).items()},
        )
    )
    session.flush()


def _area_of(action: Action) -> Area:
    match action.value.split(":"):
        case "community", "topic", _:
            return Area.TOPICS
        case "community", "post", _:
            return Area.POSTS
        case "moderation", "report", _:
            return Area.REPORTS
        case "moderation", "member", _:
            return Area.MEMBERS
        case "admin", _, _:
            return Area.ADMINISTRATION
    raise ValueError(f"The audit log has no area for {action.value}.")


def _plain(value: object) -> int | str | None:
    match value:
        case None | bool() | int():
            return value
        case PublicName():
            return str(value)
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat()
        case _:
            raise TypeError(f"The audit log keeps no {type(value).__name__}.")
