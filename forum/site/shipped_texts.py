"""The texts that ship with the forum, read from ``forum/site/shipped`` into drafts. Nothing here writes anything."""

import csv
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config import Settings
from forum.community.models.people import TermKind
from forum.community.models.threads import Audience, Intent
from forum.community.what_is_sent import CategoryDraft, TermDraft
from forum.consent.models import PolicyKind
from forum.moderation.helplines import HelplineRow, country_name
from forum.moderation.models import HelplineState
from forum.text.translate import DEFAULT_LOCALE, speaking
from forum.text.translate import gettext as _
from forum.treatments.drafts import DiscussionDraft, ReferenceDraft, SectionDraft, TreatmentDraft
from forum.treatments.models import EvidenceStrength

FOLDER = Path(__file__).parent / "shipped"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class ShippedDocument:
    """A Markdown document: its title, and what follows the title."""

    title: str
    markdown: str


@dataclass(frozen=True, slots=True)
class ShippedTopic:
    """A topic that the community opens itself."""

    category_slug: str
    title: str
    text: str
    intent: Intent
    pinned: bool
    # The treatment whose discussion it is, or nothing.
    treatment_slug: str


def document(name: str, settings: Settings, locale: str = DEFAULT_LOCALE) -> ShippedDocument:
    """Return a Markdown document with the operator's details filled in, e.g. ``pages/about``; in English if need be."""
    file = FOLDER / f"{name}.{locale}.md"
    if not file.is_file():
        locale, file = DEFAULT_LOCALE, FOLDER / f"{name}.{DEFAULT_LOCALE}.md"
    # What is filled in is in the document's language, whoever asks for it.
    with speaking(locale):
        filled = _filled(file.read_text(encoding="utf-8"), settings)
    first, _line_end, rest = filled.partition("\n")
    return ShippedDocument(title=_plain(first.removeprefix("# ").strip()), markdown=rest.strip() + "\n")


def policy(kind: PolicyKind, settings: Settings) -> ShippedDocument:
    """Return a policy with the operator's details filled in."""
    return document(f"policies/{kind.value}", settings)


def categories() -> tuple[CategoryDraft, ...]:
    """Return the categories in their order."""
    rows = _toml(f"categories.{DEFAULT_LOCALE}.toml")["categories"]
    return tuple(
        CategoryDraft(
            slug=row["slug"],
            name=row["name"],
            description=row["description"],
            opening=row["opening"],
            help_on_top=row.get("help_on_top", False),
            position=position,
            default_audience=Audience(row["default_audience"]) if "default_audience" in row else None,
            widest_audience=Audience(row.get("widest_audience", Audience.PUBLIC)),
        )
        for position, row in enumerate(rows, start=1)
    )


def health_terms() -> tuple[TermDraft, ...]:
    """Return the conditions and treatments that members can say are theirs."""
    lists = _toml(f"health-terms.{DEFAULT_LOCALE}.toml")
    return tuple(
        TermDraft(kind, name, slug) for kind in TermKind for slug, name in lists[f"{kind.value}s"].items()
    )


def topics() -> tuple[ShippedTopic, ...]:
    """Return the topics that the community opens itself."""
    return tuple(
        ShippedTopic(
            category_slug=row["category"],
            title=row["title"],
            text=row["text"].strip(),
            intent=Intent(row["intent"]),
            pinned=row["pinned"],
            treatment_slug=row.get("treatment", ""),
        )
        for row in _toml(f"topics.{DEFAULT_LOCALE}.toml")["topics"]
    )


def treatments() -> tuple[TreatmentDraft, ...]:
    """Return the treatment pages, each with the topic that is its discussion."""
    discussions = {topic.treatment_slug: topic for topic in topics() if topic.treatment_slug}
    files = sorted((FOLDER / "treatments").glob(f"*.{DEFAULT_LOCALE}.toml"))
    return tuple(_treatment(tomllib.loads(file.read_text(encoding="utf-8")), discussions) for file in files)


def helplines() -> tuple[HelplineRow, ...]:
    """Return the helplines, verified or not; what isn't known is empty."""
    with (FOLDER / "helplines.csv").open(newline="", encoding="utf-8") as rows:
        return tuple(
            HelplineRow(
                country=row["country"],
                service=row["service"],
                contact=row["contact"],
                hours=row["hours"],
                emergency=row["emergency"],
                state=HelplineState(row["state"]),
                verified_on=date.fromisoformat(row["verified_on"]) if row["verified_on"] else None,
                source=row["source"],
            )
            for row in csv.DictReader(rows)
        )


def _treatment(data: dict[str, Any], discussions: dict[str, ShippedTopic]) -> TreatmentDraft:
    topic = discussions[data["slug"]]
    return TreatmentDraft(
        slug=data["slug"],
        locale=data["locale"],
        title=data["title"],
        also_called=tuple(data["also_called"]),
        summary=data["summary"],
        evidence_strength=EvidenceStrength(data["evidence_strength"]),
        evidence_reason=data["evidence_reason"],
        sections=tuple(SectionDraft(s["key"], s["heading"], s["text"].strip()) for s in data["sections"]),
        references=tuple(ReferenceDraft(r["key"], r["text"], r["url"]) for r in data["references"]),
        author=data["author"],
        reviewer=data["reviewer"],
        checked_on=data["checked_on"],
        next_review_on=data["next_review_on"],
        pinned=topic.pinned,
        discussion=DiscussionDraft(topic.category_slug, topic.title, topic.text, topic.intent, topic.pinned),
    )


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _filled(text: str, settings: Settings) -> str:
    """Fill in the settings; a name with signs of Markdown in it stays a name. Raises KeyError for an unknown one."""
    country = settings.operator_country
    values = {
        "operator_name": _quoted(settings.operator_name),
        "operator_address": _quoted(settings.operator_address),
        "operator_contact": _contact(settings.operator_contact),
        # The setting may be a name or two letters; people read names.
        "operator_country": _quoted(country_name(country.upper()) if len(country) == 2 else country),
        "site_name": _quoted(settings.site_name),
        "minimum_age": str(settings.minimum_age),
        "backup_days": str(settings.backup_days),
        "base_url": settings.base_url,
    }
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)] or _("not given"), text)


def _quoted(value: str) -> str:
    """Return the value as Markdown that reads as the value, on one line."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(value.split()))


def _plain(markdown: str) -> str:
    """Take the quoting away again, for a title that is shown as it is."""
    return re.sub(r"\\(.)", r"\1", markdown)


def _contact(value: str) -> str:
    """Return the contact as something to follow, where it is an address of mail or of a page."""
    if _MAIL.fullmatch(value):
        return f"[{_quoted(value)}](mailto:{value})"
    if value.startswith("https://") and not re.search(r"[\s<>()]", value):
        return f"[{_quoted(value)}]({value})"
    return _quoted(value)
