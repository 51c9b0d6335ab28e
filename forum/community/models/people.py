"""What members say about themselves, each part for the readers they chose; and the list of what can be said of health.

The name, which everybody sees, stands with the account.
"""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import words
from forum.text.translate import gettext as _

LONGEST_ABOUT = 1_000
LONGEST_TERM = 80
LONGEST_LISTED = 120


class FieldAudience(StrEnum):
    """Who may see one part of a profile. Nobody, until its owner says otherwise."""

    NOBODY = "nobody"
    MEMBERS = "members"
    EVERYONE = "everyone"

    @property
    def label(self) -> str:
        """Return who may see it, in a few words."""
        return {
            FieldAudience.NOBODY: _("Nobody but me"),
            FieldAudience.MEMBERS: _("Members"),
            FieldAudience.EVERYONE: _("Everyone"),
        }[self]


class AgeBand(StrEnum):
    """About how old somebody is, as far as they want to say it."""

    FROM_18 = "18-29"
    FROM_30 = "30-39"
    FROM_40 = "40-49"
    FROM_50 = "50-59"
    FROM_60 = "60-69"
    FROM_70 = "70-plus"

    @property
    def label(self) -> str:
        """Return it as one reads it."""
        return _("70 or older") if self is AgeBand.FROM_70 else self.value.replace("-", "–")


class TermKind(StrEnum):
    """What a word of the list is about."""

    CONDITION = "condition"
    TREATMENT = "treatment"


class HealthTerm(Numbered, Base):
    """A condition or a treatment that members can say is theirs: a list that administrators keep."""

    __tablename__ = "health_term"
    __table_args__ = numbered(UniqueConstraint("kind", "slug"))

    kind: Mapped[TermKind] = mapped_column(words(TermKind, "kind"))
    slug: Mapped[str] = mapped_column(String(LONGEST_TERM))
    locale: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(LONGEST_TERM))
    # False once it is offered no more; whoever has it keeps it, and so do topics for those who share it.
    offered: Mapped[bool]


class MemberTerm(Base):
    """That a member says a condition or a treatment is theirs. It exists only while they agree to health data."""

    __tablename__ = "member_term"
    __table_args__ = (Index(None, "term_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    term_id: Mapped[int] = mapped_column(ForeignKey("health_term.id"), primary_key=True)


class Profile(Base):
    """What a member says about themselves, and who may see which part. No row is nothing said."""

    __tablename__ = "profile"
    __table_args__ = (Index(None, "listed_as", "member_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    # Plain text.
    about: Mapped[str] = mapped_column(Text)
    about_for: Mapped[FieldAudience] = mapped_column(words(FieldAudience, "about_for"))
    conditions_for: Mapped[FieldAudience] = mapped_column(words(FieldAudience, "conditions_for"))
    treatments_for: Mapped[FieldAudience] = mapped_column(words(FieldAudience, "treatments_for"))
    # Two letters (ISO 3166-1), or "".
    country: Mapped[str] = mapped_column(String(2))
    country_for: Mapped[FieldAudience] = mapped_column(words(FieldAudience, "country_for"))
    age_band: Mapped[AgeBand | None] = mapped_column(words(AgeBand, "age_band"))
    age_band_for: Mapped[FieldAudience] = mapped_column(words(FieldAudience, "age_band_for"))
    # Where they stand in the list of members, which members alone see: their name as lists are sorted. None: nowhere.
    listed_as: Mapped[str | None] = mapped_column(String(LONGEST_LISTED))
