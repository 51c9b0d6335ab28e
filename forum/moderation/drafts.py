"""What moderators are told. Pages and the API build this, and nothing else."""

from dataclasses import dataclass

from forum.moderation.models import ReportReason


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report on a post. ``note`` is what the person added in their own words, and may be empty."""

    reason: ReportReason
    note: str
