"""Feeds: valid by RFC 4287, about what everybody may find alone, and nobody is named in them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.community.commands.blocking import block_author
from forum.community.commands.writing import delete_post
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.moderation.conftest import make_room
from tests.moderation.working import press, refusal
from tests.recorder import recorded
from tests.site.syndicated import (
    ATOM,
    BASE,
    ROOM,
    begin,
    entries,
    feed_at,
    page_at,
    said,
    titles,
    told,
    whole_map,
)
from tests.site.texts import publish_texts

LATEST = "/feeds/latest.atom"
OF_ROOM = f"/feeds/categories/{ROOM}.atom"
OF_IMPLANTS = "/feeds/treatments/intrathecal-implants.atom"


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who writes, in a room."""
    make_room(database, ROOM)
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> Someone:
    """Who answers."""
    return cast.member(app, "Marlow")


def set_post(database: Database, topic_id: int, number: int, **columns: object) -> None:
    with database.transaction() as session:
        session.execute(
            update(Post).where(Post.topic_id == topic_id, Post.number == number).values(**columns)
        )


def set_topic(database: Database, topic_id: int, **columns: object) -> None:
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(**columns))


def set_state(database: Database, someone: Someone, state: MemberState) -> None:
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


def opening_of(database: Database, topic_id: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()


def test_every_feed_is_valid_leads_to_its_pages_and_names_nobody(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    publish_texts(app)
    juniper, marlow = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    topic_id = begin(database, juniper, "Knees & <b>stairs</b> ]]>", "One *step*,\n\n" + "and another " * 40)
    # Characters that a text may hold and XML may not.
    set_topic(database, topic_id, title="Knees & <b>stairs</b> ]]>\x0b\ufffe")
    reply(database, marlow.actor, topic_id, "So it is, @Juniper, \U0001f33f so it is.")
    with database.reading() as session:
        about_implants = session.scalars(
            select(Topic.id).where(Topic.slug == "intrathecal-implants-your-experiences")
        ).one()
    reply(database, marlow.actor, about_implants, "Mine hums a little.")

    of_topic = f"/feeds/topics/{topic_id}.atom"
    # What the room or the topic is, and what is in it.
    for address, count in ((LATEST, 1), (OF_ROOM, 2), (of_topic, 2), (OF_IMPLANTS, 2)):
        with recorded(database) as statements:
            root = feed_at(client, address)
        assert len(statements) == count, (address, statements)
        written = etree.tostring(root, encoding="unicode")
        assert "Juniper" not in written
        assert "Marlow" not in written
        assert root.findtext(f"{ATOM}author/{ATOM}name") == app.extensions["alongside"].settings.site_name
        for link in root.iter(f"{ATOM}link"):
            href = str(link.get("href"))
            assert href.startswith(BASE)
            assert client.get(href.removeprefix(BASE), follow_redirects=True).status_code == 200

    (entry,) = (one for one in entries(feed_at(client, LATEST)) if "Knees" in said(one, "title"))
    assert said(entry, "title") == "Knees & <b>stairs</b> ]]>"
    assert said(entry, "id") == f"{BASE}/topics/{topic_id}"
    assert said(entry, "summary").startswith("One step, and another and another")
    assert said(entry, "summary").endswith("another…")
    assert len(said(entry, "summary")) <= 300
    category = entry.find(f"{ATOM}category")
    assert category is not None
    assert category.get("term") == ROOM
    answer, opening = entries(feed_at(client, of_topic))
    assert said(answer, "title") == "Reply #2: Knees & <b>stairs</b> ]]>"
    assert said(answer, "summary") == "So it is, @a member, \U0001f33f so it is."
    assert said(opening, "title") == said(entry, "title")
    assert titles(feed_at(client, OF_IMPLANTS))[0].startswith("Reply #2: Intrathecal implants")
    assert "Intrathecal implants" in titles(feed_at(client, OF_IMPLANTS))


def test_pages_that_everybody_may_find_say_where_their_feed_is(app: Flask, client: FlaskClient) -> None:
    publish_texts(app)
    for address, feed in (
        ("/", LATEST),
        (f"/categories/{ROOM}?sort=new", OF_ROOM),
        ("/treatments/intrathecal-implants", OF_IMPLANTS),
    ):
        page = page_at(client, address)
        link = page.one("link", rel="alternate", type="application/atom+xml")
        assert link.attributes["href"] == feed
        # Where people see it.
        assert [a.attributes["href"] for a in page.one("footer").all("a", type="application/atom+xml")] == [
            feed
        ]
    assert not page_at(client, "/about").all("link", rel="alternate")


def test_a_feed_that_did_not_change_is_not_sent_twice_and_is_the_visitors_whoever_asks(
    client: FlaskClient, database: Database, juniper: Someone, marlow: Someone
) -> None:
    empty = feed_at(client, LATEST)
    assert (entries(empty), empty.findtext(f"{ATOM}updated")) == ([], "1970-01-01T00:00:00Z")
    shown = begin(database, juniper, "For everybody")
    begin(database, juniper, "Among ourselves", audience=Audience.MEMBERS)
    begin(database, juniper, "Not for search engines", audience=Audience.PUBLIC_UNLISTED)
    first = client.get(LATEST)
    assert first.headers["Cache-Control"] == "no-cache"
    asked = {"If-None-Match": first.headers["ETag"], "Accept-Language": "fr"}
    again = client.get(LATEST, headers=asked)
    assert (again.status_code, again.data) == (304, b"")
    opening = opening_of(database, shown)
    with database.transaction() as session:
        block_author(session, marlow.actor, opening)
    for someone in (juniper, marlow):
        own = someone.client.get(LATEST)
        assert own.data == first.data
        # But nobody on the way may keep what a signed-in member got.
        assert own.headers["Cache-Control"] == "private, no-store"
    assert titles(feed_at(client, LATEST)) == ["For everybody"]
    set_topic(database, shown, title="For everybody again")
    assert client.get(LATEST, headers=asked).status_code == 200


def test_a_content_note_stands_instead_of_the_words(
    client: FlaskClient, database: Database, juniper: Someone
) -> None:
    topic_id = begin(database, juniper, "A long night", "They cut it open.", content_note="surgery")
    for address in (LATEST, OF_ROOM, f"/feeds/topics/{topic_id}.atom"):
        (entry,) = entries(feed_at(client, address))
        assert said(entry, "summary") == "Content note: surgery"
    assert "They cut it open." not in page_at(client, f"/topics/{topic_id}").one("head").raw


def test_the_newest_thirty_are_in_a_feed_pinned_or_not(
    client: FlaskClient, database: Database, juniper: Someone
) -> None:
    begun = [begin(database, juniper, f"Topic {number}") for number in range(32)]
    set_topic(database, begun[0], pinned=1)
    set_topic(database, begun[5], pinned=1)
    newest = [f"Topic {number}" for number in range(31, 1, -1)]
    assert titles(feed_at(client, LATEST)) == newest
    assert titles(feed_at(client, OF_ROOM)) == newest
    for number in range(31):
        reply(database, juniper.actor, begun[0], f"And {number}.")
    posts = entries(feed_at(client, f"/feeds/topics/{begun[0]}.atom"))
    assert [said(post, "summary") for post in posts] == [f"And {number}." for number in range(30, 0, -1)]


@pytest.mark.proves("W19")
def test_what_is_no_longer_for_everybody_is_gone_from_everything_with_the_next_request(
    app: Flask, client: FlaskClient, database: Database, juniper: Someone, marlow: Someone
) -> None:
    words = "Zanthoxyl"

    def made(title: str, author: Someone = juniper) -> int:
        topic_id = begin(database, author, f"{words} {title}", f"{words} is what I took.")
        reply(database, marlow.actor, topic_id, "I hear you.")
        return topic_id

    def of_another(name: str) -> tuple[Someone, int]:
        someone = cast.member(app, name)
        return someone, made(name, someone)

    narrowed, unlisted, own_copy = made("narrowed"), made("unlisted"), made("only mine")
    hidden, removed, taken_back = made("hidden"), made("removed"), made("taken back")
    opening_hidden, opening_held = made("opening hidden"), made("opening held")
    paused, of_paused = of_another("Willow")
    leaving, of_leaving = of_another("Hazel")
    restricted, of_restricted = of_another("Rowan")
    all_of_them = [
        *(narrowed, unlisted, own_copy, hidden, removed, taken_back, opening_hidden, opening_held),
        *(of_paused, of_leaving, of_restricted),
    ]
    # A word of each alone, so that no other topic speaks for it.
    for topic_id in all_of_them:
        own = f"{words}{topic_id}x"
        set_topic(database, topic_id, title=own)
        seen = told(client, topic_id, own)
        assert all(seen.values()), (topic_id, seen)

    for topic_id, audience in ((narrowed, "members"), (unlisted, "public-unlisted")):
        at = f"/topics/{topic_id}/edit"
        assert press(juniper.client, at, at, audience=audience).status_code == 303
    set_topic(database, own_copy, audience=Audience.MODERATORS_AND_AUTHOR)
    set_topic(database, hidden, state=TopicState.HIDDEN)
    set_topic(database, removed, state=TopicState.REMOVED)
    with database.transaction() as session:
        delete_post(session, juniper.actor, opening_of(database, taken_back))
    set_post(database, opening_hidden, 1, state=PostState.HIDDEN)
    set_post(database, opening_held, 1, state=PostState.HELD)
    cast.pause(paused)
    set_state(database, leaving, MemberState.LEAVING)
    set_state(database, restricted, MemberState.RESTRICTED)

    never = refusal(client, "/feeds/topics/999999.atom")
    for topic_id in all_of_them:
        seen = told(client, topic_id, f"{words}{topic_id}x")
        assert not any(seen.values()), (topic_id, seen)
        # Nobody can tell it from one that never was.
        assert refusal(client, f"/feeds/topics/{topic_id}.atom") == never
    for address in (LATEST, OF_ROOM):
        assert words not in client.get(address).text
    assert not any("zanthoxyl" in address for address in whole_map(client))


def test_a_reply_that_is_not_shown_is_in_no_feed(
    app: Flask, client: FlaskClient, database: Database, juniper: Someone, marlow: Someone
) -> None:
    topic_id = begin(database, juniper, "Stairs")
    feed = f"/feeds/topics/{topic_id}.atom"
    willow = cast.member(app, "Willow")
    for number, someone in enumerate((marlow, marlow, marlow, willow), start=2):
        reply(database, someone.actor, topic_id, f"Words number {number}.")
    assert len(entries(feed_at(client, feed))) == 5
    set_post(database, topic_id, 2, state=PostState.HIDDEN)
    set_post(database, topic_id, 3, state=PostState.HELD)
    cast.pause(willow)
    assert [said(entry, "summary") for entry in entries(feed_at(client, feed))] == [
        "Words number 4.",
        "It is bad today.",
    ]


def test_a_discussion_that_is_not_for_everybody_leaves_the_treatments_page_in_its_feed(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    publish_texts(app)
    with database.transaction() as session:
        session.execute(update(Topic).values(audience=Audience.MEMBERS))
    assert titles(feed_at(client, OF_IMPLANTS)) == ["Intrathecal implants"]


@pytest.mark.parametrize(
    "address",
    [
        "/feeds/categories/no-such-room.atom",
        "/feeds/categories/%00.atom",
        "/feeds/treatments/nothing.atom",
        "/feeds/topics/0.atom",
        f"/feeds/topics/{10**30}.atom",
        "/feeds/topics/x.atom",
        "/feeds/",
    ],
)
def test_a_feed_of_nothing_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404
