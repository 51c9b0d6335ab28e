"""What a post says of others: whom it mentions and which words it quotes.

Neither a name nor a quoted word stands in the text itself. It has a slot, ``[[mention 1]]`` or ``[[quote 2]]``, and a
row here says what belongs there: so whoever changes their name, is blocked, narrows who may read a topic or leaves is
reached in every text at once.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import words


class SlotKind(StrEnum):
    """What belongs into a slot."""

    MENTION = "mention"
    QUOTE = "quote"


class Slot(Numbered, Base):
    """What belongs into one slot of a post. Its number there is never given again: earlier versions keep theirs."""

    __tablename__ = "slot"
    __table_args__ = numbered(
        UniqueConstraint("post_id", "ordinal"),
        Index(None, "member_id", "post_id"),
        Index(None, "source_post_id"),
        Index(None, "source_version_id"),
        CheckConstraint(
            "(kind = 'quote') = (starts_at IS NOT NULL AND ends_at IS NOT NULL AND starts_at < ends_at)",
            name="span",
        ),
        CheckConstraint("kind = 'quote' OR source_post_id IS NULL", name="source"),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    ordinal: Mapped[int]
    kind: Mapped[SlotKind] = mapped_column(words(SlotKind, "kind"))
    # Who is mentioned, or whose words are quoted; None for a former member, for the community, and once the words went
    # for good.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Which post is quoted. None once its words went for good.
    source_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    # Which earlier version of it; None as long as the words stand in the post as it is. A version that is deleted takes
    # the quoted words along: ``source_post_id`` is emptied first.
    source_version_id: Mapped[int | None] = mapped_column(ForeignKey("post_version.id"))
    # From which character of its plain text to which (the last one is not part of it).
    starts_at: Mapped[int | None]
    ends_at: Mapped[int | None]
