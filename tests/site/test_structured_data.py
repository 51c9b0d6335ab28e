"""What public pages say of themselves in their heads: schema.org's words, OpenGraph, and their one address."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from forum.community.models.threads import Audience, Post, Topic
from forum.database.session import Database
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.moderation.conftest import make_room
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.site.syndicated import BASE, ROOM, begin, data_on, page_at, shared_on
from tests.site.texts import publish_texts

SITE = "Alongside Chronic Pain"


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who writes, in a room."""
    make_room(database, ROOM)
    return cast.member(app, "Juniper")


def trail(data: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Return what a list of breadcrumbs says."""
    assert data["@type"] == "BreadcrumbList"
    assert {one["@type"] for one in data["itemListElement"]} == {"ListItem"}
    return [(one["position"], one["name"], one["item"].removeprefix(BASE)) for one in data["itemListElement"]]


def head_of(client: FlaskClient, address: str) -> Element:
    return page_at(client, address).one("head")


def test_a_public_topic_says_what_it_is(
    app: Flask, client: FlaskClient, database: Database, juniper: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    topic_id = begin(database, juniper, "Knees and stairs", "One *step* at a time.\n\nThen another.")
    reply(database, marlow.actor, topic_id, "So it is.")
    address = f"/topics/{topic_id}/knees-and-stairs"
    with recorded(database) as statements:
        page = page_at(client, address)
    assert len(statements) == 3
    data = data_on(page)
    posting = data["DiscussionForumPosting"]
    assert posting["url"] == posting["@id"] == f"{BASE}{address}"
    assert posting["headline"] == page.one("h1").text == "Knees and stairs"
    assert posting["text"] == "One step at a time. Then another."
    assert posting["author"] == {"@type": "Person", "name": "Juniper"}
    assert datetime.fromisoformat(posting["datePublished"]).tzinfo is not None
    assert posting["commentCount"] == 1
    assert posting["interactionStatistic"] == {
        "@type": "InteractionCounter",
        "interactionType": "https://schema.org/CommentAction",
        "userInteractionCount": 1,
    }
    assert trail(data["BreadcrumbList"]) == [
        (1, "Topics", "/categories"),
        (2, "Flares today", f"/categories/{ROOM}"),
        (3, "Knees and stairs", address),
    ]
    assert page.one("link", rel="canonical").attributes["href"] == f"{BASE}{address}"
    assert shared_on(page) == {
        "og:site_name": SITE,
        "og:type": "website",
        "og:url": f"{BASE}{address}",
        "og:title": "Knees and stairs",
        "og:description": "One step at a time. Then another.",
    }
    assert page.one("meta", name="description").attributes["content"] == "One step at a time. Then another."
    # Members' pages are for members; what they see of it as a stranger is the visitor's.
    assert data_on(page_at(juniper.client, address)) == {}
    assert data_on(page_at(juniper.client, f"{address}?as=stranger")).keys() == {"BreadcrumbList"}


def test_nobody_is_named_but_the_author_and_a_note_stands_for_the_words(
    app: Flask, client: FlaskClient, database: Database, juniper: Someone
) -> None:
    topic_id = begin(database, juniper, "A long night")
    with database.transaction() as session:
        html = "<p>Ask [[mention 1]], who was there.</p><p>[[quote 2]]</p><p>She said so.</p>"
        session.execute(update(Post).where(Post.topic_id == topic_id).values(html=html))
    text = data_on(page_at(client, f"/topics/{topic_id}"))["DiscussionForumPosting"]["text"]
    assert text == "Ask @a member, who was there. She said so."
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(content_note="surgery"))
    page = page_at(client, f"/topics/{topic_id}")
    assert data_on(page)["DiscussionForumPosting"]["text"] == "Content note: surgery"
    assert shared_on(page)["og:description"] == "Content note: surgery"
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(author_id=None, content_note=""))
        session.execute(update(Post).where(Post.topic_id == topic_id).values(author_id=None, html=""))
    posting = data_on(page_at(client, f"/topics/{topic_id}"))["DiscussionForumPosting"]
    assert posting["author"] == {"@type": "Person", "name": "a former member"}
    assert posting["text"] == posting["headline"]


def test_a_topic_that_is_not_for_everybody_to_find_says_the_communitys_name_and_no_more(
    client: FlaskClient, database: Database, juniper: Someone
) -> None:
    topic_id = begin(database, juniper, "Knees and stairs", audience=Audience.PUBLIC_UNLISTED)
    head = head_of(client, f"/topics/{topic_id}")
    assert data_on(head) == {}
    assert shared_on(head) == {"og:site_name": SITE}
    assert not head.all("link", rel="canonical")
    assert not head.all("link", rel="alternate")
    assert not head.all("meta", name="description")
    assert head.one("meta", name="robots").attributes["content"] == "noindex"


def test_a_further_page_is_a_page_of_its_own_and_no_posting(
    client: FlaskClient, database: Database, juniper: Someone
) -> None:
    topic_id = begin(database, juniper, "Knees and stairs")
    for number in range(20):
        reply(database, juniper.actor, topic_id, f"And {number}.")
    address = f"/topics/{topic_id}/knees-and-stairs?page=2"
    page = page_at(client, address)
    assert page.one("link", rel="canonical").attributes["href"] == f"{BASE}{address}"
    assert data_on(page).keys() == {"BreadcrumbList"}
    assert "og:description" not in shared_on(page)


def test_rooms_and_treatments_say_where_they_stand(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    room = data_on(page_at(client, f"/categories/{ROOM}"))["BreadcrumbList"]
    assert trail(room)[0] == (1, "Topics", "/categories")
    assert trail(room)[1][2] == f"/categories/{ROOM}"
    page = data_on(page_at(client, "/treatments/intrathecal-implants"))["MedicalWebPage"]
    assert {"about", "audience", "dateModified", "description", "name", "publisher", "url"} <= page.keys()
    assert trail(page["breadcrumb"]) == [
        (1, "Treatments", "/treatments"),
        (2, "Intrathecal implants", "/treatments/intrathecal-implants"),
    ]


def test_what_somebody_writes_stays_words_in_the_head(
    client: FlaskClient, database: Database, juniper: Someone
) -> None:
    hostile = '</script><script>alert(1)</script>"><b onclick=x>&\u2028'
    topic_id = begin(database, juniper, "Knees", "Harmless.")
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(title=hostile))
        session.execute(
            update(Post)
            .where(Post.topic_id == topic_id)
            .values(html="<p>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>")
        )
    answer = client.get(f"/topics/{topic_id}", follow_redirects=True)
    assert "<script>alert(1)" not in answer.text
    assert "<b onclick" not in answer.text
    page = read_page(answer.text)
    # Data blocks and files of ours alone: nothing that would run.
    for script in page.all("script"):
        assert "src" in script.attributes or script.attributes["type"] == "application/ld+json"
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    posting = data_on(page)["DiscussionForumPosting"]
    assert (posting["headline"], posting["text"]) == (hostile, "</script><script>alert(1)</script>")
    assert shared_on(page)["og:title"] == hostile.strip()


@pytest.mark.parametrize("address", ["/log-in", "/settings/reading", "/search", "/no-such-page"])
def test_pages_that_are_for_nobody_to_find_say_the_communitys_name_and_no_more(
    client: FlaskClient, address: str
) -> None:
    head = read_page(client.get(address).text).one("head")
    assert shared_on(head) == {"og:site_name": SITE}
    assert not head.all("link", rel="canonical")
