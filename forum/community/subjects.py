"""What rules ask about: small frozen facts on a topic or a post, fetched only if the actor may see it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import post_address, topic_address
from forum.community.models import Audience, Post, Topic
from forum.community.visibility import post_is_readable, topic_is_visible
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class TopicSubject:
    """A topic, for a rule."""

    id: int
    category_id: int
    author_id: int | None
    locked: bool
    last_number: int


@dataclass(frozen=True, slots=True)
class PostSubject:
    """A post whose text the actor may read, for a rule and for pages that act on it."""

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

    @property
    def address(self) -> str:
        """Return where it stands: the page and the anchor."""
        return post_address(topic_address(self.topic_id, self.topic_slug, self.audience), self.number)


def visible_topic(session: Session, actor: Actor, topic_id: int) -> TopicSubject:
    """Return the topic if the actor may see it, else raise NotFound.

    Queries: 1
    """
    row = session.execute(
        select(Topic.id, Topic.category_id, Topic.author_id, Topic.locked, Topic.last_number).where(
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
    row = session.execute(
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
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id == post_id, topic_is_visible(actor), post_is_readable())
    ).one_or_none()
    if row is None:
        raise NotFound
    return PostSubject(**row._asdict())
