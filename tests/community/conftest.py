"""What the community's tests share: a database whose consequences run, two members and a category."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import pytest

from forum import clock, consequences
from forum.accounts.models import Member
from forum.community.commands import categories
from forum.community.commands import writing as commands
from forum.community.models.threads import Audience, Intent
from forum.community.subjects import visible_post
from forum.community.what_is_sent import CategoryDraft, PostDraft, TopicDraft
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, Actor, MemberId
from forum.text.markdown import render_post

_keys = count()


@dataclass(frozen=True, slots=True)
class People:
    """Two members who write to one another."""

    author: Actor
    other: Actor


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database without the application, in which everything follows that follows from an event."""
    made = Database(database_url, size=20, follower=consequences.follow)
    yield made
    made.dispose()


@pytest.fixture
def people(database: Database) -> People:
    """Two members who agreed to everything needed."""
    return People(author=_member(database, "Juniper"), other=_member(database, "Marlow"))


@pytest.fixture
def room(database: Database) -> str:
    """A category, by its slug."""
    with database.transaction() as session:
        categories.publish_category(
            session,
            OPERATOR,
            CategoryDraft("flares-today", "Flares today", "When it is bad", "Be *gentle*.", False, 1),
        )
    return "flares-today"


@pytest.fixture
def topic_id(database: Database, people: People, room: str) -> int:
    """A public topic of the author's, with post 1."""
    return start(database, people.author, topic_draft(room))


def _member(database: Database, name: str) -> Actor:
    with database.transaction() as session:
        row = Member(
            uuid=uuid4(),
            name=name,
            name_key=name.casefold(),
            name_since=clock.now(),
            locale="en",
            joined_at=clock.now(),
        )
        session.add(row)
        session.flush()
        return Actor(member_id=MemberId(row.id), uuid=row.uuid, name=name)


def new_key() -> str:
    """A submission key that no other test sent."""
    return f"submission-key-{next(_keys):010}"


def topic_draft(
    room: str, text: str = "It is bad today.", audience: Audience = Audience.PUBLIC
) -> TopicDraft:
    """A draft of a topic."""
    return TopicDraft(
        category_slug=room,
        title="Flare number nine",
        intent=Intent.JUST_LISTEN,
        content_note="",
        audience=audience,
        body=render_post(text),
        submission_key=new_key(),
    )


def reply_draft(text: str = "I hear you.", key: str = "") -> PostDraft:
    """A draft of a reply."""
    return PostDraft(body=render_post(text), submission_key=key or new_key())


def start(database: Database, actor: Actor, draft: TopicDraft) -> int:
    """Start a topic and return its id."""
    with database.transaction() as session:
        return visible_post(session, actor, commands.start_topic(session, actor, draft)).topic_id


def reply(database: Database, actor: Actor, topic_id: int, text: str = "I hear you.") -> int:
    """Publish a reply and return its id."""
    with database.transaction() as session:
        return commands.publish_post(session, actor, topic_id, reply_draft(text))
