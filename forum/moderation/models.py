"""Tables of moderation: what people told the moderators and were told by them, notes, and the helplines."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.permissions.actor import Role


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


class ReportOutcome(StrEnum):
    """What became of a report, as its reporter is told."""

    ACTED = "acted"
    CARED = "cared"
    NOTHING_WRONG = "nothing-wrong"


class ReasonCode(StrEnum):
    """Why a moderator did something. The first group are breaches; the second keeps the rooms in order."""

    MEDICAL_INSTRUCTION = "medical-instruction"
    DRUG_SOURCING = "drug-sourcing"
    MISINFORMATION = "misinformation"
    HARASSMENT = "harassment"
    PRIVATE_INFO = "private-info"
    SPAM_OR_SELLING = "spam-or-selling"
    FUNDRAISING = "fundraising"
    HARMFUL_DETAIL = "harmful-detail"
    ILLEGAL_CONTENT = "illegal-content"
    REPEATED = "repeated"

    BEING_LOOKED_AT = "being-looked-at"
    OFF_TOPIC = "off-topic"
    WRONG_PLACE = "wrong-place"
    SAME_SUBJECT = "same-subject"
    HEATED = "heated"
    ANSWERED = "answered"
    USEFUL_TO_MANY = "useful-to-many"
    AUTHOR_ASKED = "author-asked"
    LOOKED_AGAIN = "looked-again"
    OTHER = "other"


class HelplineState(StrEnum):
    """Whether a row was read in a published page."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class Report(Numbered, Base):
    """What somebody told the moderators about a post."""

    __tablename__ = "report"
    __table_args__ = numbered(
        Index(None, "raised_at", "id"),
        Index(None, "closed_at", "raised_at", "id"),
        Index(None, "post_id"),
        Index(None, "reporter_id"),
        Index(None, "claimed_by_id", "closed_at"),
        Index(None, "closed_by_id"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
    )

    reason: Mapped[ReportReason] = mapped_column(words(ReportReason, "reason"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    # None when a reader without an account told it.
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # The words the report is about, as they stood then: their author may change or take them back.
    post_markdown: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Who works on it, so that nobody does so twice.
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[ReportOutcome | None] = mapped_column(words(ReportOutcome, "outcome"))


class Notice(Numbered, Base):
    """What moderators told a member: why they acted on something of theirs, or what became of a report.

    The sentences are made from these codes when it is read, in the reader's language.
    """

    __tablename__ = "notice"
    __table_args__ = numbered(
        # The list, and whether there is one that they have not opened yet.
        Index(None, "member_id", "id"),
        Index(None, "member_id", "seen_at"),
        Index(None, "topic_id"),
        Index(None, "post_id"),
        Index(None, "report_id"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # The name of an Action, as in the audit log.
    action: Mapped[str] = mapped_column(String(60))
    # None where what was done needs none, as the answer to a report.
    reason: Mapped[ReasonCode | None] = mapped_column(words(ReasonCode, "reason"))
    outcome: Mapped[ReportOutcome | None] = mapped_column(words(ReportOutcome, "outcome"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id", ondelete="SET NULL"))
    # The member's own words that it is about, as they stood.
    their_words: Mapped[str] = mapped_column(Text)
    # What the moderator added.
    message: Mapped[str] = mapped_column(Text)
    # How long it lasts, where it does.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Notices are signed by role.
    by_role: Mapped[Role] = mapped_column(words(Role, "by_role"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MemberNote(Numbered, Base):
    """What one moderator wants the others to know about a member."""

    __tablename__ = "member_note"
    __table_args__ = numbered(Index(None, "member_id", "id"), Index(None, "author_id"))

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # None once the moderator left.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
