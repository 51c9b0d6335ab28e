"""Which reports a moderator may see, as an SQL predicate. Needs Report joined to the topic of its post."""

from sqlalchemy import ColumnElement, false, true

from forum.community.models import Topic
from forum.permissions.actor import Actor, Role


def report_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which reports the actor answers for: all of them, those of their categories, or none."""
    if not actor.is_staff:
        return false()
    if actor.role is Role.CATEGORY_MODERATOR:
        return Topic.category_id.in_(sorted(actor.category_ids))
    return true()
