"""What others see of a member, read for the member: their name, and when they can change it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.accounts.renaming import rename_from
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import can


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """What a member's name is, and whether they may change it now."""

    name: str
    name_since: datetime
    # Why they may not, whenever they ask; "" where it is only a matter of time.
    why_not: str
    # None where it is possible now.
    may_rename_from: datetime | None


def own_profile(session: Session, actor: Actor) -> OwnProfile:
    """Return what the actor's name is, and whether they may change it.

    Queries: 1
    """
    since = session.execute(select(Member.name_since).where(Member.id == actor.member_id)).scalar_one()
    may_from = rename_from(since)
    return OwnProfile(
        name=actor.name,
        name_since=since,
        why_not=can(actor, Action.ACCOUNT_RENAME).reason,
        may_rename_from=may_from if may_from > clock.now() else None,
    )
