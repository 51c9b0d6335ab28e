"""The shipped page on intrathecal implants: does it carry every fact, keep every guard and read plainly?

The facts are in ``seed_facts.csv`` beside this file. Each carrying sentence of the page is marked with the
ids of its facts, so a fact that is edited away is missed by name. How the page is stored, versioned and
shown on screen is tested elsewhere.
"""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import textstat
from markdown_it import MarkdownIt
from mdit_py_plugins.attrs import attrs_plugin

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "forum" / "site" / "shipped" / "treatments" / "intrathecal-implants.en.toml"
FACTS = Path(__file__).with_name("seed_facts.csv")

SECTION_KEYS = [
    "key-points",
    "get-help-now",
    "what-it-is",
    "who-it-may-suit",
    "trial",
    "before-during-after",
    "benefits",
    "risks",
    "living-with-it",
    "other-options",
    "daily-life",
    "questions",
    "cost-and-access",
    "disclaimer",
]

# Names of medicines cannot be made shorter, so they are read as one plain word when the grade is measured.
MEDICINE_NAMES = re.compile(
    r"\b(hydromorphone|morphine|alpha-adrenergic|clonidine|baclofen|ziconotide|local anaesthetics?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the fact list."""

    id: str
    fact: str
    keyword_regex: str
    guard_regex: str


class PageReader(HTMLParser):
    """Collects from rendered HTML what a reader sees, the text of each marked element and every link."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.marked: list[tuple[tuple[str, ...], str]] = []
        self._open: list[tuple[str, tuple[str, ...], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        self._open.append((tag, tuple((given.get("data-fact") or "").split()), []))

    def handle_endtag(self, tag: str) -> None:
        name, ids, heard = self._open.pop()
        assert name == tag, f"<{name}> was closed by </{tag}>"
        if ids:
            self.marked.append((ids, " ".join("".join(heard).split())))

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        for _, _, heard in self._open:
            heard.append(data)

    def seen(self) -> str:
        """Return everything a reader sees, with single spaces."""
        return " ".join("".join(self.text).split())


def read_facts() -> list[Fact]:
    with FACTS.open(newline="", encoding="utf-8") as rows:
        return [
            Fact(row["id"], row["fact"], row["keyword_regex"], row["guard_regex"] or "")
            for row in csv.DictReader(rows)
        ]


def read_page() -> dict[str, Any]:
    return tomllib.loads(PAGE.read_text(encoding="utf-8"))


def render(markdown: str) -> PageReader:
    html = MarkdownIt("commonmark", {"html": False}).use(attrs_plugin, spans=True).render(markdown)
    reader = PageReader()
    reader.feed(html)
    reader.close()
    return reader


def readable(text: str) -> str:
    """Replace medicine names by a plain word."""
    return MEDICINE_NAMES.sub("drug", text)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def runs_of_eight(text: str) -> Iterator[tuple[str, ...]]:
    found = words(text)
    for start in range(len(found) - 7):
        yield tuple(found[start : start + 8])


FACT_LIST = read_facts()
DATA = read_page()
SECTIONS = {section["key"]: render(section["text"]) for section in DATA["sections"]}
WHOLE_TEXT = " ".join(
    [DATA["title"] + ".", DATA["summary"], DATA["evidence_reason"]]
    + [f"{section['heading']}. {SECTIONS[section['key']].seen()}" for section in DATA["sections"]]
)
MARKED = [mark for reader in SECTIONS.values() for mark in reader.marked]


def test_the_fact_list_is_whole() -> None:
    assert [fact.id for fact in FACT_LIST] == [f"F{number:02}" for number in range(1, 39)]


@pytest.mark.parametrize("fact", FACT_LIST, ids=lambda fact: fact.id)
def test_each_fact_is_said_where_the_page_marks_it(fact: Fact) -> None:
    texts = [text for ids, text in MARKED if fact.id in ids]
    assert texts, f"no sentence is marked {fact.id}: {fact.fact}"
    for text in texts:
        assert re.search(fact.keyword_regex, text, re.IGNORECASE), f"{fact.id} is marked on: {text}"


def test_no_mark_names_an_unknown_fact() -> None:
    known = {fact.id for fact in FACT_LIST}
    assert {fact_id for ids, _ in MARKED for fact_id in ids} <= known


@pytest.mark.parametrize("fact", [f for f in FACT_LIST if f.guard_regex], ids=lambda fact: fact.id)
def test_no_guard_is_broken(fact: Fact) -> None:
    assert not [found.group() for found in re.finditer(fact.guard_regex, WHOLE_TEXT, re.IGNORECASE)]


def test_the_page_never_oversells() -> None:
    lowered = WHOLE_TEXT.lower()
    for claim in ("proven", "strong evidence", "cure for", "risk-free", "guarantee"):
        assert claim not in lowered
    assert DATA["evidence_strength"] == "weak"
    assert "!" not in WHOLE_TEXT


def test_nothing_is_copied_from_the_fact_list() -> None:
    ours = set(runs_of_eight(WHOLE_TEXT))
    for fact in FACT_LIST:
        copied = [" ".join(run) for run in runs_of_eight(fact.fact) if run in ours]
        assert not copied, f"{fact.id}: {copied}"


def test_the_sections_stand_in_their_order() -> None:
    assert [section["key"] for section in DATA["sections"]] == SECTION_KEYS
    assert all(section["heading"].strip() and section["text"].strip() for section in DATA["sections"])


def test_the_whole_page_reads_at_grade_eight_or_below() -> None:
    assert textstat.flesch_kincaid_grade(readable(WHOLE_TEXT)) <= 8.0


@pytest.mark.parametrize("key", SECTION_KEYS)
def test_no_single_section_hides_hard_text(key: str) -> None:
    limit = 6.0 if key == "get-help-now" else 9.0
    assert textstat.flesch_kincaid_grade(readable(SECTIONS[key].seen())) <= limit


def test_references_are_cited_and_citations_lead_somewhere() -> None:
    keys = [reference["key"] for reference in DATA["references"]]
    assert not [key for key, times in Counter(keys).items() if times > 1]
    links = [link for reader in SECTIONS.values() for link in reader.links]
    cited = {link.removeprefix("#ref-") for link in links if link.startswith("#ref-")}
    assert cited == set(keys)
    for link in links:
        anchor_of_a_section = link.startswith("#") and link.removeprefix("#") in SECTION_KEYS
        assert link.startswith(("#ref-", "/")) or anchor_of_a_section, f"a link of the page leads to {link!r}"
    for reference in DATA["references"]:
        assert re.search(r"\b(19|20)\d\d\b|[Uu]ndated", reference["text"]), f"{reference['key']} has no date"
        assert reference["url"] == "" or reference["url"].startswith("https://")


@pytest.mark.parametrize(
    ("section", "says", "reference"),
    [
        ("what-it-is", "one morphine product and ziconotide", "fda-2018"),
        ("daily-life", "MR Conditional", "fda-2017"),
        ("daily-life", "checked after the scan", "fda-2017"),
        ("living-with-it", "every few weeks to months", "medtronic-living"),
        ("living-with-it", "The battery. It lasts for years", "leeds"),
        ("risks", "Baclofen that stops at once", "baclofen-label"),
        ("risks", "a fast heartbeat, and itching", "baclofen-2003"),
        ("risks", "very sleepy, with slow, shallow breaths", "medtronic-overdose"),
        ("risks", "relief that fades, pain in a band around the body, or numb skin", "deer-2003"),
        ("benefits", "38 and 56 in every 100", "turner-2007"),
        ("benefits", "effect of opioids in a pump unclear", "clavisi-2015"),
    ],
)
def test_the_later_facts_are_said_with_their_source(section: str, says: str, reference: str) -> None:
    reader = SECTIONS[section]
    assert says in reader.seen()
    assert f"#ref-{reference}" in reader.links


@pytest.mark.parametrize(
    "sign",
    [
        "emergency number",
        "hard to wake",
        "Slow or shallow breathing",
        "stiff neck or confusion",
        "weakness or numbness",
        "bladder or bowels",
        "On baclofen: a fever with severe stiffness or itching",
        "Do not wait for a call back",
        "pump alarm",
        "too much medicine",
        "too little medicine",
    ],
)
def test_get_help_now_names_each_warning_sign(sign: str) -> None:
    assert sign in SECTIONS["get-help-now"].seen()


def test_the_page_is_honest_about_who_wrote_it() -> None:
    disclaimer = SECTIONS["disclaimer"].seen()
    assert (
        "This page is general information. It does not replace advice from someone who knows your health. "
        "Never stop or change a treatment because of something you read here." in disclaimer
    )
    assert DATA["reviewer"] == ""
    assert "No clinician has reviewed it." in disclaimer
    assert isinstance(DATA["checked_on"], date)
    assert DATA["checked_on"] < DATA["next_review_on"]
