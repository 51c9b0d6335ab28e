"""Two who change the same thing at once: whoever comes second decides on what the first one left."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostState, PostVersion, Topic
from forum.community.subjects import hold_topic
from forum.community.topic_facts import rewrite
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.errors import Forbidden, NotFound
from forum.text.markdown import render_post
from tests.community.conftest import People, reply, reply_draft

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@contextmanager
def second_waits(
    database: Database, topic_id: int, first: Callable[[Session], object]
) -> Iterator[ThreadPoolExecutor]:
    """Do the first change, and commit it only once whoever is sent to the pool waits for the topic."""
    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        hold_topic(session, topic_id)
        first(session)
        yield pool
        until_somebody_waits(database)


def until_somebody_waits(database: Database) -> None:
    """On SQLite everybody queues for the one connection that writes, whenever they come."""
    if database.read_engine.dialect.name == "sqlite":
        return
    for _ in range(1000):
        with database.reading() as look:
            if look.scalar(WAITING):
                return
        threading.Event().wait(0.005)
    pytest.fail("Nobody waited for the topic.")


def post_of(database: Database, post_id: int) -> Post:
    """Return the post's row."""
    with database.reading() as session:
        return session.get_one(Post, post_id)


def test_an_edit_that_comes_after_the_taking_back_brings_nothing_back(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id, "Secret words.")

    def edit() -> None:
        with database.transaction() as session:
            commands.edit_post(session, people.other, post_id, PostEdit(render_post("Secret words again.")))

    with second_waits(
        database, topic_id, lambda session: commands.delete_post(session, people.other, post_id)
    ) as pool:
        edited = pool.submit(edit)
    with pytest.raises(NotFound):
        edited.result()
    post = post_of(database, post_id)
    assert (post.state, post.markdown, post.html) == (PostState.DELETED, "", "")
    with database.reading() as session:
        assert session.scalars(select(PostVersion.markdown)).all() == []


@pytest.mark.parametrize("closing", ["locked", "gone"])
def test_a_reply_that_comes_after_the_closing_is_refused(
    database: Database, people: People, topic_id: int, closing: str
) -> None:
    with database.reading() as session:
        first = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()

    def close(session: Session) -> None:
        if closing == "locked":
            session.execute(update(Topic).where(Topic.id == topic_id).values(locked=True))
        else:
            commands.delete_post(session, people.author, first)

    def answer() -> None:
        with database.transaction() as session:
            commands.publish_post(session, people.other, topic_id, reply_draft())

    with second_waits(database, topic_id, close) as pool:
        answered = pool.submit(answer)
    with pytest.raises(Forbidden if closing == "locked" else NotFound):
        answered.result()
    with database.reading() as session:
        assert session.scalars(select(Post.number).where(Post.topic_id == topic_id)).all() == [1]


def test_a_topic_that_was_answered_meanwhile_does_not_go_whole(
    database: Database, people: People, topic_id: int
) -> None:
    with database.reading() as session:
        first = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()

    def take_back() -> int | None:
        with database.transaction() as session:
            return commands.delete_post(session, people.author, first)

    with second_waits(
        database,
        topic_id,
        lambda session: commands.publish_post(session, people.other, topic_id, reply_draft()),
    ) as pool:
        taken = pool.submit(take_back)
    assert taken.result() == topic_id
    with database.reading() as session:
        topic = session.get_one(Topic, topic_id)
    assert (topic.title, topic.reply_count) == ("", 1)


def test_an_answer_stays_an_answer_when_names_go(database: Database, people: People, topic_id: int) -> None:
    answer = reply(database, people.other, topic_id)
    later = reply(database, people.author, topic_id)
    with database.transaction() as session:
        session.execute(update(Post).where(Post.topic_id == topic_id).values(author_id=None))
        session.execute(update(Topic).where(Topic.id == topic_id).values(author_id=None))
    with database.transaction() as session:
        rewrite(session, topic_id)
    with database.reading() as session:
        topic = session.get_one(Topic, topic_id)
    assert topic.first_reply_at == post_of(database, answer).written_at
    assert topic.last_activity_at == post_of(database, later).written_at


def test_counting_one_by_one_and_anew_come_to_the_same(
    database: Database, people: People, topic_id: int
) -> None:
    for actor in (people.author, people.other, people.author, people.other):
        reply(database, actor, topic_id)

    def facts() -> tuple[object, ...]:
        with database.reading() as session:
            topic = session.get_one(Topic, topic_id)
            return topic.reply_count, topic.first_reply_at, topic.last_activity_at

    counted = facts()
    with database.transaction() as session:
        rewrite(session, topic_id)
    assert facts() == counted
