"""The earlier versions of a post, for its author: how many are kept, and deleting them while the post stays."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forum.community.letting_go import forget_unused, let_go_in_drafts, let_go_of_versions, remove_drafts
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Post, PostVersion
from forum.community.subjects import hold_topic_of, post_to_take_back, refuse_moved
from forum.database.rows import rows_changed
from forum.events import EarlierTextPurged, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require


def earlier_versions(session: Session, post_id: int) -> int:
    """Return how many earlier versions of a post are kept. Who may know is for the caller to say.

    Queries: 1
    """
    return session.execute(
        select(func.count(PostVersion.id)).where(PostVersion.post_id == post_id)
    ).scalar_one()


def purge_earlier_text(session: Session, actor: Actor, post_id: int) -> str:
    """Delete the earlier versions of a post of one's own, and return where the post stands.

    The post stays as it is, and so does the line that says that it was edited. As taking it back, this works whatever
    became of the post, its topic or its author. Copies in reports are not touched: they end by themselves.

    Emits: EarlierTextPurged (unless there were none)
    Raises: NotFound, SignInFirst, Forbidden, Conflict (moderators put it into another topic at this moment)
    """
    held = hold_topic_of(session, post_id)
    subject = post_to_take_back(session, actor, post_id)
    refuse_moved(held, subject.topic_id)
    require(actor, Action.POST_PURGE, subject)
    if delete_versions(session, subject.id, subject.markdown):
        emit(
            session,
            EarlierTextPurged(topic_id=subject.topic_id, category_id=subject.category_id, post_id=subject.id),
        )
    return subject.address


def delete_versions(session: Session, post_id: int, markdown: str) -> int:
    """Delete the earlier versions of a post that now reads so, with what they mention, and return how many there were.

    Quotes of theirs show a neutral line from now on. A draft of a new text goes as well: it may have been begun from
    any of them.

    Queries: 8, and more for pictures in such a draft and for drafts that quote the post
    """
    let_go_of_versions(session, Post.id == post_id)
    forget_unused(session, post_id, markdown)
    let_go_in_drafts(session, Post.id == post_id)
    remove_drafts(session, KeptDraft.post_id == post_id)
    return rows_changed(session, delete(PostVersion).where(PostVersion.post_id == post_id))
