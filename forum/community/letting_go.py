"""What becomes of slots and drafts when words go: others' texts lose what they show of them.

Rows are held in the order of their ids first: two who write about one another may go at the same moment.
"""

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.slots import Slot
from forum.community.models.threads import Post, PostVersion
from forum.community.pictures import drop_of_drafts
from forum.community.quoting import tell_quoting
from forum.database.rows import rows_changed
from forum.permissions.actor import MemberId
from forum.text import kept_words, slots


def let_go_of_versions(session: Session, posts: ColumnElement[bool]) -> None:
    """Let quotes of the posts' earlier versions show the neutral line, before those are deleted.

    Queries: 2, and 1 where there are some
    """
    _empty(session, Slot.source_version_id.in_(_versions_of(posts)))


def let_go_of_posts(session: Session, posts: ColumnElement[bool]) -> None:
    """Delete the slots of posts whose words go, and let quotes of these show the neutral line.

    Queries: 4, and 1 where they are quoted
    """
    ids = select(Post.id).where(posts)
    _hold(session, or_(Slot.post_id.in_(ids), Slot.source_post_id.in_(ids)))
    rows_changed(session, delete(Slot).where(Slot.post_id.in_(ids)))
    _empty(session, Slot.source_post_id.in_(ids))


def hold_slots_of(session: Session, member_id: MemberId) -> None:
    """Hold every slot that goes, is emptied or names a member when they are erased, before the first is changed.

    Queries: 1
    """
    theirs = Post.author_id == member_id
    ids = select(Post.id).where(theirs)
    _hold(
        session,
        or_(
            Slot.member_id == member_id,
            Slot.post_id.in_(ids),
            Slot.source_post_id.in_(ids),
            Slot.source_version_id.in_(_versions_of(theirs)),
        ),
    )


def forget_unused(session: Session, post_id: int, markdown: str) -> None:
    """Empty the slots of a post that only its earlier versions had, when those go. Their numbers stay taken.

    Queries: 2, and 1 where there are some
    """
    used = sorted(ordinal for _kind, ordinal in slots.tokens_of(markdown))
    _empty(session, Slot.post_id == post_id, Slot.ordinal.not_in(used))


def let_go_in_drafts(session: Session, posts: ColumnElement[bool], member_id: MemberId | None = None) -> None:
    """Take out of drafts what stands there of these posts by itself, and the number of a member who goes.

    Words that were found in their post when a draft was kept don't stand there at all: see ``kept_words``.

    Queries: 2, and 1 for each draft that changes
    """
    about = KeptDraft.words.contains("/posts/", autoescape=True)
    if member_id is not None:
        about = or_(about, KeptDraft.words.contains(kept_words.member(member_id), autoescape=True))
    drafts = session.execute(
        select(KeptDraft.id, KeptDraft.words).where(about).order_by(KeptDraft.id).with_for_update()
    ).all()
    if not drafts:
        return
    ids = set(session.scalars(select(Post.id).where(posts)))
    for draft in drafts:
        words = kept_words.without_quotes_of(draft.words, ids.__contains__)
        if member_id is not None:
            words = kept_words.without_member(words, member_id)
        if words != draft.words:
            rows_changed(session, update(KeptDraft).where(KeptDraft.id == draft.id).values(words=words))


def remove_drafts(session: Session, which: ColumnElement[bool]) -> int:
    """Remove drafts, with the pictures in them, and return how many there were.

    Queries: 2, and 3 where there are pictures
    """
    drop_of_drafts(session, which)
    return rows_changed(session, delete(KeptDraft).where(which))


def _versions_of(posts: ColumnElement[bool]) -> Select[int]:
    return select(PostVersion.id).join(Post, Post.id == PostVersion.post_id).where(posts)


def _hold(session: Session, *which: ColumnElement[bool]) -> None:
    session.execute(select(Slot.id).where(*which).order_by(Slot.id).with_for_update()).all()


def _empty(session: Session, *which: ColumnElement[bool]) -> None:
    # Whose words they were is forgotten with them.
    nothing = {"source_post_id": None, "source_version_id": None, "member_id": None}
    _hold(session, *which)
    emptied = update(Slot).where(*which).values(nothing).returning(Slot.post_id)
    quoting = session.scalars(emptied.execution_options(synchronize_session=False)).all()
    # Only here it is still known where they were quoted.
    tell_quoting(session, quoting)
