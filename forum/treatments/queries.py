"""The pages about treatments, read: column tuples into frozen dataclasses, a constant number of statements each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import Session

from forum.community.addresses import topic_address
from forum.community.bylines import title_to_show
from forum.community.models.threads import Topic
from forum.community.queries.threads import PostView, newest_posts
from forum.community.visibility import opening_stands, topic_is_visible
from forum.errors import NotFound
from forum.permissions.actor import VISITOR, Actor
from forum.text.sanitising import cleaned
from forum.text.translate import content_locale
from forum.text.translate import gettext as _
from forum.treatments.models import EvidenceStrength, Treatment, TreatmentVersion
from forum.treatments.visibility import version_in_force

NEWEST_POSTS = 5

# The sections that the page shows in a place or a shape of their own.
KEY_POINTS = "key-points"
URGENT = "get-help-now"
QUESTIONS = "questions"
DISCLAIMER = "disclaimer"
_SET_APART = frozenset({KEY_POINTS, URGENT, DISCLAIMER})


@dataclass(frozen=True, slots=True)
class Evidence:
    """How strong the research is, as a word, as 0 to 3 steps of a meter, and in a sentence."""

    strength: EvidenceStrength
    reason: str

    @property
    def steps(self) -> int:
        """Return how many of the meter's three steps are filled."""
        return list(EvidenceStrength).index(self.strength)

    @property
    def label(self) -> str:
        """Return the word for it."""
        labels = {
            EvidenceStrength.NONE: _("None yet"),
            EvidenceStrength.WEAK: _("Weak"),
            EvidenceStrength.MODERATE: _("Moderate"),
            EvidenceStrength.STRONG: _("Strong"),
        }
        return labels[self.strength]


@dataclass(frozen=True, slots=True)
class TreatmentLine:
    """A treatment in a list. ``reply_count`` is None when its discussion isn't open to the reader."""

    slug: str
    title: str
    also_called: tuple[str, ...]
    summary: str
    evidence: Evidence
    pinned: bool
    reply_count: int | None

    @property
    def address(self) -> str:
        """Return its page."""
        return treatment_address(self.slug)


@dataclass(frozen=True, slots=True)
class TreatmentsPage:
    """All treatments that have a page. There are dozens at most, so the list is whole."""

    treatments: tuple[TreatmentLine, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page; its key is its anchor."""

    key: str
    heading: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Reference:
    """A source. ``url`` is empty where none can be given."""

    key: str
    text: str
    url: str

    @property
    def anchor(self) -> str:
        """Return the id that sections point at."""
        return f"ref-{self.key}"


@dataclass(frozen=True, slots=True)
class Discussion:
    """The treatment's topic: where it is, and its newest posts."""

    topic_id: int
    title: str
    address: str
    locked: bool
    reply_count: int
    posts: tuple[PostView, ...]

    @property
    def reply_address(self) -> str:
        """Return the reply form, which asks a visitor to log in first and then leads back to itself."""
        return f"/topics/{self.topic_id}/reply"


@dataclass(frozen=True, slots=True)
class TreatmentPage:
    """The page of a treatment. ``discussion`` is None when the topic isn't open to the reader."""

    id: int
    slug: str
    locale: str
    title: str
    also_called: tuple[str, ...]
    summary: str
    evidence: Evidence
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    author: str
    reviewer: str
    checked_on: date
    next_review_on: date
    published_at: datetime
    discussion: Discussion | None

    @property
    def address(self) -> str:
        """Return this page."""
        return treatment_address(self.slug)

    @property
    def questions_address(self) -> str:
        """Return the printable questions, or nothing when the page asks none."""
        return f"{self.address}/questions" if self.section(QUESTIONS) else ""

    @property
    def body_sections(self) -> tuple[Section, ...]:
        """Return the sections that follow one another in the page's middle."""
        return tuple(section for section in self.sections if section.key not in _SET_APART)

    @property
    def contents(self) -> tuple[tuple[str, str], ...]:
        """Return what the page holds in its order: anchors, each with its heading."""
        first = [section for section in (self.section(KEY_POINTS), self.section(URGENT)) if section]
        last = self.section(DISCLAIMER)
        return (
            *((section.key, section.heading) for section in first),
            ("evidence", _("How strong is the evidence?")),
            *((section.key, section.heading) for section in self.body_sections),
            ("members-say", _("What members say")),
            ("discussion", _("Discussion")),
            (DISCLAIMER, last.heading if last else _("About this page")),
            *((("references", _("Where this comes from")),) if self.references else ()),
        )

    def section(self, key: str) -> Section | None:
        """Return the section with this key, if the page has it."""
        return next((section for section in self.sections if section.key == key), None)


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """The questions for the doctor, alone on a sheet."""

    title: str
    address: str
    heading: str
    body: Markup
    checked_on: date


def treatment_address(slug: str) -> str:
    """Return a treatment's page."""
    return f"/treatments/{slug}"


def treatments_page(session: Session, actor: Actor) -> TreatmentsPage:
    """Return all treatments that have a published page, the pinned ones first.

    Queries: 1
    """
    return TreatmentsPage(_lines(session, _line_rows(topic_is_visible(actor))))


def pinned_treatments(session: Session) -> tuple[TreatmentLine, ...]:
    """Return the pinned treatments, as everybody may see them.

    Queries: 1
    """
    return _lines(session, _line_rows(topic_is_visible(VISITOR)).where(Treatment.pinned))


def treatment_page(session: Session, actor: Actor, slug: str) -> TreatmentPage:
    """Return a treatment's page. Raises NotFound where none is published.

    Queries: 2
    """
    row = session.execute(
        select(
            Treatment.id,
            TreatmentVersion.locale,
            TreatmentVersion.title,
            TreatmentVersion.also_called,
            TreatmentVersion.summary,
            TreatmentVersion.evidence_strength,
            TreatmentVersion.evidence_reason,
            TreatmentVersion.sections,
            TreatmentVersion.references,
            TreatmentVersion.author,
            TreatmentVersion.reviewer,
            TreatmentVersion.checked_on,
            TreatmentVersion.next_review_on,
            TreatmentVersion.published_at,
            Topic.id.label("topic_id"),
            Topic.title.label("topic_title"),
            Topic.slug.label("topic_slug"),
            Topic.audience,
            Topic.locked,
            Topic.reply_count,
            opening_stands().label("opening_stands"),
        )
        .join(TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
        .outerjoin(Topic, and_(Topic.id == Treatment.topic_id, topic_is_visible(actor)))
        .where(Treatment.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound
    return TreatmentPage(
        id=row.id,
        slug=slug,
        locale=row.locale,
        title=row.title,
        also_called=tuple(row.also_called),
        summary=row.summary,
        evidence=Evidence(row.evidence_strength, row.evidence_reason),
        sections=tuple(_section(section) for section in row.sections),
        references=tuple(Reference(**reference) for reference in row.references),
        author=row.author,
        reviewer=row.reviewer,
        checked_on=row.checked_on,
        next_review_on=row.next_review_on,
        published_at=row.published_at,
        discussion=_discussion(session, actor, row),
    )


def questions_page(session: Session, slug: str) -> QuestionsPage:
    """Return the questions for the doctor. Raises NotFound where the page isn't published or asks none.

    Queries: 1
    """
    row = session.execute(
        select(TreatmentVersion.title, TreatmentVersion.sections, TreatmentVersion.checked_on)
        .join_from(Treatment, TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
        .where(Treatment.slug == slug)
    ).one_or_none()
    asked = next((s for s in row.sections if s["key"] == QUESTIONS), None) if row else None
    if row is None or asked is None:
        raise NotFound
    section = _section(asked)
    return QuestionsPage(row.title, treatment_address(slug), section.heading, section.body, row.checked_on)


def _line_rows(is_open: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Treatment.slug,
            TreatmentVersion.title,
            TreatmentVersion.also_called,
            TreatmentVersion.summary,
            TreatmentVersion.evidence_strength,
            TreatmentVersion.evidence_reason,
            Treatment.pinned,
            Topic.reply_count,
        )
        .join_from(Treatment, TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
        .outerjoin(Topic, and_(Topic.id == Treatment.topic_id, is_open))
        .order_by(Treatment.pinned.desc(), TreatmentVersion.title)
    )


def _lines(session: Session, statement: Select[*tuple[Any, ...]]) -> tuple[TreatmentLine, ...]:
    return tuple(
        TreatmentLine(
            slug=row.slug,
            title=row.title,
            also_called=tuple(row.also_called),
            summary=row.summary,
            evidence=Evidence(row.evidence_strength, row.evidence_reason),
            pinned=row.pinned,
            reply_count=row.reply_count,
        )
        for row in session.execute(statement)
    )


def _section(stored: dict[str, str]) -> Section:
    return Section(
        key=stored["key"],
        heading=stored["heading"],
        body=cleaned(stored["html"]),
    )


def _discussion(session: Session, actor: Actor, row: Row[*tuple[Any, ...]]) -> Discussion | None:
    if row.topic_id is None:
        return None
    shown = bool(row.opening_stands)
    return Discussion(
        topic_id=row.topic_id,
        title=title_to_show(row.topic_title, shown),
        address=topic_address(row.topic_id, row.topic_slug if shown else "", row.audience),
        locked=row.locked,
        reply_count=row.reply_count,
        posts=newest_posts(session, actor, row.topic_id, NEWEST_POSTS),
    )
