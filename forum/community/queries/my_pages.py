"""A member's own topics and posts, also those that nobody else sees: what they wrote is theirs to find again.

Only words of the member who asks come from here. Whatever is in a list for everybody stands in ``queries``.
"""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import category_address, permalink, post_address, topic_address
from forum.community.audiences import readers_label
from forum.community.bylines import title_to_show
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Category, Post, PostState, Topic, TopicState
from forum.community.visibility import opening_stands, post_is_readable, shows, topic_is_visible
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor, MemberId, MemberState
from forum.text.slots import neutral

TOPICS_PER_PAGE = 25
MY_POSTS_PER_PAGE = 20
# Made once: an alias of a table works out its columns anew whenever it is made.
_STARTER = aliased(Member)


@dataclass(frozen=True, slots=True)
class MyTopic:
    """A topic that the member started. ``address`` is empty where it can't be opened."""

    id: int
    title: str
    address: str
    category_name: str
    category_address: str
    # Who may read it, in a few words.
    readers: str
    state: TopicState
    locked: bool
    reply_count: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class MyTopicsPage:
    """The member's own topics, a page of them, the newest first."""

    topics: tuple[MyTopic, ...]
    # Nothing of theirs is shown to others while their account is paused or restricted, or while they are leaving.
    is_out_of_sight: bool
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class MyPost:
    """A post of the member's own, whole. ``address`` is empty where others, or they themselves, can't open it.

    The title of a topic is its starter's words: it is empty where the member may not read them.
    """

    id: int
    number: int
    author_id: MemberId | None
    body: Markup
    topic_title: str
    topic_address: str
    address: str
    state: PostState
    topic_state: TopicState
    locked: bool
    written_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class MyPostsPage:
    """The member's own posts, a page of them, the newest first."""

    posts: tuple[MyPost, ...]
    is_out_of_sight: bool
    newer: str
    older: str


def my_topics_page(session: Session, actor: Actor, window: Window) -> MyTopicsPage:
    """Return the topics that the actor started and did not take back. Raises Malformed for a foreign cursor.

    One that was joined with another is no topic any more, and has no title: its posts stand among their posts.

    Queries: 1
    """
    statement = (
        select(
            Topic.title,
            Topic.slug,
            Category.name.label("category_name"),
            Category.slug.label("category_slug"),
            Topic.audience,
            HealthTerm.name.label("condition"),
            Topic.state,
            Topic.locked,
            Topic.reply_count,
            topic_is_visible(actor).label("is_open"),
            Topic.started_at,
            Topic.id,
        )
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(HealthTerm, HealthTerm.id == Topic.condition_id)
        .where(
            Topic.author_id == actor.member_id,
            Topic.state.not_in([TopicState.DELETED, TopicState.MERGED]),
        )
    )
    found = slice_of(session, statement, [Topic.started_at, Topic.id], window, TOPICS_PER_PAGE)
    return MyTopicsPage(
        tuple(_my_topic(row) for row in found.items), _is_out_of_sight(actor), found.newer, found.older
    )


def my_posts_page(session: Session, actor: Actor, window: Window) -> MyPostsPage:
    """Return the posts that the actor wrote and did not take back. Raises Malformed for a foreign cursor.

    Queries: 1
    """
    statement = (
        select(
            Post.number,
            Post.html,
            Post.state,
            Post.edited_at,
            Topic.id.label("topic_id"),
            Topic.title,
            Topic.slug,
            Topic.audience,
            Topic.state.label("topic_state"),
            Topic.locked,
            _STARTER.id.label("starter_id"),
            _STARTER.state.label("starter_state"),
            opening_stands().label("opening_stands"),
            or_(topic_is_visible(actor), Topic.author_id == actor.member_id).label("title_is_open"),
            topic_is_visible(actor).label("topic_is_open"),
            post_is_readable().label("is_readable"),
            Post.written_at,
            Post.id,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .where(
            Post.author_id == actor.member_id,
            # What was moved stands in the list as the post itself, where it is now.
            Post.state.not_in([PostState.DELETED, PostState.MOVED]),
        )
    )
    found = slice_of(session, statement, [Post.written_at, Post.id], window, MY_POSTS_PER_PAGE)
    return MyPostsPage(
        tuple(_my_post(row, actor) for row in found.items), _is_out_of_sight(actor), found.newer, found.older
    )


def _my_topic(row: AnyRow) -> MyTopic:
    return MyTopic(
        id=row.id,
        title=title_to_show(row.title, shown=True),
        address=topic_address(row.id, row.slug, row.audience) if row.is_open else "",
        category_name=row.category_name,
        category_address=category_address(row.category_slug),
        readers=readers_label(row.audience, row.condition or ""),
        state=row.state,
        locked=row.locked,
        reply_count=row.reply_count,
        started_at=row.started_at,
    )


def _my_post(row: AnyRow, actor: Actor) -> MyPost:
    starter_is_shown = shows(actor, row.starter_id, row.starter_state) and bool(row.opening_stands)
    topic = topic_address(row.topic_id, row.slug if starter_is_shown else "", row.audience)
    address = ""
    if row.topic_is_open:
        # To others, words that are out of sight are no address; to their author, they are a line in their topic.
        address = permalink(row.id) if row.is_readable else post_address(topic, row.number)
    return MyPost(
        id=row.id,
        number=row.number,
        author_id=actor.member_id,
        body=neutral(row.html),
        topic_title=title_to_show(row.title, starter_is_shown) if row.title_is_open else "",
        topic_address=topic if row.topic_is_open else "",
        address=address,
        state=row.state,
        topic_state=row.topic_state,
        locked=row.locked,
        written_at=row.written_at,
        edited_at=row.edited_at,
    )


def _is_out_of_sight(actor: Actor) -> bool:
    return actor.state in (MemberState.PAUSED, MemberState.LEAVING, MemberState.RESTRICTED)
