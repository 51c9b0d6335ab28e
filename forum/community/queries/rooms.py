"""Categories as those see them who choose one for a topic, or set them up: with who may read what stands in them."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum.community.models.threads import WIDTH, Audience, Category, Topic, TopicState, is_narrower
from forum.errors import NotFound


@dataclass(frozen=True, slots=True)
class Room:
    """A category, and who may read its topics."""

    id: int
    slug: str
    name: str
    # Chosen beforehand; None where whoever writes is asked each time.
    default_audience: Audience | None
    # The most readers that a topic can have.
    widest_audience: Audience


def rooms(session: Session) -> tuple[Room, ...]:
    """Return every category, in their order.

    Queries: 1
    """
    return tuple(Room(*row) for row in session.execute(_ROOMS.order_by(Category.position, Category.id)))


def room_of(categories: tuple[Room, ...], slug: str) -> Room | None:
    """Return the one of these that is chosen, if one is."""
    return next((one for one in categories if one.slug == slug), None)


def room_named(session: Session, slug: str) -> Room:
    """Return one. Raises NotFound.

    Queries: 1
    """
    row = session.execute(_ROOMS.where(Category.slug == slug)).one_or_none()
    if row is None:
        raise NotFound
    return Room(*row)


def has_wider_topics(session: Session, room: Room) -> bool:
    """Say whether topics of a category have more readers than it allows: they began before it was so.

    Queries: 1, none where it allows everybody
    """
    wider = [one for one in WIDTH if is_narrower(room.widest_audience, one)]
    if not wider:
        return False
    found = exists().where(
        Topic.category_id == room.id, Topic.audience.in_(wider), Topic.state == TopicState.PUBLISHED
    )
    return bool(session.scalar(select(found)))


_ROOMS = select(
    Category.id, Category.slug, Category.name, Category.default_audience, Category.widest_audience
)
