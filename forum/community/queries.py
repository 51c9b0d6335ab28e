"""The community's pages, read: column tuples into frozen dataclasses, a constant number of statements each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import POSTS_PER_PAGE, category_address, page_of, permalink, topic_address
from forum.community.bylines import face_to_show, name_to_show, role_label
from forum.community.models import Audience, Category, Intent, Post, PostState, Topic
from forum.community.visibility import (
    author_is_shown,
    is_shown,
    opening_stands,
    post_is_readable,
    topic_is_listed,
    topic_is_visible,
)
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow, AnySelect, all_as
from forum.errors import NotFound
from forum.permissions.actor import Actor
from forum.text.sanitising import cleaned
from forum.text.translate import gettext as _

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


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Where a post stands now: its permalink, and the title of the topic there."""

    address: str
    topic_title: str


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as a page shows it; without ``body`` it is a neutral line, whatever the cause.

    A neutral line has an ``author_id`` only for its author, who may still take the words back.
    """

    id: int
    number: int
    address: str
    author_id: int | None
    author_name: str | None
    author_face: str
    author_role_label: str
    written_at: datetime
    edited_at: datetime | None
    body: Markup | None
    locked: bool
    # Of a line whose post moderators put into another topic, for whoever may read it there.
    moved_to: MovedTo | None = None

    @property
    def anchor(self) -> str:
        """Return the id of its element."""
        return f"post-{self.number}"

    @property
    def gone_line(self) -> str:
        """Return what stands in place of a text that is not shown."""
        return _("This post is not shown.")


@dataclass(frozen=True, slots=True)
class TopicPage:
    """A topic and one page of its posts."""

    id: int
    title: str
    address: str
    category_id: int
    category_name: str
    category_address: str
    author_id: int | None
    author_name: str | None
    intent: Intent
    content_note: str
    audience: Audience
    indexable: bool
    locked: bool
    pinned: bool
    started_at: datetime
    last_activity_at: datetime
    reply_count: int
    page: int
    pages: int
    posts: tuple[PostView, ...]


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
        _topic_rows().where(Topic.category_id == category.id, topic_is_visible(actor)).add_columns(*order),
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
        topics=tuple(_topic_row(row) for row in found.items),
        newer=found.newer,
        older=found.older,
    )


def latest_topics(session: Session, limit: int) -> tuple[TopicRow, ...]:
    """Return the public topics in which something happened last.

    Queries: 1
    """
    rows = session.execute(
        _topic_rows()
        .where(topic_is_listed(), author_is_shown())
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(limit)
    )
    return tuple(_topic_row(row) for row in rows)


def topic_page(session: Session, actor: Actor, topic_id: int, page: int) -> TopicPage:
    """Return a page of a topic. Raises NotFound for a topic or a page that isn't there for the actor.

    Queries: 2, or 3 where posts were moved from the page
    """
    row = session.execute(
        select(
            Topic.title,
            Topic.slug,
            Topic.category_id,
            Category.name,
            Category.slug.label("category_slug"),
            Topic.author_id,
            Topic.from_community,
            Member.name.label("author_name"),
            Member.state.label("author_state"),
            Topic.intent,
            Topic.content_note,
            Topic.audience,
            Topic.locked,
            Topic.pinned,
            Topic.started_at,
            Topic.last_activity_at,
            Topic.reply_count,
            Topic.last_number,
            opening_stands().label("opening_stands"),
        )
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .where(Topic.id == topic_id, topic_is_visible(actor))
    ).one_or_none()
    pages = page_of(max(row.last_number, 1)) if row else 0
    if row is None or not 1 <= page <= pages:
        raise NotFound
    author_shown = is_shown(row.author_state)
    shown = author_shown and bool(row.opening_stands)
    slug = row.slug if shown else ""
    posts = session.execute(
        _posts(topic_id)
        .where(Post.number.between((page - 1) * POSTS_PER_PAGE + 1, page * POSTS_PER_PAGE))
        .order_by(Post.number)
    ).all()
    moved = _moved_to(session, actor, [post.moved_to_id for post in posts if post.moved_to_id])
    return TopicPage(
        id=topic_id,
        title=title_to_show(row.title, shown),
        address=topic_address(topic_id, slug, row.audience),
        category_id=row.category_id,
        category_name=row.name,
        category_address=category_address(row.category_slug),
        author_id=row.author_id,
        author_name=name_to_show(row.author_name, row.from_community, author_shown),
        intent=row.intent,
        content_note=row.content_note if shown else "",
        audience=row.audience,
        indexable=row.audience is Audience.PUBLIC and bool(row.title) and shown,
        locked=row.locked,
        pinned=bool(row.pinned),
        started_at=row.started_at,
        last_activity_at=row.last_activity_at,
        reply_count=row.reply_count,
        page=page,
        pages=pages,
        posts=tuple(_post_view(post, actor, row.locked, moved.get(post.moved_to_id)) for post in posts),
    )


def newest_posts(session: Session, actor: Actor, topic_id: int, limit: int) -> tuple[PostView, ...]:
    """Return the newest readable replies of a topic, newest first (its first post is not one of them).

    Queries: 1
    """
    rows = session.execute(
        _posts(topic_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(topic_is_visible(actor), post_is_readable(), Post.number > 1)
        .order_by(Post.number.desc())
        .limit(limit)
    )
    return tuple(_post_view(row, actor, locked=False) for row in rows)


def _topic_rows() -> AnySelect:
    return (
        select(
            Topic.id,
            Topic.title,
            Topic.slug,
            Category.name,
            Category.slug.label("category_slug"),
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


def _topic_row(row: AnyRow) -> TopicRow:
    author_shown = is_shown(row.author_state)
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


def _posts(topic_id: int) -> AnySelect:
    return (
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Post.from_community,
            Member.name.label("author_name"),
            Member.role,
            Member.state.label("author_state"),
            Post.written_at,
            Post.edited_at,
            Post.html,
            Post.state,
            Post.moved_to_id,
            post_is_readable().label("readable"),
        )
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.topic_id == topic_id)
    )


def _moved_to(session: Session, actor: Actor, post_ids: list[int]) -> dict[int, MovedTo]:
    """Return where the posts stand that the actor may read; no statement where there are none."""
    if not post_ids:
        return {}
    starter = aliased(Member)
    rows = session.execute(
        select(Post.id, Topic.title, starter.state, opening_stands().label("opening_stands"))
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .where(Post.id.in_(post_ids), topic_is_visible(actor), post_is_readable())
    )
    return {
        row.id: MovedTo(
            permalink(row.id), title_to_show(row.title, is_shown(row.state) and bool(row.opening_stands))
        )
        for row in rows
    }


def _post_view(row: AnyRow, actor: Actor, locked: bool, moved_to: MovedTo | None = None) -> PostView:
    readable = bool(row.readable)
    # Words out of sight are still their author's to take back, so they are told which post that is.
    own = actor.is_member and row.author_id == actor.member_id and row.state is not PostState.DELETED
    return PostView(
        id=row.id,
        number=row.number,
        address=permalink(row.id),
        author_id=row.author_id if readable or own else None,
        author_name=name_to_show(row.author_name, row.from_community, readable),
        author_face=face_to_show(row.author_name, row.from_community, readable),
        author_role_label=role_label(row.role) if readable else "",
        written_at=row.written_at,
        edited_at=row.edited_at if readable else None,
        body=cleaned(row.html) if readable else None,
        locked=locked,
        moved_to=moved_to,
    )


def title_to_show(title: str, shown: bool) -> str:
    """Return a topic's title, or the neutral line where its author's words are not shown."""
    return title if title and shown else _("A topic whose first post is not shown")
