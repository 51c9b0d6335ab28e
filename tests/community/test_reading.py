"""Reading: where one goes on, when one was here, what one follows, and what strangers see."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import Member
from forum.community.commands import writing as commands
from forum.community.models.reading import CategoryWatch, ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.threads import Audience, Post, Topic
from forum.community.reading import mark_read, note_visit
from forum.consent.commands import withdraw
from forum.database.session import Database
from forum.permissions.actor import MemberState, Purpose
from forum.web.soft_writes import SoftWrites
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.conftest import database_of
from tests.pages import Element, read_page
from tests.threads import together

REPLIES = 44


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, in which everything follows that follows from an event."""
    return database_of(app)


@pytest.fixture
def written(app: Flask) -> Callable[[], None]:
    """Has everything written down that waits to be."""
    soft: SoftWrites = app.extensions["soft_writes"]
    return soft.flush


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """The member who reads."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> cast.Someone:
    """The member who writes."""
    return cast.member(app, "Marlow")


@pytest.fixture
def topic(database: Database, marlow: cast.Someone, room: str) -> int:
    """A topic of three pages, the last of them half full."""
    topic_id = start(database, marlow.actor, topic_draft(room))
    with database.transaction() as session:
        for number in range(2, REPLIES + 2):
            session.add(
                Post(
                    topic_id=topic_id,
                    number=number,
                    author_id=marlow.member_id,
                    by_topic_author=True,
                    state="published",
                    markdown="More.",
                    html="<p>More.</p>",
                    renderer_version=1,
                    written_at=clock.now(),
                )
            )
        session.execute(
            update(Topic)
            .where(Topic.id == topic_id)
            .values(last_number=REPLIES + 1, reply_count=REPLIES, last_activity_at=clock.now())
        )
    return topic_id


def page_at(client: FlaskClient, address: str) -> Element:
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200
    return read_page(answer.text)


def main_at(client: FlaskClient, address: str) -> Element:
    return page_at(client, address).one("main")


def marks(database: Database) -> dict[tuple[int, int], int]:
    """Return how far each member read in each topic."""
    with database.reading() as session:
        rows = session.execute(select(ReadMark.member_id, ReadMark.topic_id, ReadMark.number)).all()
    return {(row.member_id, row.topic_id): row.number for row in rows}


def visit_of(database: Database, someone: cast.Someone) -> tuple[datetime, datetime]:
    with database.reading() as session:
        row = session.execute(
            select(Visit.since, Visit.last_at).where(Visit.member_id == someone.member_id)
        ).one()
    return row.since, row.last_at


def titled(main: Element, title: str) -> Element:
    (row,) = [one for one in main.all("li", class_="topic") if title in one.text]
    return row


# --- read marks ------------------------------------------------------------------------------------------


def test_reading_goes_on_at_the_first_post_that_was_not_on_a_page(
    database: Database,
    written: Callable[[], None],
    juniper: cast.Someone,
    marlow: cast.Someone,
    client: FlaskClient,
    topic: int,
    room: str,
) -> None:
    key = (juniper.member_id, topic)
    first = main_at(juniper.client, f"/topics/{topic}")
    assert "new for you" not in first.text
    written()
    assert marks(database) == {key: 20}
    # What was not on a page yet is new, and one link leads to the right page, and there to the right post.
    assert "New for you" in titled(main_at(juniper.client, f"/categories/{room}"), "Flare").text
    links = main_at(juniper.client, f"/topics/{topic}").all("a")
    (unread,) = [one.attributes["href"] for one in links if "new for you" in one.text]
    assert unread.endswith("?page=2#post-21")
    there = main_at(juniper.client, unread.partition("#")[0])
    assert there.all(id="post-21")
    written()
    # The last page, and then back to the first before anything is written down.
    main_at(juniper.client, f"/topics/{topic}?page=3")
    main_at(juniper.client, f"/topics/{topic}")
    written()
    assert marks(database) == {key: REPLIES + 1}
    assert "new for you" not in main_at(juniper.client, f"/topics/{topic}").text
    assert "New for you" not in titled(main_at(juniper.client, f"/categories/{room}"), "Flare").text
    more = reply(database, marlow.actor, topic)
    assert "New for you" in titled(main_at(juniper.client, f"/categories/{room}"), "Flare").text
    assert "new for you" in main_at(juniper.client, f"/topics/{topic}").text
    # What was taken back before it was read is new to nobody.
    with database.transaction() as session:
        commands.delete_post(session, marlow.actor, more)
    assert "New for you" not in titled(main_at(juniper.client, f"/categories/{room}"), "Flare").text
    assert "new for you" not in main_at(juniper.client, f"/topics/{topic}").text
    # A visitor leaves no mark, and has none.
    assert "new for you" not in main_at(client, f"/topics/{topic}").text.lower()
    written()
    assert {member for member, _topic in marks(database)} == {juniper.member_id}


def test_a_mark_never_goes_back_also_when_many_pages_come_at_once(
    database: Database, juniper: cast.Someone, topic: int
) -> None:
    actor = juniper.actor
    numbers = [20, 45, 40, 20, 45, 20, 40, 20]

    def read(turn: int) -> None:
        with database.transaction() as session:
            mark_read(session, actor, topic, numbers[turn])

    together(len(numbers), read)
    assert marks(database) == {(juniper.member_id, topic): 45}
    read(0)
    assert marks(database) == {(juniper.member_id, topic): 45}


def test_marks_are_only_kept_for_whoever_may_see_the_topic_and_lets_us(
    app: Flask, database: Database, written: Callable[[], None], juniper: cast.Someone, topic: int
) -> None:
    sage = cast.consent_withdrawn(app, "Sage")
    main_at(sage.client, f"/topics/{topic}")
    main_at(sage.client, "/catch-up")
    main_at(juniper.client, f"/topics/{topic}")
    # Narrowed between the page and the moment of writing.
    with database.transaction() as session:
        session.execute(
            update(Topic).where(Topic.id == topic).values(audience=Audience.MODERATORS_AND_AUTHOR)
        )
    assert juniper.client.get(f"/topics/{topic}").status_code == 404
    written()
    assert marks(database) == {}
    with database.reading() as session:
        assert session.scalars(select(Visit.member_id)).all() == [juniper.member_id]


@pytest.mark.proves("D13")
def test_nothing_is_written_down_of_whoever_paused_or_restricted_it_before_or_after_the_page(
    app: Flask, database: Database, written: Callable[[], None], topic: int
) -> None:
    def becomes(someone: cast.Someone, state: MemberState) -> None:
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))

    people = [cast.member(app, name) for name in ("Wren", "Reed", "Rowan", "Juniper")]
    restricted, pauses, restricts, withdraws = people
    becomes(restricted, MemberState.RESTRICTED)
    for someone in people:
        main_at(someone.client, f"/topics/{topic}")
    # Between the page and the moment of writing.
    becomes(pauses, MemberState.PAUSED)
    becomes(restricts, MemberState.RESTRICTED)
    with database.transaction() as session:
        withdraw(session, "Juniper", Purpose.HEALTH_DATA)
    becomes(withdraws, MemberState.ACTIVE)
    written()
    with database.reading() as session:
        assert session.scalars(select(Visit.member_id)).all() == []
    assert marks(database) == {}


# --- visits ----------------------------------------------------------------------------------------------


def test_a_visit_ends_after_an_hour_without_a_page(
    database: Database, written: Callable[[], None], juniper: cast.Someone, topic: int
) -> None:
    begin = clock.now().replace(microsecond=0)

    def open_after(minutes: int, address: str) -> tuple[float, float]:
        with clock.held_at(begin + timedelta(minutes=minutes)):
            main_at(juniper.client, address)
        written()
        since, last_at = visit_of(database, juniper)
        return (since - begin).total_seconds() / 60, (last_at - begin).total_seconds() / 60

    # Whoever comes for the first time finds nothing new.
    assert open_after(0, "/") == (0, 0)
    # At most every ten minutes.
    assert open_after(9, f"/topics/{topic}") == (0, 0)
    assert open_after(10, f"/topics/{topic}") == (0, 10)
    assert open_after(70, "/catch-up") == (0, 70)
    # An hour and a minute later it is another visit, and what came after the last one is new.
    assert open_after(131, "/catch-up") == (70, 131)
    assert open_after(150, "/") == (70, 150)
    # Two pages at once, with a clock that went back a little: one visit.
    actor = juniper.actor
    for minutes in (250, 250, 249):
        with database.transaction() as session:
            note_visit(session, actor, begin + timedelta(minutes=minutes))
    since, last_at = visit_of(database, juniper)
    assert (since, last_at) == (begin + timedelta(minutes=150), begin + timedelta(minutes=250))


# --- following and muting --------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["topic", "category"])
def test_a_topic_and_a_category_are_followed_and_muted_with_plain_buttons(
    database: Database, client: FlaskClient, juniper: cast.Someone, marlow: cast.Someone, room: str, of: str
) -> None:
    topic_id = start(database, marlow.actor, topic_draft(room))
    about = f"/topics/{topic_id}" if of == "topic" else f"/categories/{room}"
    kind = TopicWatch if of == "topic" else CategoryWatch

    def press(words: str) -> Element:
        """Press a button of the form as it stands on the page, and return what comes."""
        watch = page_at(juniper.client, about).one("section", id="follow")
        form = watch.one("form")
        sent = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}
        (button,) = [one for one in form.all("button") if one.text == words]
        sent[button.attributes["name"]] = button.attributes["value"]
        answer = juniper.client.post(form.attributes["action"], data=sent, follow_redirects=True)
        assert answer.status_code == 200
        return read_page(answer.text).one("section", id="follow")

    def pressed(watch: Element) -> list[str]:
        return [one.text for one in watch.all("button", aria_pressed="true")]

    def levels() -> list[WatchLevel]:
        with database.reading() as session:
            return [*session.scalars(select(kind.level).where(kind.member_id == juniper.member_id))]

    assert pressed(page_at(juniper.client, about).one("section", id="follow")) == ["Like any other"]
    assert pressed(press("Followed")) == ["Followed"]
    assert levels() == [WatchLevel.SITE]
    assert pressed(press("Muted")) == ["Muted"]
    assert levels() == [WatchLevel.MUTED]
    # It is gone from the lists that mix everything, and where it belongs it still stands.
    assert "Flare number nine" not in main_at(juniper.client, "/").text
    assert "Flare number nine" not in main_at(juniper.client, "/waiting").text
    assert "Flare number nine" in main_at(juniper.client, f"/categories/{room}").text
    assert "Flare number nine" in main_at(marlow.client, "/").text
    if of == "category":
        # A topic that one follows is wanted all the same.
        with database.transaction() as session:
            row = TopicWatch(member_id=juniper.member_id, topic_id=topic_id, level=WatchLevel.SITE)
            session.add(row)
        assert "Flare number nine" in main_at(juniper.client, "/").text
    assert pressed(press("Like any other")) == ["Like any other"]
    assert levels() == []
    # Nobody else sees any of it, and a visitor is not asked.
    assert page_at(client, about).all(id="follow") == []


def test_what_no_button_sends_is_refused_and_the_page_is_kept(
    juniper: cast.Someone, topic: int, room: str
) -> None:
    third = page_at(juniper.client, f"/topics/{topic}?page=3")
    form = third.one("section", id="follow").one("form")
    sent = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}
    answer = juniper.client.post(form.attributes["action"], data=sent | {"level": "followed"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/topics/{topic}?page=3")
    for wrong in ({"level": "loud"}, {}, {"level": "muted", "page": "x"}, {"level": "muted", "who": "all"}):
        assert juniper.client.post(f"/topics/{topic}/watch", data=sent | wrong).status_code == 400
    for nowhere in ("/topics/9999/watch", "/categories/no-such-room/watch"):
        answer = juniper.client.post(nowhere, data={"csrf_token": sent["csrf_token"], "level": "muted"})
        assert answer.status_code == 404


@pytest.mark.proves("C11")
def test_following_needs_the_consent_and_going_back_to_the_middle_needs_nothing(
    app: Flask, database: Database, topic: int, room: str
) -> None:
    sage = cast.consent_withdrawn(app, "Sage")
    with database.transaction() as session:
        category_id = session.execute(select(Topic.category_id).where(Topic.id == topic)).scalar_one()
        session.add(TopicWatch(member_id=sage.member_id, topic_id=topic, level=WatchLevel.SITE))
        session.add(CategoryWatch(member_id=sage.member_id, category_id=category_id, level=WatchLevel.SITE))
    form = page_at(sage.client, f"/topics/{topic}").one("section", id="follow").one("form")
    sent = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}

    def answers(level: str) -> list[int]:
        return [
            sage.client.post(f"{about}/watch", data=sent | {"level": level}).status_code
            for about in (f"/topics/{topic}", f"/categories/{room}")
        ]

    def levels() -> list[WatchLevel]:
        with database.reading() as session:
            return [*session.scalars(select(TopicWatch.level)), *session.scalars(select(CategoryWatch.level))]

    assert (answers("muted"), answers("followed")) == ([403, 403], [403, 403])
    assert levels() == [WatchLevel.SITE, WatchLevel.SITE]
    assert answers("normal") == [303, 303]
    assert levels() == []


# --- as a stranger ---------------------------------------------------------------------------------------


def test_as_a_stranger_a_member_sees_what_a_visitor_sees(
    database: Database,
    written: Callable[[], None],
    client: FlaskClient,
    juniper: cast.Someone,
    marlow: cast.Someone,
    topic: int,
) -> None:
    # Something that only members and authors have: a way to edit, a mark, buttons.
    reply(database, juniper.actor, topic)
    own = page_at(juniper.client, f"/topics/{topic}?page=3")
    (way,) = [one for one in own.all("a") if "stranger" in one.text.lower()]
    assert own.one("main").all("button")
    written()
    for number in (1, 3):
        address = f"/topics/{topic}?as=stranger&page={number}"
        shown = page_at(juniper.client, address)
        visitors = page_at(client, f"/topics/{topic}?page={number}")
        assert read_whole(shown.one("main")) == read_whole(visitors.one("main"))
        assert shown.one("main").all("button") == []
        strip = shown.one("aside", class_="banner")
        back = strip.one("a").attributes["href"]
        again = page_at(juniper.client, back)
        assert again.all(id=f"post-{(number - 1) * 20 + 1}")
        assert again.one("main").all("button")
    assert (
        "You still are" in page_at(juniper.client, way.attributes["href"]).one("aside", class_="banner").text
    )
    # Nobody else may store what came of it.
    answer = juniper.client.get(f"/topics/{topic}?as=stranger", follow_redirects=True)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_of_what_strangers_do_not_see_it_says_so(
    database: Database,
    client: FlaskClient,
    juniper: cast.Someone,
    marlow: cast.Someone,
    topic: int,
    room: str,
) -> None:
    hidden = start(database, marlow.actor, topic_draft(room, audience=Audience.MEMBERS))
    page = page_at(juniper.client, f"/topics/{hidden}?as=stranger").one("main")
    assert "Strangers see nothing of this topic" in page.text
    (back,) = page.all("a")
    assert "It is bad today." in main_at(juniper.client, back.attributes["href"]).text
    # Nobody learns by it of what they don't see themselves.
    secret = start(database, marlow.actor, topic_draft(room, audience=Audience.MODERATORS_AND_AUTHOR))
    answers = [
        juniper.client.get(address)
        for address in (
            f"/topics/{secret}?as=stranger",
            "/topics/9999?as=stranger",
            f"/topics/{topic}?as=stranger&page=9",
        )
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert juniper.client.get(f"/topics/{topic}?as=moderator").status_code == 400
    # A visitor needs no mirror.
    assert client.get(f"/topics/{secret}?as=stranger").status_code == 404
    assert page_at(client, f"/topics/{topic}?as=stranger").all("aside", class_="banner") == []


def test_a_paused_author_is_out_of_sight_for_strangers_and_their_mirror(
    database: Database, client: FlaskClient, juniper: cast.Someone, marlow: cast.Someone, topic: int
) -> None:
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == marlow.member_id).values(state=MemberState.PAUSED))
    shown = main_at(juniper.client, f"/topics/{topic}?as=stranger")
    assert read_whole(shown) == read_whole(main_at(client, f"/topics/{topic}"))
    assert "More." not in shown.text


def read_whole(element: Element) -> list[object]:
    """Return an element with everything in it, to compare."""
    return [element.tag, sorted(element.attributes.items()), element.text, *map(read_whole, element.inside)]
