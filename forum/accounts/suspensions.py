"""Rows of accounts that moderators decide about: suspensions, and whether a newcomer was let in.

Who may decide, what is written into the audit log and what the member is told belong to ``moderation``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.accounts.names import name_key, tidy_name
from forum.accounts.queries import suspension_holds
from forum.database.rows import AnyRow, AnySelect, rows_changed
from forum.errors import NotFound
from forum.events import MemberLetIn, MemberSuspended, MemberTurnedAway, SuspensionLifted, emit
from forum.permissions.actor import MemberId, MemberState, Role
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class MemberSubject:
    """A member whom something is decided about, for a rule and for the pages that ask."""

    id: MemberId
    uuid: UUID
    name: str
    role: Role
    state: MemberState
    joined_at: datetime
    is_suspended: bool
    suspended_since: datetime | None
    # None while there is no end, and while there is no suspension.
    suspended_until: datetime | None


def is_known() -> ColumnElement[bool]:
    """Say which members can be looked up: whoever is leaving is gone for everybody, and so for moderators.

    Only who looks into a report on a post of theirs can still decide about them, without a name.
    """
    return Member.state != MemberState.LEAVING


def member_called(session: Session, typed: str) -> tuple[UUID, str] | None:
    """Return the uuid and the name of the member who is called this, however it is typed, or None when nobody is.

    Queries: 1
    """
    row = session.execute(
        select(Member.uuid, Member.name).where(Member.name_key == name_key(tidy_name(typed)), is_known())
    ).one_or_none()
    return (row.uuid, row.name) if row else None


def member_named(session: Session, name: str) -> MemberSubject:
    """Return the member of exactly this name. Raises NotFound, the same for one who left and one who never was.

    Queries: 1
    """
    return _subject(session.execute(_members().where(Member.name == name)).one_or_none())


def hold_member_named(session: Session, name: str) -> MemberSubject:
    """Return the member, and keep everybody else from deciding about them until this transaction ends.

    Raises NotFound.

    Queries: 2
    """
    held = session.scalar(select(Member.id).where(Member.name == name).with_for_update(key_share=True))
    # The second look is taken once it is held: what another transaction decided meanwhile is seen.
    return _subject(session.execute(_members().where(Member.id == held)).one_or_none())


def leaving_member(session: Session, member_id: MemberId) -> MemberSubject:
    """Return a member who is leaving. Raises NotFound, the same for who came back and for who is erased.

    Queries: 1
    """
    return _subject(
        session.execute(
            _anybody().where(Member.id == member_id, Member.state == MemberState.LEAVING)
        ).one_or_none()
    )


def hold_leaving_member(session: Session, member_id: MemberId) -> MemberSubject:
    """Return a member who is leaving, and keep them and everybody else from changing that until this transaction ends.

    Raises NotFound.

    Queries: 2
    """
    session.execute(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))
    return leaving_member(session, member_id)


def suspend(session: Session, member_id: MemberId, until: datetime | None) -> None:
    """Suspend a member from now on, who is not suspended; without ``until`` it lasts until it is lifted.

    Emits: MemberSuspended
    """
    # One whose time is over may still stand there until it is swept away.
    session.execute(delete(Suspension).where(Suspension.member_id == member_id))
    session.add(Suspension(member_id=member_id, since=clock.now(), until=until))
    session.flush()
    emit(session, MemberSuspended(member_id))


def lift_suspension(session: Session, member_id: MemberId) -> None:
    """End a member's suspension now. Whatever else keeps them from writing stays as it is.

    Emits: SuspensionLifted
    """
    session.execute(delete(Suspension).where(Suspension.member_id == member_id))
    emit(session, SuspensionLifted(member_id))


def sweep_suspensions(session: Session) -> int:
    """Forget suspensions whose time is over, and return how many: they ended by themselves."""
    return rows_changed(session, delete(Suspension).where(Suspension.until <= clock.now()))


def let_in(session: Session, member_id: MemberId, *, has_agreed: bool) -> None:
    """Let a newcomer in. Whoever took back meanwhile what an account stands on rests, until they agree to it again.

    Emits: MemberLetIn
    """
    _set_state(session, member_id, MemberState.ACTIVE if has_agreed else MemberState.PAUSED)
    emit(session, MemberLetIn(member_id))


def turn_away(session: Session, member_id: MemberId) -> None:
    """Turn a newcomer away.

    Emits: MemberTurnedAway
    """
    _set_state(session, member_id, MemberState.TURNED_AWAY)
    emit(session, MemberTurnedAway(member_id))


def _set_state(session: Session, member_id: MemberId, state: MemberState) -> None:
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def _members() -> AnySelect:
    return _anybody().where(is_known())


def _anybody() -> AnySelect:
    return select(
        Member.id,
        Member.uuid,
        Member.name,
        Member.role,
        Member.state,
        Member.joined_at,
        Suspension.since,
        Suspension.until,
    ).outerjoin(Suspension, and_(Suspension.member_id == Member.id, suspension_holds()))


def _subject(row: AnyRow | None) -> MemberSubject:
    if row is None:
        raise NotFound(_("No member has this name."))
    return MemberSubject(
        id=MemberId(row.id),
        uuid=row.uuid,
        name=row.name,
        role=row.role,
        state=row.state,
        joined_at=row.joined_at,
        is_suspended=row.since is not None,
        suspended_since=row.since,
        suspended_until=row.until,
    )
