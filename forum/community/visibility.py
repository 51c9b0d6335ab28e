"""What may be seen, as SQL predicates. Every list, page, single fetch and later search and feed uses these.

A reader who may not see something can't tell it from something that never was.
"""

from sqlalchemy import ColumnElement, and_, or_, true

from forum.accounts.models import Member
from forum.community.models import Audience, Post, PostState, Topic, TopicState
from forum.permissions.actor import Actor, MemberState, Role

# A paused or leaving member's words are out of sight at once, everywhere, by this one predicate.
_SHOWN = (MemberState.ACTIVE, MemberState.SUSPENDED)


def topic_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which topics the actor may see."""
    in_audience: list[ColumnElement[bool]] = [Topic.audience.in_([Audience.PUBLIC, Audience.PUBLIC_UNLISTED])]
    if actor.is_member:
        in_audience += [Topic.audience == Audience.MEMBERS, Topic.author_id == actor.member_id]
        if actor.role in (Role.MODERATOR, Role.ADMINISTRATOR):
            in_audience.append(true())
        elif actor.category_ids:
            in_audience.append(Topic.category_id.in_(sorted(actor.category_ids)))
    return and_(Topic.state == TopicState.PUBLISHED, or_(*in_audience))


def topic_is_listed() -> ColumnElement[bool]:
    """Say which topics stand in public lists: those that everybody may find."""
    return and_(Topic.state == TopicState.PUBLISHED, Topic.audience == Audience.PUBLIC)


def post_is_readable() -> ColumnElement[bool]:
    """Say which posts show their text; the others are one neutral line. Needs Post outer-joined to Member."""
    return and_(Post.state == PostState.PUBLISHED, author_is_shown())


def author_is_shown() -> ColumnElement[bool]:
    """Say whose words are shown: the community's, former members', and those of members in good standing."""
    return or_(Member.id.is_(None), Member.state.in_(_SHOWN))


def is_shown(state: MemberState | None) -> bool:
    """Say the same of a row that was read; None is the community or a former member."""
    return state is None or state in _SHOWN
