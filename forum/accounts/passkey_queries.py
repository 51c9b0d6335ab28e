"""What is looked up about passkeys: a member's own, and what their devices have to know of them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Passkey
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey as its member sees it in a list."""

    id: int
    name: str
    added_at: datetime
    # A day and no more, and None before it was used.
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class KnownCredentials:
    """Which passkeys a member has, as devices call them, and under which name devices keep them ("" for none)."""

    ids: tuple[str, ...] = field(repr=False)
    user_handle: str = field(repr=False)


def own_passkeys(session: Session, actor: Actor) -> tuple[OwnPasskey, ...]:
    """Return the actor's passkeys, in the order in which they were added.

    Queries: 1
    """
    rows = session.execute(
        select(Passkey.id, Passkey.name, Passkey.added_at, Passkey.last_used_on)
        .where(Passkey.member_id == actor.member_id)
        .order_by(Passkey.id)
    )
    return tuple(OwnPasskey(*row) for row in rows)


def own_passkey(session: Session, actor: Actor, passkey_id: int) -> OwnPasskey:
    """Return one of the actor's passkeys. Raises NotFound, also for anybody else's.

    Queries: 1
    """
    row = session.execute(
        select(Passkey.id, Passkey.name, Passkey.added_at, Passkey.last_used_on).where(
            Passkey.id == passkey_id, Passkey.member_id == actor.member_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return OwnPasskey(*row)


def known_credentials(session: Session, actor: Actor) -> KnownCredentials:
    """Return which passkeys the actor has, as devices call them.

    Queries: 1
    """
    rows = session.execute(
        select(Passkey.credential_id, Passkey.user_handle)
        .where(Passkey.member_id == actor.member_id)
        .order_by(Passkey.id)
    ).all()
    return KnownCredentials(tuple(row.credential_id for row in rows), rows[0].user_handle if rows else "")
