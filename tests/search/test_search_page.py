"""The search as people use it: what is found and in which order, what is shown of it, and what nobody finds out."""

import json
import logging
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from config import Settings
from forum.app import create_app
from forum.community.commands.blocking import block_author
from forum.community.models.threads import Audience, Post, PostState
from forum.database.session import Database
from forum.permissions.actor import VISITOR
from forum.search import queries, synonyms
from forum.web import reading
from tests import cast
from tests.conftest import database_of
from tests.pages import Element
from tests.recorder import recorded
from tests.search.on_pages import ROOM, answer, found, look, set_audience, titles, topic
from tests.site.texts import publish_texts


@pytest.fixture
def database(app: Flask) -> Database:
    """Return the database of the application."""
    return database_of(app)


@pytest.fixture
def juniper(app: Flask) -> cast.Someone:
    """A member, in a community with its first texts."""
    publish_texts(app)
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask, juniper: cast.Someone) -> cast.Someone:
    """Another member of it."""
    return cast.member(app, "Marlow")


# What is looked for, and the titles of what is found, the best first. The same on both databases.
ANSWERS = {
    "quokka": ["Quokka for sleep", "Nights", "Stairs"],
    "QUOKKAS": ["Quokka for sleep", "Nights", "Stairs"],
    "wombat walk": ["Wombat walk", "Stairs"],
    '"wombat walk"': ["Wombat walk", "Stairs"],
    '"walk wombat"': [],
    "“wombat walk”": ["Wombat walk", "Stairs"],
    "quokka -wombat": ["Quokka for sleep", "Nights"],
    'quokka -"wombat walk"': ["Quokka for sleep", "Nights", "Stairs"],
    "in:medicines quokka": ["Nights"],
    "IN:Medicines quokka": ["Nights"],
    'in:"Flares today" quokka': ["Quokka for sleep", "Stairs"],
    "in:flares quokka": ["Quokka for sleep", "Stairs"],
    "in:medicines in:flares quokka": ["Quokka for sleep", "Nights", "Stairs"],
    "by:Marlow quokka": ["Stairs", "Quokka for sleep"],
    "by:MARLOW quokka": ["Stairs", "Quokka for sleep"],
    "by:Marlow by:Juniper quokka": ["Quokka for sleep", "Nights", "Stairs"],
    "by:Marlow": ["Stairs", "Quokka for sleep", "Wombat walk"],
    "before:2026-03-05 quokka": ["Quokka for sleep", "Nights", "Stairs"],
    "before:2025 quokka": ["Quokka for sleep"],
    "after:2026-03-05 quokka": ["Stairs", "Quokka for sleep"],
    "after:2026-03-04 before:2026-03-05 quokka": ["Nights"],
    "after:2026-03 before:2026-04 quokka": ["Nights", "Quokka for sleep"],
    "is:unanswered quokka": ["Nights"],
    "is:unanswered in:medicines": ["Nights", "Wombat walk"],
    "in:medicines -quokka": ["Wombat walk"],
    "is:treatment quokka": [],
    "fibro": ["FMS and me"],
    '"fibro"': [],
    "fibromyalgia strength": ["FMS and me"],
    "five o'clock": ["Quokka for sleep"],
    "oclock": ["Quokka for sleep"],
    "quokka the and": ["Quokka for sleep", "Nights", "Stairs"],
    "quokka unheardof": [],
}


def test_each_way_to_ask_finds_what_is_right_in_the_right_order(
    client: FlaskClient, database: Database, juniper: cast.Someone, marlow: cast.Someone
) -> None:
    first = topic(database, juniper, "Quokka for sleep", "It helps a little.", on="2020-01-10")
    answer(database, marlow, first, "My quokka helps too, at five o’clock.", on="2026-03-05")
    topic(database, juniper, "Nights", "A quokka a day keeps me going.", room="medicines", on="2026-03-04")
    third = topic(database, juniper, "Stairs", on="2026-01-01")
    answer(database, marlow, third, "The quokka, then a wombat walk.", on="2026-10-01")
    answer(database, juniper, third, "Wombat first, quokka after.", on="2025-01-01")
    topic(database, marlow, "Wombat walk", "Only animals.", room="medicines", on="2024-06-01")
    topic(database, juniper, "FMS and me", "No strength.", on="2026-02-02")

    assert {query: found(client, query) for query in ANSWERS} == ANSWERS

    items = look(client, "quokka").one("section", aria_labelledby="topics").all("li")
    assert [mark.text for mark in items[0].all("mark")] == ["Quokka"]
    assert "It helps a little." in items[0].text
    assert "1 more post here" in items[0].text
    assert "more post" not in items[1].text
    # The post that fits best is shown, and what leads there.
    assert "Reply by Marlow" in items[2].text
    assert items[2].all("a")[0].attributes["href"] == f"/topics/{third}/stairs#post-2"
    assert titles(look(client, "is:treatment"), "treatments") == ["Intrathecal implants"]
    assert found(client, "is:treatment") == []


def test_treatments_and_categories_stand_above_by_other_words_too(
    client: FlaskClient, juniper: cast.Someone
) -> None:
    # One of these names stands on the page, and "IDDS" in our list of words alone.
    for query in ("PAIN pump", "spinal pumps", "IDDS"):
        main = look(client, query)
        assert titles(main, "treatments") == ["Intrathecal implants"], query
        assert "/treatments/intrathecal-implants" in {link.attributes["href"] for link in main.all("a")}
    assert titles(look(client, "flare"), "categories") == ["Flares today"]
    # Neither has an author, a day or a category.
    assert titles(look(client, "pain pump by:Juniper"), "treatments") == []
    assert titles(look(client, "flare in:flares-today"), "categories") == []


def test_the_operators_own_synonyms_are_read_at_the_start(settings: Settings, juniper: cast.Someone) -> None:
    (settings.data_folder / synonyms.FILE_NAME).write_text(
        '[en]\ngroups = [["gizmo", "intrathecal implant"]]\n'
    )
    own = create_app(settings)
    assert titles(look(own.test_client(), "gizmo"), "treatments") == ["Intrathecal implants"]
    database_of(own).dispose()


def test_without_words_nothing_is_looked_for(client: FlaskClient, database: Database) -> None:
    for address in ("/search", "/search?q=", "/search?q=%20%00%0a", "/search?q=%F0%9F%99%82", "/search?q=*"):
        with recorded(database) as statements:
            page = client.get(address)
        # The settings in force, which every page shows.
        assert len(statements) == 1
        assert "We found nothing" not in page.text
        assert ("no word in this" in page.text) is (len(address) > len("/search?q=") and "00" not in address)
        assert '<meta name="robots" content="noindex">' in page.text


def test_what_was_not_understood_is_said_and_left_out(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Quokka")
    main = look(client, "quokka in:nowhere before:soon")
    assert titles(main) == ["Quokka"]
    assert "There is no category “nowhere”" in main.text
    assert "“soon” is no date" in main.text
    assert "longer than we can look for" in look(client, "quokka " * 40).text


def test_what_is_found_leads_on_page_by_page(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    for number in range(queries.TOPICS_PER_PAGE + 2):
        topic(database, juniper, f"Quokka {number}", on=f"2026-01-{number + 1:02}")
    first, second = look(client, "quokka"), look(client, "quokka", page="2")
    assert titles(first)[0] == "Quokka 21"
    assert titles(second) == ["Quokka 1", "Quokka 0"]
    assert "/search?q=quokka&page=2" in {link.attributes["href"] for link in first.all("a")}
    # Whoever asks for more than there is gets the last.
    assert titles(look(client, "quokka", page="99")) == titles(second)
    assert client.get("/search?q=quokka&page=x").status_code == 404
    with database.reading() as session:
        page = queries.search_page(session, VISITOR, "quokka", synonyms.load(), among=2)
    assert [topic.title for topic in page.topics] == ["<mark>Quokka</mark> 21", "<mark>Quokka</mark> 20"]
    assert page.is_full


def test_hard_subjects_are_folded_away_or_left_out_as_the_reader_chose(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Quokka", "A quokka that hurts.", note="Surgery")
    main = look(client, "quokka")
    item = main.one("section", aria_labelledby="topics").one("li")
    assert "Content note: Surgery" in item.text
    assert "that hurts" in item.one("details").text
    client.set_cookie(reading.cookie_name("notes"), reading.HIDE)
    hidden = look(client, "quokka")
    assert titles(hidden) == []
    assert "Topics with a content note are hidden here" in hidden.text
    assert found(client, "quokka", notes="show") == ["Quokka"]
    assert "/search?q=quokka&notes=show" in {link.attributes["href"] for link in hidden.all("a")}


def test_who_reads_a_topic_and_who_wrote_it_is_said_as_in_other_lists(
    app: Flask, client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    sharer = cast.sharer(app, "quokkitis")
    condition_id = cast.say_condition(juniper, "quokkitis")
    topic(database, juniper, "Open quokka")
    shared = topic(database, juniper, "Shared quokka")
    answer(database, sharer, shared, "Another quokka and quokka.")
    set_audience(database, shared, Audience.SAME_CONDITION, condition_id)

    def items(browser: FlaskClient) -> dict[str, Element]:
        found = look(browser, "quokka").one("section", aria_labelledby="topics").all("li")
        return {item.all("h3")[0].text: item for item in found}

    for browser, who in ((sharer.client, "sharer"), (juniper.client, "author")):
        seen = items(browser)
        assert "Members with the same condition: Quokkitis" in seen["Shared quokka"].text, who
        assert "Members" not in seen["Open quokka"].text, who
        assert "/members/Juniper" in {link.attributes["href"] for link in seen["Open quokka"].all("a")}, who
    # Visitors see no way to anybody's page.
    (only,) = items(client).values()
    assert "Juniper" in only.text
    assert [link for link in only.all("a") if link.attributes["href"].startswith("/members")] == []


def test_a_search_in_vain_says_what_finds_something(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    topic(database, juniper, "Quokka and fibromyalgia")

    def instead(query: str) -> list[str]:
        main = look(client, query)
        assert "We found nothing" in main.text
        hrefs = {link.attributes["href"] for link in main.all("a")}
        assert {"/topics/new", "/categories", "/treatments", "/help-now"} <= hrefs
        return [item.text for part in main.all("ul", aria_labelledby="instead") for item in part.all("li")]

    # A word that is known, spelt a little otherwise; nobody's own words are suggested.
    assert instead("fibromialgia") == ["fibromyalgia"]
    assert instead("in:flares fibromialgia") == ['in:"flares" fibromyalgia']
    # Whoever mistypes one word may mistype the next: both are put right first.
    topic(database, juniper, "Fibromyalgia and migraine")
    assert instead("fibromialgia migrane")[0] == "fibromyalgia migraine"
    assert instead("quoka") == []
    assert instead("quokka unheardof") == ["quokka"]
    assert instead("neverwas fibromialgia unheardof") == ["fibromyalgia"]
    assert instead("quokka in:medicines") == ["quokka"]
    assert instead('"fibromyalgia quokka"') == ["fibromyalgia quokka"]
    assert instead("quokka -fibromyalgia") == ["quokka"]
    assert instead("unheardof neverwas") == []


def test_what_was_typed_stays_in_the_box_and_is_no_markup(client: FlaskClient, juniper: cast.Someone) -> None:
    main = look(client, 'unheard-of "<b>')
    assert main.one("input", name="q").attributes["value"] == 'unheard-of "<b>'
    assert main.all("b") == []


@pytest.mark.proves("W6")
def test_nobody_finds_what_they_may_not_read_or_learns_that_it_is_there(
    app: Flask, client: FlaskClient, database: Database, juniper: cast.Someone, marlow: cast.Someone
) -> None:
    sharer, willow, bramble = (
        cast.sharer(app, "crps"),
        cast.member(app, "Willow"),
        cast.member(app, "Bramble"),
    )
    condition_id = cast.say_condition(juniper, "crps")
    open_door = topic(database, juniper, "Open door", "Everybody reads quokka.")
    posts = {
        word: answer(database, by, open_door, f"Quokka {word}.")
        for word, by in (
            ("plainword", marlow),
            ("hiddenword", marlow),
            ("heldword", marlow),
            ("removedword", marlow),
            ("pausedword", willow),
            ("blockedword", bramble),
        )
    }
    for word, audience in (
        ("memberword", Audience.MEMBERS),
        ("sharedword", Audience.SAME_CONDITION),
        ("staffword", Audience.MODERATORS_AND_AUTHOR),
    ):
        began = topic(database, juniper, f"Topic {word}", f"Quokka {word}.")
        set_audience(database, began, audience, condition_id if word == "sharedword" else None)
    topic(database, bramble, "Topic begunword", "Quokka begunword.")
    answer(database, marlow, topic(database, willow, "Silentword", "Silence."), "Quokka restword.")
    with database.transaction() as session:
        for word, state in (
            ("hiddenword", PostState.HIDDEN),
            ("heldword", PostState.HELD),
            ("removedword", PostState.REMOVED),
        ):
            session.execute(update(Post).where(Post.id == posts[word]).values(state=state))
        block_author(session, marlow.actor, posts["blockedword"])
    cast.pause(willow)

    public = {"plainword", "blockedword", "begunword", "restword"}
    everything = [*posts, "memberword", "sharedword", "staffword", "begunword", "restword", "silentword"]
    may_find = {
        "visitor": (client, public),
        "sharer": (sharer.client, public | {"memberword", "sharedword"}),
        "blocker": (marlow.client, public - {"blockedword", "begunword"} | {"memberword"}),
        "blocked": (bramble.client, public - {"plainword", "restword"} | {"memberword"}),
        "paused": (willow.client, public | {"memberword"}),
        "author": (juniper.client, public | {"memberword", "sharedword", "staffword"}),
        "moderator": (cast.moderator(app).client, public | {"memberword", "sharedword", "staffword"}),
    }

    def page_of(browser: FlaskClient, query: str, word: str) -> tuple[str, int]:
        with recorded(database) as statements:
            page = browser.get("/search", query_string={"q": query.format(word)})
        # Around it stand tokens, which are new in each second.
        main = page.text[page.text.index("<main") : page.text.index("</main>")]
        return main.replace(word, "WORD"), len(statements)

    for who, (browser, words) in may_find.items():
        assert {word for word in everything if found(browser, word)} == words, who
        for query in ("{}", "quokka {}") if who in ("visitor", "sharer", "blocker") else ():
            in_vain = page_of(browser, query, "nowhereword")
            for word in set(everything) - words:
                assert page_of(browser, query, word) == in_vain, (who, query, word)
    # How many more there are is how many more this reader may read.
    for who, more in (("visitor", "2 more posts here"), ("blocker", "1 more post here")):
        items = look(may_find[who][0], "quokka").one("section", aria_labelledby="topics").all("li")
        assert [more in item.text for item in items if "Open door" in item.text] == [True]
    # The title of somebody who is out of sight is neither found nor shown.
    (item,) = look(client, "restword").one("section", aria_labelledby="topics").all("li")
    assert "ilent" not in item.text
    assert item.all("a")[0].attributes["href"].count("/") == 2

    # What is narrowed later is found no more, at once.
    set_audience(database, open_door, Audience.MEMBERS)
    assert found(client, "plainword") == []
    assert found(sharer.client, "plainword") == ["Open door"]


@pytest.mark.proves("W6")
def test_who_is_not_there_and_who_is_not_shown_are_answered_alike(
    app: Flask, client: FlaskClient, database: Database, juniper: cast.Someone, marlow: cast.Someone
) -> None:
    willow, bramble = cast.member(app, "Willow"), cast.member(app, "Bramble")
    for someone in (willow, bramble):
        topic(database, someone, f"Quokka of {someone.name}")
    with database.transaction() as session:
        post_id = session.scalars(select(Post.id).where(Post.author_id == bramble.member_id)).one()
        block_author(session, marlow.actor, post_id)
    cast.pause(willow)
    assert found(client, "by:Bramble quokka") == ["Quokka of Bramble"]

    def page_of(browser: FlaskClient, query: str, name: str) -> str:
        page = browser.get("/search", query_string={"q": query.format(name)}).text
        return page[page.index("<main") : page.index("</main>")].replace(name, "WHO")

    for query in ("by:{}", "by:{} quokka"):
        for browser, name in ((client, "Willow"), (marlow.client, "Willow"), (marlow.client, "Bramble")):
            assert page_of(browser, query, name) == page_of(browser, query, "Nobody"), (query, name)


def test_a_search_costs_the_same_however_much_there_is(
    client: FlaskClient, database: Database, juniper: cast.Someone
) -> None:
    costs: dict[str, set[int]] = {}
    for number in range(2):
        for again in range(3):
            topic(database, juniper, f"Quokka {number} {again}")
        for query in (
            "quokka",
            "quokka unheardof",
            "fibromialgia",
            "in:flares",
            "-walnut",
            "is:treatment -walnut",
        ):
            for who, browser in (("visitor", client), ("member", juniper.client)):
                with recorded(database) as statements:
                    look(browser, query)
                costs.setdefault(f"{who}: {query}", set()).add(len(statements))
    assert all(len(seen) == 1 for seen in costs.values()), costs
    assert max(max(seen) for who, seen in costs.items() if who.startswith("visitor")) == 4
    assert max(max(seen) for who, seen in costs.items() if who.startswith("member")) <= 6
    with database.reading() as session, recorded(database) as statements:
        queries.search_page(session, VISITOR, "quokka", synonyms.load())
    assert len(statements) == 3


@pytest.mark.proves("W14")
def test_no_log_line_and_no_store_holds_what_somebody_looked_for(
    client: FlaskClient, juniper: cast.Someone, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[Any]
    with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
        for browser in (client, juniper.client):
            look(browser, "endometriosis hysterectomy by:Juniper")
    assert [line["route"] for line in lines] == ["/search", "/search"]
    written = json.dumps(lines) + "".join(record.getMessage() for record in caplog.records)
    for word in ("endometriosis", "hysterectomy", "Juniper"):
        assert word not in written
    assert client.get("/search?q=walnut").headers["Cache-Control"] == "no-store"


def test_help_stands_under_the_box_and_each_example_is_understood(client: FlaskClient) -> None:
    main: Element = look(client, "")
    ways = [code.text for code in main.one("details").all("code")]
    assert ways == [
        '"pins and needles"',
        "-surgery",
        f"in:{ROOM}",
        "by:Juniper",
        "after:2026-03",
        "before:2026-03-15",
        "is:unanswered",
        "is:treatment",
    ]
