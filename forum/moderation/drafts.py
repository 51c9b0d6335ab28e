"""What moderation's commands are handed. Pages and the API build these, and nothing else.

``seen`` is the number of the newest entry of the audit log that was on the page (``decisions`` says why).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forum.moderation.models import ReasonCode, ReportOutcome, ReportReason


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report on a post. ``note`` is what the person added in their own words, and may be empty."""

    reason: ReportReason
    note: str


@dataclass(frozen=True, slots=True)
class ClaimDraft:
    """Taking reports on; ``take_over`` also where somebody else works on them."""

    seen: int
    take_over: bool


@dataclass(frozen=True, slots=True)
class CloseDraft:
    """What became of reports, and a few words to whoever told us, which may be empty."""

    seen: int
    outcome: ReportOutcome
    message: str


@dataclass(frozen=True, slots=True)
class SuspendDraft:
    """A suspension; without ``days`` it lasts until it is lifted."""

    seen: int
    reason: ReasonCode
    message: str
    days: int | None

    def ends(self, now: datetime) -> datetime | None:
        """Return when a suspension that begins now will end."""
        return None if self.days is None else now + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """Any other decision on a member. Letting somebody in needs no reason."""

    seen: int
    reason: ReasonCode | None
    message: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the audit log is narrowed to; "" for everything. ``month`` is the first one, as 2026-11."""

    group: str = ""
    who: str = ""
    category: str = ""
    member: str = ""
    reason: str = ""
    month: str = ""


@dataclass(frozen=True, slots=True)
class ThreadDraft:
    """A decision on a topic or a post: why, and what the moderator adds for those it concerns, which may be empty."""

    seen: int
    reason: ReasonCode
    message: str


@dataclass(frozen=True, slots=True)
class SplitDraft:
    """Which posts shall have a topic of their own, and its title."""

    post_ids: tuple[int, ...]
    title: str
