"""What members agree to and take back once they joined: one purpose at a time, or again after policies changed.

A decision is recorded and acts in one transaction. Whoever takes one has the ledger's turn first and holds the member
then, so that two decisions of one member come one after the other, and nobody is erased or leaves meanwhile.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from forum import __version__, clock
from forum.accounts.leaving import rest_on_return
from forum.accounts.models import EmailAddress, Leaving, Member
from forum.consent import ledger, wording
from forum.consent.choices_queries import consent_stands, is_agreement_due
from forum.consent.drafts import AgreementDraft, ChoiceDraft, ShownBefore
from forum.consent.ledger import Entry
from forum.consent.models import ConsentMethod, ConsentRecord, Decision, PolicyVersion
from forum.consent.queries import PolicyReference, last_word, policies_in_force
from forum.consent.wording import LOCKED_BY_GPC, Choice
from forum.database.dialects import tools
from forum.errors import Invalid, Malformed, NotFound, TooMany
from forum.events import ConsentTakenBack, MemberPaused, MemberReturned, emit
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberId, MemberState, Purpose
from forum.text.translate import gettext as _

# How often a member can agree to the same purpose: what is recorded stays for good, so that a script must not fill it.
# Taking back is never refused; nobody can take back more often than they gave.
MOST_GIVEN = 20
GIVEN_WITHIN = timedelta(days=1)

Deletion: TypeAlias = Callable[[Session, MemberId], None]


def _delete_address(session: Session, member_id: MemberId) -> None:
    session.execute(delete(EmailAddress).where(EmailAddress.member_id == member_id))


# What is stored under a purpose goes with the consent to it, at once: a feature that stores something adds here how it
# is deleted. Nothing is stored yet under a purpose that has nothing here. What the account itself stands on is hidden
# and not deleted, by how things stand with the member: they may agree again, take a copy, or leave.
GOES_WITH: Mapping[Purpose, tuple[Deletion, ...]] = MappingProxyType(
    {
        Purpose.MEMBERSHIP: (),
        Purpose.HEALTH_DATA: (),
        Purpose.EMAIL: (_delete_address,),
        Purpose.MATCHING: (),
        Purpose.AGGREGATE_STATISTICS: (),
        Purpose.RESEARCH_CONTACT: (),
    }
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A member whom nobody else changes until this transaction ends."""

    id: MemberId
    uuid: UUID
    state: MemberState


def give_consent(session: Session, actor: Actor, purpose: Purpose, draft: ChoiceDraft) -> int | None:
    """Record that the actor agrees to a purpose, and return its number in the ledger; None when they did already.

    What is recorded are the words that were shown and the policies in force. Whoever's account rested, and now agrees
    to all that it stands on, is back with everything they wrote. It asks for no permission: everybody decides this for
    themselves, however things stand with their account.

    Emits: MemberReturned (when an account no longer rests)
    Raises: NotFound, ShownBefore (the words are no longer those that were shown), Malformed (the browser says no to
    it, or being a member, which is agreed to together with what it needs), TooMany (the twenty-first time in a day)
    """
    held = _hold_actor(session, actor)
    if purpose is Purpose.MEMBERSHIP:
        raise Malformed
    if _stands(session, held, purpose):
        return None
    policies = policies_in_force(session, draft.locale)
    choices = wording.choices(policies, locale=draft.locale, gpc=draft.gpc)
    chosen = next(choice for choice in choices if choice.purpose is purpose)
    if draft.wording_sha256 != wording.hash_of_choices([chosen]):
        raise ShownBefore
    if draft.gpc and purpose in LOCKED_BY_GPC:
        raise Malformed
    (sequence,) = _record_given(session, held, policies, [chosen], gpc=draft.gpc, locale=draft.locale)
    if purpose in REQUIRED_PURPOSES:
        _bring_back(session, held)
    return sequence


def take_consent_back(session: Session, actor: Actor, purpose: Purpose, *, gpc: bool) -> int | None:
    """Take back what the actor agreed to, and return its number in the ledger; None when they don't agree to it.

    It acts as ``take_back`` says. It asks for no permission, as giving doesn't.

    Emits: ConsentTakenBack, MemberPaused (when their account rests by this)
    Raises: NotFound, Malformed (being a member ends by leaving)
    """
    if purpose is Purpose.MEMBERSHIP:
        raise Malformed
    if actor.member_id is None:
        raise NotFound
    return take_back(session, actor.member_id, purpose, ConsentMethod.SETTINGS, gpc=gpc)


def take_back(
    session: Session, member_id: MemberId, purpose: Purpose, method: ConsentMethod, *, gpc: bool = False
) -> int | None:
    """Record that a member takes a consent back, and do what follows; None when none stands.

    What is recorded as taken back is what they agreed to: those words, under those policies. What was stored under it
    is deleted. Without a consent that membership stands on, the account rests: nothing of theirs is shown, and they
    read but don't write.

    Emits: ConsentTakenBack, MemberPaused (when the account rests by this)
    Raises: NotFound (they were erased)
    """
    held = _hold(session, member_id)
    given = last_word(session, held.uuid, purpose)
    if given is None or given.decision is not Decision.GIVEN:
        return None
    withdrawal = Entry(
        subject=held.uuid,
        purpose=purpose,
        decision=Decision.WITHDRAWN,
        policies=given.policies,
        interface_text=given.interface_text,
        method=method,
        locale=given.locale,
        gpc=gpc,
        app_version=__version__,
    )
    (sequence,) = ledger.append(session, [withdrawal])
    for delete_what_it_covered in GOES_WITH[purpose]:
        delete_what_it_covered(session, held.id)
    emit(session, ConsentTakenBack(sequence))
    if purpose in REQUIRED_PURPOSES:
        _let_rest(session, held)
    return sequence


def agree_again(session: Session, actor: Actor, draft: AgreementDraft) -> None:
    """Record that the actor agrees to what an account stands on, under the policies in force; twice changes nothing.

    The policies are no news to them any more. Whoever's account rested is back with everything they wrote.

    Emits: MemberReturned (when an account no longer rests)
    Raises: NotFound, ShownBefore (policies or words are no longer those that were shown), Invalid (a choice is
    missing), TooMany (the twenty-first time in a day)
    """
    held = _hold_actor(session, actor)
    if not is_agreement_due(session, held.id):
        return
    locale = draft.locale
    policies = policies_in_force(session, locale)
    choices = wording.needed(wording.choices(policies, locale=locale, gpc=draft.gpc))
    if {(policy.kind, policy.version) for policy in policies} != draft.policies:
        raise ShownBefore
    if draft.wording_sha256 != wording.hash_of_choices(choices):
        raise ShownBefore
    if not draft.given >= REQUIRED_PURPOSES:
        raise Invalid({"agree": _("Writing needs both of these.")})
    _record_given(session, held, policies, choices, gpc=draft.gpc, locale=locale)
    _change_member(session, held.id, policies_seen_at=clock.now())
    _bring_back(session, held)


def keep_vouched_address(session: Session, member_id: MemberId, address: str) -> None:
    """Keep an address that a provider just vouched for, if the member agrees to e-mail and none is kept yet.

    Whoever signs somebody in holds the member already, so that nobody takes the consent back meanwhile.
    """
    wants_it = select(Member.id).where(
        Member.id == member_id,
        consent_stands(Member.uuid, Purpose.EMAIL),
        ~exists().where(EmailAddress.member_id == Member.id),
    )
    if session.scalar(wants_it) is not None:
        session.add(EmailAddress(member_id=member_id, address=address, verified_at=clock.now()))
        session.flush()


def mark_policies_seen(session: Session, actor: Actor, up_to: int) -> None:
    """Remember that the actor has read what is new in the policies, up to and with this version. Raises NotFound."""
    version = session.execute(
        select(PolicyVersion.effective_at, PolicyVersion.published_at).where(
            PolicyVersion.id == up_to, PolicyVersion.effective_at <= clock.now()
        )
    ).one_or_none()
    if version is None or actor.member_id is None:
        raise NotFound
    seen = max(version.effective_at, version.published_at)
    session.execute(
        update(Member)
        .where(Member.id == actor.member_id, Member.policies_seen_at < seen)
        .values(policies_seen_at=seen)
        .execution_options(synchronize_session=False)
    )


def _hold_actor(session: Session, actor: Actor) -> _Held:
    if actor.member_id is None:
        raise NotFound
    return _hold(session, actor.member_id)


def _hold(session: Session, member_id: MemberId) -> _Held:
    tools(session).take_turn(session, ledger.TURN)
    # Held, so that they don't set out to leave, or come back, between the look and what follows from it.
    row = session.execute(
        select(Member.uuid, Member.state).where(Member.id == member_id).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _Held(member_id, row.uuid, row.state)


def _stands(session: Session, held: _Held, *purposes: Purpose) -> bool:
    stands = session.execute(
        select(*(consent_stands(Member.uuid, purpose) for purpose in purposes)).where(Member.id == held.id)
    ).one()
    return all(stands)


def _record_given(
    session: Session,
    held: _Held,
    policies: tuple[PolicyReference, ...],
    choices: Sequence[Choice],
    *,
    gpc: bool,
    locale: str,
) -> list[int]:
    for choice in choices:
        _refuse_too_many(session, held, choice.purpose)
    shown = tuple(policy.as_recorded() for policy in policies)
    return ledger.append(
        session,
        [
            Entry(
                subject=held.uuid,
                purpose=choice.purpose,
                decision=Decision.GIVEN,
                policies=shown,
                interface_text=choice.text,
                method=ConsentMethod.SETTINGS,
                locale=locale,
                gpc=gpc,
                app_version=__version__,
            )
            for choice in choices
        ],
    )


def _refuse_too_many(session: Session, held: _Held, purpose: Purpose) -> None:
    """Raise TooMany until the earliest of the last twenty times that they agreed to it is a day old."""
    now = clock.now()
    earliest = session.scalar(
        select(ConsentRecord.happened_at)
        .where(
            ConsentRecord.subject == held.uuid,
            ConsentRecord.purpose == purpose,
            ConsentRecord.decision == Decision.GIVEN,
            ConsentRecord.happened_at > now - GIVEN_WITHIN,
        )
        .order_by(ConsentRecord.sequence.desc())
        .offset(MOST_GIVEN - 1)
        .limit(1)
    )
    if earliest is not None:
        raise TooMany(
            _(
                "You have agreed to this many times within a day, and each time is kept for good. Nothing was changed."
                " Please wait a while before you agree to it again."
            ),
            math.ceil((earliest + GIVEN_WITHIN - now).total_seconds()),
        )


def _let_rest(session: Session, held: _Held) -> None:
    """Let an account rest. Whoever waits, was turned away or asked for restriction has nothing that is shown."""
    if held.state is MemberState.LEAVING:
        # They are out of sight already, and stay on their way; should they come back, their account rests.
        rest_on_return(session, held.id)
    if held.state is MemberState.ACTIVE:
        _change_member(session, held.id, state=MemberState.PAUSED)
        emit(session, MemberPaused(held.id))


def _bring_back(session: Session, held: _Held) -> None:
    """End an account's rest, unless something that it stands on is still missing."""
    if not _stands(session, held, *REQUIRED_PURPOSES):
        return
    if held.state is MemberState.LEAVING:
        session.execute(
            update(Leaving)
            .where(Leaving.member_id == held.id, Leaving.state_before == MemberState.PAUSED)
            .values(state_before=MemberState.ACTIVE)
            .execution_options(synchronize_session=False)
        )
    if held.state is MemberState.PAUSED:
        _change_member(session, held.id, state=MemberState.ACTIVE)
        emit(session, MemberReturned(held.id))


def _change_member(session: Session, member_id: MemberId, **values: object) -> None:
    session.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
