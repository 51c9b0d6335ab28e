"""The sitemap: valid, in parts that cost the same however much there is, and silent on what isn't for everybody."""

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from forum.community.models.threads import Audience, Category, Intent, Topic, TopicState
from forum.database.session import Database
from tests import cast
from tests.moderation.conftest import make_room
from tests.recorder import recorded
from tests.site.syndicated import BASE, ROOM, begin, map_at, page_at, whole_map
from tests.site.texts import publish_texts

THEN = datetime(2026, 3, 5, 6, 7, 8, tzinfo=UTC)


def put_topics(database: Database, *ids: int, audience: Audience = Audience.PUBLIC) -> None:
    """Put topics of former members under these very numbers."""
    with database.transaction() as session:
        room = session.scalars(select(Category.id).where(Category.slug == ROOM)).one()
        session.execute(
            insert(Topic),
            [
                {
                    "id": topic_id,
                    "category_id": room,
                    "from_community": False,
                    "locale": "en",
                    "title": f"Topic {topic_id}",
                    "slug": f"topic-{topic_id}",
                    "intent": Intent.GOOD_NEWS,
                    "content_note": "",
                    "audience": audience,
                    "state": TopicState.PUBLISHED,
                    "pinned": 0,
                    "locked": False,
                    "started_at": THEN,
                    "last_number": 0,
                    "reply_count": 0,
                    "last_activity_at": THEN,
                }
                for topic_id in ids
            ],
        )


def parts(client: FlaskClient) -> list[str]:
    """Return the parts that the index names, as addresses here."""
    return [address.removeprefix(BASE) for address, _changed in map_at(client, "/sitemap.xml")]


def test_every_page_in_the_sitemap_is_there_and_says_that_this_is_its_address(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    publish_texts(app)
    begin(database, cast.member(app), "Knees and stairs")
    named = whole_map(client)
    expected = (
        "/",
        "/about",
        "/help-now",
        "/categories",
        "/treatments",
        "/policies/terms",
        f"/categories/{ROOM}",
    )
    assert {BASE + address for address in expected} <= named
    assert f"{BASE}/treatments/intrathecal-implants" in named
    assert any(address.endswith("/knees-and-stairs") for address in named)
    for address in named:
        page = page_at(client, address.removeprefix(BASE))
        assert page.one("link", rel="canonical").attributes["href"] == address
        assert not page.all("meta", name="robots")


def test_topics_stand_in_ranges_of_their_numbers_with_the_day_of_their_last_post(
    client: FlaskClient, database: Database
) -> None:
    make_room(database, ROOM)
    assert parts(client) == ["/sitemap/pages.xml"]
    put_topics(database, 1, 3, 2000, 6001, 8000)
    put_topics(database, 2001, 4000, 8001, audience=Audience.MEMBERS)
    put_topics(database, 12000, audience=Audience.PUBLIC_UNLISTED)
    first, fourth = "/sitemap/topics-1.xml", "/sitemap/topics-4.xml"
    with recorded(database) as statements:
        assert parts(client) == ["/sitemap/pages.xml", first, fourth]
    assert len(statements) == 1
    with recorded(database) as statements:
        found = map_at(client, first)
    assert len(statements) == 1
    assert found == [
        (f"{BASE}/topics/{number}/topic-{number}", "2026-03-05T06:07:08Z") for number in (1, 3, 2000)
    ]
    assert [address for address, _changed in map_at(client, fourth)] == [
        f"{BASE}/topics/{number}/topic-{number}" for number in (6001, 8000)
    ]
    # A range of nothing but hidden ones is like one that never was.
    for empty in ("2", "3", "5", "6", "99", "0", "-1", "x", str(2**62), str(10**30)):
        assert client.get(f"/sitemap/topics-{empty}.xml").status_code == 404, empty
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id > 3).values(state=TopicState.HIDDEN))
    assert parts(client) == ["/sitemap/pages.xml", first]


def test_the_sitemap_is_the_visitors_whoever_asks_and_sent_once(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    make_room(database, ROOM)
    put_topics(database, 1)
    put_topics(database, 2, audience=Audience.MEMBERS)
    first = client.get("/sitemap/topics-1.xml")
    assert cast.member(app).client.get("/sitemap/topics-1.xml").data == first.data
    asked = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/sitemap/topics-1.xml", headers=asked).status_code == 304
    with recorded(database) as statements:
        map_at(client, "/sitemap/pages.xml")
    assert len(statements) == 3


def test_robots_are_told_where_the_sitemap_is_and_where_not_to_look(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert f"Sitemap: {BASE}/sitemap.xml" in lines
    assert {"Disallow: /catch-up", "Disallow: /drafts"} <= set(lines)
    # Profiles say themselves that they are not to be kept, and only whoever may look there reads it.
    assert not any("/members" in line for line in lines)
    shut = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]
    for address in whole_map(client):
        path = address.removeprefix(BASE)
        assert not any(path.startswith(one) for one in shut), path
