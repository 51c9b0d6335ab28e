"""What a member keeps at hand, read: posts with a note of theirs, which is for nobody else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import permalink
from forum.community.bylines import name_to_show, title_to_show
from forum.community.models.reading import Bookmark
from forum.community.models.threads import Post, Topic
from forum.community.subjects import PostSubject, visible_post
from forum.community.visibility import opening_stands, post_is_readable, shows, topic_is_visible
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor

BOOKMARKS_PER_PAGE = 20
# Made once: an alias of a table works out its columns anew whenever it is made.
_STARTER = aliased(Member)


@dataclass(frozen=True, slots=True)
class KeptPost:
    """A post that somebody keeps at hand.

    Where they can't read it any more it is a neutral line, whatever the cause: ``address`` is empty then, and so is all
    that would say something about it. Their note stays.
    """

    id: int
    note: str
    kept_at: datetime
    post_id: int
    address: str
    number: int
    author_name: str | None
    topic_title: str
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class BookmarksPage:
    """What a member keeps at hand, a page of it, what was kept last first."""

    bookmarks: tuple[KeptPost, ...]
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class OneBookmark:
    """A post that can be kept at hand, with the note that is there; ``id`` is None where it is not kept yet."""

    post: PostSubject
    id: int | None
    note: str


def bookmarks_page(session: Session, actor: Actor, window: Window) -> BookmarksPage:
    """Return the actor's own bookmarks. Raises Malformed for a foreign cursor.

    Queries: 1
    """
    statement = (
        select(
            Bookmark.note,
            Bookmark.made_at,
            Bookmark.post_id,
            Post.number,
            Post.author_id,
            Post.from_community,
            Post.written_at,
            Member.name.label("author_name"),
            Topic.title,
            Topic.author_id.label("starter_id"),
            _STARTER.state.label("starter_state"),
            opening_stands().label("opening_stands"),
            topic_is_visible(actor).label("topic_is_open"),
            post_is_readable(actor).label("is_readable"),
            Bookmark.id,
        )
        .join(Post, Post.id == Bookmark.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .where(Bookmark.member_id == actor.member_id)
    )
    found = slice_of(session, statement, [Bookmark.id], window, BOOKMARKS_PER_PAGE)
    return BookmarksPage(tuple(_kept(row, actor) for row in found.items), found.newer, found.older)


def one_bookmark(session: Session, actor: Actor, post_id: int) -> OneBookmark:
    """Return a post with the actor's note on it. Raises NotFound for a post that isn't there for them.

    Queries: 2
    """
    post = visible_post(session, actor, post_id)
    row = session.execute(
        select(Bookmark.id, Bookmark.note).where(
            Bookmark.post_id == post.id, Bookmark.member_id == actor.member_id
        )
    ).one_or_none()
    return OneBookmark(post, row.id if row else None, row.note if row else "")


def _kept(row: AnyRow, actor: Actor) -> KeptPost:
    shown = bool(row.topic_is_open) and bool(row.is_readable)
    title_stands = shows(actor, row.starter_id, row.starter_state) and bool(row.opening_stands)
    return KeptPost(
        id=row.id,
        note=row.note,
        kept_at=row.made_at,
        post_id=row.post_id,
        address=permalink(row.post_id) if shown else "",
        number=row.number if shown else 0,
        author_name=name_to_show(row.author_name, row.from_community, shown) if shown else None,
        topic_title=title_to_show(row.title, title_stands) if shown else "",
        written_at=row.written_at if shown else None,
    )
