"""Everything that changes moderation's rows, but the helplines. A command checks, changes and announces."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.community.subjects import visible_post
from forum.database.dialects import tools
from forum.events import ReportRaised, emit
from forum.moderation.drafts import ReportDraft
from forum.moderation.models import Report
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require

# The same report sent again within this time is the same report: a double click, or a page loaded anew.
SAME_REPORT_WITHIN = timedelta(minutes=10)


def raise_report(session: Session, actor: Actor, post_id: int, draft: ReportDraft) -> int:
    """Tell the moderators about a post and return the report's id. Readers without an account may, too.

    The post's words are kept as they stand, so that a later edit can't make the report look made up.

    What a member sends twice for the same post and reason within ten minutes is one report, to which new words
    are added. Readers without an account can't be told apart, so for them the words must be the same as well.

    Emits: ReportRaised (for a new report)
    Raises: NotFound
    """
    post = visible_post(session, actor, post_id)
    require(actor, Action.REPORT_RAISE, post)
    tools(session).take_turn(session, f"report:{post.id}")
    known = _sent_before(session, actor, post.id, draft)
    if known is not None:
        if draft.note and draft.note not in known.note:
            known.note = "\n\n".join(part for part in (known.note, draft.note) if part)
        return known.id
    report = Report(
        reason=draft.reason,
        post_id=post.id,
        reporter_id=actor.member_id,
        post_markdown=post.markdown,
        note=draft.note,
        raised_at=clock.now(),
    )
    session.add(report)
    session.flush()
    emit(session, ReportRaised(report_id=report.id))
    return report.id


def _sent_before(session: Session, actor: Actor, post_id: int, draft: ReportDraft) -> Report | None:
    """Return the report that this one repeats."""
    same = select(Report).where(
        Report.post_id == post_id,
        Report.reason == draft.reason,
        Report.reporter_id.is_not_distinct_from(actor.member_id),
        Report.raised_at > clock.now() - SAME_REPORT_WITHIN,
    )
    if not actor.is_member:
        same = same.where(Report.note == draft.note)
    return session.scalars(same.order_by(Report.id.desc()).limit(1)).one_or_none()
