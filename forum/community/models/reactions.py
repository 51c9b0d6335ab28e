"""The four kind answers to a post, who gave them, and how many of each there are."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base
from forum.database.column_types import words
from forum.text.translate import gettext as _


class ReactionKind(StrEnum):
    """What a reaction says. There is none that hurts."""

    WITH_YOU = "with-you"
    SAME_HERE = "same-here"
    THANK_YOU = "thank-you"
    NO_WORDS = "no-words"

    @property
    def label(self) -> str:
        """Return the words on the button."""
        return {
            ReactionKind.WITH_YOU: _("With you"),
            ReactionKind.SAME_HERE: _("Same here"),
            ReactionKind.THANK_YOU: _("Thank you"),
            ReactionKind.NO_WORDS: _("No words"),
        }[self]


def tally_column(kind: ReactionKind) -> str:
    """Return the column of ``ReactionTally`` that counts a kind."""
    return kind.value.replace("-", "_")


class Reaction(Base):
    """One member's answer of one kind to a post. When it was given is nobody's business."""

    __tablename__ = "reaction"
    __table_args__ = (Index(None, "member_id", "post_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    kind: Mapped[ReactionKind] = mapped_column(words(ReactionKind, "kind"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class ReactionTally(Base):
    """How many members in good standing gave each; rewritten by ``reaction_tallies`` alone. No row is none."""

    __tablename__ = "reaction_tally"
    __table_args__ = (
        CheckConstraint(
            "with_you >= 0 AND same_here >= 0 AND thank_you >= 0 AND no_words >= 0", name="counts"
        ),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True, autoincrement=False)
    with_you: Mapped[int]
    same_here: Mapped[int]
    thank_you: Mapped[int]
    no_words: Mapped[int]
