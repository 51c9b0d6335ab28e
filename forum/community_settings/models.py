"""The community's settings: each change is a new row, and the newest one is in force."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered
from forum.database.column_types import UtcDateTime, words
from forum.text.translate import gettext as _

LONGEST_ANNOUNCEMENT = 300
LONGEST_CONTACT = 200


class SignUp(StrEnum):
    """Who can join."""

    OPEN = "open"
    APPROVAL = "approval"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """Return it in a few words."""
        return {
            SignUp.OPEN: _("Open"),
            SignUp.APPROVAL: _("By approval"),
            SignUp.CLOSED: _("Closed"),
        }[self]

    @property
    def explanation(self) -> str:
        """Return one sentence on what it means for somebody new."""
        return {
            SignUp.OPEN: _("Whoever is old enough can join, and write at once."),
            SignUp.APPROVAL: _(
                "Whoever joins can read what is public at once, and the rest, and write, after a moderator has let "
                "them in. Whoever waits already goes on waiting for that, also when this is changed."
            ),
            SignUp.CLOSED: _("Nobody new can join. Members log in and write as before."),
        }[self]


class CommunitySettings(Numbered, Base):
    """A version of the settings, never changed afterwards."""

    __tablename__ = "community_settings"

    sign_up: Mapped[SignUp] = mapped_column(words(SignUp, "sign_up"))
    read_only: Mapped[bool]
    # Shown on top of every page; empty for none.
    announcement: Mapped[str] = mapped_column(String(LONGEST_ANNOUNCEMENT))
    # How to reach the people who run it; empty means the operator's address from the deploy settings.
    contact: Mapped[str] = mapped_column(String(LONGEST_CONTACT))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # None for the operator.
    changed_by: Mapped[UUID | None] = mapped_column(Uuid)
