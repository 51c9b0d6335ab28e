"""Moderators manage threads: each decision through the pages, with its entry in the log, its notice and its undoing."""

import pytest
from flask import Flask

from forum.community.models.threads import PostState, TopicState
from forum.database.session import Database
from forum.moderation.models import ReasonCode
from forum.permissions.actor import Role
from tests import cast
from tests.moderation.threads import (
    Thread,
    decide,
    done,
    entries,
    make_thread,
    notices,
    post_row,
    room_id,
    topic_row,
)


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic with three replies."""
    return make_thread(app, database)


@pytest.mark.parametrize(
    ("word", "back", "column", "changed"),
    [("lock", "unlock", "locked", True), ("pin", "unpin", "pinned", 1)],
)
def test_what_can_be_switched_is_kept_told_and_switched_back(
    app: Flask, thread: Thread, word: str, back: str, column: str, changed: object
) -> None:
    morgan = cast.moderator(app, "Morgan")
    before = getattr(topic_row(thread.database, thread.id), column)
    assert done(morgan.client, f"{thread.desk}/{word}") == thread.desk
    assert getattr(topic_row(thread.database, thread.id), column) == changed
    (entry,) = entries(thread.database)
    assert (entry.action, entry.topic_id, entry.post_id) == (f"community:topic:{word}", thread.id, None)
    assert (entry.actor_uuid, entry.member_uuid) == (morgan.uuid, thread.author.uuid)
    assert entry.category_id == room_id(thread.database, "flares-today")
    (notice,) = notices(thread.database)
    assert (notice.member_id, notice.action) == (thread.author.member_id, entry.action)
    assert (notice.topic_id, notice.by_role, notice.seen_at) == (thread.id, Role.MODERATOR, None)
    assert done(morgan.client, f"{thread.desk}/{back}") == thread.desk
    assert getattr(topic_row(thread.database, thread.id), column) == before
    assert [one.action for one in entries(thread.database)] == [entry.action, f"community:topic:{back}"]


@pytest.mark.parametrize(("word", "state"), [("hide", TopicState.HIDDEN), ("remove", TopicState.REMOVED)])
def test_a_topic_out_of_sight_is_nowhere_and_comes_back(
    app: Flask, thread: Thread, word: str, state: TopicState
) -> None:
    morgan = cast.moderator(app, "Morgan")
    visitor = cast.visitor(app)
    address = visitor.get(f"/topics/{thread.id}").headers["Location"]
    done(morgan.client, f"{thread.desk}/{word}", text="We look at it today.")
    assert topic_row(thread.database, thread.id).state is state
    for client in (visitor, thread.author.client, thread.other.client, morgan.client):
        assert client.get(address).status_code == 404
        assert client.get(f"/posts/{thread.post_ids[1]}").status_code == 404
        for page in ("/", "/categories/flares-today"):
            assert "Flare number nine" not in client.get(page).text
    assert "Flare number nine" in morgan.client.get(thread.desk).text
    (notice,) = notices(thread.database)
    assert notice.their_words == "Flare number nine\n\nIt is *bad* today."
    assert notice.message == "We look at it today."
    done(morgan.client, f"{thread.desk}/restore")
    assert visitor.get(address).status_code == 200


@pytest.mark.parametrize(("word", "state"), [("hide", PostState.HIDDEN), ("remove", PostState.REMOVED)])
def test_a_post_out_of_sight_is_one_neutral_line_and_comes_back(
    app: Flask, thread: Thread, word: str, state: PostState
) -> None:
    morgan = cast.moderator(app, "Morgan")
    visitor = cast.visitor(app)
    post_id = thread.post_ids[3]
    before = topic_row(thread.database, thread.id)
    led_to = done(morgan.client, f"/moderation/posts/{post_id}/{word}", reason="off-topic")
    assert led_to == f"{thread.desk}#post-4"
    assert post_row(thread.database, post_id).state is state
    facts = topic_row(thread.database, thread.id)
    assert facts.reply_count == before.reply_count - 1
    assert facts.last_activity_at == post_row(thread.database, thread.post_ids[2]).written_at
    page = visitor.get(f"/topics/{thread.id}", follow_redirects=True).text
    assert "My cat is ill." not in page
    assert "This post is not shown." in page
    assert visitor.get(f"/posts/{post_id}").status_code == 404
    assert "My cat is ill." in morgan.client.get(thread.desk).text
    (entry,) = entries(thread.database)
    assert (entry.topic_id, entry.post_id, entry.reason) == (thread.id, post_id, "off-topic")
    (notice,) = notices(thread.database)
    assert (notice.member_id, notice.post_id) == (thread.other.member_id, post_id)
    assert (notice.their_words, notice.reason) == ("My cat is ill.", ReasonCode.OFF_TOPIC)
    done(morgan.client, f"/moderation/posts/{post_id}/restore")
    after = topic_row(thread.database, thread.id)
    assert (after.reply_count, after.last_activity_at) == (before.reply_count, before.last_activity_at)
    assert visitor.get(f"/posts/{post_id}").status_code == 303
    assert notices(thread.database)[-1].their_words == ""


def test_hiding_the_only_answer_lets_a_topic_wait_again(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    for post_id in (thread.post_ids[1], thread.post_ids[3]):
        done(morgan.client, f"/moderation/posts/{post_id}/hide", reason="off-topic")
    assert topic_row(thread.database, thread.id).first_reply_at is None
    assert "Waiting for a first reply" in cast.visitor(app).get("/categories/flares-today").text


def test_the_title_hides_and_comes_back_with_the_first_post(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    visitor = cast.visitor(app)
    named = visitor.get(f"/topics/{thread.id}").headers["Location"]
    done(morgan.client, f"/moderation/posts/{thread.post_ids[0]}/hide", reason="being-looked-at")
    answer = visitor.get(named)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/topics/{thread.id}")
    page = visitor.get(f"/topics/{thread.id}")
    assert page.status_code == 200
    assert 'content="noindex"' in page.text
    for where in (f"/topics/{thread.id}", "/", "/categories/flares-today", "/search?q=flare+number"):
        shown = visitor.get(where).text
        assert "Flare number" not in shown
        assert "flare-number" not in shown
    led_to = visitor.get(f"/posts/{thread.post_ids[1]}").headers["Location"]
    assert led_to == f"/topics/{thread.id}#post-2"
    done(morgan.client, f"/moderation/posts/{thread.post_ids[0]}/restore")
    assert visitor.get(named).status_code == 200
    assert "Flare number nine" in visitor.get("/").text


def test_a_moved_topic_keeps_its_address_and_goes_back(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    visitor = cast.visitor(app)
    done(morgan.client, f"{thread.desk}/pin")
    address = visitor.get(f"/topics/{thread.id}").headers["Location"]
    assert done(morgan.client, f"{thread.desk}/move", category="daily-life") == thread.desk
    row = topic_row(thread.database, thread.id)
    assert (row.category_id, row.pinned) == (room_id(thread.database, "daily-life"), 0)
    assert visitor.get(address).status_code == 200
    assert "Flare number nine" in visitor.get("/categories/daily-life").text
    assert "Flare number nine" not in visitor.get("/categories/flares-today").text
    entry = entries(thread.database, "move")[0]
    assert entry.facts == {
        "from_category": room_id(thread.database, "flares-today"),
        "to_category": room_id(thread.database, "daily-life"),
        "pinned": True,
    }
    # The way back is chosen already.
    assert 'value="flares-today" selected' in morgan.client.get(f"{thread.desk}/move").text
    assert decide(morgan.client, f"{thread.desk}/move", category="daily-life").status_code == 422
    assert decide(morgan.client, f"{thread.desk}/move", category="nowhere").status_code == 422
    done(morgan.client, f"{thread.desk}/move", category="flares-today")
    assert topic_row(thread.database, thread.id).category_id == room_id(thread.database, "flares-today")


def test_a_category_moderator_may_move_a_topic_away(app: Flask, thread: Thread) -> None:
    alder = cast.category_moderator(app, room_id(thread.database, "flares-today"))
    led_to = done(alder.client, f"{thread.desk}/move", category="daily-life")
    # Over there it is somebody else's to work on.
    assert led_to == f"/topics/{thread.id}"
    assert alder.client.get(thread.desk).status_code == 404
