"""Everything that changes reports: telling the moderators, and forgetting what they were told in time."""

import math
from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.community.subjects import visible_post
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.errors import TooMany
from forum.events import ReportRaised, emit
from forum.moderation.drafts import ReportDraft
from forum.moderation.models import Notice, Report, ReportReason
from forum.moderation.notices import WORDS_KEPT
from forum.moderation.queries.reports import is_worry
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _

# The same report sent again within this time is the same report: a double click, or a page loaded anew.
SAME_REPORT_WITHIN = timedelta(minutes=10)
# Readers without an account can't be told apart: after so many of them on one post for one reason, the moderators
# know, and whoever sends hundreds only buries what others tell.
MOST_BY_VISITORS = 5
BY_VISITORS_WITHIN = timedelta(days=1)
MOST_BY_A_MEMBER = 20
BY_A_MEMBER_WITHIN = timedelta(hours=1)

# As the policies promise, both from when the report came: records about care in a crisis, and any other case.
WORRIES_KEPT = timedelta(days=90)
REPORTS_KEPT = WORDS_KEPT


def raise_report(session: Session, actor: Actor, post_id: int, draft: ReportDraft) -> int | None:
    """Tell the moderators about a post and return the report's id. Readers without an account may, too.

    The post's words are kept as they stand, so that a later edit can't make the report look made up.

    What a member sends twice for the same post and reason within ten minutes is one report, to which new words
    are added. Readers without an account can't be told apart, so for them the words must be the same as well;
    the sixth of them in a day on the same post for the same reason adds nothing, is not kept, and gets None.

    Emits: ReportRaised (for a new report)
    Raises: NotFound, TooMany (a member's twenty-first report in an hour)
    """
    post = visible_post(session, actor, post_id)
    require(actor, Action.REPORT_RAISE, post)
    # Whose reports are counted below, they take turns: one member's, or all visitors' on this post.
    whose = f"by:{actor.member_id}" if actor.is_member else f"on:{post.id}"
    tools(session).take_turn(session, f"report-{whose}")
    known = _sent_before(session, actor, post.id, draft)
    if known is not None:
        if draft.note and draft.note not in known.note:
            known.note = "\n\n".join(part for part in (known.note, draft.note) if part)
        return known.id
    if actor.is_member:
        _refuse_too_many(session, actor)
    elif _told_by_visitors(session, post.id, draft.reason) >= MOST_BY_VISITORS:
        return None
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


def sweep_reports(session: Session) -> int:
    """Forget reports, with the words they kept, when the time is over for which the policies promise to keep them.

    Returns how many.
    """
    now = clock.now()
    over = or_(
        and_(is_worry(), Report.raised_at < now - WORRIES_KEPT),
        Report.raised_at < now - REPORTS_KEPT,
    )
    # Whoever was told what became of it keeps that they were, and not what it was about.
    session.execute(
        update(Notice)
        .where(Notice.report_id.in_(select(Report.id).where(over)))
        .values(topic_id=None, post_id=None, their_words="", message="")
        .execution_options(synchronize_session=False)
    )
    return rows_changed(session, delete(Report).where(over))


def _told_by_visitors(session: Session, post_id: int, reason: ReportReason) -> int:
    return session.execute(
        select(func.count(Report.id)).where(
            Report.post_id == post_id,
            Report.reason == reason,
            Report.reporter_id.is_(None),
            Report.raised_at > clock.now() - BY_VISITORS_WITHIN,
        )
    ).scalar_one()


def _refuse_too_many(session: Session, actor: Actor) -> None:
    """Raise TooMany until the earliest of the member's last twenty reports is an hour old."""
    now = clock.now()
    earliest = session.scalar(
        select(Report.raised_at)
        .where(Report.reporter_id == actor.member_id, Report.raised_at > now - BY_A_MEMBER_WITHIN)
        .order_by(Report.raised_at.desc())
        .offset(MOST_BY_A_MEMBER - 1)
        .limit(1)
    )
    if earliest is not None:
        raise TooMany(
            _(
                "You have told us about many posts within an hour, and we will read them. Please wait a while before"
                " the next one. If somebody is in danger now, call the emergency number where they are."
            ),
            math.ceil((earliest + BY_A_MEMBER_WITHIN - now).total_seconds()),
        )


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
