"""Marking posts that are to stay should one leave: page by page, one's own, and only what readers can see."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum.community.models.threads import Audience, PostState, Topic, TopicState
from forum.database.keyset import Window
from forum.database.session import Database
from forum.privacy import leaving_queries
from forum.privacy.leaving_queries import KEPT_POSTS_PER_PAGE
from forum.privacy.models import KeptPost
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, write
from tests.privacy.leavers import POSTS, first_post, opened, set_post_state, token
from tests.recorder import recorded


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """A member who thinks about leaving."""
    make_room(database, ROOM)
    return cast.member(app, "Rowan")


def marked(database: Database) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(KeptPost.post_id)))


def boxes(someone: Someone, address: str = POSTS) -> dict[int, bool]:
    """Return the boxes of a page, by the post, with whether they are ticked."""
    page = opened(someone.client, address)
    return {
        int(one.attributes["value"]): "checked" in one.attributes
        for one in page.all("input", type="checkbox", name="keep")
    }


def send(someone: Someone, shown: list[int], keep: list[int], **more: str) -> TestResponse:
    data = {
        "csrf_token": token(someone.client, "/settings/leave"),
        "shown": ",".join(map(str, shown)),
        "keep": list(map(str, keep)),
        **more,
    }
    return someone.client.post(POSTS, data=data)


@pytest.mark.proves("D6")
def test_posts_are_marked_one_by_one_and_unmarked(database: Database, rowan: Someone) -> None:
    topic = write(database, rowan, "One.")
    posts = [first_post(database, topic), *(reply(database, rowan.actor, topic) for _ in range(2))]
    assert boxes(rowan) == dict.fromkeys(reversed(posts), False)
    assert send(rowan, posts, posts[:2]).headers["Location"] == "/settings/leave"
    assert boxes(rowan) == {posts[2]: False, posts[1]: True, posts[0]: True}
    assert send(rowan, posts, posts[1:]).status_code == 303
    assert marked(database) == set(posts[1:])
    assert send(rowan, posts, []).status_code == 303
    assert marked(database) == set()


@pytest.mark.proves("D6")
def test_pages_of_twenty_are_saved_on_their_own(database: Database, rowan: Someone) -> None:
    topic = write(database, rowan, "One.")
    for _ in range(KEPT_POSTS_PER_PAGE + 2):
        reply(database, rowan.actor, topic)
    page = opened(rowan.client, POSTS)
    first = list(boxes(rowan))
    assert len(first) == KEPT_POSTS_PER_PAGE
    older = page.one("input", name="older").attributes["value"]
    answer = send(rowan, first, first[:1], older=older, then="older")
    assert answer.status_code == 303
    second = boxes(rowan, answer.headers["Location"])
    assert len(second) == 3
    assert not set(first) & set(second)
    assert "Saved." in opened(rowan.client, answer.headers["Location"]).text
    assert send(rowan, list(second), list(second), then="back").headers["Location"] == "/settings/leave"
    assert marked(database) == {first[0], *second}
    with recorded(database) as statements, database.reading() as session:
        leaving_queries.kept_posts_page(session, rowan.actor, Window())
    # One of them reads who asks.
    assert len(statements) == 2


@pytest.mark.proves("D6")
def test_only_what_readers_can_see_can_stay(app: Flask, database: Database, rowan: Someone) -> None:
    other = cast.member(app, "Marlow")
    theirs = start(database, other.actor, topic_draft(ROOM))
    alien = reply(database, other.actor, theirs)
    posts = {state: reply(database, rowan.actor, theirs) for state in PostState if state != PostState.MOVED}
    for state, post_id in posts.items():
        set_post_state(database, post_id, state)
    secret = start(database, rowan.actor, topic_draft(ROOM, "Help.", Audience.MODERATORS_AND_AUTHOR))
    removed = start(database, rowan.actor, topic_draft(ROOM))
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == removed).values(state=TopicState.REMOVED))
    hidden = [first_post(database, secret), first_post(database, removed)]
    assert list(boxes(rowan)) == [posts[PostState.PUBLISHED]]
    everything = [alien, *posts.values(), *hidden]
    assert send(rowan, everything, everything).status_code == 303
    assert marked(database) == {posts[PostState.PUBLISHED]}


def test_nobody_unmarks_what_another_marked(app: Flask, database: Database, rowan: Someone) -> None:
    post = first_post(database, write(database, rowan, "One."))
    assert send(rowan, [post], [post]).status_code == 303
    assert send(cast.member(app, "Marlow"), [post], []).status_code == 303
    assert marked(database) == {post}


@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    ("shown", "keep"),
    [
        ("1", ["2"]),
        ("one", []),
        ("-1", []),
        ("9223372036854775808", []),
        (",".join(map(str, range(1, KEPT_POSTS_PER_PAGE + 2))), []),
        ("1", ["x"]),
    ],
)
def test_what_no_page_had_is_malformed(rowan: Someone, shown: str, keep: list[str]) -> None:
    data = {"csrf_token": token(rowan.client, "/settings/leave"), "shown": shown, "keep": keep}
    assert rowan.client.post(POSTS, data=data).status_code == 400


def test_who_wrote_nothing_reads_so(rowan: Someone) -> None:
    assert "There is no post of yours that could stay." in opened(rowan.client, POSTS).text
