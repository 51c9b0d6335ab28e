"""The community's pages, read: column tuples into frozen dataclasses, a constant number of statements each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import category_address, topic_address
from forum.community.bylines import face_to_show, name_to_show, title_to_show
from forum.community.models.threads import Category, Intent, Topic
from forum.community.visibility import (
    author_is_shown,
    opening_stands,
    shows,
    topic_is_listed,
    topic_is_met,
    topic_is_visible,
)
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow, AnySelect, all_as
from forum.errors import NotFound
from forum.permissions.actor import Actor
from forum.text.sanitising import cleaned

TOPICS_PER_PAGE = 25


class Sort(StrEnum):
    """How a topic list is ordered."""

    ACTIVE = "active"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category in a list."""

    id: int
    slug: str
    name: str
    description: str

    @property
    def address(self) -> str:
        """Return its page."""
        return category_address(self.slug)


@dataclass(frozen=True, slots=True)
class CategoriesPage:
    """All categories."""

    categories: tuple[CategoryLine, ...]


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic in a list."""

    id: int
    title: str
    address: str
    category_name: str
    category_address: str
    author_name: str | None
    author_face: str
    intent: Intent
    content_note: str
    reply_count: int
    waiting: bool
    created_at: datetime
    last_activity_at: datetime
    pinned: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """A category's topics, a page of them, with the cursors of the neighbouring pages."""

    id: int
    slug: str
    name: str
    description: str
    opening: Markup
    help_on_top: bool
    address: str
    sort: Sort
    topics: tuple[TopicRow, ...]
    newer: str
    older: str


def category_lines(session: Session) -> tuple[CategoryLine, ...]:
    """Return all categories in their order.

    Queries: 1
    """
    return all_as(
        session,
        CategoryLine,
        select(Category.id, Category.slug, Category.name, Category.description).order_by(Category.position),
    )


def categories_page(session: Session) -> CategoriesPage:
    """Return the page of all categories.

    Queries: 1
    """
    return CategoriesPage(category_lines(session))


def category_page(session: Session, actor: Actor, slug: str, sort: Sort, window: Window) -> CategoryPage:
    """Return a category's topics, pinned ones first. Raises NotFound, and Malformed for a foreign cursor.

    Queries: 2
    """
    category = session.execute(
        select(
            Category.id,
            Category.name,
            Category.description,
            Category.opening_html,
            Category.help_on_top,
        ).where(Category.slug == slug)
    ).one_or_none()
    if category is None:
        raise NotFound
    by = Topic.last_activity_at if sort is Sort.ACTIVE else Topic.started_at
    order = [Topic.pinned, by, Topic.id]
    found = slice_of(
        session,
        _topic_rows()
        .where(Topic.category_id == category.id, topic_is_visible(actor), topic_is_met(actor))
        .add_columns(*order),
        order,
        window,
        TOPICS_PER_PAGE,
    )
    return CategoryPage(
        id=category.id,
        slug=slug,
        name=category.name,
        description=category.description,
        opening=cleaned(category.opening_html),
        help_on_top=category.help_on_top,
        address=category_address(slug),
        sort=sort,
        topics=tuple(_topic_row(row, actor) for row in found.items),
        newer=found.newer,
        older=found.older,
    )


def latest_topics(session: Session, actor: Actor, limit: int) -> tuple[TopicRow, ...]:
    """Return the public topics in which something happened last.

    Queries: 1
    """
    rows = session.execute(
        _topic_rows()
        .where(topic_is_listed(), author_is_shown(actor))
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(limit)
    )
    return tuple(_topic_row(row, actor) for row in rows)


def _topic_rows() -> AnySelect:
    return (
        select(
            Topic.id,
            Topic.title,
            Topic.slug,
            Category.name,
            Category.slug.label("category_slug"),
            Topic.author_id,
            Topic.from_community,
            Member.name.label("author_name"),
            Member.state.label("author_state"),
            Topic.intent,
            Topic.content_note,
            Topic.audience,
            Topic.reply_count,
            Topic.first_reply_at,
            Topic.started_at,
            Topic.last_activity_at,
            Topic.pinned,
            Topic.locked,
            opening_stands().label("opening_stands"),
        )
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(Member, Member.id == Topic.author_id)
    )


def _topic_row(row: AnyRow, actor: Actor) -> TopicRow:
    author_shown = shows(actor, row.author_id, row.author_state)
    shown = author_shown and bool(row.opening_stands)
    return TopicRow(
        id=row.id,
        title=title_to_show(row.title, shown),
        address=topic_address(row.id, row.slug if shown else "", row.audience),
        category_name=row.name,
        category_address=category_address(row.category_slug),
        author_name=name_to_show(row.author_name, row.from_community, author_shown),
        author_face=face_to_show(row.author_name, row.from_community, author_shown),
        intent=row.intent,
        content_note=row.content_note if shown else "",
        reply_count=row.reply_count,
        waiting=row.first_reply_at is None and not row.from_community,
        created_at=row.started_at,
        last_activity_at=row.last_activity_at,
        pinned=bool(row.pinned),
        locked=row.locked,
    )
