"""Tables of a member's rights: copies they asked for, posts they want kept, what was erased, and what is held."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.permissions.actor import Purpose

LONGEST_HOLD_REASON = 400
LONGEST_DETAIL = 64


class ExportState(StrEnum):
    """How far a copy is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class DataExport(Numbered, Base):
    """A copy of everything of a member, which they asked for: a file in the data folder, gone after a week."""

    __tablename__ = "data_export"
    __table_args__ = numbered(Index(None, "member_id", "asked_at"), Index(None, "asked_at"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # Random: what the file is called, so that no name in the folder leads to a person.
    file_name: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[ExportState] = mapped_column(words(ExportState, "state"))
    # How many of its parts are put together.
    parts_done: Mapped[int]
    parts: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Of the file, in bytes.
    size: Mapped[int | None] = mapped_column(BigInteger)


class KeptPost(Base):
    """A post that its author wants to stay, under "former member", should they leave."""

    __tablename__ = "kept_post"
    __table_args__ = (Index(None, "member_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))


class ErasureKind(StrEnum):
    """What went, or was hidden, and must not come back with a backup."""

    MEMBER_ERASED = "member-erased"
    LEAVING_BEGUN = "leaving-begun"
    LEAVING_CANCELLED = "leaving-cancelled"
    POST_DELETED = "post-deleted"
    EARLIER_TEXT_PURGED = "earlier-text-purged"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    RESTRICTED = "restricted"
    RESTRICTION_LIFTED = "restriction-lifted"
    PICTURE_REMOVED = "picture-removed"
    TOPIC_NARROWED = "topic-narrowed"
    PROFILE_NARROWED = "profile-narrowed"


class Erasure(Numbered, Base):
    """One entry of the erasure ledger on its way to the file outside the database; kept as long as backups are."""

    __tablename__ = "erasure"
    __table_args__ = numbered(
        Index(None, "written_at", "id"),
        Index(None, "happened_at"),
        CheckConstraint("subject IS NULL OR post_id IS NULL", name="about_one"),
    )

    kind: Mapped[ErasureKind] = mapped_column(words(ErasureKind, "kind"))
    # A member's uuid, which leads nowhere once they are erased.
    subject: Mapped[UUID | None] = mapped_column(Uuid)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    # Of a consent that was withdrawn.
    purpose: Mapped[Purpose | None] = mapped_column(words(Purpose, "purpose"))
    # Of a picture its random name, and of a topic who may read it since.
    detail: Mapped[str | None] = mapped_column(String(LONGEST_DETAIL))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it was written to the file; None while it waits.
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LegalHold(Numbered, Base):
    """The words of one post, copied because the law obliges us to: two people, a reason, and an end.

    The post itself is deleted, hidden and forgotten as any other. Nobody sees the copy on a page.
    """

    __tablename__ = "legal_hold"
    __table_args__ = numbered(
        Index(None, "post_id"),
        Index(None, "until"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> asked_by", name="two_people"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    # Empty until the second person confirmed it.
    post_markdown: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(LONGEST_HOLD_REASON))
    asked_by: Mapped[UUID] = mapped_column(Uuid)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[UUID | None] = mapped_column(Uuid)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
