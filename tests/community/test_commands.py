"""Commands of the community, on both databases: what they write, what they refuse, and many of them at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from forum.accounts.models import Member
from forum.community.commands import categories
from forum.community.commands import writing as commands
from forum.community.models.threads import (
    Audience,
    Category,
    Intent,
    Post,
    PostState,
    PostVersion,
    Topic,
    TopicState,
)
from forum.community.queries import threads
from forum.community.queries import topics as queries
from forum.community.subjects import post_to_take_back, visible_post
from forum.community.what_is_sent import CategoryDraft, PostEdit
from forum.database import page_stamps
from forum.database.session import Database
from forum.errors import Forbidden, Invalid, NotFound, SignInFirst
from forum.events import FOLLOWER, Event, PostDeleted
from forum.permissions.actor import OPERATOR, VISITOR, Actor, MemberState, Purpose
from forum.text.markdown import render_post
from tests.community.conftest import People, reply, reply_draft, start, topic_draft


def facts(database: Database, topic_id: int) -> Topic:
    """Return the topic's row."""
    with database.reading() as session:
        return session.get_one(Topic, topic_id)


def numbers(database: Database, topic_id: int) -> list[int]:
    """Return the numbers of a topic's posts."""
    with database.reading() as session:
        return list(
            session.scalars(select(Post.number).where(Post.topic_id == topic_id).order_by(Post.number))
        )


def test_a_topic_begins_with_post_one_and_waits(database: Database, topic_id: int) -> None:
    topic = facts(database, topic_id)
    assert (topic.last_number, topic.reply_count, topic.first_reply_at) == (1, 0, None)
    assert numbers(database, topic_id) == [1]


def test_the_authors_own_reply_does_not_end_the_wait(
    database: Database, people: People, topic_id: int
) -> None:
    reply(database, people.author, topic_id)
    assert facts(database, topic_id).first_reply_at is None
    reply(database, people.other, topic_id)
    topic = facts(database, topic_id)
    assert topic.reply_count == 2
    assert topic.first_reply_at == topic.last_activity_at


def test_sending_a_form_twice_makes_one_post(database: Database, people: People, topic_id: int) -> None:
    draft = reply_draft()
    made = []
    for _ in range(2):
        with database.transaction() as session:
            made.append(commands.publish_post(session, people.other, topic_id, draft))
    assert made[0] == made[1]
    assert numbers(database, topic_id) == [1, 2]


def test_two_members_may_send_the_same_key(database: Database, people: People, topic_id: int) -> None:
    draft = reply_draft()
    for actor in (people.author, people.other):
        with database.transaction() as session:
            commands.publish_post(session, actor, topic_id, draft)
    assert numbers(database, topic_id) == [1, 2, 3]


def test_sending_a_topic_twice_at_once_makes_one(database: Database, people: People, room: str) -> None:
    draft = topic_draft(room)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: start(database, people.author, draft), range(8)))
    assert len(made) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count(Topic.id))) == 1


def test_sixteen_writers_get_dense_numbers_and_true_counts(
    database: Database, people: People, topic_id: int
) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: reply(database, people.other, topic_id), range(64)))
    assert numbers(database, topic_id) == list(range(1, 66))
    topic = facts(database, topic_id)
    assert (topic.last_number, topic.reply_count) == (65, 64)


def test_every_command_bumps_the_stamps_of_what_shows_it(
    database: Database, people: People, topic_id: int
) -> None:
    category_id = facts(database, topic_id).category_id
    scopes = ["latest", f"topic:{topic_id}", f"category:{category_id}"]

    def versions() -> list[int]:
        with database.reading() as session:
            found = page_stamps.read(session, scopes)
            return [found[scope] for scope in scopes]

    before = versions()
    post_id = reply(database, people.other, topic_id)
    after_reply = versions()
    with database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("I do hear you.")))
    after_edit = versions()
    with database.transaction() as session:
        commands.delete_post(session, people.other, post_id)
    after_delete = versions()
    assert [[b + i for b in before] for i in (1, 2, 3)] == [after_reply, after_edit, after_delete]


def test_editing_keeps_the_earlier_text_as_a_version(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id, "First words.")
    with database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Second words.")))
    with database.reading() as session:
        post = session.get_one(Post, post_id)
        versions = session.scalars(select(PostVersion.markdown).where(PostVersion.post_id == post_id)).all()
    assert post.markdown == "Second words."
    assert post.edited_at is not None
    assert versions == ["First words."]


def test_an_edit_that_changes_nothing_leaves_no_trace(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id, "The same.")
    with database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("The same.")))
    with database.reading() as session:
        assert session.get_one(Post, post_id).edited_at is None
        assert session.scalar(select(func.count(PostVersion.id))) == 0


def test_taking_a_reply_back_erases_its_words_and_keeps_its_number(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id, "First words.")
    reply(database, people.author, topic_id)
    with database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Second words.")))
    with database.transaction() as session:
        assert commands.delete_post(session, people.other, post_id) == topic_id
    with database.reading() as session:
        post = session.get_one(Post, post_id)
        assert (post.state, post.markdown, post.html) == (PostState.DELETED, "", "")
        assert session.scalar(select(func.count(PostVersion.id))) == 0
    topic = facts(database, topic_id)
    assert (topic.reply_count, topic.last_number, topic.first_reply_at) == (1, 3, None)
    reply(database, people.other, topic_id)
    assert numbers(database, topic_id) == [1, 2, 3, 4]


def test_taking_back_a_topic_nobody_answered_takes_it_whole(
    database: Database, people: People, topic_id: int
) -> None:
    before = reply(database, people.author, topic_id, "Gone before.")
    with database.transaction() as session:
        commands.delete_post(session, people.author, before)
    own = reply(database, people.author, topic_id, "More from me.")
    with database.reading() as session:
        first = session.scalar(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1))
    assert first is not None
    announced: list[Event] = []
    with database.writing() as session:
        session.info[FOLLOWER] = lambda _session, event: announced.append(event)
        assert commands.delete_post(session, people.author, first) is None
        session.commit()
    # Each is announced, so that none of their words comes back with a backup.
    assert [event.post_id for event in announced if isinstance(event, PostDeleted)] == [first, own]
    with database.reading() as session:
        assert session.get_one(Post, own).markdown == ""
        for actor in (VISITOR, people.author, people.other):
            with pytest.raises(NotFound):
                threads.topic_page(session, actor, topic_id, 1)
        assert queries.latest_topics(session, VISITOR, 5) == ()


def test_taking_back_post_one_takes_the_title_and_leaves_the_answers(
    database: Database, people: People, topic_id: int
) -> None:
    reply(database, people.other, topic_id)
    with database.reading() as session:
        first = session.scalar(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1))
    assert first is not None
    with database.transaction() as session:
        assert commands.delete_post(session, people.author, first) == topic_id
    with database.reading() as session:
        page = threads.topic_page(session, VISITOR, topic_id, 1)
    assert "Flare" not in page.title
    assert page.address == f"/topics/{topic_id}"
    assert [post.body is None for post in page.posts] == [True, False]
    assert not page.indexable


def test_nobody_changes_what_another_wrote(database: Database, people: People, topic_id: int) -> None:
    post_id = reply(database, people.other, topic_id)
    with pytest.raises(Forbidden), database.transaction() as session:
        commands.edit_post(session, people.author, post_id, PostEdit(render_post("Not mine.")))
    with pytest.raises(Forbidden), database.transaction() as session:
        commands.delete_post(session, people.author, post_id)
    with database.reading() as session:
        assert session.get_one(Post, post_id).markdown == "I hear you."


def test_what_was_taken_back_can_be_neither_edited_nor_taken_back_again(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id)
    with database.transaction() as session:
        commands.delete_post(session, people.other, post_id)
    with pytest.raises(NotFound), database.transaction() as session:
        commands.delete_post(session, people.other, post_id)
    with pytest.raises(NotFound), database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Back.")))


def test_a_visitor_writes_nothing(database: Database, room: str, topic_id: int) -> None:
    with pytest.raises(SignInFirst), database.transaction() as session:
        commands.publish_post(session, VISITOR, topic_id, reply_draft())
    with pytest.raises(SignInFirst), database.transaction() as session:
        commands.start_topic(session, VISITOR, topic_draft(room))


@pytest.mark.parametrize(
    "changed",
    [
        {"is_suspended": True},
        {"state": MemberState.PAUSED},
        {"state": MemberState.LEAVING},
        {"state": MemberState.WAITING},
        {"state": MemberState.TURNED_AWAY},
        {"site_is_read_only": True},
        pytest.param({"missing_consents": frozenset({Purpose.HEALTH_DATA})}, marks=pytest.mark.proves("C13")),
    ],
    ids=["suspended", "paused", "leaving", "waiting", "turned away", "read-only", "no consent"],
)
def test_who_may_not_write_does_not(
    database: Database, people: People, topic_id: int, changed: dict[str, object]
) -> None:
    base = people.other
    actor = Actor(member_id=base.member_id, uuid=base.uuid, name=base.name, **changed)  # type: ignore[arg-type]  # One field each.
    with pytest.raises(Forbidden) as refused, database.transaction() as session:
        commands.publish_post(session, actor, topic_id, reply_draft())
    assert refused.value.reason.endswith(".")
    assert numbers(database, topic_id) == [1]


def test_a_locked_topic_takes_no_reply_and_no_edit(database: Database, people: People, topic_id: int) -> None:
    post_id = reply(database, people.other, topic_id)
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(locked=True))
    with pytest.raises(Forbidden), database.transaction() as session:
        commands.publish_post(session, people.other, topic_id, reply_draft())
    with pytest.raises(Forbidden), database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Late.")))
    with database.transaction() as session:
        assert commands.delete_post(session, people.other, post_id) == topic_id


def test_a_category_that_is_not_there_is_said_beside_its_field(database: Database, people: People) -> None:
    with pytest.raises(Invalid) as refused, database.transaction() as session:
        commands.start_topic(session, people.author, topic_draft("nowhere"))
    assert set(refused.value.fields) == {"category"}


def test_a_topic_out_of_ones_audience_is_not_there(database: Database, people: People, room: str) -> None:
    topic_id = start(database, people.author, topic_draft(room, audience=Audience.MODERATORS_AND_AUTHOR))
    with pytest.raises(NotFound), database.transaction() as session:
        commands.publish_post(session, people.other, topic_id, reply_draft())
    with database.transaction() as session:
        commands.publish_post(session, people.author, topic_id, reply_draft())


def test_publishing_a_category_twice_changes_nothing(database: Database, room: str) -> None:
    draft = CategoryDraft("flares-today", "Flares today", "When it is bad", "Be *gentle*.", False, 1)
    with database.transaction() as session:
        categories.publish_category(session, OPERATOR, draft)
    with database.reading() as session:
        assert page_stamps.read(session, ["site"]) == {"site": 1}
        assert session.scalars(select(Category.opening_html)).all() == ["<p>Be <em>gentle</em>.</p>\n"]


def test_a_paused_members_words_are_out_of_sight(database: Database, people: People, topic_id: int) -> None:
    post_id = reply(database, people.other, topic_id)
    with database.transaction() as session:
        session.execute(
            update(Member).where(Member.id == people.other.member_id).values(state=MemberState.PAUSED)
        )
    with database.reading() as session:
        page = threads.topic_page(session, people.author, topic_id, 1)
        assert (page.posts[1].body, page.posts[1].author_name) == (None, None)
        with pytest.raises(NotFound):
            visible_post(session, people.author, post_id)


def stored_bytes(database_url: str) -> bytes:
    """Return all that SQLite keeps: the file, and the log beside it."""
    file = Path(database_url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(file.name + "*")))


# PostgreSQL has no file to scan: what autovacuum has not reached yet, its operator alone could read.
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("length", [1, 2000], ids=["in a line", "over many pages"])
def test_words_taken_back_are_in_no_file(
    database: Database, database_url: str, people: People, topic_id: int, length: int
) -> None:
    marker = "zephyrine-nightjar "
    post_id = reply(database, people.other, topic_id, marker * length)
    with database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Again " + marker * length)))
    assert database.tidy()
    assert marker.encode() in stored_bytes(database_url)
    with database.transaction() as session:
        commands.delete_post(session, people.other, post_id)
    assert database.tidy()
    assert marker.strip().encode() not in stored_bytes(database_url)


def test_tidying_changes_nothing_that_is_stored(database: Database, people: People, topic_id: int) -> None:
    post_id = reply(database, people.other, topic_id)
    assert database.tidy()
    with database.reading() as session:
        assert session.get_one(Post, post_id).markdown == "I hear you."


@pytest.mark.parametrize(
    "became", [{"state": PostState.HELD}, {"state": PostState.HIDDEN}], ids=["held", "hidden"]
)
def test_what_moderators_took_out_of_sight_is_still_its_authors_to_take_back(
    database: Database, people: People, topic_id: int, became: dict[str, PostState]
) -> None:
    post_id = reply(database, people.other, topic_id, "First words.")
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(became))
    for actor in (people.author, VISITOR):
        with pytest.raises(NotFound), database.transaction() as session:
            commands.delete_post(session, actor, post_id)
    with pytest.raises(NotFound), database.transaction() as session:
        commands.edit_post(session, people.other, post_id, PostEdit(render_post("Other words.")))
    with database.transaction() as session:
        assert commands.delete_post(session, people.other, post_id) == topic_id
    with database.reading() as session:
        post = session.get_one(Post, post_id)
    assert (post.state, post.markdown, post.html) == (PostState.DELETED, "", "")


def test_nobody_takes_back_what_the_community_wrote(database: Database, people: People, room: str) -> None:
    with database.transaction() as session:
        topic_id = categories.open_community_topic(
            session, OPERATOR, room, "Welcome", "Say hello.", Intent.EXPERIENCES, pinned=True
        )
        post_id = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()
    with pytest.raises(SignInFirst), database.transaction() as session:
        commands.delete_post(session, VISITOR, post_id)
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(state=PostState.HIDDEN))
    for actor in (VISITOR, people.author):
        with pytest.raises(NotFound), database.transaction() as session:
            commands.delete_post(session, actor, post_id)


def test_in_a_hidden_topic_ones_own_words_can_be_taken_back(
    database: Database, people: People, topic_id: int
) -> None:
    post_id = reply(database, people.other, topic_id)
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(state=TopicState.HIDDEN))
    with pytest.raises(NotFound), database.transaction() as session:
        commands.delete_post(session, people.author, post_id)
    with database.reading() as session:
        subject = post_to_take_back(session, people.other, post_id)
    # What the moderators hid is not told by the way of one's own reply.
    assert (subject.topic_title, subject.topic_slug, subject.address) == ("", "", "/categories")
    with database.transaction() as session:
        assert commands.delete_post(session, people.other, post_id) is None
    with database.reading() as session:
        assert session.get_one(Post, post_id).markdown == ""
        assert session.get_one(Topic, topic_id).state is TopicState.HIDDEN
