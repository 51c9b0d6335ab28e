"""What a post said before its author changed it: for whoever may read the post, change by change."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from forum.community.models.threads import Post, PostVersion
from forum.community.purging import earlier_versions
from forum.community.subjects import PostSubject, visible_post
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import can
from forum.text.differences import Passage, differences_of_posts
from forum.text.slots import neutral_words

CHANGES_PER_PAGE = 10
# All comparing on a page together takes no longer than that of one policy does at worst.
_MOST_STEPS = 2_000_000


@dataclass(frozen=True, slots=True)
class ChangeToPost:
    """One change: when, and what is different since. No passages: nothing that is shown here differs."""

    changed_at: datetime
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What was changed in a post, a page of it, the newest change first."""

    post: PostSubject
    written_at: datetime
    # None where it stands as it was written.
    edited_at: datetime | None
    # Empty, too, where its author deleted what it said before.
    changes: tuple[ChangeToPost, ...]
    # How many earlier versions its author can delete; 0 for everybody else.
    to_purge: int
    newer: str
    older: str


def history_page(session: Session, actor: Actor, post_id: int, window: Window) -> HistoryPage:
    """Return what was changed in a post that the actor may read. Raises NotFound, and Malformed for a foreign cursor.

    Names and quoted words that stood in it are not said here: whose they are, and what they are now, the post shows.

    Queries: 2, and 1 more for the post's author
    """
    post = visible_post(session, actor, post_id)
    following = aliased(PostVersion)
    # What replaced a version: the one after it, or else the post as it is.
    replaced_by = (
        select(following.markdown)
        .where(following.post_id == Post.id, following.id > PostVersion.id)
        .order_by(following.id)
        .limit(1)
        .scalar_subquery()
    )
    found = slice_of(
        session,
        select(
            PostVersion.markdown.label("before"),
            func.coalesce(replaced_by, Post.markdown).label("after"),
            PostVersion.replaced_at,
            Post.written_at,
            Post.edited_at,
            PostVersion.id,
        )
        # A post without any is a row, too.
        .select_from(Post)
        .outerjoin(PostVersion, PostVersion.post_id == Post.id)
        .where(Post.id == post.id),
        [PostVersion.id],
        window,
        CHANGES_PER_PAGE,
    )
    if not found.items:
        raise NotFound
    is_own = can(actor, Action.POST_PURGE, post)
    return HistoryPage(
        post=replace(post, markdown=""),
        written_at=found.items[0].written_at,
        edited_at=found.items[0].edited_at,
        changes=tuple(_change(row) for row in found.items if row.id is not None),
        to_purge=earlier_versions(session, post.id) if is_own else 0,
        newer=found.newer,
        older=found.older,
    )


def _change(row: AnyRow) -> ChangeToPost:
    before, after = neutral_words(row.before), neutral_words(row.after)
    return ChangeToPost(row.replaced_at, differences_of_posts(before, after, _MOST_STEPS))
