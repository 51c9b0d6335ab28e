"""My topics and my posts: everything one wrote and did not take back, theirs alone, however things stand with them."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.community import arranging
from forum.community.commands import writing as commands
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.community.queries.my_pages import (
    MY_POSTS_PER_PAGE,
    TOPICS_PER_PAGE,
    my_posts_page,
    my_topics_page,
)
from forum.community.subjects import topics_at_work
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.conftest import database_of
from tests.pages import Element, read_page
from tests.recorder import recorded


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, in which everything follows that follows from an event."""
    return database_of(app)


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """The member whose pages these are."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> cast.Someone:
    """Somebody else."""
    return cast.member(app, "Marlow")


def main_of(client: FlaskClient, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def topic_of(database: Database, someone: cast.Someone, room: str, title: str, **changes: Any) -> int:
    return start(database, someone.actor, replace(topic_draft(room), title=title, **changes))


def set_topic(database: Database, topic_id: int, **values: Any) -> None:
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(**values))


def set_post(database: Database, post_id: int, **values: Any) -> None:
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(**values))


def headings(main: Element) -> list[str]:
    return [heading.text for heading in main.all("h2")]


# --- whose they are --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/my-topics", "/my-posts"])
def test_they_are_for_members_and_hold_ones_own_words_alone(
    database: Database,
    client: FlaskClient,
    juniper: cast.Someone,
    marlow: cast.Someone,
    room: str,
    address: str,
) -> None:
    mine = topic_of(database, juniper, room, "Mine", body=topic_draft(room, "My own words.").body)
    reply(database, marlow.actor, mine, "Words of another.")
    topic_of(database, marlow, room, "Theirs")
    assert client.get(address).status_code == 303
    answer = juniper.client.get(address)
    main = read_page(answer.text).one("main")
    assert headings(main) == ["Mine"]
    assert "Words of another" not in main.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert read_page(answer.text).one("meta", name="robots").attributes["content"] == "noindex"


@pytest.mark.parametrize("address", ["/my-topics", "/my-posts"])
def test_whoever_wrote_nothing_is_not_pressed(juniper: cast.Someone, address: str) -> None:
    empty = main_of(juniper.client, address).one("div", class_="empty")
    assert "yet" in empty.text


def test_the_community_and_former_members_words_are_nobodys(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    topic_id = topic_of(database, marlow, room, "Theirs")
    set_topic(database, topic_id, author_id=None)
    for address in ("/my-topics", "/my-posts"):
        assert "Theirs" not in [*headings(main_of(juniper.client, address))]


# --- my topics -------------------------------------------------------------------------------------------


def test_topics_come_newest_first_with_what_they_are(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    first = topic_of(database, juniper, room, "First")
    topic_of(database, juniper, room, "Second", audience=Audience.MODERATORS_AND_AUTHOR)
    reply(database, marlow.actor, first)
    set_topic(database, first, locked=True)
    main = main_of(juniper.client, "/my-topics")
    assert headings(main) == ["Second", "First"]
    second, line = main.all("li", class_="topic")
    assert Audience.MODERATORS_AND_AUTHOR.label in second.text
    assert "1 reply" in line.text
    assert "Closed to replies" in line.text
    address = line.one("h2").one("a").attributes["href"]
    assert juniper.client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("state", "said"),
    [(TopicState.HIDDEN, "Hidden by moderators"), (TopicState.REMOVED, "Taken down by moderators")],
)
def test_a_topic_that_moderators_took_out_of_sight_says_so(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str, state: TopicState, said: str
) -> None:
    topic_id = topic_of(database, juniper, room, "Mine")
    theirs = reply(database, marlow.actor, topic_id, "Words of another.")
    set_topic(database, topic_id, state=state)
    line = main_of(juniper.client, "/my-topics").one("li", class_="topic")
    assert said in line.text
    assert line.one("h2").all("a") == []
    assert "/notices" in {link.attributes["href"] for link in line.all("a")}
    own = main_of(juniper.client, "/my-posts")
    assert "Its topic is out of sight" in own.text
    assert "Mine" in own.text
    # Whoever answered there finds their own words, and no others.
    answered = main_of(marlow.client, "/my-posts").one("li", id=f"my-post-{theirs}")
    assert "Words of another." in answered.text
    assert "Mine" not in answered.text


def test_of_a_topic_that_was_joined_with_another_one_finds_the_posts(
    app: Flask, database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    morgan = cast.moderator(app)
    mine = topic_of(database, juniper, room, "Mine", body=topic_draft(room, "My own words.").body)
    target = topic_of(database, marlow, room, "Target")
    topic_of(database, juniper, room, "Another")
    with database.transaction() as session:
        source, into = (topics_at_work(session, morgan.actor, [one])[one] for one in (mine, target))
        arranging.merge_topics(session, source, into)
    main = main_of(juniper.client, "/my-topics")
    assert headings(main) == ["Another"]
    assert "not shown" not in main.text
    posts = main_of(juniper.client, "/my-posts")
    assert "My own words." in posts.text
    assert "Target" in posts.text


def test_what_one_took_back_is_in_no_list(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    alone = topic_of(database, juniper, room, "Alone")
    answered = topic_of(database, juniper, room, "Answered")
    reply(database, marlow.actor, answered)
    with database.transaction() as session:
        for post_id in session.scalars(
            select(Post.id).where(Post.topic_id.in_([alone, answered]), Post.number == 1)
        ).all():
            commands.delete_post(session, juniper.actor, post_id)
    assert headings(main_of(juniper.client, "/my-topics")) == ["A topic whose first post is not shown"]
    assert headings(main_of(juniper.client, "/my-posts")) == []


# --- my posts --------------------------------------------------------------------------------------------


def test_posts_come_whole_and_newest_first_with_what_can_be_done(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    topic_id = topic_of(database, marlow, room, "Theirs")
    first = reply(database, juniper.actor, topic_id, "The *first* one.")
    second = reply(database, juniper.actor, topic_id, "The second one.")
    lines = main_of(juniper.client, "/my-posts").one("ol").all("li")
    assert [line.attributes["id"] for line in lines] == [f"my-post-{second}", f"my-post-{first}"]
    assert lines[1].one("em").text == "first"
    links = {link.attributes["href"] for link in lines[1].all("a")}
    assert links == {f"/posts/{first}", f"/posts/{first}/edit", f"/posts/{first}/delete"}
    for address in links:
        assert juniper.client.get(address, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (PostState.HIDDEN, "Hidden by moderators"),
        (PostState.REMOVED, "Taken down by moderators"),
        (PostState.HELD, "Waits for a moderator"),
    ],
)
def test_a_post_out_of_sight_is_still_its_authors(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str, state: PostState, said: str
) -> None:
    topic_id = topic_of(database, marlow, room, "Theirs")
    post_id = reply(database, juniper.actor, topic_id, "Hidden words.")
    set_post(database, post_id, state=state)
    line = main_of(juniper.client, "/my-posts").one("li", id=f"my-post-{post_id}")
    assert "Hidden words." in line.text
    assert said in line.text
    links = {link.attributes["href"] for link in line.all("a")}
    assert f"/posts/{post_id}/edit" not in links
    assert f"/posts/{post_id}/delete" in links
    assert juniper.client.get(f"/posts/{post_id}/delete").status_code == 200
    # The line in the topic, where its author is told which post that is.
    (in_topic,) = [link for link in links if link.startswith("/topics/")]
    assert juniper.client.get(in_topic).status_code == 200


def test_a_post_in_a_topic_that_was_narrowed_shows_nothing_of_the_topic(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    topic_id = topic_of(database, marlow, room, "Private matters")
    post_id = reply(database, juniper.actor, topic_id, "My own words.")
    set_topic(database, topic_id, audience=Audience.MODERATORS_AND_AUTHOR)
    main = main_of(juniper.client, "/my-posts")
    line = main.one("li", id=f"my-post-{post_id}")
    assert headings(main) == ["A topic that is not open to you"]
    assert "Private matters" not in main.text
    assert "private-matters" not in juniper.client.get("/my-posts").text
    assert "My own words." in line.text
    assert {link.attributes["href"] for link in line.all("a")} == {f"/posts/{post_id}/delete"}


def test_the_title_of_somebody_out_of_sight_is_not_shown(
    app: Flask, database: Database, juniper: cast.Someone, room: str
) -> None:
    willow = cast.member(app, "Willow")
    topic_id = topic_of(database, willow, room, "Private matters")
    reply(database, juniper.actor, topic_id)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == willow.member_id).values(state=MemberState.PAUSED))
    answer = juniper.client.get("/my-posts").text
    assert "rivate" not in answer.replace("Cache-Control", "")
    assert "A topic whose first post is not shown" in answer


def test_the_line_that_a_moved_post_leaves_behind_is_no_post(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    old, new = (topic_of(database, marlow, room, title) for title in ("Old", "New"))
    post_id = reply(database, juniper.actor, old, "Moved words.")
    with database.transaction() as session:
        post = session.get_one(Post, post_id)
        line = Post(
            topic_id=old,
            number=90,
            author_id=juniper.member_id,
            by_topic_author=False,
            state=PostState.MOVED,
            moved_to_id=post_id,
            markdown="",
            html="",
            renderer_version=1,
            written_at=post.written_at,
        )
        post.topic_id, post.number = new, 91
        session.flush()
        session.add(line)
    assert headings(main_of(juniper.client, "/my-posts")) == ["New"]


# --- however things stand --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/my-topics", "/my-posts"])
def test_they_are_open_to_whoever_may_not_write(
    database: Database, juniper: cast.Someone, room: str, address: str
) -> None:
    topic_of(database, juniper, room, "Mine")
    with database.transaction() as session:
        session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
    main = main_of(juniper.client, address)
    assert headings(main) == ["Mine"]
    assert "/edit" not in juniper.client.get(address).text
    for state in MemberState:
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == juniper.member_id).values(state=state))
        main = main_of(juniper.client, address)
        out_of_sight = state in (MemberState.PAUSED, MemberState.LEAVING, MemberState.RESTRICTED)
        assert ("nobody else sees any of this" in main.text) is out_of_sight
        if address == "/my-posts":
            assert "It is bad today." in main.text


# --- what they cost --------------------------------------------------------------------------------------


def test_each_is_one_statement_and_pages_by_what_was_seen(
    database: Database, juniper: cast.Someone, room: str
) -> None:
    for number in range(TOPICS_PER_PAGE + 1):
        topic_of(database, juniper, room, f"Topic {number}")
    actor = juniper.actor
    with database.reading() as session:
        with recorded(database) as statements:
            topics = my_topics_page(session, actor, Window())
            posts = my_posts_page(session, actor, Window())
        assert len(statements) == 2
        older_topics = my_topics_page(session, actor, Window(older=topics.older))
        older_posts = my_posts_page(session, actor, Window(older=posts.older))
    assert (len(topics.topics), len(older_topics.topics)) == (TOPICS_PER_PAGE, 1)
    assert len(posts.posts) == MY_POSTS_PER_PAGE
    assert len(older_posts.posts) == TOPICS_PER_PAGE + 1 - MY_POSTS_PER_PAGE
    assert older_topics.topics[0].title == "Topic 0"
    main = main_of(juniper.client, "/my-topics")
    (older,) = [link for link in main.all("a") if link.attributes.get("rel") == "next"]
    assert headings(main_of(juniper.client, "/my-topics" + older.attributes["href"])) == ["Topic 0"]


@pytest.mark.parametrize("address", ["/my-topics", "/my-posts"])
def test_a_cursor_that_nobody_wrote_is_malformed(juniper: cast.Someone, address: str) -> None:
    for cursor in ("x", "W10", "a" * 300):
        assert juniper.client.get(f"{address}?older={cursor}").status_code == 400
