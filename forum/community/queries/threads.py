"""A topic and one page of its posts, read: column tuples into frozen dataclasses, a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import ColumnElement, String, case, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import POSTS_PER_PAGE, category_address, page_of, permalink, topic_address
from forum.community.audiences import readers_explained, readers_label
from forum.community.bylines import face_to_show, name_to_show, role_label, title_to_show
from forum.community.models.reactions import Reaction, ReactionKind, ReactionTally, tally_column
from forum.community.models.reading import Bookmark
from forum.community.models.threads import Audience, Intent, Post, PostState, Topic
from forum.community.queries.topic_heads import Standing, one_topic, standing_in
from forum.community.slots import Place, filled
from forum.community.visibility import opening_stands, post_is_readable, shows, topic_is_visible
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor
from forum.text.excerpts import first_words, shortened
from forum.text.translate import gettext as _

# A topic of fewer pages is gone through by their numbers alone.
FEWEST_PAGES_TO_JUMP = 4
MOST_JUMPS = 12
# How much of a first post a public page tells search engines, and how much stands under a link to it.
LONGEST_OPENING = 1000
LONGEST_DESCRIPTION = 200
# Made once: an alias of a table works out its columns anew whenever it is made.
_STARTER = aliased(Member)


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Where a post stands now: its permalink, and the title of the topic there."""

    address: str
    topic_title: str


@dataclass(frozen=True, slots=True)
class ReactionLine:
    """One kind of answer to a post: how many gave it, and whether the reader is among them."""

    kind: ReactionKind
    count: int
    pressed: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """A page of a long topic, and when its first post was written."""

    page: int
    at: datetime
    address: str


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
    reactions: tuple[ReactionLine, ...] = ()
    bookmarked: bool = False
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
    # What its readers share, where it is for those with the same condition, else "".
    condition: str
    indexable: bool
    locked: bool
    pinned: bool
    started_at: datetime
    last_activity_at: datetime
    reply_count: int
    # The highest number of a post in it.
    last_number: int
    page: int
    pages: int
    posts: tuple[PostView, ...]
    # Ways into a long topic; none for one of a few pages.
    jumps: tuple[Jump, ...] = ()
    # None for whoever is not signed in.
    standing: Standing | None = None
    # What search engines are told that the first post says, on a first page that they may keep; else empty.
    opening_words: str = ""

    @property
    def description(self) -> str:
        """Return a line or two for those who see no more of the page than a link."""
        return shortened(self.opening_words, LONGEST_DESCRIPTION)

    @property
    def readers_label(self) -> str:
        """Return who can read it, in a few words."""
        return readers_label(self.audience, self.condition)

    @property
    def readers(self) -> str:
        """Return the sentence that says who will read a reply."""
        return readers_explained(self.audience, self.condition)

    @property
    def first_unread(self) -> str:
        """Return the address of the first post that a member has not had on a page, or "" where there is none."""
        if self.standing is None or not self.standing.has_more:
            return ""
        number = self.standing.read_to + 1
        page = page_of(number)
        return f"{self.address}{f'?page={page}' if page > 1 else ''}#post-{number}"


def topic_page(session: Session, actor: Actor, topic_id: int, page: int) -> TopicPage:
    """Return a page of a topic. Raises NotFound for a topic or a page that isn't there for the actor.

    Queries: 2, 1 more where a post on the page mentions or quotes, 1 where posts were moved from it, and 1 for a
    member's draft that mentions or quotes
    """
    rows = session.execute(one_topic(actor, topic_id)).all()
    row = rows[0] if rows else None
    pages = page_of(max(row.last_number, 1)) if row else 0
    if row is None or not 1 <= page <= pages:
        raise NotFound
    author_shown = shows(actor, row.author_id, row.author_state)
    shown = author_shown and bool(row.opening_stands)
    address = topic_address(topic_id, row.slug if shown else "", row.audience)
    ways_in = jump_pages(pages)
    first, last = (page - 1) * POSTS_PER_PAGE + 1, page * POSTS_PER_PAGE
    found = session.execute(
        _posts(actor, topic_id, words_of=Post.number.between(first, last))
        # By their numbers: with a range or these, a database would go through the whole topic.
        .where(Post.number.in_(sorted({*range(first, last + 1), *map(_first_on, ways_in)})))
        .order_by(Post.number)
    ).all()
    posts = [post for post in found if first <= post.number <= last]
    begins = {post.number: post.written_at for post in found}
    indexable = row.audience is Audience.PUBLIC and bool(row.title) and shown
    return TopicPage(
        id=topic_id,
        title=title_to_show(row.title, shown),
        address=address,
        category_id=row.category_id,
        category_name=row.name,
        category_address=category_address(row.category_slug),
        author_id=row.author_id,
        author_name=name_to_show(row.author_name, row.from_community, author_shown),
        intent=row.intent,
        content_note=row.content_note if shown else "",
        audience=row.audience,
        condition=row.condition or "",
        indexable=indexable,
        locked=row.locked,
        pinned=bool(row.pinned),
        started_at=row.started_at,
        last_activity_at=row.last_activity_at,
        reply_count=row.reply_count,
        last_number=row.last_number,
        page=page,
        pages=pages,
        posts=_post_views(session, actor, posts, row.audience, topic_id, locked=row.locked),
        jumps=tuple(
            Jump(one, begins[_first_on(one)], f"{address}?page={one}" if one > 1 else address)
            for one in ways_in
            if _first_on(one) in begins
        ),
        standing=standing_in(session, actor, topic_id, rows) if actor.is_member else None,
        # No search engine is a member.
        opening_words=_opening_words(posts, row.content_note) if indexable and not actor.is_member else "",
    )


def content_note_line(note: str) -> str:
    """Return what stands for words with a content note where nobody could choose to read them."""
    return _("Content note: %(note)s", note=note)


def _opening_words(posts: Sequence[AnyRow], content_note: str) -> str:
    """Return what is said of a topic's first post, if it is among these and stands there to be read."""
    opening = next((post for post in posts if post.number == 1 and post.readable), None)
    if opening is None:
        return ""
    return content_note_line(content_note) if content_note else first_words(opening.html, LONGEST_OPENING)


def newest_posts(session: Session, actor: Actor, topic_id: int, limit: int) -> tuple[PostView, ...]:
    """Return the newest readable replies of a topic, newest first (its first post is not one of them).

    Queries: 1, 1 more where one of them mentions or quotes
    """
    rows = session.execute(
        _posts(actor, topic_id)
        .join(Topic, Topic.id == Post.topic_id)
        .add_columns(Topic.audience)
        .where(topic_is_visible(actor), post_is_readable(actor), Post.number > 1)
        .order_by(Post.number.desc())
        .limit(limit)
    ).all()
    audience = rows[0].audience if rows else Audience.PUBLIC
    return _post_views(session, actor, rows, audience, topic_id, locked=False)


def jump_pages(pages: int) -> list[int]:
    """Return which pages of a topic are worth a way of their own: none in a short one, at most twelve."""
    if pages < FEWEST_PAGES_TO_JUMP:
        return []
    step = max(1, -(-(pages - 1) // (MOST_JUMPS - 1)))
    return sorted({*range(1, pages + 1, step), pages})


def _first_on(page: int) -> int:
    return (page - 1) * POSTS_PER_PAGE + 1


def _posts(actor: Actor, topic_id: int, words_of: ColumnElement[bool] | None = None) -> AnySelect:
    """Return what is shown of a topic's posts. ``words_of`` says of which also the text is wanted."""
    html: ColumnElement[str] = Post.html.expression
    statement: AnySelect = (
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
            (html if words_of is None else case((words_of, html), else_="")).label("html"),
            Post.state,
            Post.moved_to_id,
            post_is_readable(actor).label("readable"),
            *(getattr(ReactionTally, tally_column(kind)) for kind in ReactionKind),
        )
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(ReactionTally, ReactionTally.post_id == Post.id)
        .where(Post.topic_id == topic_id)
    )
    if not actor.is_member:
        return statement
    given = (
        select(func.aggregate_strings(cast(Reaction.kind, String), " "))
        .where(Reaction.post_id == Post.id, Reaction.member_id == actor.member_id)
        .scalar_subquery()
    )
    bookmarked = exists().where(Bookmark.post_id == Post.id, Bookmark.member_id == actor.member_id)
    return statement.add_columns(given.label("given"), bookmarked.label("bookmarked"))


def _moved_to(session: Session, actor: Actor, post_ids: list[int]) -> dict[int, MovedTo]:
    """Return where the posts stand that the actor may read; no statement where there are none."""
    if not post_ids:
        return {}
    rows = session.execute(
        select(
            Post.id, Topic.title, _STARTER.state, Topic.author_id, opening_stands().label("opening_stands")
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .where(Post.id.in_(post_ids), topic_is_visible(actor), post_is_readable(actor))
    )
    return {
        row.id: MovedTo(
            permalink(row.id),
            title_to_show(row.title, shows(actor, row.author_id, row.state) and bool(row.opening_stands)),
        )
        for row in rows
    }


def _post_views(
    session: Session, actor: Actor, rows: Sequence[AnyRow], audience: Audience, topic_id: int, *, locked: bool
) -> tuple[PostView, ...]:
    moved = _moved_to(session, actor, [row.moved_to_id for row in rows if row.moved_to_id])
    place = Place(topic_id, audience)
    bodies = filled(session, actor, {row.id: row.html for row in rows if row.readable}, place)
    return tuple(
        _post_view(row, actor, bodies.get(row.id), locked, moved.get(row.moved_to_id)) for row in rows
    )


def _post_view(
    row: AnyRow, actor: Actor, body: Markup | None, locked: bool, moved_to: MovedTo | None
) -> PostView:
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
        body=body,
        locked=locked,
        reactions=_reactions(row, actor) if readable else (),
        bookmarked=actor.is_member and bool(row.bookmarked),
        moved_to=moved_to,
    )


def _reactions(row: AnyRow, actor: Actor) -> tuple[ReactionLine, ...]:
    given = (row.given or "").split() if actor.is_member else ()
    return tuple(
        ReactionLine(kind, getattr(row, tally_column(kind)) or 0, kind.value in given)
        for kind in ReactionKind
    )
