"""Lists of topics: orders, what they are narrowed to, months, what waits for an answer, and hidden content notes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from forum import clock
from forum.accounts.models import Member
from forum.community.models.threads import Audience, Intent, Topic, TopicState
from forum.community.queries import topics as queries
from forum.community.queries.topics import Sort, Wanted
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import VISITOR, MemberState
from forum.web.reading import cookie_name
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.conftest import database_of
from tests.pages import Element, read_page
from tests.recorder import recorded

NOTES_COOKIE = cookie_name("notes")


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, in which everything follows that follows from an event."""
    return database_of(app)


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """Who begins the topics."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> cast.Someone:
    """Who answers, or could."""
    return cast.member(app, "Marlow")


def topic(database: Database, someone: cast.Someone, room: str, title: str, **changes: Any) -> int:
    return start(database, someone.actor, replace(topic_draft(room), title=title, **changes))


def set_topic(database: Database, topic_id: int, **values: Any) -> None:
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == topic_id).values(**values))


def main_of(client: FlaskClient, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return read_page(answer.text).one("main")


def titles(main: Element) -> list[str]:
    return [row.one("h2").text for row in main.all("li", class_="topic")]


def way(main: Element, words: str) -> str:
    found = [link.attributes["href"] for link in main.all("a") if link.text == words]
    assert found, f"No link says {words!r}."
    return found[0]


# --- orders and narrowing ----------------------------------------------------------------------------------------


def test_unanswered_is_what_nobody_but_its_author_wrote_in(
    database: Database, client: FlaskClient, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    alone, answered, theirs = (topic(database, juniper, room, one) for one in ("Alone", "Heard", "Spoken on"))
    reply(database, marlow.actor, answered)
    reply(database, juniper.actor, theirs, "And another thought of mine.")
    set_topic(database, alone, pinned=1)
    set_topic(database, topic(database, juniper, room, "The forum says"), author_id=None, from_community=True)
    main = main_of(client, way(main_of(client, f"/categories/{room}"), "Unanswered"))
    assert titles(main) == ["Spoken on", "Alone"]
    reply(database, marlow.actor, alone)
    reply(database, marlow.actor, theirs)
    main = main_of(client, f"/categories/{room}?sort=unanswered")
    assert (titles(main), "has an answer" in main.text) == ([], True)


def test_what_was_chosen_stays_on_every_way_on_and_has_one_address(
    database: Database, client: FlaskClient, juniper: cast.Someone, room: str
) -> None:
    for number in range(queries.TOPICS_PER_PAGE + 2):
        topic(database, juniper, room, f"Glad {number}", intent=Intent.GOOD_NEWS)
        topic(database, juniper, room, f"Tired {number}", intent=Intent.JUST_LISTEN)
    asked = f"/categories/{room}?intent=good-news&sort=new"
    page = read_page(client.get(asked).text)
    first = titles(page.one("main"))
    assert len(first) == queries.TOPICS_PER_PAGE
    assert page.one("link", rel="canonical").attributes["href"] == (
        f"http://localhost/categories/{room}?sort=new&intent=good-news"
    )
    chosen = [box for box in page.one("select", name="intent").all("option") if "selected" in box.attributes]
    assert [box.attributes["value"] for box in chosen] == ["good-news"]
    second = main_of(client, way(page.one("main"), "Older"))
    assert titles(second) == ["Glad 1", "Glad 0"]
    assert titles(main_of(client, way(second, "Newer"))) == first
    other_order = main_of(client, way(second, "Active"))
    assert {title.split()[0] for title in titles(other_order)} == {"Glad"}
    assert "Tired 26" in titles(main_of(client, way(other_order, "Show all")))
    plain = read_page(client.get(f"/categories/{room}?sort=active&intent=&month=").text)
    assert plain.one("link", rel="canonical").attributes["href"] == f"http://localhost/categories/{room}"


@pytest.mark.parametrize("sort", Sort)
def test_a_month_begins_the_list_at_its_end(
    database: Database, client: FlaskClient, juniper: cast.Someone, room: str, sort: Sort
) -> None:
    for title, moment in (
        ("February", datetime(2026, 2, 28, 23, 59, tzinfo=UTC)),
        ("March", datetime(2026, 3, 31, 23, 59, tzinfo=UTC)),
        ("April", datetime(2026, 4, 1, tzinfo=UTC)),
    ):
        topic_id = topic(database, juniper, room, title)
        set_topic(database, topic_id, started_at=moment, last_activity_at=moment)
    main = main_of(client, f"/categories/{room}?sort={sort}&month=2026-03")
    assert titles(main) == ["March", "February"]
    assert main.one("input", name="month").attributes["value"] == "2026-03"
    assert titles(main_of(client, way(main, "Newer"))) == ["April"]
    # Where a browser has no calendar for it, people write it like that.
    typed = main_of(client, f"/categories/{room}?sort={sort}&month=2026-3")
    assert (titles(typed), typed.one("input", name="month").attributes["value"]) == (titles(main), "2026-03")
    none = main_of(client, f"/categories/{room}?sort={sort}&month=2019-12")
    assert titles(none) == []
    assert "March" in titles(main_of(client, way(none, "Show the whole list")))


@pytest.mark.parametrize(
    "month",
    [
        "spring",
        "2026-13",
        "0000-05",
        "9999-12",
        "2026-",
        "٢٠٢٦-٠٣",
    ],
)
def test_a_month_that_is_none_gets_a_sentence_beside_its_field_above_the_list(
    database: Database, client: FlaskClient, juniper: cast.Someone, room: str, month: str
) -> None:
    topic(database, juniper, room, "One")
    answer = client.get(f"/categories/{room}?month={month}")
    assert answer.status_code == 422
    main = read_page(answer.text).one("main")
    field = main.one("input", name="month").attributes
    assert (field["value"], field["aria-invalid"]) == (month, "true")
    assert "like 2026-03" in main.one("p", id=field["aria-describedby"]).text
    assert titles(main) == ["One"]
    assert client.get(f"/categories/{room}?intent=advice").status_code == 400


# --- what waits --------------------------------------------------------------------------------------------------


def test_waiting_begins_with_whoever_waits_longest_and_can_still_be_answered_in_time(
    app: Flask,
    database: Database,
    client: FlaskClient,
    juniper: cast.Someone,
    marlow: cast.Someone,
    room: str,
) -> None:
    now = clock.now()
    for title, days in (("Forgotten", 15), ("Long", 13), ("Middle", 5), ("Fresh", 0), ("Older still", 40)):
        set_topic(database, topic(database, juniper, room, title), started_at=now - timedelta(days=days))
    set_topic(database, topic(database, juniper, room, "Closed"), locked=True)
    set_topic(database, topic(database, juniper, room, "Hidden"), state=TopicState.HIDDEN)
    topic(database, juniper, room, "For moderators", audience=Audience.MODERATORS_AND_AUTHOR)
    topic(database, juniper, room, "For members", audience=Audience.MEMBERS)
    fern = cast.member(app, "Fern")
    topic(database, fern, room, "From somebody who rests")
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == fern.member_id).values(state=MemberState.PAUSED))
    reply(database, marlow.actor, topic(database, juniper, room, "Answered"))
    topic(database, marlow, room, "Mine")
    assert client.get("/waiting").status_code == 303
    main = main_of(marlow.client, "/waiting")
    assert titles(main)[:3] == ["Long", "Middle", "Fresh"]
    assert "For members" in titles(main)
    assert "Former member" not in main.text
    assert not {"Closed", "Hidden", "For moderators", "Answered", "Mine", "Forgotten"} & set(titles(main))
    assert titles(main_of(marlow.client, way(main, "Longer ago"))) == ["Forgotten", "Older still"]


def test_waiting_is_walked_in_one_statement_each(
    database: Database, juniper: cast.Someone, marlow: cast.Someone, room: str
) -> None:
    made = [topic(database, juniper, room, f"No. {n}") for n in range(queries.TOPICS_PER_PAGE + 3)]
    actor = marlow.actor
    with database.reading() as session:
        with recorded(database) as statements:
            first = queries.waiting_page(session, actor, Window())
        second = queries.waiting_page(session, actor, Window(older=first.older))
        back = queries.waiting_page(session, actor, Window(newer=second.newer))
    assert len(statements) == 1
    assert [row.id for row in (*first.topics, *second.topics)] == made
    assert back.topics == first.topics


# --- content notes -----------------------------------------------------------------------------------------------


def choose_notes(client: FlaskClient, value: str, **more: str) -> Any:
    form = read_page(client.get("/settings/reading").text).one("main").one("form", method="post")
    token = form.one("input", name="csrf_token").attributes["value"]
    fields = {"theme": "auto", "size": "auto", "motion": "auto", "notes": value, **more}
    if form.all("input", name="language"):
        fields["language"] = "auto"
    return client.post("/settings/reading", data={"csrf_token": token, **fields})


@pytest.mark.parametrize(("value", "seconds"), [("hide", 31_536_000), ("hide-today", 86_400)])
def test_whoever_asks_sees_no_topics_with_a_content_note_without_an_account(
    database: Database, client: FlaskClient, juniper: cast.Someone, room: str, value: str, seconds: int
) -> None:
    topic(database, juniper, room, "Hard one", content_note="loss")
    topic(database, juniper, room, "Plain one")
    address = f"/categories/{room}?sort=new"
    before = client.get(address)
    assert "Set-Cookie" not in before.headers
    main = read_page(before.text).one("main")
    assert titles(main) == ["Plain one", "Hard one"]
    choose = way(main, "Hide topics with a content note")
    assert client.get(choose).status_code == 200
    answer = choose_notes(client, value, next=address)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    cookie = client.get_cookie(NOTES_COOKIE)
    assert cookie is not None
    assert (cookie.value, cookie.max_age, cookie.http_only) == (value, seconds, True)
    hidden = client.get(address)
    assert "Cookie" in hidden.headers["Vary"]
    main = read_page(hidden.text).one("main")
    assert titles(main) == ["Plain one"]
    assert "Topics with a content note are hidden here, as you chose." in main.text
    assert "Hard one" not in client.get("/").text
    shown = main_of(client, way(main, "Show them this once"))
    assert titles(shown) == ["Plain one", "Hard one"]
    assert titles(main_of(client, way(shown, "Hide them again"))) == ["Plain one"]
    # Their authors keep them in sight.
    juniper.client.set_cookie(NOTES_COOKIE, value)
    assert titles(main_of(juniper.client, address)) == ["Plain one", "Hard one"]
    assert choose_notes(client, "auto").status_code == 303
    assert client.get_cookie(NOTES_COOKIE) is None
    assert titles(main_of(client, address)) == ["Plain one", "Hard one"]


def test_a_choice_about_notes_that_is_none_is_asked_for_again_and_leads_nowhere_else(
    client: FlaskClient,
) -> None:
    answer = choose_notes(client, "some")
    assert answer.status_code == 422
    assert "Choose whether lists show topics with a content note." in answer.text
    away = choose_notes(client, "hide", next="//elsewhere.example/")
    assert (away.status_code, away.headers["Location"]) == (303, "/")


def test_a_narrowed_category_takes_two_statements(
    database: Database, juniper: cast.Someone, room: str
) -> None:
    topic(database, juniper, room, "One")
    wanted = Wanted(Intent.JUST_LISTEN, "2027-01", datetime(2027, 2, 1, tzinfo=UTC), hide_notes=True)
    for actor in (VISITOR, juniper.actor):
        with database.reading() as session, recorded(database) as statements:
            page = queries.category_page(session, actor, room, Sort.UNANSWERED, Window(), wanted)
        assert (len(statements), len(page.topics)) == (2, 1)
