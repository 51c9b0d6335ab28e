"""What stands in the index: one row for each post that has words, and for each treatment page.

The words themselves are in the table ``search_words``, which each database makes in its own way; only ``engines`` knows
it. A row there goes when its row here does.
"""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered


class SearchDocument(Numbered, Base):
    """Something that can be found. Newer documents have higher numbers, as newer posts have."""

    __tablename__ = "search_document"
    __table_args__ = numbered(
        UniqueConstraint("post_id"),
        UniqueConstraint("treatment_version_id"),
        CheckConstraint("(post_id IS NULL) <> (treatment_version_id IS NULL)", name="of_one"),
    )

    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    # The version in force, in its language.
    treatment_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("treatment_version.id", ondelete="CASCADE")
    )


class SearchRules(Base):
    """By which rules all words in the index were cut (see ``words.rules_version``): one row, or none."""

    __tablename__ = "search_rules"

    version: Mapped[str] = mapped_column(String(80), primary_key=True)
