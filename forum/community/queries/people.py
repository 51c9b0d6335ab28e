"""Who is in a topic, by the first letters of their names: for whoever is about to mention one of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.accounts.names import LONGEST_NAME, name_key
from forum.community.slotting import people_of
from forum.community.subjects import visible_topic
from forum.community.visibility import author_is_shown
from forum.permissions.actor import Actor

MOST_NAMES = 8


def people_in(session: Session, actor: Actor, topic_id: int, typed: str) -> tuple[str, ...]:
    """Return the names of people whom the actor sees in a topic and that begin like this, eight at most.

    They are those whom a text there can mention, without the actor themselves. Raises NotFound for a topic that isn't
    there for them.

    Queries: 2
    """
    visible_topic(session, actor, topic_id)
    found = session.scalars(
        select(Member.name)
        .where(
            Member.name_key.startswith(name_key(typed[:LONGEST_NAME]), autoescape=True),
            Member.id != actor.member_id,
            author_is_shown(actor),
            people_of(topic_id),
        )
        .order_by(Member.name_key)
        .limit(MOST_NAMES)
    )
    return tuple(found)
