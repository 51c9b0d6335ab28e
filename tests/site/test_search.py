"""The search: what is found, for whose eyes, at what cost, and that nobody keeps what somebody looked for."""

import json
import logging
import re
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from forum.accounts.models import Member
from forum.community.models.threads import Audience, Topic, TopicState
from forum.community.title_search import topics_titled
from forum.database.session import Database
from forum.permissions.actor import VISITOR, MemberState
from forum.site import search
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.site.texts import publish_texts

ROOM = "flares-today"


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """A member, in a community with its first texts."""
    publish_texts(app)
    return cast.member(app, "Juniper")


def topic(database: Database, someone: cast.Someone, title: str, audience: Audience = Audience.PUBLIC) -> int:
    return start(database, someone.actor, replace(topic_draft(ROOM, audience=audience), title=title))


def look(client: FlaskClient, query: str) -> Element:
    answer = client.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def titles(main: Element, kind: str = "topics") -> list[str]:
    """Return what was found of a kind."""
    return [h.text for part in main.all("section", aria_labelledby=kind) for h in part.all("h3")]


def test_topics_are_found_by_every_word_however_it_is_written(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Knees and stairs")
    topic(database, juniper, "Knees in the rain")
    topic(database, juniper, "Ärger mit der STRAẞE")
    assert titles(look(client, "knees")) == ["Knees in the rain", "Knees and stairs"]
    assert titles(look(client, "  STAIRS   kne ")) == ["Knees and stairs"]
    assert titles(look(client, "knees snow")) == []
    # The same on both databases, also outside English.
    assert titles(look(client, "ärger strasse")) == ["Ärger mit der STRAẞE"]


def test_signs_that_databases_know_are_signs(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Half of it, 50% and more")
    topic(database, juniper, "No signs in here")
    for query in ("50%", "%"):
        assert titles(look(client, query)) == ["Half of it, 50% and more"]
    for query in ("_", "5_%", "\\", "' OR 1=1 --"):
        assert titles(look(client, query)) == []


def test_treatments_and_categories_are_found_by_what_they_are_called(
    client: FlaskClient, juniper: cast.Someone
) -> None:
    treatment = look(client, "PAIN pump")
    assert len(titles(treatment, "treatments")) == 1
    assert "/treatments/intrathecal-implants" in {link.attributes["href"] for link in treatment.all("a")}
    assert titles(look(client, "flares"), "categories") == ["Flares today"]


def test_without_words_it_says_what_it_looks_through(client: FlaskClient, database: Database) -> None:
    for address in ("/search", "/search?q=", "/search?q=%20%00%0a"):
        with recorded(database) as statements:
            answer = client.get(address)
        # The settings in force, which every page shows.
        assert len(statements) == 1
        page = read_page(answer.text)
        main = page.one("main")
        assert "It does not look into posts yet." in main.text
        assert "Nothing has all" not in main.text
        assert page.one("meta", name="robots").attributes["content"] == "noindex"


def test_what_was_looked_for_stays_in_the_box_and_a_search_in_vain_leads_on(
    client: FlaskClient, juniper: cast.Someone
) -> None:
    main = look(client, 'unheard-of "<b>')
    assert main.one("input", name="q").attributes["value"] == 'unheard-of "<b>'
    assert "Nothing has all of these words" in main.text
    assert {"/categories", "/treatments", "/help-now"} <= {link.attributes["href"] for link in main.all("a")}
    assert main.all("b") == []


@pytest.mark.parametrize(
    "query",
    [
        "x" * 10_000,
        "é " * 5_000,
        "%" * 10_000,
        "a\x00b",
        "\udcff",
        "\u202e",
        "e" + "\u0301" * 9_000,
        "((((",
        "\x1b[2J",
    ],
    ids=["long", "many words", "percent", "nul", "surrogate", "override", "marks", "brackets", "escape"],
)
def test_hostile_and_huge_queries_are_harmless(
    client: FlaskClient, juniper: cast.Someone, query: str
) -> None:
    main = look(client, query.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert len(main.one("input", name="q").attributes["value"]) <= search.LONGEST_QUERY
    if len(query) > 1000:
        assert "longer than we can look for" in main.text


def test_a_query_that_is_no_text_is_harmless(client: FlaskClient) -> None:
    for address in ("/search?q=%ff%fe", "/search?q=%ed%a0%80", "/search?q=a&q=b", "/search?q[]=a"):
        assert client.get(address).status_code == 200


def test_nobody_finds_what_they_may_not_see(
    app: Flask, client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    for audience in (
        Audience.PUBLIC,
        Audience.PUBLIC_UNLISTED,
        Audience.MEMBERS,
        Audience.MODERATORS_AND_AUTHOR,
    ):
        topic(database, juniper, f"Walnut {audience.value}", audience)
    hidden = topic(database, juniper, "Walnut hidden")
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == hidden).values(state=TopicState.HIDDEN))
    found = {
        who: set(titles(look(browser, "walnut")))
        for who, browser in (
            ("visitor", client),
            ("member", cast.member(app, "Marlow").client),
            ("author", juniper.client),
            ("moderator", cast.moderator(app).client),
        )
    }
    public = {"Walnut public", "Walnut public-unlisted"}
    assert found == {
        "visitor": public,
        "member": public | {"Walnut members"},
        "author": public | {"Walnut members", "Walnut moderators-and-author"},
        "moderator": public | {"Walnut members", "Walnut moderators-and-author"},
    }


def test_titles_of_somebody_who_is_out_of_sight_are_not_found(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Walnut")
    assert titles(look(client, "walnut")) == ["Walnut"]
    with database.transaction() as session:
        session.execute(update(Member).values(state=MemberState.PAUSED))
    assert titles(look(client, "walnut")) == []


def test_only_the_newest_are_looked_through_and_a_few_of_them_shown(
    database: Database, juniper: cast.Someone
) -> None:
    ids = [topic(database, juniper, f"Walnut {number}") for number in range(5)]
    with database.reading() as session:
        found = topics_titled(session, VISITOR, lambda title: "Walnut" in title, among=3, limit=2)
    assert [one.title for one in found] == ["Walnut 4", "Walnut 3"]
    with database.reading() as session:
        assert topics_titled(session, VISITOR, lambda title: title == "Walnut 0", among=4, limit=9) == ()
        (oldest,) = topics_titled(session, VISITOR, lambda title: title == "Walnut 0", among=5, limit=9)
    assert oldest.address.startswith(f"/topics/{ids[0]}/")


def test_topics_that_one_may_not_see_are_not_looked_through_for_longer(
    database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Walnut")
    for number in range(3):
        topic(database, juniper, f"Almond {number}", Audience.MEMBERS)
    with database.reading() as session:
        assert topics_titled(session, VISITOR, bool, among=3, limit=9) == ()
        (found,) = topics_titled(session, VISITOR, bool, among=4, limit=9)
    assert found.title == "Walnut"


def test_the_newest_topics_are_read_from_their_index(
    database: Database, juniper: cast.Someone, dialect: str
) -> None:
    for number in range(30):
        topic(database, juniper, f"Walnut {number}")
    with database.reading() as session, recorded(database) as statements:
        topics_titled(session, VISITOR, str.isdecimal, among=2, limit=9)
    (statement,) = statements
    # What bounds the search stands in brackets of its own, and nobody's sight is asked for in there.
    inner = statement.split("JOIN (", 1)[1].split(") AS last_active", 1)[0]
    assert "LIMIT" in inner
    assert "WHERE" not in inner
    asked = re.sub(r"\?|%\(\w+\)s(::\w+)?", "2", inner)
    with database.reading() as session:
        if dialect == "postgresql":
            # Of so few topics, it would rather read them all.
            session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(
            text(("EXPLAIN " if dialect == "postgresql" else "EXPLAIN QUERY PLAN ") + asked)
        ).all()
    assert "ix_topic_last_activity_at" in str(plan)


def test_a_full_list_says_that_there_may_be_more(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    for number in range(search.MOST):
        topic(database, juniper, f"Walnut {number}")
    main = look(client, "walnut")
    assert len(titles(main)) == search.MOST
    assert "There may be more." in main.text


def test_a_search_costs_the_same_however_much_there_is(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    costs = []
    for number in range(2):
        for again in range(3):
            topic(database, juniper, f"Walnut {number} {again}")
        with database.reading() as session, recorded(database) as statements:
            search.search_page(session, VISITOR, "walnut")
        costs.append(len(statements))
    assert costs == [4, 4]
    with recorded(database) as statements:
        look(client, "walnut")
    assert len(statements) == 5


@pytest.mark.proves("W14")
def test_no_log_line_holds_what_somebody_looked_for(
    client: FlaskClient, juniper: cast.Someone, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[Any]
    with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
        for browser in (client, juniper.client):
            look(browser, "endometriosis hysterectomy")
    assert [line["route"] for line in lines] == ["/search", "/search"]
    written = json.dumps(lines) + "".join(record.getMessage() for record in caplog.records)
    assert "endometriosis" not in written
    assert "hysterectomy" not in written


def test_nobody_stores_what_somebody_looked_for(client: FlaskClient) -> None:
    assert client.get("/search?q=walnut").headers["Cache-Control"] == "no-store"
