"""What arranging leaves in the community's rows where pages hardly reach: whose posts are whose, and facts."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.community import arranging
from forum.community.models.threads import Audience, Post, PostState, Topic, TopicState
from forum.community.subjects import topics_at_work
from forum.community.topic_facts import rewrite
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.errors import Conflict
from forum.permissions.actor import Actor, MemberId, Role
from tests.community.conftest import People, reply, start, topic_draft

STAFF = Actor(member_id=MemberId(99), role=Role.MODERATOR)


def merge(database: Database, source: int, target: int) -> None:
    """Join two topics."""
    with database.transaction() as session:
        at_work = topics_at_work(session, STAFF, [source, target])
        arranging.merge_topics(session, at_work[source], at_work[target])


def split(database: Database, topic_id: int, post_ids: list[int], title: str = "Cats") -> int:
    """Split posts off."""
    with database.transaction() as session:
        topic = topics_at_work(session, STAFF, [topic_id])[topic_id]
        return arranging.split_topic(
            session, topic, arranging.posts_to_split(session, topic, post_ids), title
        )


def whose(database: Database, topic_id: int) -> list[bool]:
    """Say of each post, in their order, whether the topic's author wrote it."""
    with database.reading() as session:
        found = select(Post.by_topic_author).where(Post.topic_id == topic_id, Post.state != PostState.MOVED)
        return list(session.scalars(found.order_by(Post.number)))


def forget(session: Session, actor: Actor) -> None:
    """Take somebody's name from all they wrote, as leaving does."""
    session.execute(update(Post).where(Post.author_id == actor.member_id).values(author_id=None))
    session.execute(update(Topic).where(Topic.author_id == actor.member_id).values(author_id=None))


def replies(database: Database, people: People, topic_id: int) -> list[int]:
    """Let the other one, the author, and both again answer."""
    both = (people.other, people.author, people.other, people.author)
    return [reply(database, actor, topic_id) for actor in both]


def test_posts_of_former_members_are_nobodys_after_a_merge(
    database: Database, people: People, room: str, topic_id: int
) -> None:
    replies(database, people, topic_id)
    target = start(database, people.author, topic_draft(room))
    with database.transaction() as session:
        forget(session, people.author)
    merge(database, topic_id, target)
    # The target's own stays its author's; whether the other one left too, nobody can say of the rest.
    assert whose(database, target) == [True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        # By the author of the topic that they leave: so are both of these posts.
        (1, [True, False, True]),
        # By somebody who left as well: nobody can say which others were theirs.
        (0, [True, False, False, False]),
    ],
)
def test_posts_of_former_members_after_a_split(
    database: Database, people: People, topic_id: int, first: int, expected: list[bool]
) -> None:
    posts = replies(database, people, topic_id)
    with database.transaction() as session:
        forget(session, people.author)
        forget(session, people.other)
    assert whose(database, split(database, topic_id, posts[first:])) == expected


def test_the_communitys_posts_stay_the_communitys(
    database: Database, people: People, room: str, topic_id: int
) -> None:
    posts = replies(database, people, topic_id)
    target = start(database, people.other, topic_draft(room))
    with database.transaction() as session:
        for table, column in ((Post, Post.topic_id), (Topic, Topic.id)):
            session.execute(update(table).where(column == target).values(author_id=None, from_community=True))
        session.execute(
            update(Post).where(Post.id.in_(posts[1:3])).values(author_id=None, from_community=True)
        )
    new = split(database, topic_id, posts[1:])
    assert whose(database, new) == [True, True, False]
    with database.reading() as session:
        row = session.get_one(Topic, new)
        assert (row.from_community, row.author_id) == (True, None)
    merge(database, new, target)
    assert whose(database, target) == [True, True, True, False]


def test_older_posts_at_the_end_do_not_make_a_topic_older(
    database: Database, people: People, room: str, topic_id: int
) -> None:
    old = start(database, people.other, topic_draft(room))
    with database.reading() as session:
        before = session.scalars(select(Post.written_at).where(Post.topic_id == topic_id)).one()
    with database.transaction() as session:
        then = before - timedelta(days=400)
        session.execute(update(Post).where(Post.topic_id == old).values(written_at=then))
    merge(database, old, topic_id)
    with database.reading() as session:
        assert session.get_one(Topic, topic_id).last_activity_at == before


def test_a_post_taken_down_is_moved_along_by_a_merge_and_left_by_a_split(
    database: Database, people: People, room: str, topic_id: int
) -> None:
    posts = replies(database, people, topic_id)
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == posts[0]).values(state=PostState.REMOVED))
        rewrite(session, topic_id)
    with pytest.raises(Conflict):
        split(database, topic_id, posts)
    new = split(database, topic_id, posts[1:])
    target = start(database, people.other, topic_draft(room))
    merge(database, topic_id, target)
    with database.reading() as session:
        rows = session.execute(
            select(Post.number, Post.state, Post.moved_to_id)
            .where(Post.topic_id == target)
            .order_by(Post.number)
        ).all()
        assert [row.state.value for row in rows] == [
            "published",
            "published",
            "removed",
            "moved",
            "moved",
            "moved",
        ]
        assert [row.moved_to_id for row in rows[3:]] == posts[1:]
        assert session.get_one(Topic, target).reply_count == 1
        assert session.get_one(Topic, new).reply_count == 2


def test_joining_makes_every_page_stale_that_shows_it(
    database: Database, people: People, room: str, topic_id: int
) -> None:
    target = start(database, people.other, topic_draft(room))

    def stamps() -> dict[str, int]:
        with database.reading() as session:
            rows = session.execute(select(PageStamp.scope, PageStamp.version))
            return {row.scope: row.version for row in rows}

    before = stamps()
    merge(database, topic_id, target)
    after = stamps()
    changed = {scope for scope in after if after[scope] != before.get(scope)}
    with database.reading() as session:
        category = session.get_one(Topic, target).category_id
    assert changed == {"latest", f"topic:{topic_id}", f"topic:{target}", f"category:{category}"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE topic SET state = 'merged'",
        "UPDATE topic SET merged_into_id = id",
        "UPDATE post SET state = 'moved'",
        "UPDATE post SET moved_to_id = id",
        "UPDATE topic SET state = 'gone'",
    ],
)
def test_the_database_holds_what_arranging_relies_on(
    database: Database, topic_id: int, statement: str
) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text(statement))


def test_only_topics_for_all_members_are_joined(database: Database, people: People, room: str) -> None:
    narrow = start(database, people.author, topic_draft(room, audience=Audience.MODERATORS_AND_AUTHOR))
    wide = start(database, people.author, topic_draft(room))
    with pytest.raises(Conflict):
        merge(database, narrow, wide)
    with database.reading() as session:
        assert session.get_one(Topic, narrow).state is TopicState.PUBLISHED
