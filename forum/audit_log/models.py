"""The audit log's table: append-only by trigger, keyed on uuids and numbers, without a word that anybody wrote.

Its numbers point at nothing by foreign key: a row stays when what it is about is erased.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime


class Area(StrEnum):
    """What an entry belongs to: what one may read of the log, and can narrow it to, goes by this."""

    TOPICS = "topics"
    POSTS = "posts"
    REPORTS = "reports"
    MEMBERS = "members"
    ADMINISTRATION = "administration"


class AuditEntry(Numbered, Base):
    """One decision."""

    __tablename__ = "audit_entry"
    __table_args__ = numbered(
        # The log is narrowed by each of these, and read from its newest end.
        Index(None, "area", "id"),
        Index(None, "reason", "id"),
        Index(None, "actor_uuid", "id"),
        Index(None, "category_id", "id"),
        Index(None, "topic_id", "id"),
        # What was done last to a post or with a report is asked before anything is done to it.
        Index(None, "post_id", "id"),
        Index(None, "report_id", "id"),
        Index(None, "member_uuid", "id"),
        Index(None, "made_at", "id"),
    )

    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The name of an Action; no constraint, so that a new one needs no rebuilding of a table that refuses changes.
    action: Mapped[str] = mapped_column(String(60))
    # The Area that the action belongs to, kept so that the log can be narrowed to it by one index.
    area: Mapped[str] = mapped_column(String(20))
    # None for the operator.
    actor_uuid: Mapped[UUID | None] = mapped_column(Uuid)
    # What they were trusted with then, or "operator".
    actor_role: Mapped[str] = mapped_column(String(40))
    # A reason code, or "" where the action needs none.
    reason: Mapped[str] = mapped_column(String(40))
    # What it was about, as far as it has a number.
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    topic_id: Mapped[int | None] = mapped_column(BigInteger)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    report_id: Mapped[int | None] = mapped_column(BigInteger)
    # Whose content or account it was about.
    member_uuid: Mapped[UUID | None] = mapped_column(Uuid)
    # What else one must know to understand or undo it: numbers, yes or no, words of closed sets, names in public lists.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
