"""Everything that changes treatments. A command checks, changes and announces; it never commits."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.commands import record
from forum.community.commands.categories import open_community_topic
from forum.database.dialects import tools
from forum.events import TreatmentPublished, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.markdown import render_page
from forum.treatments.drafts import DiscussionDraft, TreatmentDraft
from forum.treatments.models import Treatment, TreatmentVersion


def publish_treatment(session: Session, actor: Actor, draft: TreatmentDraft) -> int:
    """Make the treatment's page and its discussion, and return the treatment's id.

    Where the page exists already, a text that no version holds yet arrives as a draft beside the published
    one, never over it, because somebody may have edited that; a text that a version holds changes nothing.

    Emits: TreatmentPublished (the first time only: a draft shows nowhere)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.TREATMENT_PUBLISH)
    tools(session).take_turn(session, f"treatment:{draft.slug}")
    treatment_id = session.scalar(select(Treatment.id).where(Treatment.slug == draft.slug))
    if treatment_id is not None:
        if not _holds(session, treatment_id, draft):
            _add_version(session, treatment_id, draft, published=False)
            record(session, actor, Action.TREATMENT_PUBLISH, facts={"treatment": treatment_id, "live": False})
        return treatment_id
    treatment = Treatment(
        slug=draft.slug, pinned=draft.pinned, topic_id=_open_discussion(session, actor, draft.discussion)
    )
    session.add(treatment)
    session.flush()
    _add_version(session, treatment.id, draft, published=True)
    record(session, actor, Action.TREATMENT_PUBLISH, facts={"treatment": treatment.id, "live": True})
    emit(session, TreatmentPublished(treatment_id=treatment.id))
    return treatment.id


def _open_discussion(session: Session, actor: Actor, draft: DiscussionDraft) -> int:
    return open_community_topic(
        session, actor, draft.category_slug, draft.title, draft.text, draft.intent, pinned=draft.pinned
    )


def _holds(session: Session, treatment_id: int, draft: TreatmentDraft) -> bool:
    """Say whether one of the versions, published or not, reads as the draft does."""
    wanted = _written(draft)
    versions = session.scalars(
        select(TreatmentVersion).where(
            TreatmentVersion.treatment_id == treatment_id, TreatmentVersion.locale == draft.locale
        )
    )
    return any(
        all(_as_typed(getattr(version, name)) == value for name, value in wanted.items())
        for version in versions
    )


def _as_typed(value: Any) -> Any:
    """Leave out what the renderer made: a newer renderer makes no newer text."""
    if isinstance(value, list):
        return [
            {k: v for k, v in part.items() if k != "html"} if isinstance(part, dict) else part
            for part in value
        ]
    return value


def _written(draft: TreatmentDraft) -> dict[str, Any]:
    """Return the columns of a version as the draft words them, without what is rendered from them."""
    return {
        "title": draft.title,
        "also_called": list(draft.also_called),
        "summary": draft.summary,
        "evidence_strength": draft.evidence_strength,
        "evidence_reason": draft.evidence_reason,
        "sections": [{"key": s.key, "heading": s.heading, "markdown": s.text} for s in draft.sections],
        "references": [{"key": r.key, "text": r.text, "url": r.url} for r in draft.references],
        "author": draft.author,
        "reviewer": draft.reviewer,
        "checked_on": draft.checked_on,
        "next_review_on": draft.next_review_on,
    }


def _add_version(session: Session, treatment_id: int, draft: TreatmentDraft, *, published: bool) -> None:
    newest = session.scalar(
        select(func.max(TreatmentVersion.version)).where(
            TreatmentVersion.treatment_id == treatment_id, TreatmentVersion.locale == draft.locale
        )
    )
    columns = _written(draft)
    columns["sections"] = [
        section | {"html": render_page(section["markdown"]).html} for section in columns["sections"]
    ]
    session.add(
        TreatmentVersion(
            treatment_id=treatment_id,
            version=(newest or 0) + 1,
            locale=draft.locale,
            published_at=clock.now() if published else None,
            **columns,
        )
    )
    session.flush()
