"""Bookmarks: a post kept at hand with a note that is one member's alone, whatever becomes of the post."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Member
from forum.community.commands.bookmarks import keep_bookmark
from forum.community.models.reading import Bookmark
from forum.community.models.threads import Audience, Post, PostState, Topic
from forum.community.queries.bookmarks import BOOKMARKS_PER_PAGE, bookmarks_page
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
    """Who keeps posts at hand."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> cast.Someone:
    """Who wrote them."""
    return cast.member(app, "Marlow")


@pytest.fixture
def topic_id(database: Database, marlow: cast.Someone, room: str) -> int:
    """A topic of Marlow's."""
    return start(database, marlow.actor, topic_draft(room))


def main_of(someone: cast.Someone, address: str) -> Element:
    answer = someone.client.get(address)
    assert answer.status_code == 200, (address, answer.status)
    return read_page(answer.text).one("main")


def send(someone: cast.Someone, main: Element, action: str, **fields: str) -> Any:
    """Send a form that is on a page, as it stands there but for these fields."""
    form = main.one("form", action=action)
    hidden = {box.attributes["name"]: box.attributes["value"] for box in form.all("input", type="hidden")}
    return someone.client.post(action, data={**hidden, **fields})


def keep(someone: cast.Someone, post_id: int, note: str = "") -> Any:
    address = f"/posts/{post_id}/bookmark"
    return send(someone, main_of(someone, address), address, note=note)


def notes(database: Database) -> list[tuple[int, str]]:
    with database.reading() as session:
        rows = session.execute(select(Bookmark.post_id, Bookmark.note).order_by(Bookmark.id))
        return [(row.post_id, row.note) for row in rows]


def test_a_post_is_kept_from_its_topic_with_a_note_for_nobody_else(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, topic_id: int
) -> None:
    post_id = reply(database, marlow.actor, topic_id, "Warm water helps me.")
    address = f"/posts/{post_id}/bookmark"
    topic = main_of(juniper, juniper.client.get(f"/topics/{topic_id}").headers["Location"])
    assert f'href="{address}"' in juniper.client.get(f"/topics/{topic_id}", follow_redirects=True).text
    assert "Bookmarked" not in topic.text
    answer = keep(juniper, post_id, "  For   Sunday \x0b")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#post-2")
    assert notes(database) == [(post_id, "For   Sunday")]
    shown = juniper.client.get(answer.headers["Location"])
    assert "Bookmarked" in shown.text
    main = main_of(juniper, "/bookmarks")
    assert "For Sunday" in " ".join(main.text.split())
    assert main.one("h2").one("a").attributes["href"] == f"/posts/{post_id}"
    for somebody in (marlow, cast.moderator(juniper.client.application)):
        for page in ("/bookmarks", answer.headers["Location"], address):
            text = somebody.client.get(page).text
            assert "For   Sunday" not in text
            assert "Bookmarked" not in text
    assert "Bookmarked" not in juniper.client.application.test_client().get(answer.headers["Location"]).text


def test_keeping_again_changes_the_note_and_makes_no_second_one(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, topic_id: int
) -> None:
    post_id = reply(database, marlow.actor, topic_id)
    keep(juniper, post_id)
    keep(marlow, post_id, "Mine.")
    again = main_of(juniper, f"/posts/{post_id}/bookmark")
    assert "Your bookmark" in again.one("h1").text
    assert keep(juniper, post_id, "On second thoughts.").status_code == 303
    assert notes(database) == [(post_id, "On second thoughts."), (post_id, "Mine.")]
    refused = keep(juniper, post_id, "x" * 301)
    assert refused.status_code == 422
    assert "x" * 301 in refused.text
    assert notes(database)[0] == (post_id, "On second thoughts.")


@pytest.mark.parametrize("gone", ["hidden", "deleted", "author paused", "topic narrowed"])
def test_a_post_that_is_out_of_sight_is_a_neutral_line_that_can_be_removed(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, topic_id: int, gone: str
) -> None:
    post_id = reply(database, marlow.actor, topic_id, "Warm water helps me.")
    keep(juniper, post_id, "For Sunday.")
    take_away(database, marlow, topic_id, post_id, gone)
    main = main_of(juniper, "/bookmarks")
    assert main.one("h2").text == "This post is not shown."
    assert "For Sunday." in main.text
    assert not {"Marlow", "Flare number nine", "#2"} & set(main.text.split("\n"))
    assert "Marlow" not in main.text
    assert "Flare" not in main.text
    assert juniper.client.get(f"/posts/{post_id}/bookmark").status_code == 404
    action = next(
        form.attributes["action"] for form in main.all("form") if "/remove" in form.attributes["action"]
    )
    token = {"csrf_token": main.one("form", action=action).one("input").attributes["value"]}
    theirs = marlow.client.post(action, data={"csrf_token": token_of(marlow)})
    assert (theirs.status_code, len(notes(database))) == (404, 1)
    answer = juniper.client.post(action, data=token)
    assert (answer.status_code, answer.headers["Location"], notes(database)) == (303, "/bookmarks", [])
    assert "Nothing kept yet." in main_of(juniper, "/bookmarks").text


def take_away(database: Database, author: cast.Someone, topic_id: int, post_id: int, gone: str) -> None:
    with database.transaction() as session:
        if gone in ("hidden", "deleted"):
            session.execute(update(Post).where(Post.id == post_id).values(state=PostState(gone)))
        elif gone == "author paused":
            session.execute(
                update(Member).where(Member.id == author.member_id).values(state=MemberState.PAUSED)
            )
        else:
            session.execute(
                update(Topic).where(Topic.id == topic_id).values(audience=Audience.MODERATORS_AND_AUTHOR)
            )


def token_of(someone: cast.Someone) -> str:
    form = read_page(someone.client.get("/settings/reading").text).one("main").one("form", method="post")
    return form.one("input", name="csrf_token").attributes["value"]


def test_the_list_is_walked_newest_first_in_one_statement(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, topic_id: int
) -> None:
    posts = [reply(database, marlow.actor, topic_id) for _count in range(BOOKMARKS_PER_PAGE + 2)]
    with database.transaction() as session:
        for post_id in posts:
            keep_bookmark(session, juniper.actor, post_id, "")
    actor = juniper.actor
    with database.reading() as session:
        with recorded(database) as statements:
            first = bookmarks_page(session, actor, Window())
        second = bookmarks_page(session, actor, Window(older=first.older))
        back = bookmarks_page(session, actor, Window(newer=second.newer))
    assert len(statements) == 1
    assert [kept.post_id for kept in (*first.bookmarks, *second.bookmarks)] == posts[::-1]
    assert back.bookmarks == first.bookmarks
    main = main_of(juniper, "/bookmarks?older=" + first.older)
    assert len(main.all("h2")) == 2
    assert juniper.client.get("/bookmarks?older=x").status_code == 400
