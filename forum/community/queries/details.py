"""What a topic's author may change about it: read for the page that asks, and again by the command that does it."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum.community.addresses import topic_address
from forum.community.models.threads import (
    WIDTH,
    Audience,
    Intent,
    Post,
    PostState,
    Topic,
    is_narrower,
)
from forum.community.taking_back import others_answered
from forum.community.visibility import topic_is_visible
from forum.errors import NotFound
from forum.permissions.actor import Actor

_OFFERED = tuple(one for one in WIDTH if one is not Audience.SAME_CONDITION)


@dataclass(frozen=True, slots=True)
class TopicDetails:
    """A topic as its author may change it; also what the rules ask about."""

    id: int
    category_id: int
    author_id: int | None
    locked: bool
    title: str
    slug: str
    intent: Intent
    content_note: str
    audience: Audience
    # Somebody else's words stand in it, shown or not.
    others_answered: bool
    # The first post stands: the title goes, or is hidden, with it.
    opening_stands: bool

    @property
    def address(self) -> str:
        """Return its page."""
        return topic_address(self.id, self.slug if self.opening_stands else "", self.audience)

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Return who may read it from now on, the present ones first, and then from the most readers to the fewest.

        Whoever answered did so for these readers, so there can't be more of them; and they don't lose their own words.
        """
        if not self.others_answered:
            wanted = [one for one in _OFFERED]
        else:
            wanted = [
                one
                for one in _OFFERED
                if is_narrower(one, self.audience)
                and one is not Audience.MODERATORS_AND_AUTHOR
            ]
        return (self.audience, *(one for one in wanted if one is not self.audience))


def topic_details(session: Session, actor: Actor, topic_id: int) -> TopicDetails:
    """Return what can be changed about a topic that the actor may see, else raise NotFound.

    Queries: 1
    """
    opening = exists().where(Post.topic_id == Topic.id, Post.number == 1, Post.state == PostState.PUBLISHED)
    row = session.execute(
        select(
            Topic.id,
            Topic.category_id,
            Topic.author_id,
            Topic.locked,
            Topic.title,
            Topic.slug,
            Topic.intent,
            Topic.content_note,
            Topic.audience,
            others_answered().label("others_answered"),
            opening.label("opening_stands"),
        ).where(Topic.id == topic_id, topic_is_visible(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    flags = {name: bool(getattr(row, name)) for name in ("others_answered", "opening_stands")}
    return TopicDetails(**(row._asdict() | flags))
