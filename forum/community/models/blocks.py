"""Who does not want to meet whom. It counts in both directions, and only the one who blocked knows of it."""

from datetime import date

from sqlalchemy import Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base


class Block(Base):
    """One member blocked another one: neither sees what the other wrote from then on."""

    __tablename__ = "block"
    __table_args__ = (Index(None, "blocked_id"),)

    blocker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    blocked_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    blocked_on: Mapped[date] = mapped_column(Date)
