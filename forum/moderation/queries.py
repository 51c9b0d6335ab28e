"""The pages of moderation, read: column tuples into frozen dataclasses, a constant number of statements each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import permalink
from forum.community.models import Category, Post, PostState, Topic, TopicState
from forum.community.queries import title_to_show
from forum.community.visibility import is_shown
from forum.database.keyset import Window, slice_of
from forum.moderation.models import Report, ReportReason
from forum.moderation.reasons import label_of
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, Role
from forum.permissions.check import require
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _

REPORTS_PER_PAGE = 25
# Enough to see what it is about; whoever needs the rest opens the post.
EXCERPT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in the moderators' list. ``excerpt`` is how the post began when it was reported."""

    id: int
    is_worry: bool
    reason: str
    raised_at: datetime
    reporter: str
    note: str
    topic_title: str
    category_name: str
    post_number: int
    # Empty where the post can't be opened any more.
    post_address: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """A page of the reports, the newest first, with the cursors of the neighbouring pages."""

    reports: tuple[ReportLine, ...]
    newer: str
    older: str
    # A category moderator sees only some; the page says so.
    only_own_categories: bool


def reports_page(session: Session, actor: Actor, window: Window) -> ReportsPage:
    """Return a page of the reports that the actor answers for. Raises Forbidden, SignInFirst or Malformed.

    Queries: 1
    """
    require(actor, Action.REPORT_LIST)
    reporter = aliased(Member)
    author = aliased(Member)
    starter = aliased(Member)
    order = [Report.raised_at, Report.id]
    found = slice_of(
        session,
        select(
            Report.reason,
            Report.note,
            Report.reporter_id,
            reporter.name.label("reporter_name"),
            reporter.state.label("reporter_state"),
            Topic.title.label("topic_title"),
            Category.name.label("category_name"),
            Post.id.label("post_id"),
            Post.number,
            Report.post_markdown,
            and_(Topic.state == TopicState.PUBLISHED, Post.state == PostState.PUBLISHED).label("stands"),
            author.state.label("author_state"),
            starter.state.label("starter_state"),
            *order,
        )
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(reporter, reporter.id == Report.reporter_id)
        .outerjoin(author, author.id == Post.author_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .where(report_is_visible(actor)),
        order,
        window,
        REPORTS_PER_PAGE,
    )
    return ReportsPage(
        reports=tuple(_line(row) for row in found.items),
        newer=found.newer,
        older=found.older,
        only_own_categories=actor.role is Role.CATEGORY_MODERATOR,
    )


def _line(row: Row[Any]) -> ReportLine:
    stands = bool(row.stands) and is_shown(row.author_state)
    return ReportLine(
        id=row.id,
        is_worry=row.reason is ReportReason.WORRIED_ABOUT_SOMEONE,
        reason=label_of(row.reason),
        raised_at=row.raised_at,
        reporter=_reporter(row),
        note=row.note,
        topic_title=title_to_show(row.topic_title, is_shown(row.starter_state)),
        category_name=row.category_name,
        post_number=row.number,
        post_address=permalink(row.post_id) if stands else "",
        excerpt=_excerpt(row.post_markdown),
    )


def _reporter(row: Row[Any]) -> str:
    """Return who told it. Whoever is leaving or paused is named nowhere, and so not here."""
    if row.reporter_id is None:
        return _("a reader")
    return row.reporter_name if is_shown(row.reporter_state) else _("a former member")


def _excerpt(markdown: str) -> str:
    line = tidy_line(markdown)
    return line if len(line) <= EXCERPT_LENGTH else line[:EXCERPT_LENGTH].rsplit(" ", 1)[0] + "…"
