"""Tables of treatments. A page is a version with its sections; the newest published version is the page."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words


class EvidenceStrength(StrEnum):
    """How far careful research supports a treatment."""

    NONE = "none"
    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"


class Treatment(Numbered, Base):
    """A treatment the community has a page for."""

    __tablename__ = "treatment"
    __table_args__ = numbered(Index(None, "pinned"))

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    # The discussion, an ordinary topic with its own address.
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), unique=True)
    pinned: Mapped[bool]


class TreatmentVersion(Numbered, Base):
    """One state of the page's text."""

    __tablename__ = "treatment_version"
    __table_args__ = numbered(UniqueConstraint("treatment_id", "locale", "version"))

    treatment_id: Mapped[int] = mapped_column(ForeignKey("treatment.id"))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(140))
    also_called: Mapped[list[str]] = mapped_column(JSON)
    summary: Mapped[str] = mapped_column(Text)
    evidence_strength: Mapped[EvidenceStrength] = mapped_column(words(EvidenceStrength, "evidence_strength"))
    evidence_reason: Mapped[str] = mapped_column(Text)
    # [{"key", "heading", "markdown", "html"}] in the page's order.
    sections: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    # [{"key", "text", "url"}]
    references: Mapped[list[dict[str, str]]] = mapped_column("sources", JSON)
    author: Mapped[str] = mapped_column(String(200))
    # Empty while no clinician has reviewed the page.
    reviewer: Mapped[str] = mapped_column(String(200))
    checked_on: Mapped[date] = mapped_column(Date)
    next_review_on: Mapped[date] = mapped_column(Date)
    # None while it is a draft.
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
