"""What moderators may see of reports and of the audit log, as SQL predicates."""

from sqlalchemy import ColumnElement, and_, false, true

from forum.audit_log.models import Area, AuditEntry
from forum.community.models.threads import Post, Topic
from forum.permissions.actor import Actor, Role


def report_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which reports the actor answers for: all of them, those of their categories, or none.

    Reports about one's own words are everybody else's: who told them must not fear whom they told about.
    Needs Report joined to its post, and to the topic in which that stands now.
    """
    if not actor.works_as_staff:
        return false()
    about_others = Post.author_id.is_distinct_from(actor.member_id)
    if actor.role is Role.CATEGORY_MODERATOR:
        return and_(about_others, Topic.category_id.in_(sorted(actor.category_ids)))
    return about_others


def hidden_areas(actor: Actor) -> frozenset[Area]:
    """Return of what the actor never reads in the audit log, whatever it is about."""
    if actor.role is Role.ADMINISTRATOR:
        return frozenset()
    if actor.role is Role.MODERATOR:
        return frozenset({Area.ADMINISTRATION})
    return frozenset({Area.ADMINISTRATION, Area.MEMBERS})


def entry_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which entries of the audit log the actor may read.

    Administrators read all of them, moderators what is not administration's, and category moderators what happened
    in their categories, and nothing about members.
    """
    if not actor.works_as_staff:
        return false()
    theirs = and_(true(), *(AuditEntry.area != area.value for area in sorted(hidden_areas(actor))))
    if actor.role is Role.CATEGORY_MODERATOR:
        return and_(theirs, AuditEntry.category_id.in_(sorted(actor.category_ids)))
    return theirs
