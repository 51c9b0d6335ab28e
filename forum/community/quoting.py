"""Which topics quote a post, so that their pages are made anew when its words, or who may read them, change.

A quote is filled when a page is made, and a page that was kept would go on showing it. Whose name or block changed
needs nothing of this: that makes every page anew.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from forum.community.models.slots import Slot
from forum.community.models.threads import Post
from forum.events import (
    ManyQuotesChanged,
    PostEdited,
    PostHidden,
    PostRemoved,
    PostRestored,
    PostsErased,
    QuotesChanged,
    TopicChanged,
    TopicHidden,
    TopicMerged,
    TopicMoved,
    TopicRemoved,
    TopicRestored,
    TopicSplit,
    emit,
)

# What is quoted in more topics than that makes every page anew: to name them all would hold up whoever writes.
MOST_TOPICS = 100
_SOURCE = aliased(Post)


def tell_those_that_quote_post(
    session: Session, event: PostEdited | PostHidden | PostRemoved | PostRestored
) -> None:
    """Say of each topic that quotes a post that its quotes changed.

    Queries: 1
    """
    _tell(session, Slot.source_post_id == event.post_id)


def tell_those_that_quote_topic(
    session: Session,
    event: TopicChanged | TopicHidden | TopicRemoved | TopicRestored | TopicMoved | PostsErased,
) -> None:
    """Do the same for the posts of a topic.

    Queries: 1
    """
    _tell(session, _SOURCE.topic_id == event.topic_id)


def tell_those_that_quote_merged(session: Session, event: TopicMerged) -> None:
    """Do the same for two topics that are one now.

    Queries: 1
    """
    _tell(session, _SOURCE.topic_id == event.into_topic_id)


def tell_those_that_quote_split(session: Session, event: TopicSplit) -> None:
    """Do the same for the posts that have a topic of their own now.

    Queries: 1
    """
    _tell(session, _SOURCE.topic_id == event.new_topic_id)


def tell_quoting(session: Session, post_ids: Sequence[int]) -> None:
    """Say of the topics of these posts that quotes of theirs changed, whose sources nobody can find any more.

    Queries: 1, or none where there are no posts
    """
    if not post_ids:
        return
    some = sorted(set(post_ids))[: MOST_TOPICS * 10]
    topics = select(Post.topic_id).where(Post.id.in_(some)).distinct().limit(MOST_TOPICS + 1)
    topic_ids = session.scalars(topics).all()
    _emit(session, topic_ids, too_many=len(topic_ids) > MOST_TOPICS or len(some) < len(set(post_ids)))


def _tell(session: Session, sources: ColumnElement[bool]) -> None:
    session.flush()
    topics = (
        select(Post.topic_id)
        .join(Slot, Slot.post_id == Post.id)
        .join(_SOURCE, _SOURCE.id == Slot.source_post_id)
        .where(sources)
        .distinct()
        .limit(MOST_TOPICS + 1)
    )
    topic_ids = session.scalars(topics).all()
    _emit(session, topic_ids, too_many=len(topic_ids) > MOST_TOPICS)


def _emit(session: Session, topic_ids: Sequence[int], *, too_many: bool) -> None:
    if too_many:
        emit(session, ManyQuotesChanged())
        return
    for topic_id in topic_ids:
        emit(session, QuotesChanged(topic_id))
