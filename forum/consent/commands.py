"""Publishing policies, and joining: the one place where a member comes to be."""

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import __version__, clock
from forum.accounts import names
from forum.accounts.models import EmailAddress, Identity, Member
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.queries import identity_of, name_is_taken
from forum.consent import ledger, wording
from forum.consent.drafts import JoinDraft, PolicyDraft, ShownBefore
from forum.consent.ledger import Entry
from forum.consent.models import ConsentMethod, Decision, PolicyKind, PolicyVersion
from forum.consent.queries import PolicyReference, policies_in_force, published_versions
from forum.database.dialects import tools
from forum.errors import Forbidden, Invalid, Malformed
from forum.events import MemberJoined, PolicyPublished, emit
from forum.permissions.actor import REQUIRED_PURPOSES, MemberId, Purpose
from forum.text.markdown import render_page
from forum.text.translate import gettext as _


def publish_policy(session: Session, draft: PolicyDraft) -> int:
    """Publish a new version of a policy and return its id; a text that is the newest already is not published again.

    It asks for no permission: it is for whoever has the command line.

    Emits PolicyPublished (unless the text is unchanged).
    """
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
    emit(session, PolicyPublished(policy.id))
    return policy.id


def join(session: Session, pending: PendingIdentity, draft: JoinDraft) -> MemberId:
    """Make a member of whom a provider vouched for, with every decision they took, and return who it is.

    Member, identity, e-mail address and consent events come to be together or not at all. When the identity belongs
    to a member already (a form that was sent twice), it is that member, and nothing changes.

    Emits MemberJoined. Raises Malformed for policies that never were, ShownBefore when the policies or the words
    beside the choices are no longer those that were shown, Invalid for a name that can't be had and for a missing
    consent that is needed, Forbidden while sign-up is closed.
    """
    # Everybody who joins waits here for the one before, so that what is looked up below stays true.
    tools(session).take_turn(session, ledger.TURN)
    known = identity_of(session, pending.issuer, pending.subject)
    if known is not None:
        return known.member_id
    policies = _policies_shown(session, draft)
    choices = wording.choices(policies, locale=draft.locale, gpc=draft.gpc)
    if draft.wording_sha256 != wording.hash_of_choices(choices):
        raise ShownBefore
    _check_name(session, draft, pending)
    _check_given(draft)
    member = _new_member(session, pending, draft)
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


def _new_member(session: Session, pending: PendingIdentity, draft: JoinDraft) -> Member:
    now = clock.now()
    member = Member(
        uuid=uuid.uuid4(),
        name=draft.name,
        name_key=names.name_key(draft.name),
        name_since=now,
        locale=draft.locale,
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
