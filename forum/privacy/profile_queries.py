"""What others see of a member, read for the member: their name, and when they can change it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.accounts.renaming import new_name_from, rename_from
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import can


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """What a member's name is, and whether they may change it now."""

    name: str
    name_since: datetime
    # Why they may not; "" where they may.
    why_not: str
    # From when on it may be a name that is new to them, in a sentence; "" where that is so now.
    no_new_one_yet: str


def own_profile(session: Session, actor: Actor) -> OwnProfile:
    """Return what the actor's name is, and whether they may change it.

    Queries: 1
    """
    row = session.execute(
        select(Member.name_since, Member.joined_at).where(Member.id == actor.member_id)
    ).one()
    may_from = rename_from(row.name_since, row.joined_at)
    return OwnProfile(
        name=actor.name,
        name_since=row.name_since,
        why_not=can(actor, Action.ACCOUNT_RENAME).reason,
        no_new_one_yet=new_name_from(may_from) if may_from > clock.now() else "",
    )
