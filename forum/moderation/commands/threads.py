"""What moderators decide about topics and posts: each command holds what it changes, sees that nobody was faster,
has ``community.arranging`` change it, keeps it in the audit log, and tells those whose words it concerns.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from sqlalchemy.orm import Session

from forum.audit_log.commands import record
from forum.community import arranging
from forum.community.subjects import (
    PostAtWork,
    TopicAtWork,
    hold_topic,
    hold_topic_of,
    hold_topics,
    post_at_work,
    refuse_moved,
    topic_to_decide_on,
)
from forum.database.dialects import tools
from forum.errors import Malformed
from forum.moderation.deciding import (
    about_post,
    about_topic,
    category_named,
    is_narrowed,
    narrows,
    refuse_discussion,
    refuse_narrowed_discussion,
    topics_to_merge,
    words_taken_down,
)
from forum.moderation.decisions import refuse_if_decided_since
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.notices import tell
from forum.moderation.reasons import check_reason
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require

# The decisions on a topic that need nothing but a reason.
ON_TOPICS: Mapping[Action, Callable[[Session, TopicAtWork], None]] = {
    Action.TOPIC_LOCK: arranging.lock_topic,
    Action.TOPIC_UNLOCK: arranging.unlock_topic,
    Action.TOPIC_PIN: arranging.pin_topic,
    Action.TOPIC_UNPIN: arranging.unpin_topic,
    Action.TOPIC_HIDE: arranging.hide_topic,
    Action.TOPIC_REMOVE: arranging.remove_topic,
    Action.TOPIC_RESTORE: arranging.restore_topic,
}
ON_POSTS: Mapping[Action, Callable[[Session, PostAtWork], None]] = {
    Action.POST_HIDE: arranging.hide_post,
    Action.POST_REMOVE: arranging.remove_post,
    Action.POST_RESTORE: arranging.restore_post,
}


def decide_on_topic(session: Session, actor: Actor, topic_id: int, action: Action, draft: ThreadDraft) -> int:
    """Close or open a topic, pin or unpin it, hide it, take it down or bring it back, and return its id.

    Emits: TopicLocked, TopicUnlocked, TopicPinned, TopicUnpinned, TopicHidden, TopicRemoved or TopicRestored
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (somebody was faster, or it is so already)
    """
    if action not in ON_TOPICS:
        raise Malformed
    hold_topic(session, topic_id)
    topic = topic_to_decide_on(session, actor, topic_id)
    require(actor, action, topic)
    check_reason(action, draft.reason)
    refuse_if_decided_since(session, about_topic(topic.id), draft.seen, actor)
    ON_TOPICS[action](session, topic)
    _settle(session, actor, action, topic, draft)
    return topic.id


def decide_on_post(session: Session, actor: Actor, post_id: int, action: Action, draft: ThreadDraft) -> int:
    """Hide a post, take it down or bring it back, and return its topic's id.

    Emits: PostHidden, PostRemoved or PostRestored
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (somebody was faster, or its author took it back)
    """
    if action not in ON_POSTS:
        raise Malformed
    held = hold_topic_of(session, post_id)
    post = post_at_work(session, actor, post_id)
    refuse_moved(held, post.topic_id)
    require(actor, action, post)
    check_reason(action, draft.reason)
    refuse_if_decided_since(session, about_post(post.id), draft.seen, actor)
    ON_POSTS[action](session, post)
    record(
        session,
        actor,
        action,
        reason=draft.reason,
        category_id=post.category_id,
        topic_id=post.topic_id,
        post_id=post.id,
        member_uuid=post.author_uuid,
    )
    tell(
        session,
        actor,
        post.author_id,
        action,
        draft.reason,
        topic_id=post.topic_id,
        post_id=post.id,
        their_words=words_taken_down(session, action, post),
        message=draft.message,
    )
    return post.topic_id


def move_topic(session: Session, actor: Actor, topic_id: int, category_slug: str, draft: ThreadDraft) -> int:
    """Put a topic into another category, whoever answers for that one, and return the topic's id.

    It has no more readers there than that category allows.

    Emits: TopicMoved, TopicNarrowed (where fewer may read it there)
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Invalid (no such category, or it stands there), Conflict
    """
    hold_topic(session, topic_id)
    topic = topic_to_decide_on(session, actor, topic_id)
    require(actor, Action.TOPIC_MOVE, topic)
    check_reason(Action.TOPIC_MOVE, draft.reason)
    refuse_if_decided_since(session, about_topic(topic.id), draft.seen, actor)
    category = category_named(session, category_slug)
    refuse_narrowed_discussion(session, topic, category)
    arranging.move_topic(session, topic, category.id, category.widest_audience)
    facts: dict[str, int | StrEnum] = {
        "from_category": topic.category_id,
        "to_category": category.id,
        "pinned": topic.pinned,
    }
    if narrows(category, topic):
        facts |= {"from_audience": topic.audience, "audience": category.widest_audience}
    # It stands in the log of the category that the topic is in from now on: who works on it there needs to know.
    moved = replace(topic, category_id=category.id)
    _settle(session, actor, Action.TOPIC_MOVE, moved, draft, facts=facts)
    return topic.id


def merge_topic(session: Session, actor: Actor, topic_id: int, target_id: int, draft: ThreadDraft) -> int:
    """Put all posts of a topic at the end of another one, and return the other one's id.

    The author of the other one is told, too, where fewer people can read it from now on.

    Emits: TopicMerged
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Invalid (not with that one), Conflict
    """
    # Merges take turns: each also leads on what was merged before, and so touches topics beside its two.
    tools(session).take_turn(session, "merge-topics")
    hold_topics(session, [topic_id, target_id])
    topic, target = topics_to_merge(session, actor, topic_id, target_id)
    require(actor, Action.TOPIC_MERGE, topic)
    check_reason(Action.TOPIC_MERGE, draft.reason)
    refuse_if_decided_since(session, about_topic(topic.id), draft.seen, actor)
    arranging.refuse_merge(topic, target)
    refuse_discussion(session, topic, target)
    arranging.merge_topics(session, topic, target)
    facts: dict[str, int | StrEnum] = {
        "into_topic": target.id,
        "into_category": target.category_id,
        "from_audience": topic.audience,
        "into_audience": target.audience,
        "audience": arranging.narrower_audience(topic, target),
    }
    _settle(session, actor, Action.TOPIC_MERGE, topic, draft, facts=facts)
    if is_narrowed(topic, target) and target.author_id != topic.author_id:
        # Nothing happened to their words but that fewer people can read them: those stand where they stood.
        tell(
            session,
            actor,
            target.author_id,
            Action.TOPIC_MERGE,
            draft.reason,
            topic_id=target.id,
            message=draft.message,
        )
    return target.id


def split_topic(session: Session, actor: Actor, topic_id: int, split: SplitDraft, draft: ThreadDraft) -> int:
    """Give posts of a topic one of their own, and return the new topic's id.

    Emits: TopicSplit
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Invalid (none, too many, or post 1), Conflict
    """
    hold_topic(session, topic_id)
    topic = topic_to_decide_on(session, actor, topic_id)
    require(actor, Action.TOPIC_SPLIT, topic)
    check_reason(Action.TOPIC_SPLIT, draft.reason)
    refuse_if_decided_since(session, about_topic(topic.id), draft.seen, actor)
    posts = arranging.posts_to_split(session, topic, split.post_ids)
    new_id = arranging.split_topic(session, topic, posts, split.title)
    record(
        session,
        actor,
        Action.TOPIC_SPLIT,
        reason=draft.reason,
        category_id=topic.category_id,
        topic_id=topic.id,
        member_uuid=topic.author_uuid,
        facts={"new_topic": new_id, "posts": len(posts)},
    )
    for member_id in dict.fromkeys(post.author_id for post in posts):
        tell(
            session,
            actor,
            member_id,
            Action.TOPIC_SPLIT,
            draft.reason,
            topic_id=new_id,
            message=draft.message,
        )
    return new_id


def _settle(
    session: Session,
    actor: Actor,
    action: Action,
    topic: TopicAtWork,
    draft: ThreadDraft,
    *,
    facts: Mapping[str, int | StrEnum] | None = None,
) -> None:
    """Keep a decision on a topic, and tell whoever began it."""
    record(
        session,
        actor,
        action,
        reason=draft.reason,
        category_id=topic.category_id,
        topic_id=topic.id,
        member_uuid=topic.author_uuid,
        facts=facts,
    )
    tell(
        session,
        actor,
        topic.author_id,
        action,
        draft.reason,
        topic_id=topic.id,
        their_words=words_taken_down(session, action, topic),
        message=draft.message,
    )
