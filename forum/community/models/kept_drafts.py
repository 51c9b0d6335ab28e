"""What somebody is writing, kept as they type. Nobody but they ever sees it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.community.models.threads import LONGEST_CONTENT_NOTE, LONGEST_TITLE
from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime

_A_TOPIC = text("topic_id IS NULL AND post_id IS NULL")
_A_TOPIC_ANYWHERE = text("topic_id IS NULL AND post_id IS NULL AND category_id IS NULL")


class KeptDraft(Numbered, Base):
    """One text on its way: a reply, a new text for a post, or a new topic, in a category or not yet in one."""

    __tablename__ = "kept_draft"
    __table_args__ = numbered(
        UniqueConstraint("member_id", "topic_id"),
        UniqueConstraint("member_id", "post_id"),
        Index(
            "uq_kept_draft_new_topic",
            "member_id",
            "category_id",
            unique=True,
            sqlite_where=_A_TOPIC,
            postgresql_where=_A_TOPIC,
        ),
        Index(
            "uq_kept_draft_new_topic_anywhere",
            "member_id",
            unique=True,
            sqlite_where=_A_TOPIC_ANYWHERE,
            postgresql_where=_A_TOPIC_ANYWHERE,
        ),
        Index(None, "member_id", "saved_at"),
        Index(None, "saved_at"),
        Index(None, "topic_id"),
        Index(None, "post_id"),
        Index(None, "category_id"),
        CheckConstraint(
            "(CASE WHEN category_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN topic_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN post_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name="one_place",
        ),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # Where it belongs: none of them is a new topic that was begun in no category.
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    # Raised with each saving, so that one device doesn't write over what another one saved later.
    revision: Mapped[int]
    # As they were typed, checked by nobody yet; the last six are a new topic's.
    words: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE * 4))
    content_note: Mapped[str] = mapped_column(String(LONGEST_CONTENT_NOTE * 4))
    category_slug: Mapped[str] = mapped_column(String(80))
    intent: Mapped[str] = mapped_column(String(40))
    audience: Mapped[str] = mapped_column(String(40))
    # The slug of the condition that its readers share, where it is for those.
    condition: Mapped[str] = mapped_column(String(80), default="")
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
