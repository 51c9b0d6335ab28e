"""What becomes of topics when words go: those of one post that its author takes back, or everything of whoever left.

Who may do it, and when, is decided where it is asked for. Numbers stay in every case, so that threads keep their shape.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from forum.community.models import Post, PostState, PostVersion, SubmissionKey, Topic, TopicState
from forum.community.subjects import hold_topics
from forum.errors import Conflict
from forum.events import PostsErased, emit
from forum.permissions.actor import MemberId
from forum.text.translate import gettext as _

# There is nothing left in these, or it stands elsewhere.
_OVER = (TopicState.DELETED, TopicState.MERGED)


def take_back_unanswered(session: Session, topics: ColumnElement[bool]) -> None:
    """Of these topics, let those go whole in which nobody else answered: its author's own replies, and lines.

    Queries: 1, and 3 where there are some
    """
    ids = session.scalars(
        select(Topic.id).where(topics, Topic.state.not_in(_OVER), ~_others_answered())
    ).all()
    if not ids:
        return
    _change(session, update(Topic).where(Topic.id.in_(ids)).values(state=TopicState.DELETED))
    _change(
        session,
        delete(PostVersion).where(PostVersion.post_id.in_(select(Post.id).where(Post.topic_id.in_(ids)))),
    )
    _change(
        session,
        update(Post)
        .where(Post.topic_id.in_(ids))
        .values(state=PostState.DELETED, moved_to_id=None, markdown="", html="", edited_at=None),
    )


def erase_words_of(session: Session, member_id: MemberId) -> None:
    """Take back everything a member wrote, as they could have post by post, and take their name off it.

    Whatever became of it counts: held, hidden, removed. Titles of theirs go; a topic in which nobody else answered goes
    whole. Copies in reports are not touched: they end by themselves.

    Emits: PostsErased (for each topic)
    Raises: Conflict (moderators put their posts into another topic at this moment)
    Queries: 10 to 13, and 1 for each topic
    """
    theirs = Post.author_id == member_id
    found = session.scalars(_topics_of(member_id)).all()
    hold_topics(session, found)
    rows = session.execute(
        select(Topic.id, Topic.category_id).where(Topic.id.in_(_topics_of(member_id)))
    ).all()
    if not {row.id for row in rows} <= set(found):
        # To hold those now would break the order in which topics are taken.
        raise Conflict(_("Posts were moved to another topic at this very moment."))
    _change(session, delete(PostVersion).where(PostVersion.post_id.in_(select(Post.id).where(theirs))))
    _change(
        session,
        update(Post).where(theirs).values(state=PostState.DELETED, markdown="", html="", edited_at=None),
    )
    begun = or_(
        Topic.author_id == member_id, exists().where(Post.topic_id == Topic.id, Post.number == 1, theirs)
    )
    _change(session, update(Topic).where(begun).values(title="", slug="", content_note=""))
    take_back_unanswered(session, begun)
    _change(session, delete(SubmissionKey).where(SubmissionKey.member_id == member_id))
    _change(session, update(Topic).where(Topic.author_id == member_id).values(author_id=None))
    _change(session, update(Post).where(theirs).values(author_id=None))
    for row in rows:
        emit(session, PostsErased(topic_id=row.id, category_id=row.category_id))


def _topics_of(member_id: MemberId) -> Select[int]:
    """Return the topics that a member began or wrote in, in the order in which everybody takes them."""
    wrote_in = select(Post.topic_id).where(Post.author_id == member_id)
    return (
        select(Topic.id).where(or_(Topic.author_id == member_id, Topic.id.in_(wrote_in))).order_by(Topic.id)
    )


def _others_answered() -> ColumnElement[bool]:
    """Say in which topics somebody else's words stand, shown or not; the line of an answer that was moved is none."""
    return exists().where(
        and_(
            Post.topic_id == Topic.id,
            Post.number > 1,
            Post.by_topic_author.is_(False),
            Post.state.not_in([PostState.DELETED, PostState.MOVED]),
        )
    )


def _change(session: Session, statement: Any) -> None:
    """Run an UPDATE or a DELETE; nothing of what it changes is looked at as an object afterwards."""
    session.execute(statement, execution_options={"synchronize_session": False})
