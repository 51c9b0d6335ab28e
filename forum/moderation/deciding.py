"""What deciding about topics and posts goes by, for the pages that offer it and for the commands that do it alike."""

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from forum.audit_log.models import AuditEntry
from forum.community.arranging import narrower_audience
from forum.community.audiences import no_wider_than
from forum.community.models.threads import Post, PostState, TopicState
from forum.community.queries.rooms import Room, room_named
from forum.community.subjects import PostAtWork, TopicAtWork, topic_named, topic_to_decide_on
from forum.errors import Conflict, Invalid, NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.text.slots import neutral_words
from forum.text.translate import gettext as _
from forum.treatments.models import Treatment

# After these, an author can't read their words in their place: the notice holds them.
TAKEN_DOWN = frozenset({Action.TOPIC_HIDE, Action.TOPIC_REMOVE, Action.POST_HIDE, Action.POST_REMOVE})


def about_topic(topic_id: int) -> ColumnElement[bool]:
    """Say which entries of the audit log are about a topic itself."""
    return and_(AuditEntry.topic_id == topic_id, AuditEntry.post_id.is_(None), AuditEntry.report_id.is_(None))


def about_post(post_id: int) -> ColumnElement[bool]:
    """Say which entries of the audit log are about a post, and not about what was told about it."""
    return and_(AuditEntry.post_id == post_id, AuditEntry.report_id.is_(None))


def fitting_topic(topic: TopicAtWork) -> tuple[Action, ...]:
    """Return what can be done with a topic as things stand, in the order in which a page offers it."""
    standing = (
        Action.TOPIC_UNLOCK if topic.locked else Action.TOPIC_LOCK,
        Action.TOPIC_UNPIN if topic.pinned else Action.TOPIC_PIN,
        Action.TOPIC_MOVE,
    )
    if topic.state is TopicState.PUBLISHED:
        return (*standing, Action.TOPIC_SPLIT, Action.TOPIC_MERGE, Action.TOPIC_HIDE, Action.TOPIC_REMOVE)
    if topic.state is TopicState.HIDDEN:
        return (Action.TOPIC_RESTORE, Action.TOPIC_REMOVE, *standing)
    return (Action.TOPIC_RESTORE, *standing)


def fitting_post(state: PostState) -> tuple[Action, ...]:
    """Return what can be done with a post as things stand."""
    return {
        PostState.PUBLISHED: (Action.POST_HIDE, Action.POST_REMOVE),
        PostState.HIDDEN: (Action.POST_RESTORE, Action.POST_REMOVE),
        PostState.REMOVED: (Action.POST_RESTORE,),
    }.get(state, ())


def topics_to_merge(
    session: Session, actor: Actor, topic_id: int, target_id: int
) -> tuple[TopicAtWork, TopicAtWork]:
    """Return the topic, knowing where the other one stands, and the other one.

    Raises NotFound or Conflict for the first, and Invalid for another one that the actor can't see.

    Queries: 2
    """
    topic = topic_to_decide_on(session, actor, topic_id)
    target = topic_named(session, actor, target_id)
    if target is None:
        raise Invalid({"target": _("There is no topic with this number. Copy the address of its page.")})
    return replace(topic, other_category_id=target.category_id), target


def category_named(session: Session, slug: str) -> Room:
    """Return the category to which a topic shall go. Raises Invalid where there is none of this name.

    Queries: 1
    """
    try:
        return room_named(session, slug)
    except NotFound:
        raise Invalid({"category": _("Choose where it shall go.")}) from None


def narrows(room: Room, topic: TopicAtWork) -> bool:
    """Say whether fewer people may read a topic once it stands in a room."""
    return no_wider_than(room.widest_audience, topic.audience) is not topic.audience


def refuse_narrowed_discussion(session: Session, topic: TopicAtWork, room: Room) -> None:
    """Raise Conflict for a move that costs a treatment's page readers of its discussion.

    Queries: 1 where the category allows fewer readers, else none
    """
    if not narrows(room, topic):
        return
    if session.scalar(select(Treatment.topic_id).where(Treatment.topic_id == topic.id)) is not None:
        raise Conflict(
            _(
                "This is the discussion of a treatment page, and in that category fewer people could read it. Nothing"
                " was changed."
            )
        )


def is_narrowed(topic: TopicAtWork, target: TopicAtWork) -> bool:
    """Say whether fewer people may read the other topic once this one is joined with it."""
    return narrower_audience(topic, target) is not target.audience


def refuse_discussion(session: Session, topic: TopicAtWork, target: TopicAtWork) -> None:
    """Raise Conflict for a merge (see arranging.refuse_merge) that costs a treatment's page its discussion.

    The page leads there, so the topic stays, and so does who may read it.

    Queries: 1
    """
    discussions = session.scalars(
        select(Treatment.topic_id).where(Treatment.topic_id.in_([topic.id, target.id]))
    ).all()
    if target.id in discussions and is_narrowed(topic, target):
        raise Conflict(
            _(
                "That is the discussion of a treatment page, and joined with this topic, fewer people could read it."
                " Nothing was changed."
            )
        )
    if topic.id in discussions:
        raise Conflict(
            _(
                "This is the discussion of a treatment page, so it stays. You can join the other topic with this one"
                " instead."
            )
        )


def words_taken_down(session: Session, action: Action, subject: TopicAtWork | PostAtWork) -> str:
    """Return the author's words that a notice keeps for them, as they stand; nothing where they can still read them.

    Queries: 1 for a topic that is taken out of sight, else none
    """
    if isinstance(subject, PostAtWork):
        return neutral_words(subject.markdown) if action in TAKEN_DOWN else ""
    if action is Action.TOPIC_MERGE:
        return subject.title
    if action not in TAKEN_DOWN:
        return ""
    first = session.scalar(select(Post.markdown).where(Post.topic_id == subject.id, Post.number == 1))
    return "\n\n".join(words for words in (subject.title, neutral_words(first or "")) if words)
