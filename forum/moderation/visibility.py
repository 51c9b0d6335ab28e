"""What moderators may see of reports and of the audit log, as SQL predicates."""

from sqlalchemy import ColumnElement, and_, false, not_, true

from forum.audit_log.models import AuditEntry
from forum.community.models import Post, Topic
from forum.permissions.actor import Actor, Role

# What only administrators decide, and what is about a member and not about a category.
_ADMIN = "admin:"
_ABOUT_MEMBERS = "moderation:member:"


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


def entry_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which entries of the audit log the actor may read.

    Administrators read all of them, moderators what is not administration's, and category moderators what happened
    in their categories, and nothing about members.
    """
    if not actor.works_as_staff:
        return false()
    if actor.role is Role.ADMINISTRATOR:
        return true()
    of_moderation = not_(AuditEntry.action.startswith(_ADMIN, autoescape=True))
    if actor.role is Role.MODERATOR:
        return of_moderation
    return and_(
        of_moderation,
        not_(AuditEntry.action.startswith(_ABOUT_MEMBERS, autoescape=True)),
        AuditEntry.category_id.in_(sorted(actor.category_ids)),
    )
