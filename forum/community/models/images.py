"""Pictures in posts, and the files that hold them. How a picture is made harmless is ``forum/images``'s to know."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime

LONGEST_ALT = 500


class Image(Numbered, Base):
    """A picture: of a draft as long as that is not sent, then of a post."""

    __tablename__ = "image"
    __table_args__ = numbered(
        UniqueConstraint("name"),
        Index(None, "member_id"),
        Index(None, "post_id", "id"),
        Index(None, "draft_id"),
        CheckConstraint("post_id IS NULL OR draft_id IS NULL", name="one_place"),
        CheckConstraint("width > 0 AND height > 0 AND size > 0", name="measures"),
    )

    # Random, and in its address and its file's name: it says nothing, and can't be guessed.
    name: Mapped[str] = mapped_column(String(64))
    # None for a former member whose post stayed.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("kept_draft.id"))
    # What can be seen on it, for whoever can't.
    alt: Mapped[str] = mapped_column(String(LONGEST_ALT))
    # In pixels, and in bytes.
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImageFile(Base):
    """A file in the store. One whose picture is gone, for whatever reason, is removed soon, and then its row."""

    __tablename__ = "image_file"
    __table_args__ = (Index(None, "image_id"),)

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Emptied by the database when the picture's row goes.
    image_id: Mapped[int | None] = mapped_column(ForeignKey("image.id", ondelete="SET NULL"))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
