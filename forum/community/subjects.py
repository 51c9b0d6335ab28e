"""What rules ask about: small frozen facts on a topic or a post, fetched only if the actor may see it."""

from dataclasses import dataclass

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import post_address, topic_address
from forum.community.models import Audience, Post, PostState, Topic
from forum.community.visibility import is_shown, post_is_readable, topic_is_visible
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class TopicSubject:
    """A topic, for a rule."""

    id: int
    category_id: int
    author_id: int | None
    locked: bool


@dataclass(frozen=True, slots=True)
class PostSubject:
    """A post whose text the actor may read, for a rule and for pages that act on it.

    Title and slug are the topic starter's words, and empty where those are not shown.
    """

    id: int
    number: int
    author_id: int | None
    markdown: str
    topic_id: int
    category_id: int
    topic_title: str
    locked: bool
    topic_slug: str
    audience: Audience
    # False only for one's own post in a topic that was hidden, or that one may not read any more.
    topic_is_open: bool

    @property
    def address(self) -> str:
        """Return where it stands, the page and the anchor, or all categories where its topic isn't open."""
        if not self.topic_is_open:
            return "/categories"
        return post_address(topic_address(self.topic_id, self.topic_slug, self.audience), self.number)


def hold_topic(session: Session, topic_id: int) -> None:
    """Keep everybody else from changing the topic or its posts until this transaction ends.

    A command does this first and looks afterwards, so that what it decides on is still so when it writes. Whoever
    holds more takes topics by their ids first, then posts, then page stamps.

    Queries: 1
    """
    session.execute(select(Topic.id).where(Topic.id == topic_id).with_for_update())


def hold_topic_of(session: Session, post_id: int) -> None:
    """Do the same for the topic that a post stands in.

    Queries: 1
    """
    session.execute(
        select(Topic.id)
        .join(Post, Post.topic_id == Topic.id)
        .where(Post.id == post_id)
        .with_for_update(of=Topic)
    )


def visible_topic(session: Session, actor: Actor, topic_id: int) -> TopicSubject:
    """Return the topic if the actor may see it, else raise NotFound.

    Queries: 1
    """
    row = session.execute(
        select(Topic.id, Topic.category_id, Topic.author_id, Topic.locked).where(
            Topic.id == topic_id, topic_is_visible(actor)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return TopicSubject(*row)


def visible_post(session: Session, actor: Actor, post_id: int) -> PostSubject:
    """Return the post if the actor may read its text, else raise NotFound.

    Queries: 1
    """
    statement = _posts(actor).where(Post.id == post_id, topic_is_visible(actor), post_is_readable())
    return _subject(session.execute(statement).one_or_none())


def post_to_take_back(session: Session, actor: Actor, post_id: int) -> PostSubject:
    """Return a post of the actor's own as long as its words are stored, whoever may see it; else as visible_post.

    Words that are held, hidden or out of sight still are their author's to erase.

    Queries: 1
    """
    own = Post.author_id == actor.member_id if actor.is_member else false()
    statement = _posts(actor).where(
        Post.id == post_id,
        or_(
            and_(own, Post.state != PostState.DELETED),
            and_(topic_is_visible(actor), post_is_readable()),
        ),
    )
    return _subject(session.execute(statement).one_or_none())


def _posts(actor: Actor) -> AnySelect:
    starter = aliased(Member)
    return (
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Post.markdown,
            Topic.id.label("topic_id"),
            Topic.category_id,
            Topic.title.label("topic_title"),
            Topic.locked,
            Topic.slug.label("topic_slug"),
            Topic.audience,
            topic_is_visible(actor).label("topic_is_open"),
            starter.state.label("starter_state"),
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(starter, starter.id == Topic.author_id)
    )


def _subject(row: AnyRow | None) -> PostSubject:
    if row is None:
        raise NotFound
    columns = row._asdict()
    columns["topic_is_open"] = bool(row.topic_is_open)
    if not (is_shown(columns.pop("starter_state")) and row.topic_is_open):
        columns |= {"topic_title": "", "topic_slug": ""}
    return PostSubject(**columns)
