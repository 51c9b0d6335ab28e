"""Publishing policies, joining (the one place where a member comes to be), and taking a consent back."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import __version__, clock
from forum.accounts import names
from forum.accounts.leaving import rest_on_return
from forum.accounts.models import EmailAddress, Identity, Member
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.queries import identity_of, joined_just_now, name_is_taken
from forum.audit_log.commands import record
from forum.community_settings.models import SignUp
from forum.community_settings.queries import settings_held
from forum.consent import ledger, wording
from forum.consent.drafts import AlreadyMember, JoinDraft, NobodyNew, PolicyDraft, ShownBefore
from forum.consent.ledger import Entry
from forum.consent.models import ConsentMethod, Decision, PolicyKind, PolicyVersion
from forum.consent.queries import PolicyReference, last_word, policies_in_force, published_versions
from forum.database.dialects import tools
from forum.errors import Conflict, Forbidden, Invalid, Malformed, NotFound
from forum.events import MemberJoined, MemberPaused, PolicyPublished, emit
from forum.permissions.actions import Action
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberId, MemberState, Purpose
from forum.permissions.check import require
from forum.text.markdown import render_page
from forum.text.translate import gettext as _
from forum.text.translate import locale_code

# A form that is sent twice comes again within this; later, what a browser held then is no proof of who it is.
SENT_TWICE_WITHIN = timedelta(minutes=1)


def publish_policy(session: Session, actor: Actor, draft: PolicyDraft) -> int:
    """Publish a new version of a policy and return its id; a text that is the newest already is not published again.

    Emits: PolicyPublished (unless the text is unchanged)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.POLICY_PUBLISH)
    sha256 = ledger.hash_of_text(draft.markdown)
    newest = session.execute(
        select(PolicyVersion.id, PolicyVersion.version, PolicyVersion.sha256, PolicyVersion.title)
        .where(PolicyVersion.kind == draft.kind, PolicyVersion.locale == draft.locale)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and (newest.sha256, newest.title) == (sha256, draft.title):
        return int(newest.id)
    now = clock.now()
    policy = PolicyVersion(
        kind=draft.kind,
        version=1 if newest is None else newest.version + 1,
        locale=draft.locale,
        title=draft.title,
        markdown=draft.markdown,
        html=render_page(draft.markdown).html,
        sha256=sha256,
        material=draft.material,
        published_at=now,
        effective_at=draft.effective_at or now,
    )
    session.add(policy)
    session.flush()
    record(session, actor, Action.POLICY_PUBLISH, facts={"policy_version": policy.id})
    emit(session, PolicyPublished(policy.id))
    return policy.id


def join(session: Session, pending: PendingIdentity, draft: JoinDraft) -> MemberId:
    """Make a member of whom a provider vouched for, with every decision they took, and return who it is.

    Member, identity, e-mail address and consent events come to be together or not at all. When the identity belongs
    to a member who joined only just now and is signed in (a form that was sent twice), it is that member, and nothing
    changes. Where moderators let newcomers in by hand, the new member waits for that.

    Emits MemberJoined. Raises AlreadyMember when the identity belongs to anybody else, NobodyNew while administrators
    let nobody join, Malformed for policies that never were, ShownBefore when the policies or the words beside the
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
    # Whatever the page said that they saw: what holds now decides, and goes on holding until they are a member.
    settings = settings_held(session)
    if not settings.takes_members:
        raise NobodyNew(settings.why_nobody_joins)
    policies = _policies_shown(session, draft)
    choices = wording.choices(policies, locale=draft.locale, gpc=draft.gpc)
    if draft.wording_sha256 != wording.hash_of_choices(choices):
        raise ShownBefore
    _check_name(session, draft, pending)
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


def withdraw(session: Session, name: str, purpose: Purpose, method: ConsentMethod) -> MemberId:
    """Take back the consent that the member of this name gave for a purpose, and return who it is.

    What is recorded as taken back is what they agreed to: those words, under those policies. An e-mail address goes at
    once. Without a consent that membership stands on, the account is paused: nothing of theirs is shown, and they read
    but don't write.

    It asks for no permission: it is for whoever has the command line.

    Emits MemberPaused (when the account is paused by this). Raises NotFound when nobody has the name, Conflict when
    no consent for the purpose stands.
    """
    tools(session).take_turn(session, ledger.TURN)
    # Held, so that they don't set out to leave, or come back, between the look and what follows from it.
    member = session.scalars(
        select(Member).where(Member.name == names.tidy_name(name)).with_for_update(key_share=True)
    ).one_or_none()
    if member is None:
        raise NotFound(_("No member has this name."))
    given = last_word(session, member.uuid, purpose)
    if given is None or given.decision is not Decision.GIVEN:
        raise Conflict(_("They have not agreed to this, so there is nothing to take back."))
    withdrawal = Entry(
        subject=member.uuid,
        purpose=purpose,
        decision=Decision.WITHDRAWN,
        policies=given.policies,
        interface_text=given.interface_text,
        method=method,
        locale=given.locale,
        gpc=False,
        app_version=__version__,
    )
    ledger.append(session, [withdrawal])
    if purpose is Purpose.EMAIL:
        session.execute(delete(EmailAddress).where(EmailAddress.member_id == member.id))
    # Whoever is leaving is out of sight already, and stays on their way; should they come back, their account rests.
    if purpose in REQUIRED_PURPOSES and member.state is MemberState.LEAVING:
        rest_on_return(session, MemberId(member.id))
    if purpose in REQUIRED_PURPOSES and member.state is MemberState.ACTIVE:
        member.state = MemberState.PAUSED
        session.flush()
        emit(session, MemberPaused(member.id))
    return MemberId(member.id)


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


def _check_name(session: Session, draft: JoinDraft, pending: PendingIdentity) -> None:
    problem = names.problem_with(draft.name)
    if problem is not None:
        raise Invalid({"name": problem})
    if name_is_taken(session, draft.name):
        raise Invalid(
            {"name": _("Somebody here has this name, or one that looks like it. Choose another one.")}
        )
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
