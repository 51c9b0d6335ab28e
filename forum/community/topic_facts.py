"""A topic's counts and last activity, rewritten here and nowhere else, from what its whole audience can see."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.threads import Post, Topic
from forum.community.visibility import post_is_readable
from forum.events import (
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
)


def count_reply(session: Session, event: PostPublished) -> None:
    """Count a reply that was just published; the cost is the same in a short topic and in a long one.

    Queries: 1
    """
    written = select(Post.written_at).where(Post.id == event.post_id)
    answered = written.where(Post.by_topic_author.is_(False))
    session.execute(
        update(Topic)
        .where(Topic.id == event.topic_id)
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

    Queries: 1, and 1 for each topic
    """
    # In the order in which everybody takes them, so that two who do this at once don't wait for each other.
    wrote_in = (
        select(Post.topic_id).where(Post.author_id == event.member_id).distinct().order_by(Post.topic_id)
    )
    for topic_id in session.scalars(wrote_in).all():
        rewrite(session, topic_id)


def rewrite(session: Session, topic_id: int) -> None:
    """Rewrite one topic's facts; right whatever happened before, so it may run any number of times."""
    readable = (
        select(Post.id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.topic_id == topic_id, post_is_readable())
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
    session.flush()
    session.execute(
        update(Topic)
        .where(Topic.id == topic_id)
        .values(
            reply_count=replies,
            last_activity_at=func.coalesce(newest, Topic.last_activity_at),
            first_reply_at=first_reply,
        )
        .execution_options(synchronize_session=False)
    )
