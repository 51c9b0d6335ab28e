"""What a post said before: whoever may read it sees what was changed, and its author decides whether it is kept."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.community.commands import writing as commands
from forum.community.models.slots import Slot
from forum.community.models.threads import Audience, Post, PostState, PostVersion
from forum.community.queries import history as queries
from forum.community.queries.history import CHANGES_PER_PAGE, history_page
from forum.community.what_is_sent import PostEdit
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import VISITOR
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import page, press, refusal
from tests.pages import read_page
from tests.recorder import recorded

FIRST = "Stairs are hard.\n\nI count *every* step.\n\n# Not a heading"
SECOND = "Stairs are hard.\n\nI count *every* single step.\n\n# Not a heading"
THIRD = "Stairs are very hard."


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, "flares-today")
    return made


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who wrote and changed it."""
    return cast.member(app, "Juniper")


@pytest.fixture
def post_id(database: Database, juniper: Someone) -> int:
    """A post of hers that she changed twice."""
    post_id = _post(database, juniper, FIRST)
    for words in (SECOND, THIRD):
        edit(database, juniper, post_id, words)
    return post_id


def _post(database: Database, someone: Someone, text: str, audience: Audience = Audience.PUBLIC) -> int:
    topic_id = start(database, someone.actor, topic_draft("flares-today", text, audience))
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()


def edit(database: Database, someone: Someone, post_id: int, words: str) -> None:
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, post_id, PostEdit(render_post(words)))


def test_each_change_is_shown_the_newest_first(client: FlaskClient, post_id: int) -> None:
    address = f"/posts/{post_id}/history"
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "no-cache"
    shown = read_page(answer.text)
    assert shown.one("meta", name="robots").attributes["content"] == "noindex"
    newest, first = shown.one("main").all("section")
    assert [gone.text for gone in first.all("del")] == []
    assert [come.text for come in first.all("ins")] == ["new: single,"]
    assert "I count every step" in first.text
    assert "very" in newest.one("ins").text
    assert {gone.text for gone in newest.all("del")} == {"I count every single step.", "# Not a heading"}
    # Others change nothing here.
    assert shown.one("main").all("form") == []


def test_one_that_was_never_changed_says_so(
    database: Database, client: FlaskClient, juniper: Someone
) -> None:
    post_id = _post(database, juniper, FIRST)
    for browser in (client, juniper.client):
        main = page(browser, f"/posts/{post_id}/history")
        assert "stands as it was written" in main.text
        assert main.all("form") == []


@pytest.mark.proves("D5")
def test_its_author_deletes_what_it_said_before(client: FlaskClient, juniper: Someone, post_id: int) -> None:
    address = f"/posts/{post_id}/history"
    assert "2 earlier versions of this post are kept." in page(juniper.client, address).text
    assert press(juniper.client, address, f"/posts/{post_id}/purge-earlier").status_code == 303
    for browser in (client, juniper.client):
        main = page(browser, address)
        assert "not kept any more" in main.text
        assert "step" not in main.text
        assert main.all("form") == []


def test_it_is_for_whoever_may_read_the_post(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone, post_id: int
) -> None:
    among_members = _post(database, juniper, FIRST, Audience.MEMBERS)
    edit(database, juniper, among_members, SECOND)
    nowhere = refusal(client, "/posts/99999999/history")
    assert refusal(client, f"/posts/{among_members}/history") == nowhere
    assert "single" in page(juniper.client, f"/posts/{among_members}/history").text
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(state=PostState.HIDDEN))
    # It says nothing to its moderators here, either: they look at what was reported on their own pages.
    for browser in (client, cast.moderator(app).client):
        assert browser.get(f"/posts/{post_id}/history").status_code == 404
    assert refusal(client, f"/posts/{post_id}/history") == nowhere
    assert client.get(f"/posts/{post_id}/history?older=x").status_code == 404


def test_who_was_named_and_what_was_quoted_is_not_said(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone
) -> None:
    rowan = cast.member(app, "Rowan")
    topic_id = start(database, rowan.actor, topic_draft("flares-today", "Words of Rowan."))
    with database.reading() as session:
        source = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()
    reply(database, rowan.actor, topic_id, "More of it.")
    typed = f"@Rowan, thank you.\n\n> [#1](/posts/{source})\n> Words of Rowan.\n\nSame here."
    mine = reply(database, juniper.actor, topic_id, typed)
    with database.reading() as session:
        assert len(session.scalars(select(Slot.id)).all()) == 2
    edit(database, juniper, mine, "Same here, too.")
    text = page(client, f"/posts/{mine}/history").text
    assert "Gone: @a member, thank you." in text
    assert "Gone: (quoted words)" in text
    assert "Rowan" not in text
    assert "[[" not in text


def test_many_changes_come_page_by_page_at_the_same_cost(
    database: Database, client: FlaskClient, juniper: Someone
) -> None:
    post_id = _post(database, juniper, "Version 0.")
    for number in range(1, CHANGES_PER_PAGE + 3):
        edit(database, juniper, post_id, f"Version {number}.")
    with recorded(database) as statements, database.reading() as session:
        history_page(session, VISITOR, post_id, Window())
    assert len(statements) == 2
    with recorded(database) as statements, database.reading() as session:
        history_page(session, juniper.actor, post_id, Window())
    # The author's own session is one of them.
    assert len(statements) == 3 + 1
    main = page(client, f"/posts/{post_id}/history")
    assert len(main.all("section")) == CHANGES_PER_PAGE
    (older,) = (link for link in main.all("a") if link.attributes.get("rel") == "next")
    rest = page(client, f"/posts/{post_id}/history{older.attributes['href']}")
    assert [len(rest.all("section")), "Version" in rest.text] == [2, True]
    assert client.get(f"/posts/{post_id}/history?older=x").status_code == 400


def test_two_long_texts_that_differ_everywhere_are_compared_in_time(
    database: Database, client: FlaskClient, juniper: Someone
) -> None:
    post_id = _post(database, juniper, "a b " * 4_900)
    edit(database, juniper, post_id, "b a c " * 3_300)
    assert queries._MOST_STEPS * CHANGES_PER_PAGE <= 20_000_000
    main = page(client, f"/posts/{post_id}/history")
    assert main.all("ins")
    with database.reading() as session:
        assert session.scalars(select(PostVersion.markdown)).one().startswith("a b")
