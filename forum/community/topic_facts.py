"""A topic's counts and last activity, rewritten here and nowhere else, from what its whole audience can see."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.threads import Post, Topic
from forum.community.subjects import hold_topic, hold_topics
from forum.community.visibility import post_is_readable
from forum.events import (
    CountsMended,
    MemberPaused,
    MemberRestricted,
    MemberReturned,
    PostDeleted,
    PostHidden,
    PostPublished,
    PostRemoved,
    PostRestored,
    PostsErased,
    TopicMerged,
    TopicSplit,
    emit,
)


def count_reply(session: Session, event: PostPublished) -> None:
    """Count a reply that was just published; the cost is the same in a short topic and in a long one.

    One whose author paused at this very moment is not counted: nobody sees it.

    Queries: 1
    """
    in_sight = (
        select(Post.id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id == event.post_id, post_is_readable())
        .exists()
    )
    written = select(Post.written_at).where(Post.id == event.post_id)
    answered = written.where(Post.by_topic_author.is_(False))
    session.execute(
        update(Topic)
        .where(Topic.id == event.topic_id, in_sight)
        .values(
            reply_count=Topic.reply_count + 1,
            last_activity_at=written.scalar_subquery(),
            first_reply_at=func.coalesce(Topic.first_reply_at, answered.scalar_subquery()),
        )
        .execution_options(synchronize_session=False)
    )


def refresh_topic_facts(
    session: Session, event: PostDeleted | PostHidden | PostRemoved | PostRestored | PostsErased
) -> None:
    """Rewrite the facts of the topic from which something went, or to which it came back.

    Queries: 1
    """
    rewrite(session, event.topic_id)


def refresh_merged_facts(session: Session, event: TopicMerged) -> None:
    """Rewrite the facts of the topic to which posts came; the other one has none any more.

    Queries: 1
    """
    rewrite(session, event.into_topic_id)


def refresh_split_facts(session: Session, event: TopicSplit) -> None:
    """Rewrite the facts of the topic from which posts went, and of the one that they are now.

    Queries: 2
    """
    rewrite(session, event.topic_id)
    rewrite(session, event.new_topic_id)


def refresh_facts_of_member(
    session: Session, event: MemberPaused | MemberRestricted | MemberReturned
) -> None:
    """Rewrite the facts of every topic in which the member wrote, now that what they wrote is out of sight, or back.

    Queries: 3, and 1 for each topic
    """
    wrote_in = (
        select(Post.topic_id).where(Post.author_id == event.member_id).distinct().order_by(Post.topic_id)
    )
    # Held first, in the order in which everybody takes them, and counted afterwards: a statement that had to wait for
    # somebody who writes there would count what was there before they came.
    held: set[int] = set()
    while new := [topic_id for topic_id in session.scalars(wrote_in) if topic_id not in held]:
        # More than once only where moderators put posts of theirs into another topic while this waited.
        hold_topics(session, new)
        held.update(new)
    for topic_id in sorted(held):
        rewrite(session, topic_id)


def rewrite(session: Session, topic_id: int) -> None:
    """Rewrite one topic's facts; right whatever happened before, so it may run any number of times.

    The caller holds the topic.
    """
    session.flush()
    session.execute(
        update(Topic)
        .where(Topic.id == topic_id)
        .values(_facts())
        .execution_options(synchronize_session=False)
    )


def topics_after(session: Session, topic_id: int, limit: int) -> Sequence[int]:
    """Return the next topics, by their ids.

    Queries: 1
    """
    return session.scalars(select(Topic.id).where(Topic.id > topic_id).order_by(Topic.id).limit(limit)).all()


def wrong_among(session: Session, topic_ids: Collection[int]) -> Sequence[int]:
    """Return those of the topics whose facts are not what they would be if they were rewritten now.

    Queries: 1
    """
    differs = [getattr(Topic, name).is_distinct_from(fact) for name, fact in _facts().items()]
    return session.scalars(
        select(Topic.id).where(Topic.id.in_(topic_ids), or_(*differs)).order_by(Topic.id)
    ).all()


def mend(session: Session, topic_id: int) -> None:
    """Rewrite the facts of a topic that ``wrong_among`` found; if they were put right meanwhile, nothing changes.

    Emits: CountsMended
    """
    hold_topic(session, topic_id)
    rewrite(session, topic_id)
    category_id = session.scalar(select(Topic.category_id).where(Topic.id == topic_id))
    if category_id is not None:
        emit(session, CountsMended(topic_id, category_id))


def _facts() -> dict[str, ColumnElement[object]]:
    """Return, for each stored fact, what it has to be, as a part of a statement about ``Topic``."""
    readable = (
        select(Post.id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.topic_id == Topic.id, post_is_readable())
        .correlate(Topic)
    )
    replies = readable.with_only_columns(func.count()).where(Post.number > 1).scalar_subquery()
    # Not that of the highest number: after a merge, older posts stand at the end.
    newest = readable.with_only_columns(func.max(Post.written_at)).scalar_subquery()
    first_reply = (
        readable.with_only_columns(Post.written_at)
        .where(Post.number > 1, Post.by_topic_author.is_(False))
        .order_by(Post.number)
        .limit(1)
        .scalar_subquery()
    )
    return {
        "reply_count": replies,
        "last_activity_at": func.coalesce(newest, Topic.last_activity_at),
        "first_reply_at": first_reply,
    }
