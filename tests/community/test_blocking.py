"""Two who don't meet: in both directions, everywhere, and the one who was blocked can't tell it from anything else."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member
from forum.community.commands import blocking as commands
from forum.community.commands.bookmarks import keep_bookmark
from forum.community.commands.reactions import give_reaction
from forum.community.models.blocks import Block
from forum.community.models.reactions import ReactionKind
from forum.community.models.threads import Post, PostState
from forum.community.queries.blocking import block_member_page, block_page, blocked_page
from forum.community.queries.threads import newest_posts
from forum.database.session import Database
from forum.errors import Invalid
from forum.permissions.actor import MemberState, Role
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press, refusal
from tests.pages import read_page
from tests.privacy.leavers import erase, press_leave
from tests.recorder import recorded
from tests.threads import together

ROOM = "/categories/flares-today"
NOWHERE = 99_999_999
_HIDDEN_FIELD = re.compile(r'type="hidden"[^>]*value="[^"]*"')


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, "flares-today")
    return made


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who blocks."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> Someone:
    """Who is blocked."""
    return cast.member(app, "Marlow")


@pytest.fixture
def sorrel(app: Flask) -> Someone:
    """Who has nothing to do with it."""
    return cast.member(app, "Sorrel")


@pytest.fixture
def shared(database: Database, juniper: Someone, marlow: Someone, sorrel: Someone) -> tuple[int, int, int]:
    """A topic of somebody else's, and the posts of the two in it."""
    topic_id = start(database, sorrel.actor, topic_draft("flares-today", "Words of Sorrel."))
    return (
        topic_id,
        reply(database, juniper.actor, topic_id, "Words of Juniper."),
        reply(database, marlow.actor, topic_id, "Words of Marlow."),
    )


def block(someone: Someone, post_id: int) -> TestResponse:
    """Block the author of a post through the page that asks."""
    address = f"/posts/{post_id}/block"
    return press(someone.client, address, address)


def topic_of(database: Database, someone: Someone, title: str) -> int:
    draft = topic_draft("flares-today", f"Words of {someone.name}.")
    return start(database, someone.actor, replace(draft, title=title))


def opened(client: FlaskClient, address: str) -> str:
    """Return a page without what differs from one answer to the next."""
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    shown = answer.text.replace(answer.headers["X-Request-Id"], "")
    return _HIDDEN_FIELD.sub("", shown)


def blocks(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        return [(row.blocker_id, row.blocked_id) for row in session.scalars(select(Block))]


def test_it_is_asked_first_and_says_what_it_does(
    database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int]
) -> None:
    _topic, _own, theirs = shared
    asked = page(juniper.client, f"/posts/{theirs}/block")
    assert asked.one("h1").text == "Block Marlow?"
    assert "Marlow is not told" in asked.text
    assert "whoever is logged out can read it" in asked.text
    assert {link.attributes["href"] for link in asked.all("a")} >= {f"/posts/{theirs}/report"}
    answer = block(juniper, theirs)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/blocked?blocked")
    main = page(juniper.client, "/settings/blocked?blocked")
    assert "You don’t meet any more" in main.one(role="status").text
    assert main.one("li").one("h2").text == "Marlow"
    assert "/settings/blocked" in opened(juniper.client, "/settings")
    # Nothing of it is anywhere in the other one's pages.
    assert page(marlow.client, "/settings/blocked").all("li") == []
    assert "logged in" not in page(marlow.client, "/notices").text.casefold()
    assert blocks(database) == [(juniper.member_id, marlow.member_id)]
    # Sent twice, it is the same once.
    token = fields_of(juniper.client, "/settings/reading", "/settings/reading")["csrf_token"]
    again = juniper.client.post(f"/posts/{theirs}/block", data={"csrf_token": token})
    assert again.status_code == 303
    assert len(blocks(database)) == 1


def test_neither_sees_the_others_words_anywhere(
    app: Flask,
    database: Database,
    client: FlaskClient,
    juniper: Someone,
    marlow: Someone,
    sorrel: Someone,
    shared: tuple[int, int, int],
) -> None:
    topic_id, own, theirs = shared
    topics = {one.name: topic_of(database, one, f"Knees of {one.name}") for one in (juniper, marlow)}
    for one, other in ((juniper, marlow), (marlow, juniper)):
        reply(database, one.actor, topics[other.name], f"An answer of {one.name}.")
    everywhere = ("/", ROOM, f"{ROOM}?sort=new", "/search?q=Knees", f"/topics/{topic_id}")
    third = reply(database, sorrel.actor, topic_id, "More of Sorrel.")
    with database.transaction() as session:
        for one, post_id in ((juniper, theirs), (marlow, own)):
            keep_bookmark(session, one.actor, post_id, "")
            give_reaction(session, one.actor, third, ReactionKind.WITH_YOU)
    for one, other in ((juniper, marlow), (marlow, juniper)):
        assert f'">{other.name}</' in opened(one.client, f"/topics/{topic_id}")
        assert other.name in opened(one.client, "/bookmarks")
        assert other.name in opened(one.client, f"/posts/{third}/reactions")
    before = {address: opened(client, address) for address in everywhere}
    block(juniper, theirs)
    for one, other, hidden in ((juniper, marlow, theirs), (marlow, juniper, own)):
        for address in everywhere:
            seen = opened(one.client, address)
            # Their own names stand on their pages.
            assert f"Knees of {other.name}" not in seen, (one.name, address)
            assert f"Words of {other.name}" not in seen, (one.name, address)
            assert f'">{other.name}</' not in seen, (one.name, address)
            assert f"of {other.name}" in opened(sorrel.client, address), address
        in_topic = read_page(opened(one.client, f"/topics/{topic_id}")).one("main")
        assert [gone.text for gone in in_topic.all("article", class_="gone")] == [
            f"#{2 if other is juniper else 3} This post is not shown."
        ]
        # Of the topic that the other began, the title and the words are out of sight, and what others wrote is not.
        begun = opened(one.client, f"/topics/{topics[other.name]}")
        assert "A topic whose first post is not shown" in begun
        assert f"An answer of {one.name}." in begun
        assert f"Knees of {other.name}" not in opened(one.client, "/my-posts")
        assert f"An answer of {one.name}." in opened(one.client, "/my-posts")
        # What acts on a post answers as for one that never was.
        for what in (
            "",
            "/history",
            "/block",
            "/report",
            "/worry",
            "/edit",
            "/delete",
            "/bookmark",
            "/reactions",
        ):
            there, nowhere = (f"/posts/{number}{what}" for number in (hidden, NOWHERE))
            assert refusal(one.client, there) == refusal(one.client, nowhere), there
        # Nor are they offered as somebody to mention, or named among those who reacted.
        people = one.client.get(f"/topics/{topic_id}/people?q={other.name[:2]}")
        assert people.get_json() == {"names": []}
        assert f"@{other.name}" not in opened(one.client, "/catch-up")
        assert f"of {other.name}" not in opened(one.client, "/catch-up")
        assert other.name not in opened(one.client, "/bookmarks")
        assert other.name not in opened(one.client, f"/posts/{third}/reactions")
        with database.reading() as session:
            newest = newest_posts(session, one.actor, topic_id, 5)
        assert [post.author_name for post in newest] == ["Sorrel", one.name]
    # Nobody else sees any of it.
    assert {address: opened(client, address) for address in everywhere} == before


def test_the_blocked_one_sees_what_they_would_see_of_a_hidden_post(
    database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int]
) -> None:
    topic_id, own, theirs = shared
    begun = topic_of(database, juniper, "Knees of Juniper")
    reply(database, marlow.actor, begun, "An answer.")
    pages = (
        *(f"/topics/{one}" for one in (topic_id, begun)),
        *("/my-posts", "/settings", "/notices"),
        *(f"/posts/{own}/{told}/thanks" for told in ("report", "worry")),
    )
    block(juniper, theirs)
    blocked = {address: opened(marlow.client, address) for address in pages}
    token = fields_of(marlow.client, "/settings/reading", "/settings/reading")["csrf_token"]
    form = {"csrf_token": token}
    tries = {
        f"/posts/{own}/block": form,
        f"/posts/{own}/bookmark": {**form, "note": ""},
        f"/posts/{own}/report": {**form, "reason": "harassment", "text": ""},
        "/reactions": {**form, "reaction": f"give:{own}:with-you"},
    }

    def tried() -> list[tuple[int, str]]:
        answers = [marlow.client.post(address, data=fields) for address, fields in tries.items()]
        return [
            (
                answer.status_code,
                _HIDDEN_FIELD.sub("", answer.text.replace(answer.headers["X-Request-Id"], "")),
            )
            for answer in answers
        ]

    when_blocked = tried()
    with database.transaction() as session:
        session.execute(delete(Block))
        first = select(Post.id).where(Post.topic_id == begun, Post.number == 1).scalar_subquery()
        # The rows alone, so that nothing else on these pages changes.
        session.execute(update(Post).where(Post.id.in_([own, first])).values(state=PostState.HIDDEN))
    assert {address: opened(marlow.client, address) for address in pages} == blocked
    assert tried() == when_blocked
    assert {status for status, _text in when_blocked} == {404}


def test_words_of_the_other_can_be_neither_quoted_nor_named(
    app: Flask,
    database: Database,
    juniper: Someone,
    marlow: Someone,
    sorrel: Someone,
    shared: tuple[int, int, int],
) -> None:
    topic_id, own, theirs = shared
    mention = f"@Juniper said so.\n\n> [#2](/posts/{own})\n> Words of Juniper.\n\nSo did I."
    reply(database, sorrel.actor, topic_id, mention)
    address = f"/topics/{topic_id}"
    before = opened(marlow.client, address)
    assert "Words of Juniper." in before
    assert '<b class="mention">@Juniper</b>' in before
    block(juniper, theirs)
    after = opened(marlow.client, address)
    assert "Juniper" not in after
    assert "So did I." in after
    assert '<b class="mention">@Juniper</b>' in opened(sorrel.client, address)
    # Typed, the name stays letters, and the quote is refused as one of a post that isn't there.
    refusals = []
    for number in (own, NOWHERE):
        with pytest.raises(Invalid) as refused:
            reply(database, marlow.actor, topic_id, f"> [#2](/posts/{number})\n> Words of Juniper.\n\nNo.")
        refusals.append(refused.value.fields)
    assert refusals[0] == refusals[1]
    mine = reply(database, marlow.actor, topic_id, "@Juniper, hello.")
    with database.reading() as session:
        assert session.get_one(Post, mine).markdown == "@Juniper, hello."


def test_whoever_moderates_sees_everything_and_a_member_whom_they_block_does_not(
    app: Flask, database: Database, juniper: Someone, shared: tuple[int, int, int]
) -> None:
    topic_id, own, _theirs = shared
    cedar = cast.moderator(app)
    words = reply(database, cedar.actor, topic_id, "Words of Cedar.")
    asked = page(cedar.client, f"/posts/{own}/block")
    assert "As long as you moderate, you go on seeing what Juniper writes." in asked.text
    assert block(cedar, own).status_code == 303
    assert "Words of Juniper." in opened(cedar.client, f"/topics/{topic_id}")
    assert "Words of Cedar." not in opened(juniper.client, f"/topics/{topic_id}")
    assert juniper.client.get(f"/posts/{words}").status_code == 404
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == cedar.member_id).values(role=Role.MEMBER))
    assert "Words of Juniper." not in opened(cedar.client, f"/topics/{topic_id}")


def test_it_is_ended_from_the_list_by_whoever_began_it(
    database: Database, juniper: Someone, marlow: Someone, sorrel: Someone, shared: tuple[int, int, int]
) -> None:
    topic_id, _own, theirs = shared
    block(juniper, theirs)
    # Who isn't in one's own list, is nobody, or did the blocking: the answer is the same, and nothing changes.
    token = fields_of(marlow.client, "/settings/reading", "/settings/reading")["csrf_token"]
    for member in (juniper.uuid, sorrel.uuid, uuid4()):
        answer = marlow.client.post("/settings/blocked", data={"csrf_token": token, "member": str(member)})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/blocked?ended")
    assert (
        marlow.client.post("/settings/blocked", data={"csrf_token": token, "member": "x"}).status_code == 400
    )
    assert len(blocks(database)) == 1
    # Out of everybody's sight, they have no name here either.
    cast.pause(marlow)
    line = page(juniper.client, "/settings/blocked").one("li")
    assert line.one("h2").text == "Somebody who is not shown at present"
    assert "Marlow" not in opened(juniper.client, "/settings/blocked")
    with database.transaction() as session:
        session.execute(
            update(Member)
            .where(Member.id == marlow.member_id)
            .values(state=MemberState.ACTIVE, name="Tansy", name_key="tansy")
        )
    assert page(juniper.client, "/settings/blocked").one("li").one("button").text == "Unblock: Tansy"
    assert press(juniper.client, "/settings/blocked", "/settings/blocked").status_code == 303
    assert blocks(database) == []
    assert "Words of Marlow." in opened(juniper.client, f"/topics/{topic_id}")
    assert "Words of Juniper." in opened(marlow.client, f"/topics/{topic_id}")


@pytest.mark.proves("D5")
@pytest.mark.parametrize("who", ["juniper", "marlow"])
def test_it_ends_when_either_leaves(
    database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int], who: str
) -> None:
    _topic, _own, theirs = shared
    block(juniper, theirs)
    leaver, other = (juniper, marlow) if who == "juniper" else (marlow, juniper)
    assert press_leave(leaver.client, days="1").status_code == 200
    erase(database)
    assert blocks(database) == []
    assert page(other.client, "/settings/blocked").all("li") == []


def test_whoever_can_not_be_blocked_and_how_many_can(
    app: Flask, database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int]
) -> None:
    topic_id, own, theirs = shared
    assert juniper.client.get(f"/posts/{own}/block").status_code == 403
    with database.transaction() as session:
        session.execute(
            update(Post).where(Post.topic_id == topic_id, Post.number == 1).values(author_id=None)
        )
        opening = session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()
    assert juniper.client.get(f"/posts/{opening}/block").status_code == 404
    with database.transaction() as session:
        others = session.scalars(
            insert(Member).returning(Member.id),
            [
                {
                    "uuid": uuid4(),
                    "name": f"Other-{number}",
                    "name_key": f"other-{number}",
                    "name_since": clock.now(),
                    "locale": "en",
                    "joined_at": clock.now(),
                }
                for number in range(commands.MOST_BLOCKED)
            ],
        ).all()
        today = clock.now().date()
        session.execute(
            insert(Block),
            [{"blocker_id": juniper.member_id, "blocked_id": one, "blocked_on": today} for one in others],
        )
    answer = block(juniper, theirs)
    assert answer.status_code == 409
    assert "500 people" in answer.text
    assert len(blocks(database)) == commands.MOST_BLOCKED
    actor = juniper.actor
    with recorded(database) as statements, database.reading() as session:
        assert len(blocked_page(session, actor).blocked) == commands.MOST_BLOCKED
        assert block_page(session, actor, theirs).name == "Marlow"
    assert len(statements) == 3


def test_one_blocks_from_a_page_what_one_can_see_there(
    app: Flask, database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int]
) -> None:
    address = "/members/Marlow/block"
    assert address in {link.attributes["href"] for link in page(juniper.client, "/members/Marlow").all("a")}
    asked = page(juniper.client, address)
    assert asked.one("h1").text == "Block Marlow?"
    assert not any(link.attributes["href"].endswith("/report") for link in asked.all("a"))
    token = fields_of(juniper.client, address, address)
    # Oneself, nobody, and whoever blocked one already: the answers of nobody's page.
    assert juniper.client.get("/members/Juniper/block").status_code == 403
    assert juniper.client.post("/members/Juniper/block", data=token).status_code == 403
    assert press(juniper.client, address, address).headers["Location"] == "/settings/blocked?blocked"
    assert blocks(database) == [(juniper.member_id, marlow.member_id)]
    for one, other in ((juniper, "Marlow"), (marlow, "Juniper")):
        for what in ("", "/block"):
            there, nowhere = (
                refusal(one.client, f"/members/{name}{what}") for name in (other, "Nobody-here")
            )
            assert there.replace(other, "") == nowhere.replace("Nobody-here", "")
    # Sent twice it is the same once, and whoever was blocked learns nothing by trying.
    assert juniper.client.post(address, data=token).status_code == 303
    theirs = fields_of(marlow.client, "/settings/reading", "/settings/reading")["csrf_token"]
    for name in ("Juniper", "Nobody-here"):
        answer = marlow.client.post(f"/members/{name}/block", data={"csrf_token": theirs})
        assert answer.status_code == 404
    assert blocks(database) == [(juniper.member_id, marlow.member_id)]
    actor, other_actor = cast.member(app, "Tansy").actor, cast.member(app, "Wren")
    with recorded(database) as statements, database.reading() as session:
        assert block_member_page(session, actor, other_actor.name).name == "Wren"
    assert len(statements) == 2


def test_two_who_block_each_other_at_once_both_do(
    database: Database, juniper: Someone, marlow: Someone, shared: tuple[int, int, int]
) -> None:
    _topic, own, theirs = shared
    actors = ((juniper.actor, theirs), (marlow.actor, own))

    def work(number: int) -> None:
        actor, post_id = actors[number % 2]
        with database.transaction() as session:
            commands.block_author(session, actor, post_id)

    together(4, work)
    assert sorted(blocks(database)) == sorted(
        [(juniper.member_id, marlow.member_id), (marlow.member_id, juniper.member_id)]
    )
    # The one ends it, and the other's stays.
    with database.transaction() as session:
        commands.end_block(session, juniper.actor, marlow.uuid)
    assert blocks(database) == [(marlow.member_id, juniper.member_id)]
    assert juniper.client.get(f"/posts/{theirs}").status_code == 404
