"""Joining (the one place where a member comes to be), and taking a consent back."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import __version__, clock
from forum.accounts import names
from forum.accounts.bans import banned_until, hashes_of
from forum.accounts.models import EmailAddress, Identity, Member
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.queries import identity_of, joined_just_now
from forum.accounts.renaming import check_name
from forum.community_settings.models import SignUp
from forum.community_settings.queries import settings_held
from forum.consent import changing, ledger, wording
from forum.consent.drafts import AlreadyMember, Banned, JoinDraft, NobodyNew, ShownBefore
from forum.consent.ledger import Entry
from forum.consent.models import ConsentMethod, Decision, PolicyKind
from forum.consent.queries import PolicyReference, policies_in_force, published_versions
from forum.database.dialects import tools
from forum.errors import Conflict, Forbidden, Invalid, Malformed, NotFound
from forum.events import MemberJoined, emit
from forum.permissions.actor import REQUIRED_PURPOSES, MemberId, MemberState, Purpose
from forum.text.translate import gettext as _
from forum.text.translate import locale_code

# A form that is sent twice comes again within this; later, what a browser held then is no proof of who it is.
SENT_TWICE_WITHIN = timedelta(minutes=1)


def join(
    session: Session, pending: PendingIdentity, draft: JoinDraft, *, ban_keys: Sequence[str]
) -> MemberId:
    """Make a member of whom a provider vouched for, with every decision they took, and return who it is.

    Member, identity, e-mail address and consent events come to be together or not at all. When the identity belongs
    to a member who joined only just now and is signed in (a form that was sent twice), it is that member, and nothing
    changes. Where moderators let newcomers in by hand, the new member waits for that.

    Emits MemberJoined. Raises AlreadyMember when the identity belongs to anybody else, Banned when it was that of
    somebody who left while they were suspended, as far as one of the keys tells, NobodyNew while administrators let
    nobody join, Malformed for policies that never were, ShownBefore when the policies or the words beside the
    choices are no longer those that were shown, Invalid for a name that can't be had and for a missing consent that is
    needed, Forbidden while no policies are published.
    """
    # Everybody who joins waits here for the one before, so that what is looked up below stays true.
    tools(session).take_turn(session, ledger.TURN)
    known = identity_of(session, pending.issuer, pending.subject)
    if known is not None:
        if not joined_just_now(session, known.member_id, SENT_TWICE_WITHIN):
            raise AlreadyMember
        return known.member_id
    # Looked up after the identity: whoever erases it bans it in the same transaction.
    until = banned_until(session, hashes_of(ban_keys, pending.issuer, pending.subject))
    if until is not None:
        raise Banned(until)
    # Whatever the page said that they saw: what holds now decides, and goes on holding until they are a member.
    settings = settings_held(session)
    if not settings.takes_members:
        raise NobodyNew(settings.why_nobody_joins)
    policies = _policies_shown(session, draft)
    choices = wording.choices(policies, locale=draft.locale, gpc=draft.gpc)
    if draft.wording_sha256 != wording.hash_of_choices(choices):
        raise ShownBefore
    _check_name(session, draft, pending, ban_keys)
    _check_given(draft)
    waits = settings.sign_up is SignUp.APPROVAL
    member = _new_member(session, pending, draft, MemberState.WAITING if waits else MemberState.ACTIVE)
    if pending.email is not None and Purpose.EMAIL in draft.given:
        session.add(EmailAddress(member_id=member.id, address=pending.email, verified_at=clock.now()))
    shown = tuple(policy.as_recorded() for policy in policies)
    ledger.append(
        session,
        [
            Entry(
                subject=member.uuid,
                purpose=choice.purpose,
                decision=Decision.GIVEN if choice.purpose in draft.given else Decision.REFUSED,
                policies=shown,
                interface_text=choice.text,
                method=ConsentMethod.CONSENT_STEP,
                locale=draft.locale,
                gpc=draft.gpc,
                app_version=__version__,
            )
            for choice in choices
        ],
    )
    emit(session, MemberJoined(member.id))
    return MemberId(member.id)


def withdraw(session: Session, name: str, purpose: Purpose) -> MemberId:
    """Take back the consent that the member of this name gave for a purpose, and return who it is.

    It acts as ``changing.take_back`` says. It asks for no permission: it is for whoever has the command line.

    Emits: ConsentTakenBack, MemberPaused (when the account rests by this)
    Raises: NotFound (nobody has the name), Conflict (no consent for the purpose stands)
    """
    found = session.scalar(select(Member.id).where(Member.name == names.tidy_name(name)))
    if found is None:
        raise NotFound(_("No member has this name."))
    member_id = MemberId(found)
    if changing.take_back(session, member_id, purpose, ConsentMethod.OPERATOR) is None:
        raise Conflict(_("They have not agreed to this, so there is nothing to take back."))
    return member_id


def _policies_shown(session: Session, draft: JoinDraft) -> tuple[PolicyReference, ...]:
    """Return the policies in force, which must be those that were shown."""
    if not draft.policies <= published_versions(session, draft.locale):
        raise Malformed
    policies = policies_in_force(session, draft.locale)
    if len(policies) != len(PolicyKind):
        raise Forbidden(_("Nobody can join yet: the terms and policies are not published."))
    if {(policy.kind, policy.version) for policy in policies} != draft.policies:
        raise ShownBefore
    return policies


def _check_name(session: Session, draft: JoinDraft, pending: PendingIdentity, keys: Sequence[str]) -> None:
    check_name(session, draft.name, keys)
    if not draft.is_name_confirmed and names.resembles(draft.name, pending.name_hints):
        raise Invalid(
            {
                "is_name_confirmed": _(
                    "This is much like the name you have there, so people who know you could find you here. "
                    "Choose another name, or tick the box to use it all the same."
                )
            }
        )


def _check_given(draft: JoinDraft) -> None:
    """No account without what it stands on, and nothing that the browser has said no to."""
    if draft.gpc and draft.given & wording.LOCKED_BY_GPC:
        raise Malformed
    if not draft.given >= REQUIRED_PURPOSES:
        raise Invalid({"agree": _("An account needs both of these.")})


def _new_member(session: Session, pending: PendingIdentity, draft: JoinDraft, state: MemberState) -> Member:
    now = clock.now()
    member = Member(
        uuid=uuid.uuid4(),
        name=draft.name,
        name_key=names.name_key(draft.name),
        name_since=now,
        state=state,
        # The language they read in, which may be another than the one the policies could be had in.
        locale=locale_code(),
        joined_at=now,
    )
    session.flush()
    try:
        # The database has the last word, should anything ever write names without that turn.
        with session.begin_nested():
            session.add(member)
    except IntegrityError:
        raise Invalid({"name": _("Somebody was faster with this name. Choose another one.")}) from None
    session.add(Identity(member_id=member.id, issuer=pending.issuer, subject=pending.subject, added_at=now))
    session.flush()
    return member
