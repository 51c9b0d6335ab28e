"""The community's pages as they are read: how many statements, in which order, and for whose eyes."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from forum.community.commands.terms import add_term
from forum.community.models.people import TermKind
from forum.community.models.threads import Audience, Topic
from forum.community.queries import threads
from forum.community.queries import topics as queries
from forum.community.queries.topics import Sort
from forum.community.what_is_sent import TermDraft
from forum.database.keyset import Window
from forum.database.session import Database
from forum.errors import Malformed, NotFound
from forum.permissions.actor import OPERATOR, VISITOR, Actor, MemberState, Purpose, Role
from tests.community.conftest import People, reply, start, topic_draft
from tests.recorder import recorded


def test_a_topic_page_takes_two_statements_however_long_it_is(
    database: Database, people: People, topic_id: int
) -> None:
    for _ in range(25):
        reply(database, people.other, topic_id)
    with database.reading() as session, recorded(database) as statements:
        page = threads.topic_page(session, VISITOR, topic_id, 2)
    assert len(statements) == 2
    assert (page.page, page.pages, [post.number for post in page.posts]) == (2, 2, [21, 22, 23, 24, 25, 26])


@pytest.mark.parametrize("page", [0, 2, 10**12])
def test_a_page_that_is_not_there_is_not_found(database: Database, topic_id: int, page: int) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        threads.topic_page(session, VISITOR, topic_id, page)


@pytest.mark.parametrize("sort", [Sort.ACTIVE, Sort.NEW])
def test_a_category_is_walked_older_and_newer_with_pinned_topics_first(
    database: Database, people: People, room: str, sort: Sort
) -> None:
    made = [start(database, people.author, topic_draft(room)) for _ in range(queries.TOPICS_PER_PAGE + 7)]
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == made[0]).values(pinned=1))
    with database.reading() as session:
        with recorded(database) as statements:
            first = queries.category_page(session, VISITOR, room, sort, Window())
        second = queries.category_page(session, VISITOR, room, sort, Window(older=first.older))
        again = queries.category_page(session, VISITOR, room, sort, Window(newer=second.newer))
    assert len(statements) == 2
    walked = [topic.id for topic in (*first.topics, *second.topics)]
    assert walked == [made[0], *reversed(made[1:])]
    assert (first.newer, second.older) == ("", "")
    assert again.topics == first.topics
    assert again.newer == ""


def test_active_follows_the_last_reply_and_new_the_beginning(
    database: Database, people: People, room: str
) -> None:
    old, young = (start(database, people.author, topic_draft(room)) for _ in range(2))
    reply(database, people.other, old)
    with database.reading() as session:
        orders = {
            sort: [topic.id for topic in queries.category_page(session, VISITOR, room, sort, Window()).topics]
            for sort in Sort
        }
    assert orders == {Sort.ACTIVE: [old, young], Sort.NEW: [young, old], Sort.UNANSWERED: [young]}


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "\u2713", "A" * 10_000])
def test_a_cursor_nobody_here_made_is_malformed(database: Database, room: str, cursor: str) -> None:
    with database.reading() as session, pytest.raises(Malformed):
        queries.category_page(session, VISITOR, room, Sort.ACTIVE, Window(older=cursor))


MEMBERS = {
    "author",
    "other",
    "alike",
    "alike and resting",
    "alike and without consent",
    "category moderator",
    "elsewhere moderator",
    "moderator",
}
AUDIENCES = {
    Audience.PUBLIC: {"visitor"} | MEMBERS,
    Audience.PUBLIC_UNLISTED: {"visitor"} | MEMBERS,
    Audience.MEMBERS: MEMBERS,
    Audience.SAME_CONDITION: {"author", "alike", "category moderator", "moderator"},
    Audience.MODERATORS_AND_AUTHOR: {"author", "category moderator", "moderator"},
}


@pytest.mark.parametrize("audience", Audience)
def test_page_and_list_agree_on_who_sees_a_topic(
    database: Database, people: People, room: str, audience: Audience
) -> None:
    with database.transaction() as session:
        mine, theirs = (
            add_term(session, OPERATOR, TermDraft(TermKind.CONDITION, name)) for name in ("Migraine", "Gout")
        )
    author = replace(people.author, condition_ids=frozenset({mine}))
    draft = replace(topic_draft(room, audience=audience), condition_slug="migraine")
    topic_id = start(database, author, draft)
    with database.reading() as session:
        category_id = session.get_one(Topic, topic_id).category_id
    member = people.other.member_id
    actors = {
        "visitor": VISITOR,
        "author": people.author,
        "other": replace(people.other, condition_ids=frozenset({theirs})),
        "alike": replace(people.other, condition_ids=frozenset({mine, theirs})),
        "alike and resting": Actor(
            member_id=member, state=MemberState.PAUSED, condition_ids=frozenset({mine})
        ),
        "alike and without consent": Actor(
            member_id=member,
            condition_ids=frozenset({mine}),
            missing_consents=frozenset({Purpose.HEALTH_DATA}),
        ),
        "category moderator": Actor(
            member_id=member, role=Role.CATEGORY_MODERATOR, category_ids=frozenset({category_id})
        ),
        "elsewhere moderator": Actor(
            member_id=member, role=Role.CATEGORY_MODERATOR, category_ids=frozenset({category_id + 1})
        ),
        "moderator": Actor(member_id=member, role=Role.MODERATOR),
    }
    on_page, in_list = set(), set()
    with database.reading() as session:
        for name, actor in actors.items():
            if queries.category_page(session, actor, room, Sort.ACTIVE, Window()).topics:
                in_list.add(name)
            try:
                page = threads.topic_page(session, actor, topic_id, 1)
            except NotFound:
                continue
            on_page.add(name)
            assert ("flare" in page.address) == (audience is Audience.PUBLIC)
        latest = queries.latest_topics(session, VISITOR, 5)
    assert on_page == in_list == AUDIENCES[audience]
    assert bool(latest) == (audience is Audience.PUBLIC)


def test_the_newest_posts_leave_out_post_one_and_what_is_not_shown(
    database: Database, people: People, topic_id: int
) -> None:
    posts = [reply(database, people.other, topic_id, f"Reply {n}") for n in range(4)]
    with database.reading() as session, recorded(database) as statements:
        found = threads.newest_posts(session, VISITOR, topic_id, 3)
    assert len(statements) == 1
    assert [post.id for post in found] == posts[:0:-1]
