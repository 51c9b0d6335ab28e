"""The pictures of posts and drafts as rows and as HTML: how they stand below a text, and how they go with one.

Who may add or remove one is decided in ``commands/images``. Whatever deletes posts or drafts calls ``drop_of_posts`` or
``drop_of_drafts`` first, so that no picture outlives the words that it belongs to; the files go soon after, by the
errand of ``picture_files``.
"""

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import escape
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.community.models.images import Image, ImageFile
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Post
from forum.database.rows import rows_changed
from forum.jobs import queue

# How many a post may have.
MOST_PICTURES = 4
# How long a file may be there without a picture: longer than any sending takes.
UNCLAIMED = timedelta(hours=1)
REMOVE_FILES = "community.remove_image_files"

# No text of a member's can hold it: their own tags were taken out, or stand there as text.
_FIRST_FIGURE = '<figure class="picture">'


def address_of(name: str) -> str:
    """Return where a picture is fetched."""
    return f"/images/{name}"


def with_pictures(session: Session, post_id: int, html: str) -> str:
    """Return a post's HTML with its pictures below the words, as they are now.

    Queries: 1
    """
    rows = session.execute(
        select(Image.name, Image.alt, Image.width, Image.height)
        .where(Image.post_id == post_id)
        .order_by(Image.id)
    )
    return without_pictures(html) + "".join(_figure(*row) for row in rows)


def without_pictures(html: str) -> str:
    """Return the HTML of a post's words alone."""
    return html.partition(_FIRST_FIGURE)[0]


def drop_of_posts(session: Session, posts: ColumnElement[bool]) -> None:
    """Let the pictures of these posts go. The posts' HTML is for the caller to clear.

    Queries: 1, and 3 where there are some
    """
    _drop(session, Image.post_id.in_(select(Post.id).where(posts)))


def drop_of_drafts(session: Session, drafts: ColumnElement[bool]) -> None:
    """Let the pictures of these drafts go: whoever deletes drafts calls this before.

    Queries: 1, and 3 where there are some
    """
    _drop(session, Image.draft_id.in_(select(KeptDraft.id).where(drafts)))


def drop_one(session: Session, image_id: int) -> None:
    """Let one picture go.

    Queries: 4
    """
    _drop(session, Image.id == image_id)


def _drop(session: Session, which: ColumnElement[bool]) -> None:
    ids: Sequence[int] = session.scalars(select(Image.id).where(which)).all()
    if not ids:
        return
    # As though it had been stored long ago: nobody is about to make a picture of it any more.
    orphaned = {"image_id": None, "stored_at": clock.now() - UNCLAIMED}
    rows_changed(session, update(ImageFile).where(ImageFile.image_id.in_(ids)).values(orphaned))
    rows_changed(session, delete(Image).where(Image.id.in_(ids)))
    queue.enqueue(session, REMOVE_FILES, {})


def _figure(name: str, alt: str, width: int, height: int) -> str:
    """Return a picture as it stands below a text. Two brackets, which begin a slot elsewhere, are spelled out here."""
    words = str(escape(alt)).replace("[", "&#91;")
    image = f'<img src="{address_of(name)}" alt="{words}" width="{width}" height="{height}" loading="lazy">'
    return f"{_FIRST_FIGURE}{image}</figure>\n"
