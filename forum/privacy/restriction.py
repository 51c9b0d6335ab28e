"""Restriction (GDPR, Art. 18): what is a member's is kept and not used, until they end that.

Nothing of theirs is shown, found or counted, by the same predicate that hides what is a resting member's, and no job
deletes them for having been away. Reading, a copy of everything, taking words back and leaving remain.

What an account was before is not stored but read from the consents when it ends: one that was taken back meanwhile, or
before, lets the account rest.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.accounts.leaving import hold_member
from forum.accounts.models import Member
from forum.consent.models import Decision
from forum.consent.queries import decision_in_force
from forum.errors import Conflict
from forum.events import MemberRestricted, MemberReturned, RestrictionLifted, emit
from forum.permissions.actions import Action
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberId, MemberState
from forum.permissions.check import require
from forum.text.translate import gettext as _

_CAN_BE_RESTRICTED = (MemberState.ACTIVE, MemberState.PAUSED)


def can_be_restricted(state: MemberState) -> bool:
    """Say whether there is anything to restrict: of whoever was never let in nothing is shown, and no one can write."""
    return state in _CAN_BE_RESTRICTED


def restrict_member(session: Session, actor: Actor) -> None:
    """Keep what is the actor's and use none of it from now on. Doing it twice changes nothing.

    Emits: MemberRestricted (unless it is so already)
    Raises: SignInFirst, Conflict (nothing of theirs is used, or they were erased)
    """
    require(actor, Action.ACCOUNT_RESTRICT)
    member_id, state = _held(session, actor)
    if state is MemberState.RESTRICTED:
        return
    if not can_be_restricted(state):
        raise Conflict(_("Nothing of yours is shown or used at present, so there is nothing to restrict."))
    _set_state(session, member_id, MemberState.RESTRICTED)
    emit(session, MemberRestricted(member_id))


def lift_restriction(session: Session, actor: Actor) -> None:
    """Bring back what is the actor's, as far as they agree to it. Doing it twice changes nothing.

    Emits: MemberReturned, RestrictionLifted (unless nothing was restricted)
    Raises: SignInFirst, Conflict (they were erased)
    """
    require(actor, Action.ACCOUNT_RESTRICT)
    member_id, state = _held(session, actor)
    if state is not MemberState.RESTRICTED:
        return
    # Read once the member is held: who takes a consent back holds them, too, and is through or still to come.
    agreed = _agrees_to_what_is_needed(session, member_id)
    _set_state(session, member_id, MemberState.ACTIVE if agreed else MemberState.PAUSED)
    emit(session, MemberReturned(member_id))
    emit(session, RestrictionLifted(member_id))


def _held(session: Session, actor: Actor) -> tuple[MemberId, MemberState]:
    state = None if actor.member_id is None else hold_member(session, actor.member_id)
    if actor.member_id is None or state is None:
        raise Conflict(_("Your account was deleted at this very moment."))
    return actor.member_id, state


def _agrees_to_what_is_needed(session: Session, member_id: MemberId) -> bool:
    decisions = session.execute(
        select(*(decision_in_force(Member.uuid, purpose) for purpose in sorted(REQUIRED_PURPOSES))).where(
            Member.id == member_id
        )
    ).one()
    return all(decision == Decision.GIVEN for decision in decisions)


def _set_state(session: Session, member_id: MemberId, state: MemberState) -> None:
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
