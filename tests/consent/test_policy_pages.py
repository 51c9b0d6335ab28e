"""The public pages of policies: every version, its exact text and hash, and what it changed."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from forum import clock
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind
from forum.consent.policies import publish_policy
from forum.consent.policy_queries import policy_changes_page, policy_page, policy_text
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from forum.privacy.retention import retention_rows
from tests.front_door import Page
from tests.pages import Element, read_page
from tests.recorder import recorded

WORDS = """## In short

We keep what you write here for thirty days, and nothing else.

- One thing
- Another thing, [here](/about)

## Far below

A first paragraph that stays.

A second paragraph that stays.

A third paragraph that stays.
"""
TERMS = PolicyDraft(PolicyKind.TERMS, "en", "Terms", WORDS)
CHANGED = replace(
    TERMS,
    title="Terms of use",
    markdown=WORDS.replace("thirty days", "ninety long days")
    .replace("- One thing\n", "")
    .replace("(/about)", "(/elsewhere)")
    + "\nWords that nobody ever read <here>.\n",
    material=True,
)


def publish(database: Database, *drafts: PolicyDraft) -> None:
    """Publish one after the other."""
    for draft in drafts:
        with database.transaction() as session:
            publish_policy(session, OPERATOR, draft)


def main_of(client: FlaskClient, address: str) -> Element:
    """Return what a page says."""
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def test_every_version_stays_readable(client: FlaskClient, database: Database) -> None:
    publish(database, TERMS, replace(TERMS, markdown="## In short\n\nBe kinder.\n"))
    now, then = client.get("/policies/terms"), client.get("/policies/terms/1")
    assert now.status_code == then.status_code == 200
    assert "Be kinder." in now.text
    assert "thirty days" in then.text
    assert "This is an earlier version." in then.text
    assert '<h2 id="in-short">In short</h2>' in now.text
    links = Page(now.text).links()
    assert {"/policies/terms/1", "/policies/terms/2"} <= set(links.values())


@pytest.mark.parametrize(
    "address",
    [
        "/policies/terms",
        "/policies/terms/1",
        "/policies/terms/1.md",
        "/policies/terms/1/changes",
        "/policies/nonsense",
        "/policies/terms/0",
        "/policies/terms/99999999999999999999999999",
        "/policies/health-data/9",
    ],
)
def test_a_policy_that_is_not_there_is_not_found(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code == 404


@pytest.mark.parametrize(
    "address", ["/policies/terms/3", "/policies/terms/3.md", "/policies/terms/3/changes"]
)
def test_a_version_that_is_not_there_is_not_found(
    client: FlaskClient, database: Database, address: str
) -> None:
    publish(database, TERMS, CHANGED)
    assert client.get(address).status_code == 404


def test_whoever_doubts_a_version_checks_its_words(client: FlaskClient, database: Database) -> None:
    """The hash on the page is that of the file that the page links to, byte by byte."""
    publish(database, replace(TERMS, markdown="Wörter, wie sie sind.  \n\n* so\n"), CHANGED)
    for version, words in ((1, "Wörter, wie sie sind.  \n\n* so\n"), (2, CHANGED.markdown)):
        section = main_of(client, f"/policies/terms/{version}").one("section", aria_labelledby="check")
        (link,) = section.all("a")
        answer = client.get(link.attributes["href"])
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.data == words.encode()
        assert hashlib.sha256(answer.data).hexdigest() == section.one("code").text


def test_the_list_says_from_when_and_whether_it_asks_anew(client: FlaskClient, database: Database) -> None:
    soon = clock.now() + timedelta(days=14)
    publish(
        database,
        TERMS,
        replace(TERMS, markdown="Small.\n"),
        replace(CHANGED, effective_at=soon, markdown="With a slip.\n"),
        replace(CHANGED, effective_at=soon),
    )
    section = main_of(client, "/policies/terms").one("section", aria_labelledby="versions")
    newest, replaced, now, first = [line.text for line in section.one("ul").all("li")]
    assert "(announced) A material change" in newest
    assert "(never in force)" in replaced
    assert "(in force) A small change" in now
    assert "change" not in first
    assert "announced and not in force yet" in main_of(client, "/policies/terms/4").text
    assert "never in force: version 4" in main_of(client, "/policies/terms/3").text
    with time_machine.travel(soon + timedelta(seconds=1)):
        assert "ninety long days" in main_of(client, "/policies/terms").text
        assert "earlier version" in main_of(client, "/policies/terms/2").text


def test_what_a_version_changed_can_be_read(client: FlaskClient, database: Database) -> None:
    publish(database, TERMS, CHANGED)
    main = main_of(client, "/policies/terms/2/changes")
    assert "The change is material" in main.text
    said = [line.text for line in main.one("ol", class_="list").inside]
    assert said[0] == "Before: Terms Now: Terms new: of use,"
    assert said[1] == "In short"
    assert said[2] == (
        "Before: We keep what you write here for gone: thirty, days, and nothing else. "
        "Now: We keep what you write here for new: ninety long, days, and nothing else."
    )
    assert said[3] == "Gone: One thing"
    # Where a link leads is said, so that no change of it goes unseen.
    assert said[4] == (
        "Before: Another thing, here gone: (/about), Now: Another thing, here new: (/elsewhere),"
    )
    # The heading that a change stands under and what is beside it stay; the rest is a line.
    assert said[5:] == [
        "Far below",
        "2 parts without a change are left out here.",
        "A third paragraph that stays.",
        "New: Words that nobody ever read <here>.",
    ]
    assert [one.text for one in main.all("del")] == ["gone: thirty,", "One thing", "gone: (/about),"]
    assert len(main.all("ins")) == 4
    links = {link.attributes["href"] for link in main.all("a")}
    assert {"/policies/terms/1", "/policies/terms/2"} <= links


def test_a_change_that_nobody_sees_is_said_to_be_one(client: FlaskClient, database: Database) -> None:
    publish(database, TERMS, replace(TERMS, markdown=WORDS.replace("- ", "*  ")))
    assert "Nothing that can be read is different" in main_of(client, "/policies/terms/2/changes").text


@pytest.mark.proves("D15")
def test_below_the_privacy_policy_in_force_stands_what_is_kept_for_how_long(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    privacy = replace(TERMS, kind=PolicyKind.PRIVACY)
    publish(database, TERMS, privacy, replace(privacy, markdown="Shorter.\n"))
    section = main_of(client, "/policies/privacy").one("section", aria_labelledby="retention")
    assert "Only the security log and the backups are not in its reach" in section.text
    table = section.one("table")
    said = [tuple(cell.text for cell in row.all("td")) for row in table.one("tbody").all("tr")]
    rows = retention_rows(app.extensions["alongside"].settings.backup_days)
    assert said == [(row.what, row.how_long, row.why) for row in rows]
    assert len(said) > 20
    for elsewhere in ("/policies/privacy/1", "/policies/terms"):
        assert main_of(client, elsewhere).all("table") == []


def test_a_version_of_another_language_can_be_read_and_checked(
    client: FlaskClient, database: Database
) -> None:
    german = replace(TERMS, locale="de", title="Regeln", markdown="Sei freundlich.\n")
    publish(database, TERMS, german, replace(german, markdown="Sei sehr freundlich.\n"))
    assert "thirty days" in main_of(client, "/policies/terms").text
    main = main_of(client, "/policies/terms/2?language=de")
    assert main.one("h1").text == "Regeln"
    assert main.one("div", class_="prose").attributes["lang"] == "de"
    links = [link.attributes["href"] for link in main.all("a")]
    assert {"/policies/terms/1?language=de", "/policies/terms/2/changes?language=de"} <= {*links}
    for link in links:
        if link.startswith("/policies/"):
            assert urlsplit(link).query == "language=de"
            assert client.get(link).status_code == 200
    for unknown in ("fr", "", "x" * 99, "de\x00", "../en"):
        answer = client.get("/policies/terms/1", query_string={"language": unknown})
        assert answer.status_code == 404, unknown


def test_how_many_versions_there_are_costs_nothing(database: Database) -> None:
    publish(database, TERMS)
    seen = []
    for count in (3, 30):
        publish(database, *(replace(TERMS, markdown=f"Words {count} {n}.\n") for n in range(count)))
        with database.reading() as session:
            for query, expected in ((policy_page, 2), (policy_text, 1), (policy_changes_page, 1)):
                with recorded(database) as statements:
                    query(session, PolicyKind.TERMS, "en", 2)
                assert len(statements) == expected
                seen.append(len(statements))
    assert seen[:3] == seen[3:]
