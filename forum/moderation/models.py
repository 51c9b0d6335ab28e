"""Tables of moderation: what people told the moderators, and the helplines."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words


class ReportReason(StrEnum):
    """Why somebody tells the moderators. The first is care and never an accusation."""

    WORRIED_ABOUT_SOMEONE = "worried-about-someone"
    MEDICAL_INSTRUCTION = "medical-instruction"
    DRUG_SOURCING = "drug-sourcing"
    MISINFORMATION = "misinformation"
    HARASSMENT = "harassment"
    PRIVATE_INFO = "private-info"
    SPAM_OR_SELLING = "spam-or-selling"
    FUNDRAISING = "fundraising"
    HARMFUL_DETAIL = "harmful-detail"
    ILLEGAL_CONTENT = "illegal-content"
    OTHER = "other"


class HelplineState(StrEnum):
    """Whether a row was read in a published page."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class Report(Numbered, Base):
    """What somebody told the moderators about a post."""

    __tablename__ = "report"
    __table_args__ = numbered(
        Index(None, "raised_at", "id"), Index(None, "post_id"), Index(None, "reporter_id")
    )

    reason: Mapped[ReportReason] = mapped_column(words(ReportReason, "reason"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    # None when a reader without an account told it.
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # The words the report is about, as they stood then: their author may change or take them back.
    post_markdown: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Helpline(Numbered, Base):
    """Somewhere a person can call or write; shown only when verified."""

    __tablename__ = "helpline"
    __table_args__ = numbered(UniqueConstraint("country", "service"))

    # Two letters, or * for everywhere.
    country: Mapped[str] = mapped_column(String(2))
    service: Mapped[str] = mapped_column(String(120))
    contact: Mapped[str] = mapped_column(String(300))
    hours: Mapped[str] = mapped_column(String(120))
    # The country's emergency number.
    emergency: Mapped[str] = mapped_column(String(20))
    state: Mapped[HelplineState] = mapped_column(words(HelplineState, "state"))
    verified_on: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(300))
    # When the operator said that the rows of their own country are right.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
