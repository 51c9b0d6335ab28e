"""What moderators do with topics and posts, as far as the community's own rows go.

Whether somebody may, why they do it and who is told is ``moderation``'s to decide and to keep. It holds the topics
(``subjects.hold_topics``) and reads them afterwards; what is handed in here is what was read then.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, insert, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.audiences import no_wider_than
from forum.community.models.threads import SHARED, Audience, Post, PostState, Topic, TopicState
from forum.community.subjects import PostAtWork, TopicAtWork
from forum.community.visibility import post_is_readable
from forum.database.rows import AnyRow
from forum.errors import Conflict, Invalid
from forum.events import (
    Event,
    PostHidden,
    PostRemoved,
    PostRestored,
    TopicHidden,
    TopicLocked,
    TopicMerged,
    TopicMoved,
    TopicNarrowed,
    TopicPinned,
    TopicRemoved,
    TopicRestored,
    TopicSplit,
    TopicUnlocked,
    TopicUnpinned,
    emit,
)
from forum.text.slugs import slug_of
from forum.text.translate import gettext as _

MOST_TO_SPLIT = 200


def lock_topic(session: Session, topic: TopicAtWork) -> None:
    """Close a topic to replies.

    Emits: TopicLocked
    Raises: Conflict (it is closed)
    """
    if topic.locked:
        raise Conflict(_("This topic is closed to replies already. Nothing was changed."))
    _change_topic(session, topic, {"locked": True}, TopicLocked(topic.id, topic.category_id))


def unlock_topic(session: Session, topic: TopicAtWork) -> None:
    """Open a topic to replies again.

    Emits: TopicUnlocked
    Raises: Conflict (it is open)
    """
    if not topic.locked:
        raise Conflict(_("This topic is open to replies already. Nothing was changed."))
    _change_topic(session, topic, {"locked": False}, TopicUnlocked(topic.id, topic.category_id))


def pin_topic(session: Session, topic: TopicAtWork) -> None:
    """Put a topic on top of its category.

    Emits: TopicPinned
    Raises: Conflict (it is there)
    """
    if topic.pinned:
        raise Conflict(_("This topic is pinned already. Nothing was changed."))
    _change_topic(session, topic, {"pinned": 1}, TopicPinned(topic.id, topic.category_id))


def unpin_topic(session: Session, topic: TopicAtWork) -> None:
    """Put a topic back among the others of its category.

    Emits: TopicUnpinned
    Raises: Conflict (it is there)
    """
    if not topic.pinned:
        raise Conflict(_("This topic is not pinned any more. Nothing was changed."))
    _change_topic(session, topic, {"pinned": 0}, TopicUnpinned(topic.id, topic.category_id))


def move_topic(session: Session, topic: TopicAtWork, category_id: int, widest: Audience) -> None:
    """Put a topic into another category, where it is not pinned: that is for its moderators to say.

    It has no more readers there than that category allows (``widest``).

    Emits: TopicMoved, TopicNarrowed (where fewer may read it there)
    Raises: Invalid (it stands there)
    """
    refuse_move(topic, category_id)
    values: dict[str, Any] = {"category_id": category_id, "pinned": 0}
    audience = no_wider_than(widest, topic.audience)
    if audience is not topic.audience:
        values |= {"audience": audience, "condition_id": None}
    moved = TopicMoved(topic.id, category_id, from_category_id=topic.category_id)
    _change_topic(session, topic, values, moved)
    if audience is not topic.audience:
        emit(session, TopicNarrowed(topic.id, category_id))


def refuse_move(topic: TopicAtWork, category_id: int) -> None:
    """Raise Invalid when the topic stands in this category."""
    if topic.category_id == category_id:
        raise Invalid({"category": _("It stands in this category. Choose another one.")})


def hide_topic(session: Session, topic: TopicAtWork) -> None:
    """Take a topic out of sight while moderators look at it.

    Emits: TopicHidden
    Raises: Conflict (it is out of sight)
    """
    _refuse_unless(topic.state in (TopicState.PUBLISHED,), _("This topic is out of sight already."))
    _change_topic(session, topic, {"state": TopicState.HIDDEN}, TopicHidden(topic.id, topic.category_id))


def remove_topic(session: Session, topic: TopicAtWork) -> None:
    """Take a topic down.

    Emits: TopicRemoved
    Raises: Conflict (it was taken down)
    """
    _refuse_unless(topic.state is not TopicState.REMOVED, _("This topic was taken down already."))
    _change_topic(session, topic, {"state": TopicState.REMOVED}, TopicRemoved(topic.id, topic.category_id))


def restore_topic(session: Session, topic: TopicAtWork) -> None:
    """Bring a topic back that was hidden or taken down.

    Emits: TopicRestored
    Raises: Conflict (it is there)
    """
    _refuse_unless(topic.state is not TopicState.PUBLISHED, _("This topic can be read already."))
    _change_topic(session, topic, {"state": TopicState.PUBLISHED}, TopicRestored(topic.id, topic.category_id))


def hide_post(session: Session, post: PostAtWork) -> None:
    """Take a post out of sight while moderators look at it; hiding post 1 hides the title with it.

    Emits: PostHidden
    Raises: Conflict (it is not there to be hidden)
    """
    _refuse_taken_back(post)
    _refuse_unless(post.state is PostState.PUBLISHED, _("This post is out of sight already."))
    _change_post(session, post, PostState.HIDDEN, PostHidden(post.topic_id, post.category_id, post.id))


def remove_post(session: Session, post: PostAtWork) -> None:
    """Take a post down; taking post 1 down hides the title with it.

    Emits: PostRemoved
    Raises: Conflict (it is not there to be taken down)
    """
    _refuse_taken_back(post)
    _refuse_unless(
        post.state in (PostState.PUBLISHED, PostState.HIDDEN), _("This post was taken down already.")
    )
    _change_post(session, post, PostState.REMOVED, PostRemoved(post.topic_id, post.category_id, post.id))


def restore_post(session: Session, post: PostAtWork) -> None:
    """Bring a post back that was hidden or taken down.

    Emits: PostRestored
    Raises: Conflict (it is there, or its author took it back)
    """
    _refuse_taken_back(post)
    _refuse_unless(post.state in (PostState.HIDDEN, PostState.REMOVED), _("This post can be read already."))
    _change_post(session, post, PostState.PUBLISHED, PostRestored(post.topic_id, post.category_id, post.id))


def refuse_merge(source: TopicAtWork, target: TopicAtWork) -> None:
    """Raise Invalid, or Conflict where something changed in between, when the one can't go into the other."""
    if source.id == target.id:
        raise Invalid({"target": _("This is the same topic. Name the other one.")})
    _refuse_unless(
        source.state is TopicState.PUBLISHED, _("This topic is out of sight. Bring it back first.")
    )
    if target.state is not TopicState.PUBLISHED:
        raise Invalid({"target": _("That topic is out of sight. Bring it back first, or choose another.")})
    if source.audience not in SHARED:
        raise Conflict(_("Topics that only some may read can't be joined with others. Nothing was changed."))
    if target.audience not in SHARED:
        raise Invalid({"target": _("Only some may read that topic, so nothing can be joined with it.")})


def narrower_audience(source: TopicAtWork, target: TopicAtWork) -> Audience:
    """Return who may read two topics (see refuse_merge) once they are one.

    Whoever may read both, and no more than the category allows in which they then stand.
    """
    both = max(source.audience, target.audience, key=SHARED.index)
    return no_wider_than(target.widest_audience, both)


def merge_topics(session: Session, source: TopicAtWork, target: TopicAtWork) -> None:
    """Put all posts of a topic at the end of another one, and both have the readers of narrower_audience.

    Posts keep their ids and their order, and get the numbers that follow. Behind stays a line that knows the first
    of them: the old address leads there. The title goes; addresses that led to the old topic lead on.

    Emits: TopicMerged
    Raises: Invalid, Conflict (see refuse_merge)
    Queries: 6
    """
    refuse_merge(source, target)
    first = session.execute(
        select(Post.id, Post.number, Post.written_at, Post.renderer_version).where(
            Post.topic_id == source.id, Post.number == 1
        )
    ).one()
    _execute(
        session,
        update(Post)
        .where(Post.topic_id == source.id)
        .values(
            topic_id=target.id,
            number=Post.number + target.last_number,
            by_topic_author=_is_by(target.author_id, from_community=target.from_community),
        ),
    )
    session.execute(insert(Post), [_line(source.id, first)])
    _execute(
        session,
        update(Topic).where(Topic.merged_into_id == source.id).values(merged_into_id=target.id),
    )
    _execute(
        session,
        update(Topic)
        .where(Topic.id == source.id)
        .values(
            state=TopicState.MERGED,
            merged_into_id=target.id,
            title="",
            slug="",
            content_note="",
            pinned=0,
            reply_count=0,
            first_reply_at=None,
        ),
    )
    _execute(
        session,
        update(Topic)
        .where(Topic.id == target.id)
        .values(
            last_number=Topic.last_number + source.last_number,
            audience=narrower_audience(source, target),
        ),
    )
    emit(session, TopicMerged(source.id, source.category_id, target.id, target.category_id))


def posts_to_split(session: Session, topic: TopicAtWork, post_ids: Collection[int]) -> list[AnyRow]:
    """Return the posts that go, in their order. Raises Invalid or Conflict when they can't.

    A post that its author's pause hides stays: nobody can see what it would be the beginning of.

    Queries: 1
    """
    _refuse_unless(topic.state is TopicState.PUBLISHED, _("This topic is out of sight. Bring it back first."))
    if topic.audience not in SHARED:
        raise Conflict(_("Topics that only some may read can't be taken apart. Nothing was changed."))
    if not post_ids:
        raise Invalid({"posts": _("Choose the posts that shall have a topic of their own.")})
    if len(post_ids) > MOST_TO_SPLIT:
        raise Invalid({"posts": _("Choose at most %(most)s posts at once.", most=MOST_TO_SPLIT)})
    found = list(
        session.execute(
            select(
                Post.id,
                Post.number,
                Post.author_id,
                Post.from_community,
                Post.by_topic_author,
                Post.written_at,
                Post.renderer_version,
            )
            .outerjoin(Member, Member.id == Post.author_id)
            .where(Post.id.in_(sorted(post_ids)), Post.topic_id == topic.id, post_is_readable())
            .order_by(Post.number)
        )
    )
    if len(found) < len(set(post_ids)):
        raise Conflict(
            _("Some of these posts were moved, hidden or taken back in the meantime. Nothing was changed.")
        )
    if found[0].number == 1:
        raise Invalid({"posts": _("The first post stays: without it, there is no topic. Leave it out.")})
    return found


def split_topic(session: Session, topic: TopicAtWork, posts: list[AnyRow], title: str) -> int:
    """Give posts (see posts_to_split) a topic of their own in the same category, and return its id.

    Posts keep their ids and are numbered anew from 1; where each stood, a line stays. The new topic is its first
    post's author's, has the same audience, and is open to replies.

    Emits: TopicSplit
    Queries: 3
    """
    opening = posts[0]
    new = Topic(
        category_id=topic.category_id,
        author_id=opening.author_id,
        from_community=opening.from_community,
        locale=topic.locale,
        title=title,
        slug=slug_of(title),
        intent=topic.intent,
        content_note=topic.content_note,
        audience=topic.audience,
        state=TopicState.PUBLISHED,
        pinned=0,
        locked=False,
        started_at=opening.written_at,
        last_number=len(posts),
        reply_count=0,
        last_activity_at=opening.written_at,
    )
    session.add(new)
    session.flush()
    _execute(
        session,
        update(Post)
        .where(Post.id.in_([post.id for post in posts]))
        .values(
            topic_id=new.id,
            number=case({post.id: number for number, post in enumerate(posts, 1)}, value=Post.id),
            by_topic_author=_is_by_opener(opening),
        ),
    )
    session.execute(insert(Post), [_line(topic.id, post) for post in posts])
    emit(session, TopicSplit(topic.id, topic.category_id, new_topic_id=new.id))
    return new.id


def _is_by(author_id: int | None, *, from_community: bool) -> ColumnElement[bool]:
    """Say which posts are by a topic's author. Of a former member's, nobody can say it any more."""
    if from_community:
        return Post.from_community.is_(True)
    if author_id is None:
        return false()
    return func.coalesce(Post.author_id == author_id, false())


def _is_by_opener(opening: AnyRow) -> ColumnElement[bool]:
    """Say the same of a topic that begins with this post.

    Two posts of former members are by the same one if both were by the author of the topic that they leave.
    """
    if opening.from_community or opening.author_id is not None:
        return _is_by(opening.author_id, from_community=opening.from_community)
    if not opening.by_topic_author:
        return Post.id.in_([opening.id])
    return and_(Post.by_topic_author.is_(True), Post.author_id.is_(None), Post.from_community.is_(False))


def _line(topic_id: int, post: AnyRow) -> dict[str, Any]:
    """Return the row that stays where a post stood. It is nobody's, and says nothing but where the post went."""
    return {
        "topic_id": topic_id,
        "number": post.number,
        "author_id": None,
        "from_community": False,
        "by_topic_author": False,
        "state": PostState.MOVED,
        "moved_to_id": post.id,
        "markdown": "",
        "html": "",
        "renderer_version": post.renderer_version,
        "written_at": post.written_at,
    }


def _refuse_taken_back(post: PostAtWork) -> None:
    _refuse_unless(post.state is not PostState.DELETED, _("Its author took this post back."))
    _refuse_unless(post.state is not PostState.MOVED, _("This post was moved to another topic."))


def _refuse_unless(it_fits: bool, sentence: str) -> None:
    if not it_fits:
        raise Conflict(_("%(why)s Nothing was changed.", why=sentence))


def _change_topic(session: Session, topic: TopicAtWork, values: Mapping[str, Any], event: Event) -> None:
    _execute(session, update(Topic).where(Topic.id == topic.id).values(**values))
    emit(session, event)


def _change_post(session: Session, post: PostAtWork, state: PostState, event: Event) -> None:
    _execute(session, update(Post).where(Post.id == post.id).values(state=state))
    emit(session, event)


def _execute(session: Session, statement: Any) -> None:
    """Run an UPDATE; nothing of what it changes is held as an object in the session."""
    session.execute(statement, execution_options={"synchronize_session": False})
