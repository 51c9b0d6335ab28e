"""What accounts look up: whose identity this is, whether a suspension holds, and whose data nothing may touch."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Identity, Member, SignInSession, Suspension
from forum.database.moments import moment_of_running
from forum.permissions.actor import MemberId, MemberState


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """An identity that belongs to a member."""

    id: int
    member_id: MemberId
    is_dormant: bool


def identity_of(session: Session, issuer: str, subject: str) -> KnownIdentity | None:
    """Return the identity that a provider knows by this issuer and subject, or None.

    Queries: 1
    """
    row = session.execute(
        select(Identity.id, Identity.member_id, Identity.dormant_since).where(
            Identity.issuer == issuer, Identity.subject == subject
        )
    ).one_or_none()
    return None if row is None else KnownIdentity(row[0], MemberId(row[1]), row[2] is not None)


def joined_just_now(session: Session, member_id: MemberId, within: timedelta) -> bool:
    """Say whether a member joined no longer ago than this and is still signed in somewhere.

    Queries: 1
    """
    return (
        session.scalar(
            select(SignInSession.id)
            .join(Member, Member.id == SignInSession.member_id)
            .where(Member.id == member_id, Member.joined_at > clock.now() - within)
            .limit(1)
        )
        is not None
    )


def identity_of_issuer_exists(session: Session, ending: str) -> bool:
    """Say whether anybody's identity comes from an issuer that ends like this.

    Queries: 1
    """
    return (
        session.scalar(select(Identity.id).where(Identity.issuer.endswith(ending, autoescape=True)).limit(1))
        is not None
    )


def suspension_holds() -> ColumnElement[bool]:
    """Say which suspensions are in force now; one whose time is over is none, swept away or not."""
    return or_(Suspension.until.is_(None), Suspension.until > moment_of_running())


def restricted_members() -> Select[int]:
    """Return who asked that what is theirs be kept: what was told to them is not forgotten meanwhile either."""
    return select(Member.id).where(Member.state == MemberState.RESTRICTED)
