"""What the tests of moderated threads share: rooms, a topic that others answered in, and deciding through the pages."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from forum.audit_log.models import AuditEntry
from forum.community.models.threads import Category, Post, Topic
from forum.database.session import Database
from forum.moderation.models import Notice
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.pages import Element, read_page

REASONS = {
    "lock": "heated",
    "unlock": "looked-again",
    "pin": "useful-to-many",
    "unpin": "looked-again",
    "move": "wrong-place",
    "hide": "being-looked-at",
    "remove": "misinformation",
    "restore": "looked-again",
    "merge": "same-subject",
    "split": "off-topic",
}


@dataclass(frozen=True, slots=True)
class Thread:
    """A topic of Rowan's in the room ``flares-today``, in which Juniper and Rowan answered."""

    id: int
    post_ids: tuple[int, ...]
    author: Someone
    other: Someone
    database: Database

    @property
    def desk(self) -> str:
        """Return its page for moderators."""
        return f"/moderation/topics/{self.id}"


def make_thread(app: Flask, database: Database) -> Thread:
    """Make two rooms, two people and a topic with three replies."""
    make_room(database, "flares-today")
    make_room(database, "daily-life")
    author, other = cast.author(app), cast.member(app)
    topic_id = start(database, author.actor, topic_draft("flares-today", "It is *bad* today."))
    reply(database, other.actor, topic_id, "I hear you.")
    reply(database, author.actor, topic_id, "Thank you.")
    reply(database, other.actor, topic_id, "My cat is ill.")
    return Thread(topic_id, posts_of(database, topic_id), author, other, database)


def posts_of(database: Database, topic_id: int) -> tuple[int, ...]:
    """Return the ids of a topic's rows in their order."""
    with database.reading() as session:
        return tuple(session.scalars(select(Post.id).where(Post.topic_id == topic_id).order_by(Post.number)))


def topic_row(database: Database, topic_id: int) -> Topic:
    """Return a topic's row."""
    with database.reading() as session:
        return session.get_one(Topic, topic_id)


def post_row(database: Database, post_id: int) -> Post:
    """Return a post's row."""
    with database.reading() as session:
        return session.get_one(Post, post_id)


def entries(database: Database, action: str = "") -> list[AuditEntry]:
    """Return what the audit log says about topics and posts, the newest last."""
    with database.reading() as session:
        found = select(AuditEntry).where(AuditEntry.action.like(f"community:%:{action or '%'}"))
        return list(session.scalars(found.where(AuditEntry.actor_role != "operator").order_by(AuditEntry.id)))


def notices(database: Database) -> list[Notice]:
    """Return what was told, the newest last."""
    with database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def room_id(database: Database, slug: str) -> int:
    """Return a room's id."""
    with database.reading() as session:
        return session.scalars(select(Category.id).where(Category.slug == slug)).one()


def counted(database: Database) -> dict[str, int]:
    """Return how many rows the tables hold that a decision writes to."""
    with database.reading() as session:
        return {
            table.__tablename__: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (AuditEntry, Notice, Topic, Post)
        }


def form_of(client: FlaskClient, address: str) -> Element:
    """Open the page of a decision and return its form."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text).one("main").one("form", method="post")


def fields_of(form: Element) -> dict[str, str]:
    """Return the hidden fields that the page sends along."""
    hidden = form.all("input", type="hidden")
    return {field.attributes["name"]: field.attributes.get("value", "") for field in hidden}


def decide(client: FlaskClient, address: str, step: str = "act", **fields: Any) -> TestResponse:
    """Open the page of a decision, choose its usual reason, press a button, and return the answer."""
    form = form_of(client, address)
    word = address.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    given = {"reason": REASONS[word], "text": "", **fields_of(form), "step": step, **fields}
    return client.post(form.attributes["action"], data=given)


def done(client: FlaskClient, address: str, **fields: Any) -> str:
    """Do the same and return where it leads."""
    answer = decide(client, address, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]
