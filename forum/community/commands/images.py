"""Pictures: added to a draft, taken along to the post that it becomes, and removed again.

A picture comes here when its file lies in the store already: nothing is decoded or stored within a transaction. How a
file gets there stands in ``picture_files``.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, false, func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.community.models.images import Image, ImageFile
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Post, Topic
from forum.community.pictures import MOST_PICTURES, UNCLAIMED, drop_one, with_pictures
from forum.community.subjects import hold_topic_of, post_to_take_back, refuse_moved
from forum.database.rows import rows_changed
from forum.errors import Conflict, Invalid, NotFound, TooMany
from forum.events import PictureRemoved, PostEdited, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _

# How many a member may add within a day.
MOST_A_DAY = 40
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PictureDraft:
    """A picture that lies in the store: the name of its file, what can be seen on it, and its measures."""

    name: str
    alt: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class _OfDraft:
    """A picture of a draft, for a rule."""

    author_id: int | None


def announce_file(session: Session, name: str) -> None:
    """Write down that a file is about to be stored, so that it is found again should nobody make a picture of it."""
    session.add(ImageFile(name=name, image_id=None, stored_at=clock.now()))


def refuse_picture(session: Session, actor: Actor, draft_id: int) -> None:
    """Raise what ``add_picture`` would, before the file is decoded and stored; it looks again then.

    Raises: NotFound, SignInFirst, Forbidden, Invalid (there are four already), TooMany
    Queries: 3
    """
    draft = session.scalars(_own_draft(actor, draft_id)).one_or_none()
    if draft is None:
        raise NotFound
    require(actor, Action.IMAGE_ADD)
    _refuse_another(session, draft)
    _refuse_too_many(session, actor)


def add_picture(session: Session, actor: Actor, draft_id: int, picture: PictureDraft) -> None:
    """Add a stored picture to a draft of the actor's own.

    Raises: as refuse_picture, and Conflict (it was stored too long ago)
    """
    draft = session.scalars(_own_draft(actor, draft_id).with_for_update()).one_or_none()
    if draft is None:
        raise NotFound
    require(actor, Action.IMAGE_ADD)
    _refuse_another(session, draft)
    _refuse_too_many(session, actor)
    image = Image(
        name=picture.name,
        member_id=actor.member_id,
        post_id=None,
        draft_id=draft.id,
        alt=picture.alt,
        width=picture.width,
        height=picture.height,
        size=picture.size,
        added_at=clock.now(),
    )
    session.add(image)
    session.flush()
    claimed = update(ImageFile).where(
        ImageFile.name == picture.name,
        ImageFile.image_id.is_(None),
        ImageFile.stored_at > clock.now() - UNCLAIMED,
    )
    if rows_changed(session, claimed.values(image_id=image.id)) != 1:
        raise Conflict(_("This took too long, and the picture is gone. Send it once more."))


def attach(session: Session, draft_id: int, post_id: int) -> None:
    """Let the pictures of a draft stand below the post that it became or changed. The caller holds the post's topic.

    A post that was there before counts as edited by it. Without pictures nothing changes.

    Emits: PostEdited (of a post that was there before)
    Queries: 1, and 4 where there are some, and 1 more for an edit
    """
    moved = update(Image).where(Image.draft_id == draft_id)
    if not rows_changed(session, moved.values(draft_id=None, post_id=post_id)):
        return
    post = session.get_one(Post, post_id)
    is_edit = session.scalar(select(KeptDraft.post_id).where(KeptDraft.id == draft_id)) == post_id
    if is_edit:
        post.edited_at = clock.now()
    post.html = with_pictures(session, post_id, post.html)
    session.flush()
    if is_edit:
        category_id = session.execute(select(Topic.category_id).where(Topic.id == post.topic_id)).scalar_one()
        emit(session, PostEdited(topic_id=post.topic_id, category_id=category_id, post_id=post.id))


def remove_picture(session: Session, actor: Actor, name: str) -> str:
    """Remove a picture of the actor's own, and return the address of the draft's pictures or of the post.

    As taking words back, it works whatever became of the post, its topic or its author.

    Emits: PictureRemoved and PostEdited (if it stood in a post)
    Raises: NotFound, SignInFirst, Forbidden, Conflict (moderators put the post into another topic at this moment)
    """
    row = session.execute(
        select(Image.id, Image.member_id, Image.post_id, Image.draft_id).where(
            Image.name == name, Image.member_id == actor.member_id
        )
    ).one_or_none()
    if row is None or not actor.is_member:
        raise NotFound
    if row.post_id is None:
        require(actor, Action.POST_PURGE, _OfDraft(row.member_id))
        drop_one(session, row.id)
        return f"/drafts/{row.draft_id}/pictures"
    held = hold_topic_of(session, row.post_id)
    subject = post_to_take_back(session, actor, row.post_id)
    refuse_moved(held, subject.topic_id)
    require(actor, Action.POST_PURGE, subject)
    emit(session, PictureRemoved(subject.topic_id, subject.category_id, subject.id, image_id=row.id))
    drop_one(session, row.id)
    post = session.get_one(Post, subject.id)
    post.html = with_pictures(session, post.id, post.html)
    post.edited_at = clock.now()
    session.flush()
    emit(session, PostEdited(topic_id=subject.topic_id, category_id=subject.category_id, post_id=post.id))
    return subject.address


def _own_draft(actor: Actor, draft_id: int) -> Select[KeptDraft]:
    return select(KeptDraft).where(
        KeptDraft.id == draft_id, KeptDraft.member_id == actor.member_id if actor.is_member else false()
    )


def _refuse_another(session: Session, draft: KeptDraft) -> None:
    """Raise Invalid where a draft, with the post that it changes, has as many pictures as a post may have.

    Queries: 1
    """
    there = Image.draft_id == draft.id
    if draft.post_id is not None:
        there |= Image.post_id == draft.post_id
    if session.execute(select(func.count(Image.id)).where(there)).scalar_one() >= MOST_PICTURES:
        raise Invalid(
            {"picture": _("A post holds at most %(limit)s pictures. Remove one first.", limit=MOST_PICTURES)}
        )


def _refuse_too_many(session: Session, actor: Actor) -> None:
    """Raise TooMany until the earliest of the member's last forty pictures that are still there is a day old.

    Queries: 1
    """
    now = clock.now()
    earliest = session.scalar(
        select(Image.added_at)
        .where(Image.member_id == actor.member_id, Image.added_at > now - _DAY)
        .order_by(Image.added_at.desc())
        .offset(MOST_A_DAY - 1)
        .limit(1)
    )
    if earliest is not None:
        raise TooMany(
            _("You have added %(limit)s pictures within a day. You can add more tomorrow.", limit=MOST_A_DAY),
            math.ceil((earliest + _DAY - now).total_seconds()),
        )
