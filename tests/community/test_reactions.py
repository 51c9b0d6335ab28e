"""The four reactions: given and taken back on the page, counted once, right whatever becomes of giver and post."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.leaving import GRACE, cancel_leaving
from forum.accounts.models import Member
from forum.community import reaction_tallies
from forum.community.commands.reactions import give_reaction, take_back_reaction
from forum.community.commands.writing import delete_post
from forum.community.models.blocks import Block
from forum.community.models.reactions import Reaction, ReactionKind, ReactionTally
from forum.community.models.threads import Audience, Post, Topic
from forum.community.queries.reactions import reactions_page
from forum.database.page_stamps import PageStamp
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Forbidden, NotFound
from forum.permissions.actor import MemberState
from forum.privacy.erasing import erase_now
from forum.privacy.restriction import lift_restriction, restrict_member
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.leaving import leave, run
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.threads import together

KINDS = tuple(ReactionKind)


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who wrote."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> Someone:
    """Who reacts."""
    return cast.member(app, "Marlow")


@pytest.fixture
def rowan(app: Flask) -> Someone:
    """Who reacts, too."""
    return cast.member(app, "Rowan")


@pytest.fixture
def topic(database: Database, juniper: Someone, room: str) -> int:
    """The id of a public topic of Juniper's."""
    return start(database, juniper.actor, topic_draft(room))


@pytest.fixture
def post(database: Database, topic: int) -> int:
    """The id of its first post."""
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic)).one()


@pytest.fixture
def checked(database: Database) -> Iterator[None]:
    """At the end the tallies say what there is to be counted."""
    yield
    with database.reading() as session:
        assert reaction_tallies.wrong_among(session, reaction_tallies.posts_after(session, 0, 100)) == []


def at(client: FlaskClient, topic: int, number: int = 1) -> Element:
    """Return a post as somebody's browser shows it."""
    answer = client.get(f"/topics/{topic}", follow_redirects=True)
    assert answer.status_code == 200
    return read_page(answer.text).one("article", id=f"post-{number}")


def press(someone: Someone, topic: int, value: str) -> TestResponse:
    """Press a button as it stands on the topic's page, with the token of its form."""
    page = read_page(someone.client.get(f"/topics/{topic}", follow_redirects=True).text)
    form = page.one("form", id="reactions")
    assert form.attributes["action"] == "/reactions"
    buttons = page.all("button", form="reactions", name="reaction", value=value)
    assert len(buttons) == 1, value
    token = form.one("input", name="csrf_token").attributes["value"]
    return someone.client.post("/reactions", data={"csrf_token": token, "reaction": value})


def tally(database: Database, post: int) -> dict[ReactionKind, int]:
    """Return what pages count, without the zeros."""
    with database.reading() as session:
        row = session.get(ReactionTally, post)
    counts = (row.with_you, row.same_here, row.thank_you, row.no_words) if row else ()
    return {kind: count for kind, count in zip(KINDS, counts, strict=False) if count}


def stamp(database: Database, topic: int) -> int:
    """Return how often the topic's page changed."""
    with database.reading() as session:
        return session.get_one(PageStamp, f"topic:{topic}").version


def give(database: Database, someone: Someone, post: int, *kinds: ReactionKind) -> None:
    """Give reactions, each in a transaction of its own."""
    for kind in kinds or (ReactionKind.WITH_YOU,):
        with database.transaction() as session:
            give_reaction(session, someone.actor, post, kind)


def test_reactions_are_given_counted_and_taken_back_on_the_page(
    client: FlaskClient,
    database: Database,
    topic: int,
    post: int,
    juniper: Someone,
    marlow: Someone,
    rowan: Someone,
) -> None:
    assert "With you" not in at(client, topic).text
    before = stamp(database, topic)
    answer = press(marlow, topic, f"give:{post}:with-you")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#post-1")
    press(marlow, topic, f"give:{post}:same-here")
    press(rowan, topic, f"give:{post}:with-you")
    # At once for everybody, and whatever is kept of the page is stale.
    assert stamp(database, topic) == before + 3
    for_visitors = at(client, topic)
    assert "With you 2" in for_visitors.text
    assert "Same here 1" in for_visitors.text
    assert "Thank you" not in for_visitors.text
    assert not for_visitors.all("button")
    # Nobody reacts to themselves, but they see what came; all four are there for whoever may.
    assert not at(juniper.client, topic).all("button", form="reactions")
    assert "With you 2" in at(juniper.client, topic).text
    mine = at(rowan.client, topic).all("button", form="reactions")
    assert {one.attributes["value"]: one.attributes["aria-pressed"] for one in mine} == {
        f"take-back:{post}:with-you": "true",
        f"give:{post}:same-here": "false",
        f"give:{post}:thank-you": "false",
        f"give:{post}:no-words": "false",
    }
    press(rowan, topic, f"take-back:{post}:with-you")
    assert "With you 1" in at(client, topic).text


def test_who_reacted_is_for_members_and_names_nobody_who_is_out_of_sight_or_blocked(
    app: Flask,
    client: FlaskClient,
    database: Database,
    topic: int,
    post: int,
    juniper: Someone,
    marlow: Someone,
    rowan: Someone,
) -> None:
    give(database, marlow, post, ReactionKind.THANK_YOU, ReactionKind.WITH_YOU)
    give(database, rowan, post)
    address = f"/posts/{post}/reactions"
    assert at(juniper.client, topic).all("a", href=address)
    assert not at(client, topic).all("a", href=address)
    assert client.get(address).status_code in (303, 401)

    def named(someone: Someone) -> dict[str, list[str]]:
        answer = someone.client.get(address)
        assert answer.status_code == 200
        main = read_page(answer.text).one("main")
        return {
            section.one("h2").text: [one.text for one in section.all("li")] for section in main.all("section")
        }

    assert named(juniper) == {"With you": ["Marlow", "Rowan"], "Thank you": ["Marlow"]}
    with recorded(database) as statements, database.reading() as session:
        reactions_page(session, juniper.actor, post)
    # The last is the one that says who Juniper is.
    assert len([one for one in statements if one.startswith("SELECT")]) <= 3
    with database.transaction() as session:
        session.execute(
            insert(Block).values(
                blocker_id=rowan.member_id, blocked_id=marlow.member_id, blocked_on=clock.now().date()
            )
        )
    assert named(marlow) == {"With you": ["Marlow"], "Thank you": ["Marlow"]}
    assert named(rowan) == {"With you": ["Rowan"]}
    assert "With you 2" in at(marlow.client, topic).text
    leave(rowan)
    assert named(juniper) == {"With you": ["Marlow"], "Thank you": ["Marlow"]}
    waiting = cast.member(app, "Wren")
    with database.transaction() as session:
        session.get_one(Member, waiting.member_id).state = MemberState.WAITING
    assert waiting.client.get(address).status_code == 404


def test_no_reaction_where_nothing_can_be_written_or_read(
    app: Flask, database: Database, topic: int, post: int, room: str, juniper: Someone, marlow: Someone
) -> None:
    suspended, resting = cast.member(app, "Reed"), cast.member(app, "Wren")
    for actor in (
        juniper.actor,
        replace(suspended.actor, is_suspended=True),
        replace(resting.actor, state=MemberState.PAUSED),
        replace(resting.actor, state=MemberState.WAITING),
        replace(marlow.actor, site_is_read_only=True),
        replace(marlow.actor, has_to_agree_again=True),
    ):
        with pytest.raises(Forbidden), database.transaction() as session:
            give_reaction(session, actor, post, ReactionKind.WITH_YOU)
    hidden_topic = start(database, juniper.actor, topic_draft(room, audience=Audience.MODERATORS_AND_AUTHOR))
    with database.reading() as session:
        unseen = session.scalars(select(Post.id).where(Post.topic_id == hidden_topic)).one()
    blocked = replace(marlow.actor, blocks=frozenset({int(juniper.member_id)}))
    for actor, number in ((marlow.actor, unseen), (blocked, post), (marlow.actor, 10**15)):
        with pytest.raises(NotFound), database.transaction() as session:
            give_reaction(session, actor, number, ReactionKind.WITH_YOU)
    # What no page offers is a mistake of whoever sends it.
    page = read_page(marlow.client.get(f"/topics/{topic}", follow_redirects=True).text)
    token = page.one("form", id="reactions").one("input", name="csrf_token").attributes["value"]
    for value in (
        "",
        "give",
        f"give:{post}",
        f"give:{post}:hate",
        f"keep:{post}:with-you",
        "give:x:with-you",
    ):
        sent = {"csrf_token": token, "reaction": value}
        assert marlow.client.post("/reactions", data=sent).status_code == 400, value
    assert tally(database, post) == {}


@pytest.mark.usefixtures("checked")
def test_ones_own_is_taken_back_also_where_the_post_is_out_of_sight(
    app: Flask, database: Database, topic: int, post: int, juniper: Someone, marlow: Someone, rowan: Someone
) -> None:
    page = read_page(marlow.client.get(f"/topics/{topic}", follow_redirects=True).text)
    token = page.one("form", id="reactions").one("input", name="csrf_token").attributes["value"]

    def takes_back(kind: ReactionKind, number: int = post) -> tuple[int, str]:
        sent = {"csrf_token": token, "reaction": f"take-back:{number}:{kind}"}
        answer = marlow.client.post("/reactions", data=sent)
        return answer.status_code, answer.headers["Location"]

    for someone in (marlow, rowan):
        for kind in KINDS[:3]:
            with database.transaction() as session:
                give_reaction(session, someone.actor, post, kind)
    assert takes_back(KINDS[0])[1].endswith("#post-1")
    with database.transaction() as session:
        session.add(
            Block(blocker_id=marlow.member_id, blocked_id=juniper.member_id, blocked_on=clock.now().date())
        )
    assert takes_back(KINDS[1]) == (303, "/")
    with database.transaction() as session:
        session.execute(delete(Block))
        session.execute(update(Topic).values(audience=Audience.MODERATORS_AND_AUTHOR))
    assert takes_back(KINDS[2]) == (303, "/")
    # As for what never was.
    assert takes_back(KINDS[2], 10**15) == (303, "/")
    assert tally(database, post) == dict.fromkeys(KINDS[:3], 1)


@pytest.mark.usefixtures("checked")
def test_pressing_at_the_same_moment_counts_once(
    database: Database, topic: int, post: int, marlow: Someone, rowan: Someone
) -> None:
    actors = (marlow.actor, rowan.actor)

    def react(number: int) -> None:
        with database.transaction() as session:
            give_reaction(session, actors[number % 2], post, KINDS[number // 4])

    together(8, react)
    assert tally(database, post) == {ReactionKind.WITH_YOU: 2, ReactionKind.SAME_HERE: 2}
    before = stamp(database, topic)

    def undo(number: int) -> None:
        with database.transaction() as session:
            take_back_reaction(session, actors[number % 2], post, ReactionKind.WITH_YOU)

    together(6, undo)
    assert tally(database, post) == {ReactionKind.SAME_HERE: 2}
    # What was not there to be taken back changed no page.
    assert stamp(database, topic) == before + 2


@pytest.mark.usefixtures("checked")
@pytest.mark.proves("D6")
def test_counts_follow_the_giver_out_of_sight_and_back(
    database: Database, post: int, juniper: Someone, marlow: Someone, rowan: Someone
) -> None:
    give(database, marlow, post, ReactionKind.WITH_YOU, ReactionKind.NO_WORDS)
    give(database, rowan, post)
    both = {ReactionKind.WITH_YOU: 2, ReactionKind.NO_WORDS: 1}
    left = {ReactionKind.WITH_YOU: 1}
    assert tally(database, post) == both
    with database.transaction() as session:
        restrict_member(session, marlow.actor)
    assert tally(database, post) == left
    with database.transaction() as session:
        lift_restriction(session, marlow.actor)
    assert tally(database, post) == both
    leave(marlow)
    assert tally(database, post) == left
    with database.transaction() as session:
        cancel_leaving(session, marlow.member_id)
    assert tally(database, post) == both
    leave(marlow)
    run(database, GRACE + timedelta(days=1))
    assert tally(database, post) == left
    # After a restore somebody is erased again who was never out of sight in the backup.
    with database.transaction() as session:
        erase_now(session, Subject(rowan.member_id, rowan.uuid), cast.BAN_KEYS)
    assert tally(database, post) == {}
    with database.reading() as session:
        assert session.scalars(select(Reaction.kind)).all() == []


@pytest.mark.usefixtures("checked")
@pytest.mark.proves("D6")
def test_reactions_go_with_the_words_that_they_answered(
    database: Database, topic: int, post: int, juniper: Someone, marlow: Someone, rowan: Someone
) -> None:
    answer = reply(database, marlow.actor, topic)
    give(database, rowan, answer)
    give(database, rowan, post)
    give(database, juniper, answer, ReactionKind.SAME_HERE)
    with database.transaction() as session:
        delete_post(session, marlow.actor, answer)
    assert tally(database, answer) == {}
    assert tally(database, post) == {ReactionKind.WITH_YOU: 1}
    leave(juniper)
    run(database, GRACE + timedelta(days=1))
    with database.reading() as session:
        assert session.scalars(select(Reaction.post_id)).all() == []
        assert session.scalars(select(ReactionTally.post_id)).all() == []
