"""What a treatment page is made from: its text as an editor or the shipped files give it, with Markdown sections."""

from dataclasses import dataclass
from datetime import date

from forum.community.models.threads import Intent
from forum.treatments.models import EvidenceStrength


@dataclass(frozen=True, slots=True)
class SectionDraft:
    """One section; ``key`` is its anchor on the page and ``text`` is Markdown."""

    key: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class ReferenceDraft:
    """A source that sections point at with ``#ref-<key>``; ``url`` may be empty."""

    key: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class DiscussionDraft:
    """The topic in which members talk about the treatment, opened once with the page; ``text`` is Markdown."""

    category_slug: str
    title: str
    text: str
    intent: Intent
    pinned: bool


@dataclass(frozen=True, slots=True)
class TreatmentDraft:
    """A whole page and its discussion. ``reviewer`` is empty while no clinician has reviewed the page."""

    slug: str
    locale: str
    title: str
    also_called: tuple[str, ...]
    summary: str
    evidence_strength: EvidenceStrength
    evidence_reason: str
    sections: tuple[SectionDraft, ...]
    references: tuple[ReferenceDraft, ...]
    author: str
    reviewer: str
    checked_on: date
    next_review_on: date
    pinned: bool
    discussion: DiscussionDraft
