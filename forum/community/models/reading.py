"""Where a member stands with reading: how far, since when, what they keep at hand and what they follow or mute."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.text.translate import gettext as _

LONGEST_NOTE = 300


class WatchLevel(StrEnum):
    """How closely a member follows a topic or a category. No row is the middle: it is there, and says nothing."""

    MUTED = "muted"
    SITE = "site"

    @property
    def label(self) -> str:
        """Return what stands on the button."""
        return {WatchLevel.MUTED: _("Muted"), WatchLevel.SITE: _("Followed")}[self]


class ReadMark(Base):
    """How far a member read in a topic: the highest number of a post that they had on a page."""

    __tablename__ = "read_mark"
    __table_args__ = (Index(None, "topic_id"), CheckConstraint("number >= 0", name="number"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    number: Mapped[int]


class Visit(Base):
    """When a member was here: the end of the visit before this one, and about when they last opened a page."""

    __tablename__ = "visit"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    # What is newer than this is new to them.
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Bookmark(Numbered, Base):
    """A post that a member keeps at hand, with a note for themselves."""

    __tablename__ = "bookmark"
    __table_args__ = numbered(
        UniqueConstraint("member_id", "post_id"), Index(None, "post_id"), Index(None, "member_id", "id")
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TopicWatch(Base):
    """How closely a member follows a topic."""

    __tablename__ = "topic_watch"
    __table_args__ = (Index(None, "topic_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    level: Mapped[WatchLevel] = mapped_column(words(WatchLevel, "level"))


class CategoryWatch(Base):
    """How closely a member follows a category."""

    __tablename__ = "category_watch"
    __table_args__ = (Index(None, "category_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), primary_key=True)
    level: Mapped[WatchLevel] = mapped_column(words(WatchLevel, "level"))
