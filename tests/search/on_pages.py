"""The search through its page: what a browser is shown, taken apart; and people who write what is to be found."""

from dataclasses import replace
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import InstrumentedAttribute

from forum.community.models.threads import Audience, Post, Topic
from forum.database.session import Database
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.pages import Element, read_page

ROOM = "flares-today"


def look(client: FlaskClient, query: str, **more: str) -> Element:
    """Look for something, and return the page's own part."""
    answer = client.get("/search", query_string={"q": query, **more})
    assert answer.status_code == 200, query
    return read_page(answer.text).one("main")


def titles(main: Element, kind: str = "topics") -> list[str]:
    """Return what was found of a kind, in its order."""
    return [h.text for part in main.all("section", aria_labelledby=kind) for h in part.all("h3")]


def found(client: FlaskClient, query: str, **more: str) -> list[str]:
    """Return the titles of the topics that were found, in their order."""
    return titles(look(client, query, **more))


def topic(
    database: Database,
    someone: cast.Someone,
    title: str,
    text: str = "Nothing else.",
    *,
    room: str = ROOM,
    audience: Audience = Audience.PUBLIC,
    note: str = "",
    on: str = "",
) -> int:
    """Begin a topic, on a day if it matters."""
    draft = replace(topic_draft(room, text, audience), title=title, content_note=note)
    topic_id = start(database, someone.actor, draft)
    if on:
        _date(database, Post.topic_id, topic_id, on)
    return topic_id


def answer(database: Database, someone: cast.Someone, topic_id: int, text: str, *, on: str = "") -> int:
    """Reply to one, on a day if it matters, and return the post's id."""
    post_id = reply(database, someone.actor, topic_id, text)
    if on:
        _date(database, Post.id, post_id, on)
    return post_id


def set_audience(
    database: Database, topic_id: int, audience: Audience, condition_id: int | None = None
) -> None:
    """Let a topic be for these readers from now on."""
    with database.transaction() as session:
        session.execute(
            update(Topic).where(Topic.id == topic_id).values(audience=audience, condition_id=condition_id)
        )


def _date(database: Database, column: InstrumentedAttribute[int], value: int, on: str) -> None:
    moment = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    with database.transaction() as session:
        session.execute(update(Post).where(column == value).values(written_at=moment))
