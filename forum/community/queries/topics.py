"""Lists of topics, read: column tuples into frozen dataclasses, a constant number of statements each.

A topic's own page is in ``threads``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.community.addresses import category_address, topic_address
from forum.community.bylines import face_to_show, name_to_show, title_to_show
from forum.community.models.reading import CategoryWatch, ReadMark, Visit, WatchLevel
from forum.community.models.threads import Category, Intent, Topic
from forum.community.queries.topic_heads import READ_UNTIL, has_more
from forum.community.reading import began_after, topic_is_not_muted
from forum.community.visibility import (
    author_is_shown,
    opening_stands,
    shows,
    topic_is_listed,
    topic_is_met,
    topic_is_visible,
)
from forum.database.keyset import Window, cursor_at, slice_of
from forum.database.rows import AnyRow, AnySelect, all_as
from forum.errors import NotFound
from forum.permissions.actor import Actor
from forum.text.sanitising import cleaned

TOPICS_PER_PAGE = 25
# Until then an answer to a first post still comes in time for most; after that it stands in a list of its own.
ANSWER_IS_AWAITED = timedelta(days=14)


class Sort(StrEnum):
    """How a topic list is ordered."""

    ACTIVE = "active"
    NEW = "new"
    # Those in which nobody but their author wrote, the newest first.
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which topics of a list somebody wants to see; said nothing, all of them from the top."""

    intent: Intent | None = None
    # Begin at the end of this month, as "2026-03", unless a cursor says where the reader is.
    month: str = ""
    # The first moment after that month.
    until: datetime | None = None
    # What is wrong with a month that is none: then ``month`` is what was typed, and the list begins at its top.
    month_error: str = ""
    # Leave out what has a content note, as the reader chose for all lists, and whether they ask for it here anyway.
    hide_notes: bool = False
    show_notes: bool = False

    @property
    def notes_are_hidden(self) -> bool:
        """Say whether topics with a content note are left out."""
        return self.hide_notes and not self.show_notes


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
    # Whether something in it is new to the member who reads the list.
    unread: bool = False


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
    wanted: Wanted
    topics: tuple[TopicRow, ...]
    newer: str
    older: str
    # How closely the member who reads it follows the category.
    watch: WatchLevel | None = None

    @property
    def canonical(self) -> str:
        """Return the one address of this list: without what goes without saying, and without a cursor."""
        return _with_query(
            self.address,
            sort="" if self.sort is Sort.ACTIVE else self.sort.value,
            intent=self.wanted.intent or "",
            month="" if self.wanted.month_error else self.wanted.month,
        )

    @property
    def intents(self) -> list[tuple[str, str]]:
        """Return what a list can be narrowed to, as values and words."""
        return [(intent.value, intent.label) for intent in Intent]

    def sorted_by(self, sort: str) -> str:
        """Return the address of the same list in another order."""
        return self._at(sort=sort)

    @property
    def newer_address(self) -> str:
        """Return where the neighbouring part of this list is, or "" where there is none."""
        return self._at(sort=self.sort.value, newer=self.newer) if self.newer else ""

    @property
    def older_address(self) -> str:
        """Return the same for the part after this one."""
        return self._at(sort=self.sort.value, older=self.older) if self.older else ""

    @property
    def with_notes_address(self) -> str:
        """Return the address of this list with what has a content note."""
        return f"{self.canonical}{'&' if '?' in self.canonical else '?'}notes=show"

    def _at(self, **place: str) -> str:
        # A cursor takes the place of the month: from there one goes on, and the month is behind.
        intent, notes = self.wanted.intent or "", "show" if self.wanted.show_notes else ""
        return _with_query(self.address, **{"intent": intent, "notes": notes, **place})


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Topics in which nobody but their author wrote yet, in all the rooms that a member sees, a page of them."""

    topics: tuple[TopicRow, ...]
    # Whether those are shown that began before an answer was awaited no more.
    longer_ago: bool
    # Whether those with a content note are shown to somebody who hides them otherwise.
    notes_shown: bool
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


def category_page(
    session: Session, actor: Actor, slug: str, sort: Sort, window: Window, wanted: Wanted | None = None
) -> CategoryPage:
    """Return a category's topics, pinned ones first. Raises NotFound, and Malformed for a foreign cursor.

    Those without an answer stand in the order in which they began, pinned or not.

    Queries: 2
    """
    wanted = wanted or Wanted()
    category = session.execute(
        select(
            Category.id,
            Category.name,
            Category.description,
            Category.opening_html,
            Category.help_on_top,
            select(CategoryWatch.level)
            .where(CategoryWatch.category_id == Category.id, CategoryWatch.member_id == actor.member_id)
            .scalar_subquery()
            .label("watch"),
        ).where(Category.slug == slug)
    ).one_or_none()
    if category is None:
        raise NotFound
    statement = topic_rows(actor).where(
        Topic.category_id == category.id,
        topic_is_visible(actor),
        topic_is_met(actor),
        *_wanted(actor, wanted),
    )
    by = Topic.last_activity_at if sort is Sort.ACTIVE else Topic.started_at
    order = [by, Topic.id]
    if sort is Sort.UNANSWERED:
        statement = statement.where(_waits())
    else:
        order.insert(0, Topic.pinned)
    if wanted.until is not None and not (window.older or window.newer):
        # Pinned topics stand above all months.
        pinned = () if sort is Sort.UNANSWERED else (0,)
        window = Window(older=cursor_at(*pinned, wanted.until, 0))
    found = slice_of(session, statement.add_columns(*order), order, window, TOPICS_PER_PAGE)
    return CategoryPage(
        id=category.id,
        slug=slug,
        name=category.name,
        description=category.description,
        opening=cleaned(category.opening_html),
        help_on_top=category.help_on_top,
        address=category_address(slug),
        sort=sort,
        wanted=wanted,
        topics=tuple(topic_row(row, actor) for row in found.items),
        newer=found.newer,
        older=found.older,
        watch=category.watch,
    )


def waiting_page(
    session: Session, actor: Actor, window: Window, wanted: Wanted | None = None, *, longer_ago: bool = False
) -> WaitingPage:
    """Return what waits for a first reply that a member could give. Raises Malformed for a foreign cursor.

    The oldest of the last two weeks come first: whoever waited longest is the next to give up, and a list that begins
    with the newest lets exactly those sink out of sight. What is older than that stands apart, the newest first, so
    that it doesn't keep the others from being seen. One's own topics wait for others.

    Queries: 1
    """
    wanted = wanted or Wanted()
    begin = clock.now() - ANSWER_IS_AWAITED
    order = [Topic.started_at, Topic.id]
    statement = topic_rows(actor).where(
        _waits(),
        Topic.started_at < begin if longer_ago else Topic.started_at >= begin,
        Topic.locked.is_(False),
        or_(Topic.author_id.is_(None), Topic.author_id != actor.member_id),
        topic_is_visible(actor),
        topic_is_not_muted(actor),
        # Whose words are out of sight can't be answered.
        author_is_shown(actor),
        *_wanted(actor, wanted),
    )
    found = slice_of(
        session,
        statement.add_columns(*order),
        order,
        window,
        TOPICS_PER_PAGE,
        oldest_first=not longer_ago,
    )
    topics = tuple(topic_row(row, actor) for row in found.items)
    return WaitingPage(topics, longer_ago, wanted.show_notes, found.newer, found.older)


def latest_topics(
    session: Session, actor: Actor, limit: int, *, hide_notes: bool = False
) -> tuple[TopicRow, ...]:
    """Return the public topics in which something happened last, without those that a member muted.

    Queries: 1
    """
    rows = session.execute(
        topic_rows(actor)
        .where(topic_is_listed(), author_is_shown(actor), *_wanted(actor, Wanted(hide_notes=hide_notes)))
        .where(topic_is_not_muted(actor) if actor.is_member else true())
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(limit)
    )
    return tuple(topic_row(row, actor) for row in rows)


def _waits() -> ColumnElement[bool]:
    """Say which topics nobody but their author wrote in; what the community says itself waits for nobody."""
    return and_(Topic.first_reply_at.is_(None), Topic.from_community.is_(False))


def _wanted(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.intent is not None:
        conditions.append(Topic.intent == wanted.intent)
    if wanted.notes_are_hidden:
        conditions.append(without_notes(actor))
    return conditions


def without_notes(actor: Actor) -> ColumnElement[bool]:
    """Say which topics have no content note. One's own words are no surprise, and would seem lost."""
    without = Topic.content_note == ""
    return or_(without, Topic.author_id == actor.member_id) if actor.is_member else without


def _with_query(address: str, **said: str) -> str:
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{address}?{query}" if query else address


def topic_rows(actor: Actor) -> AnySelect:
    """Return what a list shows of topics; for a member with how far they read, in the same statement."""
    statement: AnySelect = (
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
    if not actor.is_member:
        return statement
    mine = actor.member_id
    return (
        statement.add_columns(
            Topic.last_number,
            ReadMark.number.label("read_to"),
            READ_UNTIL.label("read_until"),
            began_after().label("new_since"),
        )
        .outerjoin(ReadMark, and_(ReadMark.topic_id == Topic.id, ReadMark.member_id == mine))
        .outerjoin(Visit, Visit.member_id == mine)
    )


def topic_row(row: AnyRow, actor: Actor) -> TopicRow:
    """Return a row of a list as it is shown."""
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
        unread=actor.is_member and _is_unread(row, actor),
    )


def _is_unread(row: AnyRow, actor: Actor) -> bool:
    """Say whether something in a topic is new to a member: after what they read, or else after their last visit."""
    if row.read_to is not None:
        return has_more(row.read_to, row.last_number, row.read_until, row.last_activity_at)
    own = row.author_id is not None and row.author_id == actor.member_id
    return row.new_since is not None and row.last_activity_at > row.new_since and not own
