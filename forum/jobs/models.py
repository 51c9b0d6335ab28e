"""The one table of jobs. A row is work still to be done, or a dead letter; work that is done leaves no row."""

from datetime import datetime
from typing import Any, NewType

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime

JobId = NewType("JobId", int)

LONGEST_NAME = 100
LONGEST_KEY = 200
LONGEST_ERROR = 100


class Job(Numbered, Base):
    """One piece of work, with the lease of the worker that has it in hand."""

    __tablename__ = "job"
    __table_args__ = numbered(
        # The claim looks for the longest waiting job that is no dead letter, and walks this index to find it.
        Index(None, "failed_at", "due_at"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(lease_token IS NULL) = (leased_until IS NULL)", name="lease_is_whole"),
        CheckConstraint("failed_at IS NULL OR lease_token IS NULL", name="dead_is_not_leased"),
    )

    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    # Ids and words of closed sets only: what people wrote stays in its own table and goes when they go.
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Two jobs can't have the same one. Recurring jobs are kept to one for each moment by it.
    unique_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY), unique=True)
    # Counted when a worker takes the job up, so that work which kills its worker is given up as well.
    attempts: Mapped[int]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When it was given up for good; a dead letter is kept until somebody retries it.
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The exception's class, never its message, which could quote somebody.
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
