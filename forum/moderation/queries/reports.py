"""The list of what moderators were told: which reports are open, which are one's own, and which are closed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.bylines import title_to_show
from forum.community.models.threads import Category, Post, Topic
from forum.community.visibility import is_shown
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow, AnySelect
from forum.moderation.models import Report, ReportReason
from forum.moderation.names import name_of
from forum.moderation.outcomes import label_of_outcome
from forum.moderation.reasons import label_of
from forum.moderation.visibility import report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, Role
from forum.permissions.check import require

REPORTS_PER_PAGE = 25


class Show(StrEnum):
    """Which reports are listed."""

    OPEN = "open"
    MINE = "mine"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What was told about one post, worries apart from broken rules. It holds none of the words."""

    id: int
    is_worry: bool
    reason: str
    # When the first of them came in.
    raised_at: datetime
    # Whether somebody else told the same about this post.
    told_by_more: bool
    topic_title: str
    category_name: str
    # Who works on it, or "".
    claimed_by: str
    is_mine: bool
    closed_at: datetime | None
    outcome: str

    @property
    def address(self) -> str:
        """Return the page on which it is worked."""
        return report_address(self.id)


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """A page of the reports, with the cursors of the neighbouring pages."""

    show: Show
    reports: tuple[ReportLine, ...]
    back: str
    on: str
    # A category moderator sees only some; the page says so.
    only_own_categories: bool


def reports_page(session: Session, actor: Actor, show: Show, window: Window) -> ReportsPage:
    """Return a page of the reports that the actor answers for. Raises Forbidden, SignInFirst or Malformed.

    Open ones come worries first, and then those that wait longest; closed ones the newest first.

    Queries: 1
    """
    require(actor, Action.REPORT_LIST)
    listed: ColumnElement[bool]
    order: list[Any]
    other = aliased(Report)
    together = _together(other, is_open=show is not Show.CLOSED)
    if show is Show.CLOSED:
        order = [Report.closed_at, Report.id]
        # What belongs together is one line.
        listed = and_(Report.closed_at.is_not(None), ~exists().where(together, other.id < Report.id))
    else:
        order = [case((is_worry(), 0), else_=1).label("rank"), Report.raised_at, Report.id]
        listed = begins_open_case()
        if show is Show.MINE:
            listed = and_(listed, Report.claimed_by_id == actor.member_id)
    found = slice_of(
        session,
        _lines(exists().where(together, other.id > Report.id))
        .where(report_is_visible(actor), listed)
        .add_columns(*order),
        order,
        window,
        REPORTS_PER_PAGE,
        oldest_first=show is not Show.CLOSED,
    )
    return ReportsPage(
        show=show,
        reports=tuple(_line(row, actor) for row in found.items),
        back=found.newer,
        on=found.older,
        only_own_categories=actor.role is Role.CATEGORY_MODERATOR,
    )


def is_worry(report: type[Report] = Report) -> ColumnElement[bool]:
    """Say which reports are worries about somebody, and not about a rule."""
    return report.reason == ReportReason.WORRIED_ABOUT_SOMEONE


def begins_open_case() -> ColumnElement[bool]:
    """Say which reports stand for all open ones that are worked together: a case is listed, and counted, once."""
    other = aliased(Report)
    return and_(
        Report.closed_at.is_(None),
        ~exists().where(_together(other, is_open=True), other.id < Report.id),
    )


def report_address(report_id: int) -> str:
    """Return the page on which a report is worked."""
    return f"/moderation/reports/{report_id}"


def _together(other: type[Report], *, is_open: bool) -> ColumnElement[bool]:
    with_it = other.closed_at.is_(None) if is_open else other.closed_at == Report.closed_at
    return and_(other.post_id == Report.post_id, is_worry(other) == is_worry(), with_it)


def _lines(told_by_more: ColumnElement[bool]) -> AnySelect:
    claimer = aliased(Member)
    starter = aliased(Member)
    return (
        select(
            Report.id.label("report_id"),
            Report.reason,
            Report.raised_at.label("told_at"),
            Report.claimed_by_id,
            Report.closed_at.label("done_at"),
            Report.outcome,
            claimer.name.label("claimer_name"),
            claimer.state.label("claimer_state"),
            Topic.title,
            starter.state.label("starter_state"),
            Category.name.label("category_name"),
            told_by_more.label("told_by_more"),
        )
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(claimer, claimer.id == Report.claimed_by_id)
        .outerjoin(starter, starter.id == Topic.author_id)
    )


def _line(row: AnyRow, actor: Actor) -> ReportLine:
    about_someone = row.reason is ReportReason.WORRIED_ABOUT_SOMEONE
    return ReportLine(
        id=row.report_id,
        is_worry=about_someone,
        reason=label_of(row.reason),
        raised_at=row.told_at,
        told_by_more=bool(row.told_by_more),
        topic_title=title_to_show(row.title, is_shown(row.starter_state)),
        category_name=row.category_name,
        claimed_by=name_of(row.claimer_name, row.claimer_state) if row.claimed_by_id else "",
        is_mine=row.claimed_by_id == actor.member_id,
        closed_at=row.done_at,
        outcome=label_of_outcome(row.outcome, is_worry=about_someone) if row.outcome else "",
    )
