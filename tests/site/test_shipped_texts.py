"""The shipped texts: policies, pages, categories, topics and helplines.

Whether the files are whole, consistent and honest is tested here. The page on intrathecal implants has its
own test, and how ``forum site init`` publishes the texts is tested with that command.
"""

import csv
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import textstat

SHIPPED = Path(__file__).resolve().parents[2] / "forum" / "site" / "shipped"

POLICIES = ["terms", "health-data", "privacy", "guidelines"]
PAGES = ["about", "help-now"]
DOCUMENTS = [f"policies/{kind}.en.md" for kind in POLICIES] + [f"pages/{name}.en.md" for name in PAGES]
PLACEHOLDERS = {
    "operator_name",
    "operator_address",
    "operator_contact",
    "operator_country",
    "site_name",
    "minimum_age",
    "backup_days",
    "base_url",
}
CATEGORIES = [
    ("welcome", "Welcome"),
    ("newly-diagnosed", "Newly diagnosed"),
    ("flares-today", "Flares today"),
    ("treatments-and-procedures", "Treatments and procedures"),
    ("medicines", "Medicines"),
    ("daily-living-and-pacing", "Daily living and pacing"),
    ("sleep-and-fatigue", "Sleep and fatigue"),
    ("mind-and-mood", "Mind and mood"),
    ("work-money-and-benefits", "Work, money and benefits"),
    ("family-carers-and-relationships", "Family, carers and relationships"),
    ("talking-to-professionals", "Talking to professionals"),
    ("off-topic-and-good-things", "Off topic and good things"),
]
INTENTS = {"just-listen", "experiences", "information", "good-news"}
OWN_ADDRESSES = re.compile(
    r"/(help-now|about|notices|settings(/reading)?|policies/(terms|health-data|privacy|guidelines)"
    r"|treatments/intrathecal-implants)(#[a-z-]+)?"
)


def read(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads(read(name))


def read_helplines() -> list[dict[str, str]]:
    with (SHIPPED / "helplines.csv").open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def plain(markdown: str) -> str:
    """Return roughly what a reader sees: no marks, no table rules, link texts without their addresses."""
    text = re.sub(r"\]\([^)]*\)", "", markdown)
    text = re.sub(r"^\|[-|]+\|$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^#+ (.*)$", r"\1.", text, flags=re.MULTILINE)
    text = re.sub(r"\s*\|$", ".", text, flags=re.MULTILINE)
    return re.sub(r"[|*\[\]_]|^\s*- ", " ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_starts_with_one_title(name: str) -> None:
    lines = read(name).splitlines()
    assert re.fullmatch(r"# \S.*", lines[0])
    assert not [line for line in lines[1:] if line.startswith("# ")]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_only_known_placeholders(name: str) -> None:
    text = read(name)
    used = re.findall(r"\{([a-z_]+)\}", text)
    assert set(used) <= PLACEHOLDERS
    without = re.sub(r"\{[a-z_]+\}", "", text)
    assert "{" not in without
    assert "}" not in without


@pytest.mark.parametrize("name", ["categories.en.toml", "topics.en.toml"])
def test_texts_that_nobody_fills_in_have_no_placeholders(name: str) -> None:
    assert "{" not in read(name)


@pytest.mark.parametrize("kind", POLICIES)
def test_each_policy_says_whom_to_write_to(kind: str) -> None:
    text = read(f"policies/{kind}.en.md")
    assert "{operator_name}" in text
    assert "{operator_contact}" in text


@pytest.mark.parametrize("name", [*DOCUMENTS, "categories.en.toml", "topics.en.toml"])
def test_the_tone_is_quiet_and_promises_no_round_the_clock_care(name: str) -> None:
    text = read(name)
    assert "!" not in text
    assert not re.search(
        r"24/7|24 hours a day|around the clock|round the clock|always here for you", text, re.I
    )
    assert not re.search(r"\b(TODO|TBD|FIXME|lorem)\b", text, re.I)


@pytest.mark.parametrize("name", [*DOCUMENTS, "topics.en.toml"])
def test_links_lead_to_pages_of_our_own(name: str) -> None:
    for address in re.findall(r"\]\(([^)]*)\)", read(name)):
        assert OWN_ADDRESSES.fullmatch(address), address


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_read_plainly(name: str) -> None:
    limit = 6.0 if name == "pages/help-now.en.md" else 8.0
    assert textstat.flesch_kincaid_grade(plain(read(name))) <= limit


@pytest.mark.parametrize(
    "says",
    [
        "Art. 6(1)(b)",
        "9(2)(a)",
        "Art. 7(1)",
        "Google",
        "Facebook",
        "They learn that you use",
        "Global Privacy Control",
        "within one month",
        "data protection authority",
        "We sell no personal data",
        "14 days",
        "former member",
        "the last day you used it",
        "such as Firefox on Android",
        "how you last showed that it is you",
        "the public key",
        "vault of Apple, Google or Microsoft",
        "that way in sleeps",
        "changes to your account and how you log in",
        "kept for at most {backup_days} days",
        "we keep a list of what was deleted",
        "almost two years",
        "within 30 days",
        "Two administrators must agree",
        "a fingerprint of each name you had",
        "at most two years",
        "neither show nor use it",
        "works by that same list",
        "Only the security log and the backups are not in its reach",
        "no way to tell someone who does not come by",
    ],
)
def test_the_privacy_policy_says_what_the_law_asks_for(says: str) -> None:
    assert says in read("policies/privacy.en.md")


@pytest.mark.parametrize(
    "says",
    [
        "Article 9(2)(a)",
        "explicit consent",
        "as easily as you gave it",
        "hidden from everyone",
        "We do not sell",
        "We store nothing",
        "within one month",
    ],
)
def test_the_health_data_policy_says_what_consent_means(says: str) -> None:
    assert says in read("policies/health-data.en.md")


@pytest.mark.parametrize(
    "says", ["six months", "seven days", "{minimum_age} or older", "not a crisis service"]
)
def test_the_terms_say_how_decisions_are_looked_at_again(says: str) -> None:
    assert says in read("policies/terms.en.md")


def test_the_help_page_begins_with_the_emergency() -> None:
    before_first_heading, *rest = re.split(r"^## ", read("pages/help-now.en.md"), flags=re.MULTILINE)
    assert "emergency number" in before_first_heading
    assert "helplines" in before_first_heading
    answers = next(part for part in rest if part.startswith("If you can't decide"))
    assert "What gets in the way of reaching out?" in answers
    for barrier in ("can't pay", "police", "not bad enough", "can't talk"):
        assert barrier in answers
    pump = next(part for part in rest if part.startswith("Do you have an implanted pump"))
    for sign in ("hard to wake", "stiff neck", "numbness", "bladder", "baclofen", "alarm"):
        assert sign in pump
    assert "not a crisis service" in rest[-1]


def test_the_twelve_categories_stand_in_their_order() -> None:
    categories = read_toml("categories.en.toml")["categories"]
    assert [(row["slug"], row["name"]) for row in categories] == CATEGORIES
    for row in categories:
        assert 0 < len(row["description"]) <= 100
        assert "\n" not in row["description"]
        assert 2 <= len(re.findall(r"[.?](?:\s|$)", row["opening"])) <= 3, row["slug"]
    assert [row["slug"] for row in categories if row.get("help_on_top")] == ["mind-and-mood"]
    medicines = next(row for row in categories if row["slug"] == "medicines")
    assert "no doses" in medicines["opening"]


def test_the_topics_belong_to_shipped_categories_and_treatments() -> None:
    topics = read_toml("topics.en.toml")["topics"]
    slugs = [slug for slug, _ in CATEGORIES]
    assert [topic["category"] for topic in topics] == ["welcome", "treatments-and-procedures"]
    for topic in topics:
        assert topic["category"] in slugs
        assert topic["intent"] in INTENTS
        assert topic["pinned"] is True
        assert topic["title"].strip()
        assert topic["text"].strip()
        if treatment := topic.get("treatment"):
            assert (SHIPPED / "treatments" / f"{treatment}.en.toml").is_file()
    assert [topic.get("treatment") for topic in topics] == [None, "intrathecal-implants"]


def test_verified_helplines_say_where_and_when_they_were_read() -> None:
    rows = read_helplines()
    assert list(rows[0]) == [
        "country",
        "service",
        "contact",
        "hours",
        "emergency",
        "state",
        "verified_on",
        "source",
    ]
    assert {row["state"] for row in rows} <= {"verified", "unverified"}
    countries = [row["country"] for row in rows]
    assert len(countries) == len(set(countries))
    for row in rows:
        assert re.fullmatch(r"[A-Z]{2}|\*", row["country"])
        if row["state"] == "verified":
            assert row["service"]
            assert row["contact"]
            assert row["source"]
            assert re.fullmatch(r"\d{3}", row["emergency"])
            assert date.fromisoformat(row["verified_on"]) <= date(2026, 11, 22)
        else:
            assert row["verified_on"] == "", f"{row['country']} is not verified but has a date"
    assert countries[-1] == "*"


def test_the_emergency_numbers_on_the_help_page_are_those_of_the_helplines() -> None:
    page = read("pages/help-now.en.md")
    numbers = {row["country"]: row["emergency"] for row in read_helplines()}
    for country, said in {
        "IE": "112 in the European Union",
        "GB": "999 in the United Kingdom",
        "US": "911 in the United States and Canada",
        "CA": "911 in the United States and Canada",
        "AU": "000 in Australia",
        "NZ": "111 in New Zealand",
    }.items():
        assert said in page
        assert said.startswith(numbers[country])
