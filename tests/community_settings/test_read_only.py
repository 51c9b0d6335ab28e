"""A community that can only be read: nobody but its keepers writes, and everything else goes on."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from forum.community.models.threads import Post, PostState
from forum.consent.commands import withdraw
from forum.database.session import Database
from forum.moderation.models import Report
from forum.permissions.actor import Purpose
from tests import cast
from tests.community.conftest import new_key, reply, start, topic_draft
from tests.community_settings.setting import set_up, stop_writing
from tests.front_door import Browser, Forum
from tests.pages import Element, read_page
from tests.site.texts import publish_texts

ROOM = "flares-today"
SENTENCE = "The whole community can be read but not written in for now."
WORDS = "Words that took me an hour."


def main_of(answer: TestResponse) -> Element:
    return read_page(answer.text).one("main")


def token(client: FlaskClient) -> dict[str, str]:
    """Return the token of a form that is there whatever else is not."""
    form = main_of(client.get("/settings/reading"))
    return {"csrf_token": form.all("input", name="csrf_token")[0].attributes["value"]}


def posts(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(Post.id))) or 0


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """A member."""
    publish_texts(app)
    return cast.member(app, "Juniper")


@pytest.fixture
def topic_id(juniper: cast.Someone, database: Database) -> int:
    """A topic of the member's with a reply of theirs, in a community that can only be read."""
    topic_id = start(database, juniper.actor, topic_draft(ROOM))
    reply(database, juniper.actor, topic_id)
    stop_writing(database)
    return topic_id


def own_posts(database: Database, someone: cast.Someone) -> list[int]:
    with database.reading() as session:
        return list(
            session.scalars(select(Post.id).where(Post.author_id == someone.member_id).order_by(Post.id))
        )


def topic_fields() -> dict[str, str]:
    return {
        "category": ROOM,
        "title": "A kept title",
        "intent": "experiences",
        "content_note": "",
        "audience": "members",
        "text": WORDS,
        "submission_key": new_key(),
    }


@pytest.mark.parametrize("what", ["a topic", "a reply", "an edit"])
def test_nobody_writes_and_nobody_loses_what_they_typed(
    juniper: cast.Someone, database: Database, topic_id: int, what: str
) -> None:
    before = posts(database)
    post_id = own_posts(database, juniper)[-1]
    address, fields = {
        "a topic": ("/topics/new", topic_fields()),
        "a reply": (f"/topics/{topic_id}/reply", {"text": WORDS, "submission_key": new_key()}),
        "an edit": (f"/posts/{post_id}/edit", {"text": WORDS}),
    }[what]
    asked = juniper.client.get(address)
    assert asked.status_code == 403
    assert SENTENCE in main_of(asked).text
    answer = juniper.client.post(address, data=fields | token(juniper.client))
    assert answer.status_code == 403
    assert SENTENCE in main_of(answer).text
    assert WORDS in main_of(answer).one("textarea", name="text").text
    assert posts(database) == before
    # As soon as it is over, the same words go through.
    set_up(database, read_only=False)
    assert juniper.client.post(address, data=fields | token(juniper.client)).status_code == 303


def test_pages_say_so_instead_of_offering_a_form(
    juniper: cast.Someone, client: FlaskClient, topic_id: int
) -> None:
    for address in (f"/categories/{ROOM}", f"/topics/{topic_id}"):
        page = main_of(juniper.client.get(address, follow_redirects=True))
        assert SENTENCE in page.text
        assert page.all("textarea") == []
    banner = read_page(client.get("/").text).one("aside", class_="banner")
    assert "You can read everything" in banner.text


def test_those_who_keep_it_going_write(app: Flask, juniper: cast.Someone, database: Database) -> None:
    topic_id = start(database, juniper.actor, topic_draft(ROOM))
    keepers = (cast.moderator(app), cast.administrator(app))
    stop_writing(database)
    for someone in keepers:
        fields = {"text": "Back on Sunday.", "submission_key": new_key()} | token(someone.client)
        assert someone.client.post(f"/topics/{topic_id}/reply", data=fields).status_code == 303


def test_everything_else_goes_on(
    app: Flask, juniper: cast.Someone, client: FlaskClient, database: Database, topic_id: int
) -> None:
    own = juniper.client
    post_id = own_posts(database, juniper)[-1]
    # Telling the moderators, with an account and without.
    for teller in (own, client):
        for about, reason in (("worry", {}), ("report", {"reason": "harassment"})):
            fields = {"text": "Please look.", **reason} | token(teller)
            assert teller.post(f"/posts/{post_id}/{about}", data=fields).status_code == 303
    with database.reading() as session:
        assert session.scalar(select(func.count(Report.id))) == 4
    # Reading, and choosing how.
    chosen = {"theme": "dim", "size": "auto", "motion": "none"} | token(own)
    form = main_of(own.get("/settings/reading")).all("input", name="language")
    chosen |= {"language": "auto"} if form else {}
    assert own.post("/settings/reading", data=chosen).status_code == 303
    for address in ("/", "/notices", "/my-topics", "/my-posts", "/settings", "/search?q=flare", "/help-now"):
        assert own.get(address).status_code == 200
    # Taking back what one wrote.
    assert own.post(f"/posts/{post_id}/delete", data=token(own)).status_code == 303
    with database.reading() as session:
        assert session.get_one(Post, post_id).state is PostState.DELETED
    # Taking back a consent.
    with database.transaction() as session:
        withdraw(session, "Juniper", Purpose.HEALTH_DATA)
    assert own.get("/my-posts").status_code == 200
    # Logging out.
    assert own.post("/log-out", data=token(own)).status_code == 303
    assert own.get("/my-posts").status_code == 303


def test_members_log_in_and_out(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    stop_writing(forum.database)
    browser = Browser(forum)
    assert browser.sign_in().status_code == 303
    assert browser.name() == "quiet-river"
    assert browser.submit(browser.get("/about"), "/log-out").status_code == 303
    assert browser.name() is None
