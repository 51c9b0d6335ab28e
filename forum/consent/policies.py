"""Policies: what administrators draft, and what is published for good. What is read of them is ``policy_queries``.

A version holds from its day until the day of another one; of two with the same day the newer holds (``in_force``). So
an announced version is never taken back: a newer one for the same day takes its place before it ever holds.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.commands import record
from forum.audit_log.models import AuditEntry
from forum.consent import ledger
from forum.consent.drafts import PolicyDraft, PolicyEdit, PolicyPublication, PolicySeen
from forum.consent.models import PolicyDraftText, PolicyKind, PolicyVersion
from forum.database.dialects import tools
from forum.errors import Conflict, Invalid, NotFound
from forum.events import PolicyPublished, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.markdown import render_page
from forum.text.translate import gettext as _

# Whoever changes a draft or publishes waits for the one before, so that what they saw is still so.
TURN = "policies"


def publish_policy(session: Session, actor: Actor, draft: PolicyDraft) -> int:
    """Publish a new version of a policy and return its id; a text that is the newest already is not published again.

    What takes the place of a material version before that ever held is material, too, whatever the draft says: else a
    small change for the same day would keep members from being asked about a great one.

    Emits: PolicyPublished (unless the text is unchanged)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.POLICY_PUBLISH)
    tools(session).take_turn(session, TURN)
    newest = _newest(session, draft.kind, draft.locale)
    if newest is not None and _reads_as(newest, draft.title, draft.markdown):
        return newest.id
    now = clock.now()
    begins = draft.effective_at or now
    policy = PolicyVersion(
        kind=draft.kind,
        version=1 if newest is None else newest.version + 1,
        locale=draft.locale,
        title=draft.title,
        markdown=draft.markdown,
        html=render_page(draft.markdown).html,
        sha256=ledger.hash_of_text(draft.markdown),
        material=draft.material or _takes_a_material_ones_place(session, draft, begins),
        published_at=now,
        effective_at=begins,
    )
    session.add(policy)
    session.flush()
    record(session, actor, Action.POLICY_PUBLISH, facts={"policy_version": policy.id})
    emit(session, PolicyPublished(policy.id))
    return policy.id


def save_draft(session: Session, actor: Actor, edit: PolicyEdit) -> PolicySeen:
    """Keep the words of a policy that is being worked on, and return what there is to see of it now.

    Members see nothing of it. The same words again change nothing.

    Emits: nothing
    Raises: SignInFirst, Forbidden, Conflict (it was changed or published since it was seen)
    """
    require(actor, Action.POLICY_PUBLISH)
    draft = _draft_as_seen(session, edit.kind, edit.locale, edit.seen)
    if draft is None:
        draft = PolicyDraftText(kind=edit.kind, locale=edit.locale, title="", markdown="", revision=0)
        session.add(draft)
    elif (draft.title, draft.markdown) == (edit.title, edit.markdown):
        return edit.seen
    draft.title, draft.markdown = edit.title, edit.markdown
    draft.revision += 1
    draft.changed_at, draft.changed_by = clock.now(), actor.uuid
    session.flush()
    return PolicySeen(edit.seen.version, draft.id, draft.revision)


def discard_draft(session: Session, actor: Actor, kind: PolicyKind, locale: str, seen: PolicySeen) -> None:
    """Throw a draft away. What is published stays as it is.

    Emits: nothing
    Raises: SignInFirst, Forbidden, NotFound (there is none), Conflict (it was changed since it was seen)
    """
    require(actor, Action.POLICY_PUBLISH)
    draft = _draft_as_seen(session, kind, locale, seen)
    if draft is None:
        raise NotFound
    session.delete(draft)
    session.flush()


def publish_draft(session: Session, actor: Actor, publication: PolicyPublication) -> int:
    """Publish a draft for good, throw the draft away, and return the new version's id.

    Emits: PolicyPublished
    Raises: SignInFirst, Forbidden, NotFound (there is no draft), Invalid (its day is over), Conflict (it was changed
    since it was seen, or says word for word what the newest version says)
    """
    require(actor, Action.POLICY_PUBLISH)
    kind, locale = publication.kind, publication.locale
    draft = _draft_as_seen(session, kind, locale, publication.seen)
    if draft is None:
        raise NotFound
    if publication.effective_at is not None and publication.effective_at < clock.now():
        raise Invalid({"effective_on": _("This day is over. Choose today or a later day.")})
    newest = _newest(session, kind, locale)
    if newest is not None and _reads_as(newest, draft.title, draft.markdown):
        raise Conflict(
            _("The draft says word for word what the newest version says, so there is nothing to publish.")
        )
    words = PolicyDraft(
        kind, locale, draft.title, draft.markdown, publication.material, publication.effective_at
    )
    session.delete(draft)
    return publish_policy(session, actor, words)


def lay_beside(session: Session, actor: Actor, text: PolicyDraft) -> bool:
    """Lay a text beside a policy as its draft, and say whether it was: not over another draft, and no old version.

    Emits: nothing
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.POLICY_PUBLISH)
    tools(session).take_turn(session, TURN)
    was_published = session.scalar(
        select(PolicyVersion.id)
        .where(
            PolicyVersion.kind == text.kind,
            PolicyVersion.locale == text.locale,
            PolicyVersion.sha256 == ledger.hash_of_text(text.markdown),
            PolicyVersion.title == text.title,
        )
        .limit(1)
    )
    if was_published is not None or _draft(session, text.kind, text.locale) is not None:
        return False
    seen = seen_now(session, text.kind, text.locale)
    save_draft(session, actor, PolicyEdit(text.kind, text.locale, seen, text.title, text.markdown))
    return True


def is_of_an_administrator(session: Session, policy_version_id: int) -> bool:
    """Say whether an administrator published this version, and not the operator.

    Queries: 1
    """
    entry = session.scalar(
        select(AuditEntry.id)
        .where(
            AuditEntry.action == Action.POLICY_PUBLISH.value,
            AuditEntry.facts["policy_version"].as_integer() == policy_version_id,
            AuditEntry.actor_uuid.is_not(None),
        )
        .limit(1)
    )
    return entry is not None


def seen_now(session: Session, kind: PolicyKind, locale: str) -> PolicySeen:
    """Return what there is to see of a policy, for whoever changes it without a screen.

    Queries: 2
    """
    newest = _newest(session, kind, locale)
    draft = _draft(session, kind, locale)
    return PolicySeen(
        0 if newest is None else newest.version,
        0 if draft is None else draft.id,
        0 if draft is None else draft.revision,
    )


def _takes_a_material_ones_place(session: Session, draft: PolicyDraft, begins: datetime) -> bool:
    """Say whether a material version for the same moment, which hasn't come yet, never holds because of this one."""
    replaced = session.scalar(
        select(PolicyVersion.id)
        .where(
            PolicyVersion.kind == draft.kind,
            PolicyVersion.locale == draft.locale,
            PolicyVersion.material,
            PolicyVersion.effective_at == begins,
            PolicyVersion.effective_at >= clock.now(),
        )
        .limit(1)
    )
    return replaced is not None


def _draft_as_seen(
    session: Session, kind: PolicyKind, locale: str, seen: PolicySeen
) -> PolicyDraftText | None:
    """Take the turn, and return the draft, None where none was seen. Raises Conflict unless all is as it was seen."""
    tools(session).take_turn(session, TURN)
    if seen_now(session, kind, locale) != seen:
        raise Conflict(
            _("Somebody changed or published this policy in the meantime. Look at it again before you go on.")
        )
    return _draft(session, kind, locale)


def _newest(session: Session, kind: PolicyKind, locale: str) -> PolicyVersion | None:
    return session.scalars(
        select(PolicyVersion)
        .where(PolicyVersion.kind == kind, PolicyVersion.locale == locale)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    ).one_or_none()


def _draft(session: Session, kind: PolicyKind, locale: str) -> PolicyDraftText | None:
    return session.scalars(
        select(PolicyDraftText).where(PolicyDraftText.kind == kind, PolicyDraftText.locale == locale)
    ).one_or_none()


def _reads_as(policy: PolicyVersion, title: str, markdown: str) -> bool:
    return (policy.sha256, policy.title) == (ledger.hash_of_text(markdown), title)
