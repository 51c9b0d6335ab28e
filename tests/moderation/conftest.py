"""What the tests of moderation share: a room, an author, and a post to tell the moderators about."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.community.commands import categories
from forum.community.models.threads import Audience, Post, Topic
from forum.community.what_is_sent import CategoryDraft
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, Actor
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.pages import read_page


@dataclass(frozen=True, slots=True)
class Told:
    """A post, with the rows around it."""

    id: int
    topic_id: int
    category_id: int
    author: Someone

    @property
    def address(self) -> str:
        """Return its permalink."""
        return f"/posts/{self.id}"


def make_room(database: Database, slug: str) -> None:
    """Make a category."""
    with database.transaction() as session:
        name = slug.replace("-", " ").capitalize()
        categories.publish_category(
            session, OPERATOR, CategoryDraft(slug, name, "A room", "Be *gentle*.", False, 1)
        )


def make_post(
    database: Database, actor: Actor, room: str, text: str, audience: Audience = Audience.PUBLIC
) -> tuple[int, int, int]:
    """Start a topic in a room, and return the ids of its post, itself and the room."""
    topic_id = start(database, actor, topic_draft(room, text, audience))
    with database.reading() as session:
        row = session.execute(
            select(Post.id, Topic.category_id)
            .join(Topic, Topic.id == Post.topic_id)
            .where(Topic.id == topic_id)
        ).one()
    return row.id, topic_id, row.category_id


@pytest.fixture
def post(app: Flask, database: Database) -> Told:
    """A public post of somebody's."""
    make_room(database, "flares-today")
    author = cast.author(app)
    return Told(
        *make_post(database, author.actor, "flares-today", "It is *bad* today. " + "Words. " * 60), author
    )


def send(client: FlaskClient, address: str, **fields: str) -> tuple[int, str]:
    """Open a form as its reader does, fill it in, send it, and return the status and where it leads or the page."""
    form = read_page(client.get(address).text).one("main").one("form", method="post")
    token = form.one("input", name="csrf_token").attributes["value"]
    answer = client.post(form.attributes.get("action") or address, data={"csrf_token": token, **fields})
    return answer.status_code, answer.headers.get("Location") or answer.text


@pytest.fixture
def cedar(app: Flask) -> Someone:
    """A moderator of everything."""
    return cast.moderator(app, "Cedar")


@pytest.fixture
def morgan(app: Flask) -> Someone:
    """Another one."""
    return cast.moderator(app, "Morgan")
