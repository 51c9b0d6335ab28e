"""The audit log, read: names are looked up when it is read, and what people wrote is never shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.accounts.names import tidy_name
from forum.audit_log.commands import OPERATOR_ROLE
from forum.audit_log.models import AuditEntry
from forum.community.models import Category
from forum.community.queries import CategoryLine, category_lines
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow, AnySelect
from forum.moderation.decisions import who
from forum.moderation.deeds import deed, reason_in_words
from forum.moderation.drafts import LogFilter
from forum.moderation.visibility import entry_is_visible
from forum.permissions.actions import Action
from forum.permissions.actor import MODERATE_ALL, Actor, MemberState, Role
from forum.permissions.check import require
from forum.text.translate import gettext as _

ENTRIES_PER_PAGE = 50
# A spreadsheet of more than these is narrowed first.
MOST_IN_A_SPREADSHEET = 5000

# What one can narrow the log to, and how the names of the actions begin that belong to it.
GROUPS = {
    "topics": "community:topic:",
    "posts": "community:post:",
    "reports": "moderation:report:",
    "members": "moderation:member:",
    "administration": "admin:",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry. What it is about has an address as far as it is still there to be looked at."""

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
    groups: tuple[str, ...]
    categories: tuple[CategoryLine, ...]
    only_own_categories: bool


def log_page(session: Session, actor: Actor, chosen: LogFilter, window: Window) -> LogPage:
    """Return a page of the log as far as the actor may read it. Raises Forbidden, SignInFirst or Malformed.

    Queries: 2
    """
    require(actor, Action.LOG_READ)
    found = slice_of(
        session,
        _entries().where(entry_is_visible(actor), *_narrowed(chosen)).add_columns(AuditEntry.id),
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
        groups=_groups(actor),
        categories=tuple(
            line for line in category_lines(session) if not own_only or line.id in actor.category_ids
        ),
        only_own_categories=own_only,
    )


def log_lines(session: Session, actor: Actor, chosen: LogFilter) -> tuple[LogLine, ...]:
    """Return the newest entries for a spreadsheet, at most 5000. Raises Forbidden or SignInFirst.

    Queries: 1
    """
    require(actor, Action.LOG_READ)
    rows = session.execute(
        _entries()
        .where(entry_is_visible(actor), *_narrowed(chosen))
        .order_by(AuditEntry.id.desc())
        .limit(MOST_IN_A_SPREADSHEET)
    )
    return tuple(_line(row, actor) for row in rows)


def newest_entries(
    session: Session, actor: Actor, about: ColumnElement[bool], limit: int
) -> tuple[LogLine, ...]:
    """Return the newest entries about something, as far as the actor may read them.

    Queries: 1
    """
    rows = session.execute(
        _entries().where(entry_is_visible(actor), about).order_by(AuditEntry.id.desc()).limit(limit)
    )
    return tuple(_line(row, actor) for row in rows)


def _entries() -> AnySelect:
    by, about = aliased(Member), aliased(Member)
    # Whoever is leaving is named no more.
    named_by = (by.uuid == AuditEntry.actor_uuid) & (by.state != MemberState.LEAVING)
    named_about = (about.uuid == AuditEntry.member_uuid) & (about.state != MemberState.LEAVING)
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
            about.name.label("about_name"),
            Category.name.label("category_name"),
        )
        .outerjoin(by, named_by)
        .outerjoin(about, named_about)
        .outerjoin(Category, Category.id == AuditEntry.category_id)
    )


def _narrowed(chosen: LogFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.group:
        beginning = GROUPS[chosen.group]
        actions = [action.value for action in Action if action.value.startswith(beginning)]
        conditions.append(AuditEntry.action.in_(actions))
    if chosen.who:
        conditions.append(AuditEntry.actor_uuid == _uuid_of(chosen.who))
    if chosen.member:
        conditions.append(AuditEntry.member_uuid == _uuid_of(chosen.member))
    if chosen.category:
        category = select(Category.id).where(Category.slug == chosen.category).scalar_subquery()
        conditions.append(AuditEntry.category_id == category)
    if chosen.reason:
        conditions.append(AuditEntry.reason == chosen.reason)
    if chosen.month:
        year, month = chosen.month.split("-")
        conditions.append(AuditEntry.made_at >= datetime(int(year), int(month), 1, tzinfo=UTC))
    return conditions


def _uuid_of(name: str) -> ScalarSelect[Any]:
    return (
        select(Member.uuid)
        .where(Member.name == tidy_name(name), Member.state != MemberState.LEAVING)
        .scalar_subquery()
    )


def _groups(actor: Actor) -> tuple[str, ...]:
    """Return what the actor may narrow the log to: nothing that they never see."""
    hidden = set()
    if actor.role is not Role.ADMINISTRATOR:
        hidden.add("administration")
    if actor.role is Role.CATEGORY_MODERATOR:
        hidden.add("members")
    return tuple(group for group in GROUPS if group not in hidden)


def _line(row: AnyRow, actor: Actor) -> LogLine:
    may_look_up = actor.role in MODERATE_ALL and bool(row.about_name)
    return LogLine(
        id=row.entry_id,
        made_at=row.made_at,
        who=who(row.by_name, row.actor_role),
        role=role_in_words(row.actor_role),
        action=row.action,
        deed=deed(row.action, row.facts),
        reason=reason_in_words(row.reason),
        category_name=row.category_name or "",
        topic_id=row.topic_id,
        post_id=row.post_id,
        report_id=row.report_id,
        member_name="" if row.member_uuid is None else row.about_name or _("a former member"),
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
