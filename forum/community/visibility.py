"""What may be seen, as SQL predicates. Every list, page, single fetch and later search and feed uses these.

A reader who may not see something can't tell it from something that never was.
"""

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.permissions.actor import MODERATE_ALL, VISITOR, Actor, MemberState

# A paused, restricted or leaving member's words are out of sight at once, everywhere, by this one predicate.
_SHOWN = (MemberState.ACTIVE,)
# Made once: an alias of a table works out its columns anew whenever it is made.
_OPENING = aliased(Post)

# As one value and not as an existence: PostgreSQL looks through all the posts there are to answer many of those.
_OPENING_STATE = (
    select(_OPENING.state).where(_OPENING.topic_id == Topic.id, _OPENING.number == 1).scalar_subquery()
)
_OPENING_STANDS: ColumnElement[bool] = func.coalesce(_OPENING_STATE, PostState.PUBLISHED).not_in(
    [PostState.HELD, PostState.HIDDEN, PostState.REMOVED]
)


def topic_is_visible(actor: Actor) -> ColumnElement[bool]:
    """Say which topics the actor may see."""
    in_audience: list[ColumnElement[bool]] = [Topic.audience.in_([Audience.PUBLIC, Audience.PUBLIC_UNLISTED])]
    if actor.is_member:
        in_audience.append(Topic.author_id == actor.member_id)
        if actor.reads_as_member:
            in_audience.append(Topic.audience == Audience.MEMBERS)
        if actor.shared_conditions:
            # No other audience has a condition (a constraint sees to it).
            in_audience.append(Topic.condition_id.in_(sorted(actor.shared_conditions)))
        if actor.works_as_staff:
            in_audience.append(topic_is_moderated(actor))
    return and_(Topic.state == TopicState.PUBLISHED, or_(*in_audience))


def topic_is_listed() -> ColumnElement[bool]:
    """Say which topics stand in public lists: those that everybody may find."""
    return and_(Topic.state == TopicState.PUBLISHED, Topic.audience == Audience.PUBLIC)


def topic_is_indexable() -> ColumnElement[bool]:
    """Say which topics feeds, the sitemap and search engines are told of. Needs Topic outer-joined to its author.

    They keep what they fetched, so what shows only a neutral line in a list isn't there at all.
    """
    return and_(topic_is_listed(), Topic.title != "", author_is_shown(VISITOR), opening_stands())


def topic_is_worked_on(actor: Actor) -> ColumnElement[bool]:
    """Say which topics the actor may work on as a moderator: those of their categories, hidden and removed ones too.

    A topic that its author took back, or that was merged into another, is no moderator's any more.
    """
    there = Topic.state.in_([TopicState.PUBLISHED, TopicState.HIDDEN, TopicState.REMOVED])
    return and_(there, topic_is_moderated(actor))


def topic_is_moderated(actor: Actor) -> ColumnElement[bool]:
    """Say which topics stand in the categories that the actor answers for, whatever became of them."""
    if not actor.works_as_staff:
        return false()
    if actor.role in MODERATE_ALL:
        return true()
    return Topic.category_id.in_(sorted(actor.category_ids))


def opening_stands() -> ColumnElement[bool]:
    """Say of which topics moderators left the first post alone: the title is hidden, and comes back, with it.

    (A first post that its author took back took the title along; that of a paused author hides with its author.)
    """
    return _OPENING_STANDS


def topic_is_met(actor: Actor) -> ColumnElement[bool]:
    """Say which topics stand in the actor's lists: not those that somebody began whom a block keeps apart from them."""
    if not actor.unmet:
        return true()
    return or_(Topic.author_id.is_(None), Topic.author_id.not_in(sorted(actor.unmet)))


def post_is_readable(actor: Actor = VISITOR) -> ColumnElement[bool]:
    """Say which posts show their text; the others are one neutral line. Needs Post outer-joined to Member.

    For the visitor it is what everybody in a topic's audience can see, which is what counts are made of.
    """
    return and_(Post.state == PostState.PUBLISHED, author_is_shown(actor))


def author_is_shown(actor: Actor = VISITOR) -> ColumnElement[bool]:
    """Say whose words are shown: the community's, former members', and those of members in good standing.

    A block hides each of the two from the other. Needs Member outer-joined.
    """
    in_sight: ColumnElement[bool] = Member.state.in_(_SHOWN)
    if actor.unmet:
        in_sight = and_(in_sight, Member.id.not_in(sorted(actor.unmet)))
    return or_(Member.id.is_(None), in_sight)


def is_shown(state: MemberState | None) -> bool:
    """Say of a row that was read whether everybody sees its author; None is the community or a former member."""
    return state is None or state in _SHOWN


def shows(actor: Actor, author_id: int | None, state: MemberState | None) -> bool:
    """Say of a row that was read whether the actor sees its author."""
    return is_shown(state) and author_id not in actor.unmet
