"""Sixteen at once in one topic, with real threads: they reply, edit, take back, react, leave and return, while
moderators split it, join it again and move it. Numbers stay dense, counts right, and nobody's words are lost.

And what sixteen meet only now and then, two by two: whoever leaves while they, or somebody else, write or react.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import consequences
from forum.accounts.leaving import begin_leaving, cancel_leaving
from forum.community import reaction_tallies, topic_facts
from forum.community.commands import categories
from forum.community.commands import writing as commands
from forum.community.commands.reactions import give_reaction, take_back_reaction
from forum.community.models.reactions import ReactionKind
from forum.community.models.threads import Category, Post, PostState, PostVersion, Topic, TopicState
from forum.community.subjects import TopicWentOn
from forum.community.what_is_sent import CategoryDraft, PostEdit
from forum.database.session import Database
from forum.errors import Conflict, NotFound
from forum.moderation.commands import threads as moderating
from forum.moderation.deciding import about_topic
from forum.moderation.decisions import newest_decision
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actor import OPERATOR, Actor, MemberId, Role
from forum.text.markdown import render_post
from tests.community.conftest import new_key, reply, reply_draft, start, topic_draft
from tests.community.test_at_once import until_somebody_waits
from tests.moderation.test_threads_at_once import somebody
from tests.threads import together

ROOMS = ("flares-today", "daily-life")
KEEPERS, TAKERS = 8, 4
ROUNDS = 3
WHY = ThreadDraft(seen=0, reason=ReasonCode.OTHER, message="Because.")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database for many at once, in which everything follows that follows from an event."""
    made = Database(database_url, size=20, follower=consequences.follow)
    with made.transaction() as session:
        for position, slug in enumerate(ROOMS):
            categories.publish_category(
                session, OPERATOR, CategoryDraft(slug, slug, "A room", "Be *gentle*.", False, position)
            )
    yield made
    made.dispose()


@dataclass(slots=True)
class Said:
    """What somebody was told is stored: the words of each post of theirs, and those that are to be gone."""

    stand: dict[int, str] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The topic, who is there, and what each of them was told."""

    database: Database
    topic_id: int
    people: tuple[Actor, ...]
    wren: Actor
    wren_id: MemberId
    moderators: tuple[Actor, Actor]
    said: tuple[Said, ...]
    words: Iterator[int]

    def change(self, command: Callable[[Session], object]) -> object:
        """Do something as one does in a browser: once more where a post was being moved at this very moment."""
        for _attempt in range(20):
            with suppress(Conflict), self.database.transaction() as session:
                return command(session)
        pytest.fail("It was refused twenty times.")

    def reply(self, who: int) -> int:
        """Reply, over there where the topic was joined with another."""
        text = f"Words {next(self.words)} of {self.people[who].name}."
        topic_id, key = self.topic_id, new_key()
        while True:
            try:
                with self.database.transaction() as session:
                    draft = reply_draft(text, key)
                    post_id = commands.publish_post(session, self.people[who], topic_id, draft)
            except TopicWentOn as refusal:
                topic_id = refusal.went_on.topic_id
            else:
                self.said[who].stand[post_id] = text
                return post_id

    def edit(self, who: int, post_id: int) -> None:
        """Give a post other words."""
        text = f"Words {next(self.words)} of {self.people[who].name}, edited."
        edit = PostEdit(render_post(text))
        self.change(lambda session: commands.edit_post(session, self.people[who], post_id, edit))
        self.said[who].stand[post_id] = text

    def take_back(self, who: int, post_id: int) -> None:
        """Take a post back."""
        self.change(lambda session: commands.delete_post(session, self.people[who], post_id))
        self.said[who].gone[post_id] = self.said[who].stand.pop(post_id)

    def react(self, actor: Actor, post_id: int, turn: int) -> None:
        """Give somebody's post a reaction, or take one back; where the words went meanwhile there is nothing to do."""
        command = take_back_reaction if turn % 3 == 2 else give_reaction
        kind = tuple(ReactionKind)[turn % 2]
        with suppress(NotFound), self.database.transaction() as session:
            command(session, actor, post_id, kind)

    def posts(self, topic_id: int, by: Actor | None = None) -> list[int]:
        """Return the readable replies in a topic, or those of one member."""
        there = select(Post.id).where(
            Post.topic_id == topic_id, Post.number > 1, Post.state == PostState.PUBLISHED
        )
        with self.database.reading() as session:
            mine = there if by is None else there.where(Post.author_id == by.member_id)
            return list(session.scalars(mine.order_by(Post.number)))

    def why(self, session: Session, topic_id: int) -> ThreadDraft:
        """Return a decision of a moderator who has just looked."""
        return replace(WHY, seen=newest_decision(session, about_topic(topic_id)))


def write(crowd: Crowd, who: int) -> None:
    """Reply, edit and react, round after round; the last four take every second post back."""
    for turn in range(ROUNDS):
        post_id = crowd.reply(who)
        others = [
            other for said in crowd.said for other in list(said.stand) if other not in crowd.said[who].stand
        ]
        if others:
            # Many at the same post, which is the oldest, and some at one that was just written.
            crowd.react(crowd.people[who], others[0 if turn % 4 else -1], turn)
        crowd.edit(who, post_id)
        if who >= KEEPERS and turn % 2:
            crowd.take_back(who, post_id)


def leave_and_return(crowd: Crowd) -> None:
    """Set out to leave and come back, all the time, and react in between."""
    for turn in range(ROUNDS * 2):
        for post_id in crowd.posts(crowd.topic_id)[:3]:
            if post_id not in crowd.said[-1].stand:
                crowd.react(crowd.wren, post_id, turn)
        with crowd.database.transaction() as session:
            begin_leaving(session, crowd.wren_id)
        with crowd.database.transaction() as session:
            cancel_leaving(session, crowd.wren_id)


def reply_on_another_device(crowd: Crowd) -> None:
    """Reply as the one who leaves and returns."""
    for _turn in range(ROUNDS):
        crowd.reply(len(crowd.people) - 1)


def split_and_join(crowd: Crowd) -> None:
    """Give some posts a topic of their own and put them back, again and again."""
    joined = 0
    for attempt in range(500):
        # First one that stays: a topic whose first post is taken back unanswered would go whole, as it should.
        first = crowd.posts(crowd.topic_id, by=crowd.people[attempt % KEEPERS])[:1]
        new = split(crowd, first) if first else None
        if new is not None:
            join(crowd, new)
            joined += 1
        if joined == ROUNDS:
            return
    pytest.fail("No split went through five hundred times.")


def split(crowd: Crowd, first: list[int]) -> int | None:
    """Give a post and some that follow a topic of their own.

    None where one of them was taken back, or its author left, at this very moment, or the other moderator was faster.
    """
    chosen = first + [post for post in crowd.posts(crowd.topic_id) if post > first[0]][:6:2]
    with suppress(Conflict), crowd.database.transaction() as session:
        draft = crowd.why(session, crowd.topic_id)
        posts = SplitDraft(tuple(chosen), "Cats")
        return moderating.split_topic(session, crowd.moderators[0], crowd.topic_id, posts, draft)
    return None


def join(crowd: Crowd, new: int) -> None:
    """Put them back."""

    def change(session: Session) -> None:
        moderating.merge_topic(session, crowd.moderators[0], new, crowd.topic_id, crowd.why(session, new))

    crowd.change(change)


def move(crowd: Crowd) -> None:
    """Move the topic from room to room."""
    for turn in range(ROUNDS * 2):

        def there(session: Session, slug: str = ROOMS[(turn + 1) % 2]) -> None:
            draft = crowd.why(session, crowd.topic_id)
            moderating.move_topic(session, crowd.moderators[1], crowd.topic_id, slug, draft)

        crowd.change(there)


def test_sixteen_at_once_lose_nothing(database: Database) -> None:
    author = somebody(database, "Rowan")
    wren = somebody(database, "Wren")
    assert wren.member_id is not None
    people = (*(somebody(database, f"Writer{number}") for number in range(KEEPERS + TAKERS)), wren)
    crowd = Crowd(
        database,
        start(database, author, topic_draft(ROOMS[0])),
        people,
        wren,
        wren.member_id,
        (somebody(database, "Cedar", Role.MODERATOR), somebody(database, "Aspen", Role.MODERATOR)),
        tuple(Said() for _ in people),
        count(),
    )
    for who in range(KEEPERS):
        crowd.reply(who)
    others: list[Callable[[Crowd], None]] = [
        leave_and_return,
        reply_on_another_device,
        split_and_join,
        move,
    ]
    writers = 16 - len(others)

    def work(number: int) -> None:
        if number < writers:
            write(crowd, number)
        else:
            others[number - writers](crowd)

    together(16, work)

    with database.reading() as session:
        # Each topic's numbers are the ones from 1 on, each once; one that was joined has its line alone.
        for topic in session.scalars(select(Topic)):
            numbers = session.scalars(select(Post.number).where(Post.topic_id == topic.id)).all()
            last = 1 if topic.state is TopicState.MERGED else topic.last_number
            assert sorted(numbers) == list(range(1, last + 1))
        # Every reply that was accepted is there once with the words that were accepted last; what went is nowhere.
        posts = {row.id: row for row in session.execute(select(Post.id, Post.state, Post.markdown))}
        for said in crowd.said:
            assert {post_id: posts[post_id].markdown for post_id in said.stand} == said.stand
            assert all(posts[post_id].state is PostState.PUBLISHED for post_id in said.stand)
            assert all(posts[post_id].state is PostState.DELETED for post_id in said.gone)
        stored = [*(row.markdown for row in posts.values()), *session.scalars(select(PostVersion.markdown))]
        assert len(words := [text for text in stored if text]) == len(set(words))
        assert not {text for said in crowd.said for text in said.gone.values()} & set(stored)
        assert (
            sum(len(said.stand) + len(said.gone) for said in crowd.said) == KEEPERS + (writers + 1) * ROUNDS
        )
        # And they were at it: posts were taken back, moved away and back, and reacted to.
        assert any(said.gone for said in crowd.said)
        merged = select(func.count(Topic.id)).where(Topic.state == TopicState.MERGED)
        assert session.scalar(merged) == ROUNDS
        home = session.scalars(select(Category.slug).join(Topic, Topic.category_id == Category.id)).first()
        assert home in ROOMS
        assert reaction_tallies.posts_after(session, 0, 1000)
    assert_counted(database)


def assert_counted(database: Database) -> None:
    """What pages count is what ``forum recount`` counts."""
    with database.reading() as session:
        assert topic_facts.wrong_among(session, topic_facts.topics_after(session, 0, 1000)) == []
        reacted_to = reaction_tallies.posts_after(session, 0, 1000)
        assert reaction_tallies.wrong_among(session, reacted_to) == []


LEAVING = ["their own reply", "their own reaction", "another's reply", "another's reaction"]


@pytest.mark.parametrize("meanwhile", LEAVING)
@pytest.mark.parametrize("leaves", ["first", "second"])
def test_counts_are_right_for_whoever_leaves_at_this_moment(
    database: Database, meanwhile: str, leaves: str
) -> None:
    rowan, wren, marlow = (somebody(database, name) for name in ("Rowan", "Wren", "Marlow"))
    topic_id = start(database, rowan, topic_draft(ROOMS[0]))
    if "another" in meanwhile:
        reply(database, wren, topic_id)
    with database.transaction() as session:
        opening = session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()
        give_reaction(session, wren, opening, ReactionKind.SAME_HERE)
    actor = wren if "own" in meanwhile else marlow

    def write_or_react(session: Session) -> None:
        if "reply" in meanwhile:
            commands.publish_post(session, actor, topic_id, reply_draft("I hear you."))
        else:
            give_reaction(session, actor, opening, ReactionKind.WITH_YOU)

    def leave(session: Session) -> None:
        assert wren.member_id is not None
        begin_leaving(session, wren.member_id)

    def then(command: Callable[[Session], None]) -> None:
        with database.transaction() as session:
            command(session)

    first, second = (leave, write_or_react) if leaves == "first" else (write_or_react, leave)
    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        first(session)
        waiting = pool.submit(then, second)
        until_somebody_waits(database)
    waiting.result()
    assert_counted(database)
