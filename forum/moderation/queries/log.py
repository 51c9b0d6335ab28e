"""The audit log, read: names are looked up when it is read, and what people wrote is never shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.accounts.suspensions import member_called
from forum.audit_log.commands import OPERATOR_ROLE
from forum.audit_log.models import Area, AuditEntry
from forum.community.models.threads import Category, Post, Topic
from forum.community.queries.topics import CategoryLine, category_lines
from forum.community.visibility import topic_is_worked_on
from forum.database.keyset import Slice, Window, slice_of
from forum.database.rows import AnyRow, AnySelect
from forum.moderation.deeds import deed, reason_in_words
from forum.moderation.drafts import LogFilter
from forum.moderation.models import Report
from forum.moderation.names import decider, is_named, name_of
from forum.moderation.queries.reports import report_address
from forum.moderation.visibility import entry_is_visible, hidden_areas, report_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import MODERATE_ALL, Actor, Role
from forum.permissions.check import can, require
from forum.text.translate import gettext as _

ENTRIES_PER_PAGE = 50
# A spreadsheet of more than these is narrowed first.
MOST_IN_A_SPREADSHEET = 5000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry. An address is empty where it would lead its reader nowhere, now or ever."""

    id: int
    made_at: datetime
    who: str
    role: str
    action: str
    deed: str
    reason: str
    category_name: str
    topic_id: int | None
    post_id: int | None
    report_id: int | None
    # Where a topic is worked on; of one that was joined with another, that is the other's page.
    topic_address: str
    report_address: str
    # "" where it is about nobody; a former member once the name is gone.
    member_name: str
    member_address: str
    # Numbers, moments and words of closed sets, for the spreadsheet.
    facts: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log, with what it is narrowed to and the cursors of the neighbouring pages."""

    entries: tuple[LogLine, ...]
    newer: str
    older: str
    chosen: LogFilter
    # A name that it was to be narrowed to and that nobody has, for whoever may look members up.
    not_found: str
    groups: tuple[Area, ...]
    categories: tuple[CategoryLine, ...]
    only_own_categories: bool


def log_page(session: Session, actor: Actor, chosen: LogFilter, window: Window) -> LogPage:
    """Return a page of the log as far as the actor may read it. Raises Forbidden, SignInFirst or Malformed.

    Queries: 2, and one for each name it is narrowed to; 1 fewer where nothing can be found
    """
    require(actor, Action.LOG_READ)
    asked = _asked(session, actor, chosen)
    found: Slice[AnyRow] = Slice((), "", "")
    if asked.can_be_found:
        found = slice_of(
            session,
            _entries(actor).where(*asked.conditions).add_columns(AuditEntry.id),
            [AuditEntry.id],
            window,
            ENTRIES_PER_PAGE,
        )
    own_only = actor.role is Role.CATEGORY_MODERATOR
    return LogPage(
        entries=tuple(_line(row, actor) for row in found.items),
        newer=found.newer,
        older=found.older,
        chosen=chosen,
        not_found=asked.not_found,
        groups=tuple(area for area in Area if area not in hidden_areas(actor)),
        categories=tuple(
            line for line in category_lines(session) if not own_only or line.id in actor.category_ids
        ),
        only_own_categories=own_only,
    )


def log_lines(session: Session, actor: Actor, chosen: LogFilter) -> tuple[LogLine, ...]:
    """Return the newest entries for a spreadsheet, at most 5000. Raises Forbidden or SignInFirst.

    Queries: 1, and one for each name it is narrowed to; 1 fewer where nothing can be found
    """
    require(actor, Action.LOG_READ)
    asked = _asked(session, actor, chosen)
    if not asked.can_be_found:
        return ()
    rows = session.execute(
        _entries(actor).where(*asked.conditions).order_by(AuditEntry.id.desc()).limit(MOST_IN_A_SPREADSHEET)
    )
    return tuple(_line(row, actor) for row in rows)


def newest_entries(
    session: Session, actor: Actor, about: ColumnElement[bool], limit: int
) -> tuple[LogLine, ...]:
    """Return the newest entries about something, as far as the actor may read them.

    Queries: 1
    """
    rows = session.execute(
        _entries(actor).where(entry_is_visible(actor), about).order_by(AuditEntry.id.desc()).limit(limit)
    )
    return tuple(_line(row, actor) for row in rows)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the log is asked for, and whether it can hold anything of the kind for who asks."""

    conditions: tuple[ColumnElement[bool], ...]
    can_be_found: bool
    not_found: str


def _entries(actor: Actor) -> AnySelect:
    by, about, named = aliased(Member), aliased(Member), aliased(Topic)
    desk = and_(Topic.id == func.coalesce(named.merged_into_id, named.id), topic_is_worked_on(actor))
    # A report's post may stand in another topic now, and that in another category.
    report = (
        select(Report.id)
        .join(Post, Post.id == Report.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Report.id == AuditEntry.report_id, report_is_visible(actor))
        .correlate(AuditEntry)
        .scalar_subquery()
    )
    return (
        select(
            AuditEntry.id.label("entry_id"),
            AuditEntry.made_at,
            AuditEntry.action,
            AuditEntry.actor_role,
            AuditEntry.reason,
            AuditEntry.topic_id,
            AuditEntry.post_id,
            AuditEntry.report_id,
            AuditEntry.member_uuid,
            AuditEntry.facts,
            by.name.label("by_name"),
            by.state.label("by_state"),
            about.name.label("about_name"),
            about.state.label("about_state"),
            Topic.id.label("desk_id"),
            report.label("open_report_id"),
            Category.name.label("category_name"),
        )
        .outerjoin(by, by.uuid == AuditEntry.actor_uuid)
        .outerjoin(about, about.uuid == AuditEntry.member_uuid)
        .outerjoin(named, named.id == AuditEntry.topic_id)
        .outerjoin(Topic, desk)
        .outerjoin(Category, Category.id == AuditEntry.category_id)
    )


def _asked(session: Session, actor: Actor, chosen: LogFilter) -> _Asked:
    """Return the conditions. Names are looked up first: one that nobody has would be looked for in all of the log."""
    conditions = [entry_is_visible(actor)]
    unknown = ""
    if chosen.group:
        conditions.append(AuditEntry.area == chosen.group)
    for column, typed in ((AuditEntry.actor_uuid, chosen.who), (AuditEntry.member_uuid, chosen.member)):
        if not typed:
            continue
        uuid = _uuid_of(session, typed)
        conditions.append(column == uuid)
        unknown = unknown or ("" if uuid else typed)
    if chosen.category:
        category = select(Category.id).where(Category.slug == chosen.category).scalar_subquery()
        conditions.append(AuditEntry.category_id == category)
    if chosen.reason:
        conditions.append(AuditEntry.reason == chosen.reason)
    if chosen.month:
        year, month = chosen.month.split("-")
        conditions.append(AuditEntry.made_at >= datetime(int(year), int(month), 1, tzinfo=UTC))
    return _Asked(
        tuple(conditions),
        can_be_found=not unknown and chosen.group not in hidden_areas(actor),
        # To everybody else, a name that nobody has is like one of somebody about whom there is nothing to read.
        not_found=unknown if can(actor, Action.MEMBER_LOOK_UP) else "",
    )


def _uuid_of(session: Session, typed: str) -> UUID | None:
    found = member_called(session, typed)
    return found[0] if found else None


def _line(row: AnyRow, actor: Actor) -> LogLine:
    may_look_up = actor.role in MODERATE_ALL and is_named(row.about_state)
    return LogLine(
        id=row.entry_id,
        made_at=row.made_at,
        who=decider(row.by_name, row.by_state, row.actor_role),
        role=role_in_words(row.actor_role),
        action=row.action,
        deed=deed(row.action, row.facts),
        reason=reason_in_words(row.reason),
        category_name=row.category_name or "",
        topic_id=row.topic_id,
        post_id=row.post_id,
        report_id=row.report_id,
        topic_address=f"/moderation/topics/{row.desk_id}" if row.desk_id else "",
        report_address=report_address(row.open_report_id) if row.open_report_id else "",
        member_name="" if row.member_uuid is None else name_of(row.about_name, row.about_state),
        member_address=f"/moderation/members/{row.about_name}" if may_look_up else "",
        facts=tuple(sorted(row.facts.items())),
    )


def role_in_words(role: str) -> str:
    """Return what somebody was trusted with, in a few words."""
    words = {
        Role.MEMBER: _("Member"),
        Role.PEER_SUPPORTER: _("Peer supporter"),
        Role.CATEGORY_MODERATOR: _("Moderator of some categories"),
        Role.MODERATOR: _("Moderator"),
        Role.ADMINISTRATOR: _("Administrator"),
    }
    if role == OPERATOR_ROLE:
        return _("Whoever has the command line")
    return words[Role(role)] if role in set(Role) else role
