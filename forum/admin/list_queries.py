"""What administrators see of categories and of the list of conditions and treatments."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum.community.models.threads import WIDTH, Topic, TopicState, is_narrower
from forum.community.queries.rooms import Room


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
