"""What changed since somebody was here: replies to them first, nothing they don't want, and no numbers."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import Member
from forum.community.commands.writing import edit_post
from forum.community.models.blocks import Block
from forum.community.models.reading import CategoryWatch, ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.slots import Slot, SlotKind
from forum.community.models.threads import Audience, Category, Post, PostState, Topic, TopicState
from forum.community.queries.catch_up import REPLIES, TOPICS
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.permissions.actor import MemberState
from forum.text.markdown import render_post
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.conftest import database_of
from tests.pages import Element, read_page
from tests.recorder import recorded


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, in which everything follows that follows from an event."""
    return database_of(app)


@pytest.fixture
def juniper(app: Flask, database: Database) -> cast.Someone:
    """The member who comes back after a day."""
    someone = cast.member(app, "Juniper")
    was_here(database, someone)
    return someone


@pytest.fixture
def marlow(app: Flask) -> cast.Someone:
    """Somebody who wrote meanwhile."""
    return cast.member(app, "Marlow")


def was_here(database: Database, someone: cast.Someone) -> None:
    """Let somebody have been here a day ago."""
    moment = clock.now() - timedelta(days=1)
    with database.transaction() as session:
        session.add(Visit(member_id=someone.member_id, since=moment - timedelta(days=1), last_at=moment))


def topic_of(
    database: Database, someone: cast.Someone, room: str, title: str, days_ago: float = 0, **changes: object
) -> int:
    """Start a topic; what a draft doesn't have is changed afterwards."""
    with clock.held_at(clock.now() - timedelta(days=days_ago)):
        topic_id = start(database, someone.actor, topic_draft(room))
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(title=title, **changes))
    return topic_id


def about(database: Database, someone: cast.Someone, post_id: int, kind: SlotKind) -> None:
    """Let a post mention somebody, or quote what they wrote."""
    span = {"starts_at": 0, "ends_at": 4} if kind is SlotKind.QUOTE else {}
    with database.transaction() as session:
        ordinals = session.scalars(select(Slot.ordinal).where(Slot.post_id == post_id)).all()
        ordinal = max(ordinals, default=0) + 1
        token = f" [[{kind.value} {ordinal}]]"
        session.execute(update(Post).where(Post.id == post_id).values(markdown=Post.markdown + token))
        session.add(
            Slot(
                post_id=post_id,
                ordinal=ordinal,
                kind=kind,
                member_id=someone.member_id,
                **span,
            )
        )


def set_post(database: Database, post_id: int, **values: object) -> None:
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(**values))


def main_of(someone: cast.Someone, address: str = "/catch-up") -> Element:
    answer = someone.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    return read_page(answer.text).one("main")


def listed(main: Element) -> dict[str, list[str]]:
    """Return what stands under each heading: who did what, or which topic."""
    return {
        section.one("h2").text: [line.text for line in section.all("h3")]
        for section in main.all("section")
        if section.all("ol")
    }


# --- what stands there -----------------------------------------------------------------------------------


def test_replies_to_you_come_first_then_what_you_follow_then_what_began(
    app: Flask, database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    rowan = cast.author(app)
    mine = topic_of(database, juniper, room, "Mine", days_ago=5)
    theirs = topic_of(database, marlow, room, "Theirs", days_ago=5)
    followed = topic_of(database, rowan, room, "Followed", days_ago=5)
    topic_of(database, rowan, room, "Unheard of", days_ago=5)
    with clock.held_at(clock.now() - timedelta(days=4)):
        reply(database, juniper.actor, theirs, "I was here.")
        reply(database, marlow.actor, mine, "That was long ago.")
    with database.transaction() as session:
        session.add(TopicWatch(member_id=juniper.member_id, topic_id=followed, level=WatchLevel.SITE))
    answered = reply(database, marlow.actor, mine, "An answer.")
    mentioned = reply(database, rowan.actor, theirs, "Ask Juniper.")
    about(database, juniper, mentioned, SlotKind.MENTION)
    quoted = reply(database, rowan.actor, theirs, "As Juniper said.")
    # Of a post that does both, the quote is said.
    about(database, juniper, quoted, SlotKind.MENTION)
    about(database, juniper, quoted, SlotKind.QUOTE)
    reply(database, marlow.actor, followed)
    begun = topic_of(database, marlow, room, "Begun")
    main = main_of(juniper)
    assert listed(main) == {
        "For you": ["Rowan quoted you", "Rowan mentioned you", "Marlow answered you"],
        "In what you follow or wrote in": ["Followed", "Theirs"],
        "New topics": ["Begun"],
    }
    assert [one.text for one in main.all("h2")] == [*listed(main)]
    links = [line.one("a").attributes["href"] for line in main.all("h3")]
    assert links[:3] == [f"/posts/{quoted}", f"/posts/{mentioned}", f"/posts/{answered}"]
    assert links[-1].startswith(f"/topics/{begun}")
    for link in links:
        assert juniper.client.get(link, follow_redirects=True).status_code == 200
    # Without the words: those stand where they were said.
    assert "As Juniper said" not in main.text
    # The home page has the same first part, and leads on.
    home = main_of(juniper, "/")
    assert listed(home)["For you"] == listed(main)["For you"]
    assert "/catch-up" in {link.attributes["href"] for link in home.all("a")}
    assert "For you" not in main_of(marlow, "/").text or "quoted you" not in main_of(marlow, "/").text


def test_who_was_mentioned_in_an_earlier_version_alone_is_not_any_more(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    theirs = topic_of(database, marlow, room, "Theirs", days_ago=5)
    with clock.held_at(clock.now() - timedelta(days=4)):
        reply(database, juniper.actor, theirs, "I hear you.")
    post_id = reply(database, marlow.actor, theirs, "@Juniper, look.")
    assert listed(main_of(juniper))["For you"] == ["Marlow mentioned you"]
    with database.transaction() as session:
        edit_post(session, marlow.actor, post_id, PostEdit(render_post("Nothing at all.")))
    assert "For you" not in listed(main_of(juniper))


def test_what_was_read_to_the_end_is_no_news_and_what_was_not_leads_to_where_one_was(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    for title in ("Read", "Half read", "Read and new"):
        days_ago = 0 if title == "Read and new" else 5
        topic_id = topic_of(database, marlow, room, title, days_ago=days_ago)
        for _count in range(22):
            reply(database, marlow.actor, topic_id)
        read_to = 20 if title == "Half read" else 23
        with database.transaction() as session:
            session.add(TopicWatch(member_id=juniper.member_id, topic_id=topic_id, level=WatchLevel.SITE))
            session.add(ReadMark(member_id=juniper.member_id, topic_id=topic_id, number=read_to))
    main = main_of(juniper)
    assert listed(main) == {"In what you follow or wrote in": ["Half read"]}
    assert main.one("h3").one("a").attributes["href"].endswith("?page=2#post-21")
    # Whoever looks back sees all of it, and by a word what they did not read.
    week = main_of(juniper, "/catch-up?back=7")
    assert sorted(listed(week)["In what you follow or wrote in"]) == ["Half read", "Read", "Read and new"]
    new = [row.one("h3").text for row in week.all("li", class_="topic") if "New for you" in row.text]
    assert new == ["Half read"]


def test_what_is_muted_blocked_hidden_or_not_theirs_to_see_is_left_out(
    app: Flask, database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    rowan, sage = cast.author(app), cast.member(app, "Sage")
    with database.transaction() as session:
        session.add(Block(blocker_id=juniper.member_id, blocked_id=rowan.member_id, blocked_on=clock.today()))
        loud = Category(
            slug="loud", locale="en", position=9, name="Loud", description="", opening_markdown="",
            opening_html="", help_on_top=False,
        )  # fmt: skip
        session.add(loud)
        session.flush()
        session.add(CategoryWatch(member_id=juniper.member_id, category_id=loud.id, level=WatchLevel.MUTED))

    def said_to(topic_id: int, who: cast.Someone, **values: object) -> None:
        """Let somebody quote Juniper in a topic."""
        post_id = reply(database, who.actor, topic_id)
        about(database, juniper, post_id, SlotKind.QUOTE)
        if values:
            set_post(database, post_id, **values)

    # Their own topics, with answers: of somebody blocked, hidden, held, of somebody whose account rests, and muted.
    mine = topic_of(database, juniper, room, "Mine", days_ago=5)
    reply(database, rowan.actor, mine)
    for state in (PostState.HIDDEN, PostState.HELD, PostState.REMOVED):
        set_post(database, reply(database, marlow.actor, mine), state=state)
    reply(database, sage.actor, mine)
    reply(database, juniper.actor, mine)
    muted = topic_of(database, juniper, room, "Muted", days_ago=5)
    reply(database, marlow.actor, muted)
    with database.transaction() as session:
        session.add(TopicWatch(member_id=juniper.member_id, topic_id=muted, level=WatchLevel.MUTED))
    # Quotes where they don't see, or don't want to.
    said_to(topic_of(database, marlow, "loud", "In a muted room"), marlow)
    said_to(topic_of(database, rowan, room, "Of somebody blocked"), marlow)
    open_one = topic_of(database, marlow, room, "Open", days_ago=40)
    said_to(open_one, rowan)
    said_to(open_one, marlow, state=PostState.HIDDEN)
    narrowed = topic_of(database, marlow, room, "Narrowed")
    said_to(narrowed, marlow)
    hidden = topic_of(database, marlow, room, "Hidden")
    said_to(hidden, marlow)
    with database.transaction() as session:
        for topic_id, values in (
            (narrowed, {"audience": Audience.MODERATORS_AND_AUTHOR}),
            (hidden, {"state": TopicState.HIDDEN}),
        ):
            session.execute(update(Topic).where(Topic.id == topic_id).values(**values))
        for topic_id in (open_one, narrowed, hidden):
            session.add(TopicWatch(member_id=juniper.member_id, topic_id=topic_id, level=WatchLevel.SITE))
        session.execute(update(Member).where(Member.id == sage.member_id).values(state=MemberState.PAUSED))
    topic_of(database, juniper, room, "My new one")
    for address in ("/catch-up", "/catch-up?back=30"):
        main = main_of(juniper, address)
        assert listed(main) == {}, address
    assert "For you" not in listed(main_of(juniper, "/"))
    # It is not for want of looking: to Marlow most of it is new.
    was_here(database, marlow)
    assert listed(main_of(marlow)) != {}
    # Whoever is not blocked any more, and follows what they muted, has them back.
    with database.transaction() as session:
        session.delete(session.get_one(Block, (juniper.member_id, rowan.member_id)))
        session.get_one(TopicWatch, (juniper.member_id, muted)).level = WatchLevel.SITE
    said = listed(main_of(juniper))
    assert said["For you"].count("Rowan answered you") == 1
    assert said["For you"].count("Marlow answered you") == 1
    assert said["New topics"] == ["Of somebody blocked"]


# --- calm ------------------------------------------------------------------------------------------------


def test_where_nothing_is_new_it_says_so_kindly_and_the_week_can_be_looked_at(
    app: Flask, database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    topic_of(database, marlow, room, "Some days ago", days_ago=3)
    main = main_of(juniper)
    assert "Nothing is new. You have missed nothing, and can rest." in main.text
    assert listed(main) == {}
    assert listed(main_of(juniper, "/catch-up?back=7")) == {"New topics": ["Some days ago"]}
    # Whoever comes for the first time is not met with everything that ever was.
    first = main_of(cast.member(app, "Hazel"))
    assert "Nothing is new" in first.text
    for wrong in ("1", "-7", "x", "9999999999"):
        assert juniper.client.get(f"/catch-up?back={wrong}").status_code == 400


def test_nothing_is_counted_against_anybody(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    def words_of(address: str) -> str:
        page = read_page(juniper.client.get(address).text)
        # Times say when something was, and a topic how many answered it: both are about the others.
        said = " ".join(
            one.text
            for one in [
                *page.all("title"),
                *page.all("h1"),
                *page.all("h2"),
                *page.all("h3"),
                *page.all("summary"),
            ]
        )
        chips = " ".join(one.text for one in page.all("span", class_="chip"))
        menu = " ".join(one.text for one in page.one("ul", class_="menu").all("a"))
        return f"{said} {chips} {menu}"

    quiet = words_of("/")
    mine = topic_of(database, juniper, room, "Mine")
    for _count in range(REPLIES + 3):
        reply(database, marlow.actor, mine)
    for address in ("/", "/catch-up", f"/categories/{room}"):
        assert re.search(r"\d", words_of(address)) is None, address
    assert "Catch up" in quiet
    assert "There is more than stands here" in main_of(juniper).text


# --- what it costs ---------------------------------------------------------------------------------------


def test_it_takes_the_same_few_statements_however_much_goes_on(
    app: Flask, database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    main_of(juniper, "/")
    # What the first page leaves to be written down is no part of what a page costs.
    app.extensions["soft_writes"].flush()
    costs: dict[str, set[int]] = {"/": set(), "/catch-up": set()}
    for _round in range(2):
        for address, found in costs.items():
            with recorded(database) as statements:
                main_of(juniper, address)
            found.add(len(statements))
        mine = topic_of(database, juniper, room, "Mine")
        for _count in range(REPLIES + 2):
            reply(database, marlow.actor, mine)
        for _count in range(TOPICS + 2):
            topic_of(database, marlow, room, "Begun")
    # Who asks and the settings in force are two of them.
    assert costs == {"/": {7}, "/catch-up": {5}}
    page = {heading: len(lines) for heading, lines in listed(main_of(juniper)).items()}
    # Where there are more replies than are shown, their own topics say where the others are.
    own = {"In what you follow or wrote in": 2}
    assert page == {"For you": REPLIES, "New topics": TOPICS} | own
    assert len(listed(main_of(juniper, "/"))["For you"]) == 5
