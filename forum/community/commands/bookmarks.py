"""Keeping posts at hand. A bookmark and its note are one member's alone: no page of anybody else's changes."""

from typing import cast

from sqlalchemy import Table, delete, update
from sqlalchemy.orm import Session

from forum import clock
from forum.community.models.reading import Bookmark
from forum.community.subjects import visible_post
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require


def keep_bookmark(session: Session, actor: Actor, post_id: int, note: str) -> str:
    """Keep a post at hand with this note, or give a kept one this note, and return where the post stands.

    Emits: nothing
    Raises: NotFound, SignInFirst, Forbidden
    """
    subject = visible_post(session, actor, post_id)
    require(actor, Action.POST_BOOKMARK, subject)
    row: dict[str, object] = {
        "member_id": actor.member_id,
        "post_id": subject.id,
        "note": note,
        "made_at": clock.now(),
    }
    if not tools(session).insert_unless_there(session, cast(Table, Bookmark.__table__), row):
        session.execute(
            update(Bookmark)
            .where(Bookmark.member_id == actor.member_id, Bookmark.post_id == subject.id)
            .values(note=note)
        )
    return subject.address


def remove_bookmark(session: Session, actor: Actor, bookmark_id: int) -> None:
    """Keep a post at hand no more; this works whatever became of the post, and of the member.

    Emits: nothing
    Raises: NotFound (it is not theirs, or it is gone)
    """
    mine = delete(Bookmark).where(Bookmark.id == bookmark_id, Bookmark.member_id == actor.member_id)
    if not rows_changed(session, mine):
        raise NotFound
