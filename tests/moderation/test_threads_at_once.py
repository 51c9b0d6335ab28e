"""Moderators who decide while others write, and who decide at the same moment: with real threads, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import clock, consequences
from forum.accounts.models import Member
from forum.audit_log.models import AuditEntry
from forum.community.commands import categories
from forum.community.commands import writing as community
from forum.community.models.threads import Category, Post, PostState, SubmissionKey, Topic, TopicState
from forum.community.subjects import TopicWentOn, visible_post, where_merged
from forum.community.topic_facts import rewrite
from forum.community.what_is_sent import CategoryDraft, PostEdit
from forum.database.session import Database
from forum.errors import Conflict, Invalid, Refusal
from forum.moderation.commands import threads as commands
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.models import Notice, ReasonCode
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, VISITOR, Actor, MemberId, Role
from forum.text.markdown import render_post
from tests.community.conftest import new_key, reply, reply_draft, start, topic_draft
from tests.community.test_at_once import second_waits
from tests.threads import together

REPLIERS, ROUNDS = 16, 3
WHY = ThreadDraft(seen=0, reason=ReasonCode.OTHER, message="Because.")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database for many at once, in which everything follows that follows from an event."""
    made = Database(database_url, size=20, follower=consequences.follow)
    with made.transaction() as session:
        for position, slug in enumerate(("flares-today", "daily-life")):
            draft = CategoryDraft(slug, slug, "A room", "Be *gentle*.", False, position)
            categories.publish_category(session, OPERATOR, draft)
    yield made
    made.dispose()


def somebody(database: Database, name: str, role: Role = Role.MEMBER) -> Actor:
    """Return a member, made without the pages."""
    with database.transaction() as session:
        row = Member(
            uuid=uuid4(),
            name=name,
            name_key=name.casefold(),
            name_since=clock.now(),
            locale="en",
            joined_at=clock.now(),
            role=role,
        )
        session.add(row)
        session.flush()
        return Actor(member_id=MemberId(row.id), uuid=row.uuid, name=name, role=role)


@pytest.fixture
def rowan(database: Database) -> Actor:
    """Who begins topics."""
    return somebody(database, "Rowan")


@pytest.fixture
def juniper(database: Database) -> Actor:
    """Who answers."""
    return somebody(database, "Juniper")


@pytest.fixture
def morgan(database: Database) -> Actor:
    """A moderator."""
    return somebody(database, "Morgan", Role.MODERATOR)


def write(database: Database, actor: Actor, topic_id: int) -> tuple[str, int]:
    """Reply as one does in a browser: where the topic was joined with another, once more over there."""
    key = new_key()
    while True:
        try:
            with database.transaction() as session:
                draft = reply_draft(f"Words of {key}", key)
                return key, community.publish_post(session, actor, topic_id, draft)
        except TopicWentOn as refusal:
            topic_id = refusal.went_on.topic_id


def crowd(database: Database, topic_id: int, decide: Callable[[Session], object]) -> dict[str, int]:
    """Let sixteen write three replies each while somebody decides; return their keys and the posts they made."""
    repliers = [somebody(database, f"Replier{number}") for number in range(REPLIERS)]

    def work(number: int) -> list[tuple[str, int]]:
        if number == REPLIERS:
            with database.transaction() as session:
                decide(session)
            return []
        return [write(database, repliers[number], topic_id) for _ in range(ROUNDS)]

    return dict(pair for pairs in together(REPLIERS + 1, work) for pair in pairs)


def assert_whole(database: Database, written: dict[str, int]) -> None:
    """Every reply is there once, numbers are dense, counts are what counting anew gives, and links lead there."""
    assert len(written) == len(set(written.values())) == REPLIERS * ROUNDS
    with database.reading() as session:
        sent = session.execute(select(SubmissionKey.key, SubmissionKey.post_id))
        keys = {row.key: row.post_id for row in sent}
        assert {key: keys[key] for key in written} == written
        for topic in session.scalars(select(Topic).where(Topic.state == TopicState.PUBLISHED)):
            numbers = session.scalars(select(Post.number).where(Post.topic_id == topic.id)).all()
            assert sorted(numbers) == list(range(1, topic.last_number + 1))
        for key, post_id in written.items():
            post = session.get_one(Post, post_id)
            assert post.markdown == f"Words of {key}"
            subject = visible_post(session, VISITOR, post_id)
            page = (post.number - 1) // 20 + 1
            where = f"?page={page}#post-{post.number}" if page > 1 else f"#post-{post.number}"
            assert subject.topic_id == post.topic_id
            assert subject.address.endswith(where)
    counted = facts(database)
    with database.transaction() as session:
        for topic_id in counted:
            rewrite(session, topic_id)
    assert facts(database) == counted


def facts(database: Database) -> dict[int, tuple[object, ...]]:
    """Return the stored facts of every topic that stands."""
    with database.reading() as session:
        rows = session.scalars(select(Topic).where(Topic.state == TopicState.PUBLISHED))
        return {row.id: (row.reply_count, row.first_reply_at, row.last_activity_at) for row in rows}


def test_joining_while_many_reply(database: Database, rowan: Actor, juniper: Actor, morgan: Actor) -> None:
    source = start(database, rowan, topic_draft("flares-today"))
    target = start(database, juniper, topic_draft("daily-life"))
    written = crowd(
        database,
        source,
        lambda session: commands.merge_topic(session, morgan, source, target, WHY),
    )
    assert_whole(database, written)
    with database.reading() as session:
        assert session.get_one(Topic, target).last_number == 2 + REPLIERS * ROUNDS
        rows = session.execute(select(Post.topic_id, func.count().label("posts")).group_by(Post.topic_id))
        assert {row.topic_id: row.posts for row in rows} == {source: 1, target: 2 + REPLIERS * ROUNDS}
        went_on = where_merged(session, VISITOR, source)
        first = session.scalars(select(Post.id).where(Post.topic_id == target, Post.number == 2)).one()
        assert went_on is not None
        assert went_on.post_address == visible_post(session, VISITOR, first).address


def test_splitting_while_many_reply(database: Database, rowan: Actor, juniper: Actor, morgan: Actor) -> None:
    topic_id = start(database, rowan, topic_draft("flares-today"))
    chosen = tuple(reply(database, juniper, topic_id) for _ in range(4))
    written = crowd(
        database,
        topic_id,
        lambda session: commands.split_topic(session, morgan, topic_id, SplitDraft(chosen, "Cats"), WHY),
    )
    assert_whole(database, written)
    with database.reading() as session:
        new = session.scalars(select(Post.topic_id).where(Post.id.in_(chosen)).distinct()).one()
        assert new != topic_id
        lines = session.scalars(select(Post.moved_to_id).where(Post.state == PostState.MOVED)).all()
        assert sorted(line or 0 for line in lines) == sorted(chosen)
        assert session.get_one(Topic, topic_id).reply_count == REPLIERS * ROUNDS


def test_moving_while_many_reply(database: Database, rowan: Actor, morgan: Actor) -> None:
    topic_id = start(database, rowan, topic_draft("flares-today"))
    written = crowd(
        database, topic_id, lambda session: commands.move_topic(session, morgan, topic_id, "daily-life", WHY)
    )
    assert_whole(database, written)
    with database.reading() as session:
        home = session.scalars(select(Category.id).where(Category.slug == "daily-life")).one()
        assert session.get_one(Topic, topic_id).category_id == home


@pytest.mark.parametrize("action", [Action.TOPIC_LOCK, Action.TOPIC_HIDE])
def test_closing_while_many_reply(database: Database, rowan: Actor, morgan: Actor, action: Action) -> None:
    topic_id = start(database, rowan, topic_draft("flares-today"))
    repliers = [somebody(database, f"Replier{number}") for number in range(REPLIERS)]

    def work(number: int) -> str:
        if number == REPLIERS:
            with database.transaction() as session:
                commands.decide_on_topic(session, morgan, topic_id, action, WHY)
            return ""
        try:
            return write(database, repliers[number], topic_id)[0]
        except Refusal:
            return ""

    landed = [key for key in together(REPLIERS + 1, work) if key]
    with database.reading() as session:
        topic = session.get_one(Topic, topic_id)
        assert topic.last_number == topic.reply_count + 1 == len(landed) + 1
        assert set(session.scalars(select(SubmissionKey.key))) >= set(landed)


DECISIONS: dict[str, Callable[[Session, Actor, dict[str, int]], object]] = {
    "lock": lambda session, actor, ids: commands.decide_on_topic(
        session, actor, ids["topic"], Action.TOPIC_LOCK, WHY
    ),
    "pin": lambda session, actor, ids: commands.decide_on_topic(
        session, actor, ids["topic"], Action.TOPIC_PIN, WHY
    ),
    "hide": lambda session, actor, ids: commands.decide_on_topic(
        session, actor, ids["topic"], Action.TOPIC_HIDE, WHY
    ),
    "remove": lambda session, actor, ids: commands.decide_on_topic(
        session, actor, ids["topic"], Action.TOPIC_REMOVE, WHY
    ),
    "move": lambda session, actor, ids: commands.move_topic(session, actor, ids["topic"], "daily-life", WHY),
    "merge": lambda session, actor, ids: commands.merge_topic(
        session, actor, ids["topic"], ids["other"], WHY
    ),
    "split": lambda session, actor, ids: commands.split_topic(
        session, actor, ids["topic"], SplitDraft((ids["post"],), "Cats"), WHY
    ),
    "hide post": lambda session, actor, ids: commands.decide_on_post(
        session, actor, ids["post"], Action.POST_HIDE, WHY
    ),
    "remove post": lambda session, actor, ids: commands.decide_on_post(
        session, actor, ids["post"], Action.POST_REMOVE, WHY
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_of_several_who_do_the_same_at_once_one_does_it(
    database: Database, rowan: Actor, juniper: Actor, name: str
) -> None:
    ids = {
        "topic": start(database, rowan, topic_draft("flares-today")),
        "other": start(database, juniper, topic_draft("daily-life")),
    }
    ids["post"] = reply(database, juniper, ids["topic"])
    staff = [somebody(database, f"Moderator{number}", Role.MODERATOR) for number in range(4)]

    def work(number: int) -> str:
        try:
            with database.transaction() as session:
                DECISIONS[name](session, staff[number], ids)
        except Conflict as refusal:
            return refusal.reason
        return ""

    outcomes = together(len(staff), work)
    assert outcomes.count("") == 1
    assert all("Nothing was changed" in reason for reason in outcomes if reason)
    with database.reading() as session:
        decided = session.scalars(
            select(AuditEntry).where(AuditEntry.actor_uuid.in_([actor.uuid for actor in staff]))
        ).all()
        assert [entry.actor_uuid for entry in decided] == [staff[outcomes.index("")].uuid]
        assert len(session.scalars(select(Notice.id)).all()) == 1


@pytest.mark.parametrize("_round", range(3))
def test_two_who_join_the_same_topics_both_ways_do_not_wait_for_each_other(
    database: Database, rowan: Actor, morgan: Actor, _round: int
) -> None:
    first, second = (start(database, rowan, topic_draft("flares-today")) for _ in range(2))
    robin = somebody(database, "Robin", Role.MODERATOR)
    tried = [(morgan, first, second), (robin, second, first)]

    def work(number: int) -> bool:
        actor, source, target = tried[number]
        try:
            with database.transaction() as session:
                commands.merge_topic(session, actor, source, target, WHY)
        except (Conflict, Invalid):
            return False
        return True

    assert sorted(together(2, work)) == [False, True]
    with database.reading() as session:
        states = {topic.state for topic in session.scalars(select(Topic))}
    assert states == {TopicState.PUBLISHED, TopicState.MERGED}


def test_what_was_joined_at_once_in_a_ring_leads_to_what_stands(
    database: Database, rowan: Actor, morgan: Actor
) -> None:
    ring = [start(database, rowan, topic_draft("flares-today")) for _ in range(5)]

    def work(number: int) -> None:
        try:
            with database.transaction() as session:
                commands.merge_topic(session, morgan, ring[number], ring[(number + 1) % len(ring)], WHY)
        except (Conflict, Invalid):
            pass

    together(len(ring), work)
    with database.reading() as session:
        topics = {topic.id: topic for topic in session.scalars(select(Topic))}
        standing = {topic.id for topic in topics.values() if topic.state is TopicState.PUBLISHED}
        assert standing
        for topic in topics.values():
            if topic.id not in standing:
                assert topic.merged_into_id in standing
                went_on = where_merged(session, VISITOR, topic.id)
                assert went_on is not None
                assert went_on.topic_id == topic.merged_into_id


def test_an_edit_that_waited_while_its_post_was_split_off_touches_nothing_unheld(
    database: Database, rowan: Actor, juniper: Actor, morgan: Actor, dialect: str
) -> None:
    topic_id = start(database, rowan, topic_draft("flares-today"))
    post_id = reply(database, juniper, topic_id, "As it was.")

    def edit() -> None:
        with database.transaction() as session:
            community.edit_post(session, juniper, post_id, PostEdit(render_post("Anew.")))

    with second_waits(
        database,
        topic_id,
        lambda session: commands.split_topic(session, morgan, topic_id, SplitDraft((post_id,), "Cats"), WHY),
    ) as pool:
        edited = pool.submit(edit)
    if dialect == "postgresql":
        with pytest.raises(Conflict, match="moved to another topic at this very moment"):
            edited.result()
        edit()
    else:
        # There, whoever waits has looked at nothing yet.
        edited.result()
    with database.reading() as session:
        assert session.get_one(Post, post_id).markdown == "Anew."


def test_a_reply_that_waited_while_the_topic_was_joined_learns_where_it_is(
    database: Database, rowan: Actor, juniper: Actor, morgan: Actor
) -> None:
    source, target = (start(database, rowan, topic_draft("flares-today")) for _ in range(2))
    draft = reply_draft("I hear you.")

    def answer(topic_id: int) -> int:
        with database.transaction() as session:
            return community.publish_post(session, juniper, topic_id, draft)

    with second_waits(
        database, source, lambda session: commands.merge_topic(session, morgan, source, target, WHY)
    ) as pool:
        waited = pool.submit(answer, source)
    with pytest.raises(TopicWentOn) as refusal:
        waited.result()
    assert refusal.value.went_on.topic_id == target
    post_id = answer(target)
    # Sent again, to whichever of the two, it is the same post.
    assert answer(target) == answer(source) == post_id


def test_whoever_no_longer_moderates_is_refused_by_the_command_itself(
    database: Database, rowan: Actor, morgan: Actor
) -> None:
    topic_id = start(database, rowan, topic_draft("flares-today"))
    for actor in (
        replace(morgan, is_suspended=True),
        replace(morgan, role=Role.PEER_SUPPORTER),
        rowan,
        VISITOR,
    ):
        with pytest.raises(Refusal), database.transaction() as session:
            commands.decide_on_topic(session, actor, topic_id, Action.TOPIC_LOCK, WHY)
    with database.reading() as session:
        assert session.get_one(Topic, topic_id).locked is False
