"""Who may read a topic: what a category allows, what is chosen beforehand, and members with the same condition."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from forum.community.commands.categories import set_audiences
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Audience, Post, Topic
from forum.community.profiles import Said
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.community.saying import make_terms, say
from tests.moderation.conftest import make_room
from tests.moderation.working import page, press, refusal
from tests.pages import Element
from tests.recorder import recorded

NEW = "/topics/new"
WORDS = {
    "title": "Flare number nine",
    "intent": "just-listen",
    "text": "It is bad today.",
    "content_note": "",
}


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with three rooms and a list of conditions in it."""
    made: Database = app.extensions["alongside"].database
    for slug in ("flares-today", "mind-and-mood", "welcome"):
        make_room(made, slug)
    make_terms(made)
    with made.transaction() as session:
        set_audiences(session, OPERATOR, "flares-today", Audience.MEMBERS, Audience.PUBLIC)
        set_audiences(session, OPERATOR, "mind-and-mood", Audience.MEMBERS, Audience.PUBLIC_UNLISTED)
    return made


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who writes, and says that two conditions are theirs."""
    someone = cast.member(app, "Juniper")
    say(someone, Said(conditions=frozenset({"fibromyalgia", "migraine"})))
    return someone


@pytest.fixture
def marlow(app: Flask, database: Database) -> Someone:
    """Who says nothing."""
    return cast.member(app, "Marlow")


def composer(someone: Someone, room: str = "") -> Element:
    return page(someone.client, f"{NEW}?category={room}" if room else NEW)


def offered(main: Element) -> dict[str, bool]:
    """Return which readers can be chosen, and which are."""
    boxes = main.all("input", name="audience")
    return {box.attributes["value"]: "checked" in box.attributes for box in boxes}


def conditions(main: Element) -> list[str]:
    found = main.all("select", name="condition")
    return [one.attributes["value"] for one in found[0].all("option")] if found else []


def send(someone: Someone, **fields: str) -> TestResponse:
    return press(someone.client, NEW, NEW, **{"category": "welcome", **WORDS, **fields})


def topic_at(database: Database, answer: TestResponse) -> Topic:
    assert answer.status_code == 303, answer.text
    number = int(answer.headers["Location"].split("/")[2].split("#")[0])
    with database.reading() as session:
        return session.get_one(Topic, number)


def term(database: Database, slug: str) -> int:
    with database.reading() as session:
        return session.scalars(select(HealthTerm.id).where(HealthTerm.slug == slug)).one()


# --- what a category allows ------------------------------------------------------------------------------


def test_a_composer_offers_what_the_category_allows_with_its_default_chosen(
    marlow: Someone, juniper: Someone
) -> None:
    everybody = {"public", "public-unlisted", "members", "moderators-and-author"}
    free = offered(composer(marlow))
    assert set(free) == everybody
    assert not any(free.values())
    assert not any(offered(composer(marlow, "welcome")).values())
    chosen = offered(composer(marlow, "flares-today"))
    assert [one for one, is_chosen in chosen.items() if is_chosen] == ["members"]
    assert set(chosen) == everybody
    main = composer(marlow, "mind-and-mood")
    assert set(offered(main)) == everybody - {"public"}
    assert "In “Mind and mood” these are all that can be chosen." in main.text
    # Whoever said nothing of themselves learns where they could; whoever did chooses one of theirs, and no other.
    assert conditions(main) == []
    assert len(main.all("a", href="/settings/profile/about")) == 1
    own = composer(juniper, "mind-and-mood")
    assert set(offered(own)) == everybody - {"public"} | {"same-condition"}
    assert conditions(own) == ["", "fibromyalgia", "migraine"]
    assert "nobody checks it. The moderators can read it, too." in own.text
    assert "live with the same condition can read it, and so can the moderators." in own.text


def test_the_category_that_was_chosen_last_is_the_one_that_limits(
    database: Database, marlow: Someone
) -> None:
    refused = send(marlow, category="mind-and-mood", audience="public")
    assert refused.status_code == 422
    assert "Topics in “Mind and mood” are kept from search engines." in refused.text
    assert "It is bad today." in refused.text
    made = topic_at(database, send(marlow, category="mind-and-mood", audience="public-unlisted"))
    assert made.audience is Audience.PUBLIC_UNLISTED


def test_three_taps_make_a_topic_for_members(
    database: Database, marlow: Someone, client: FlaskClient
) -> None:
    taps = {"category": "flares-today", "today": "hard", "need": "listen"}
    boxes = page(marlow.client, "/topics/new/short")
    for name in ("today", "need"):
        taps[name] = boxes.all("input", name=name)[0].attributes["value"]
    answer = press(marlow.client, "/topics/new/short", "/topics/new/short", **taps)
    assert topic_at(database, answer).audience is Audience.MEMBERS


# --- members with the same condition ---------------------------------------------------------------------


@pytest.mark.proves("C11")
def test_who_says_the_same_reads_it_until_they_take_it_back(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    """By their profile alone, from their next request on, and nobody learns that it is there."""
    sent = send(juniper, audience="same-condition", condition="migraine")
    topic = topic_at(database, sent)
    assert (topic.audience, topic.condition_id) == (Audience.SAME_CONDITION, term(database, "migraine"))
    address, nowhere = f"/topics/{topic.id}", "/topics/99999999"
    cedar = cast.moderator(app, "Cedar")

    def reads(someone: Someone) -> bool:
        there = someone.client.get(address).status_code == 200
        listed = "Flare number nine" in someone.client.get("/categories/welcome").text
        assert there == listed
        return there

    assert reads(juniper)
    assert reads(cedar)
    assert not reads(marlow)
    assert refusal(client, address) == refusal(client, nowhere)
    assert refusal(marlow.client, address) == refusal(marlow.client, nowhere)
    say(marlow, Said(conditions=frozenset({"fibromyalgia"})))
    assert not reads(marlow)
    say(marlow, Said(conditions=frozenset({"fibromyalgia", "migraine"})))
    assert reads(marlow)
    main = page(marlow.client, address)
    assert "Members with the same condition: Migraine" in main.text
    # Whoever answers is told who will read it, on the topic's page and on the composer's own.
    for one in (main, page(marlow.client, f"{address}/reply")):
        assert (
            "Members who say that they live with this, and the moderators, can read it: Migraine. Nobody checks what"
            " they say. Whoever reads your reply will take it that you say the same of yourself."
        ) in one.text
    assert "Members with the same condition: Migraine" in page(juniper.client, "/my-topics").text
    reply(database, marlow.actor, topic.id)
    say(marlow, Said())
    assert not reads(marlow)
    # Nobody narrowed it: what is said beside their words holds for them, too.
    assert "or you no longer say what its readers share" in page(marlow.client, "/my-posts").text
    # Its author reads their own words whatever they say of themselves by now.
    say(juniper, Said())
    assert reads(juniper)


def test_a_condition_of_nobodys_or_of_somebody_elses_can_not_be_chosen(
    database: Database, juniper: Someone, marlow: Someone
) -> None:
    refused = send(juniper, audience="same-condition")
    assert refused.status_code == 422
    assert "Choose the condition that its readers share." in refused.text
    for condition in ("old-word", "pacing", "nowhere"):
        answer = send(juniper, audience="same-condition", condition=condition)
        assert answer.status_code == 422
        assert "Choose a condition that stands in your profile." in answer.text
    answer = send(marlow, audience="same-condition", condition="migraine")
    assert answer.status_code == 422
    assert "Your profile says no condition that others could share." in answer.text
    # For other readers it counts for nothing.
    assert topic_at(database, send(juniper, audience="members", condition="migraine")).condition_id is None


def test_a_draft_keeps_the_condition(database: Database, juniper: Someone) -> None:
    fields = {**WORDS, "category": "welcome", "audience": "same-condition", "condition": "migraine"}
    answer = press(juniper.client, NEW, NEW, do="keep", **fields)
    assert answer.status_code == 303
    with database.reading() as session:
        assert session.scalars(select(KeptDraft.condition)).one() == "migraine"
    main = composer(juniper)
    (chosen,) = (
        one for one in main.one("select", name="condition").all("option") if "selected" in one.attributes
    )
    assert chosen.attributes["value"] == "migraine"
    assert offered(main)["same-condition"]


def test_the_composers_take_one_statement_more_for_those_with_conditions(
    app: Flask, juniper: Someone, marlow: Someone, database: Database
) -> None:
    counted = []
    for someone in (marlow, juniper):
        composer(someone)
        with recorded(database) as statements:
            composer(someone)
        counted.append(len([one for one in statements if not one.startswith("BEGIN")]))
    assert counted[1] == counted[0] + 1 <= 6


# --- changing it afterwards ------------------------------------------------------------------------------


def test_it_narrows_to_a_condition_of_ones_own_and_back_until_somebody_answered(
    database: Database, juniper: Someone, marlow: Someone
) -> None:
    topic_id = start(database, juniper.actor, topic_draft("mind-and-mood", audience=Audience.MEMBERS))
    address = f"/topics/{topic_id}/edit"
    words = {name: WORDS[name] for name in ("title", "intent", "content_note")}

    def change(**fields: str) -> int:
        return press(juniper.client, address, address, **words, **fields).status_code

    def stands() -> tuple[Audience, int | None]:
        with database.reading() as session:
            row = session.execute(
                select(Topic.audience, Topic.condition_id).where(Topic.id == topic_id)
            ).one()
        return row.audience, row.condition_id

    migraine, fibromyalgia = term(database, "migraine"), term(database, "fibromyalgia")
    # Never more readers than the category allows.
    assert "public" not in offered(page(juniper.client, address))
    assert change(audience="public") == 422
    assert "so can the moderators." in page(juniper.client, address).text
    assert change(audience="same-condition") == 422
    assert change(audience="same-condition", condition="migraine") == 303
    assert stands() == (Audience.SAME_CONDITION, migraine)
    assert change(audience="same-condition", condition="fibromyalgia") == 303
    assert stands() == (Audience.SAME_CONDITION, fibromyalgia)
    assert change(audience="members", condition="fibromyalgia") == 303
    assert stands() == (Audience.MEMBERS, None)
    reply(database, marlow.actor, topic_id)
    assert "some who answered may not be able to read it" in page(juniper.client, address).text
    assert change(audience="same-condition", condition="migraine") == 303
    # Somebody answered for these readers: there can be no other ones.
    assert conditions(page(juniper.client, address)) == ["", "migraine"]
    assert change(audience="same-condition", condition="fibromyalgia") == 422
    assert change(audience="members", condition="") == 422
    # It stays as it is for an author who took it out of their profile.
    say(juniper, Said())
    assert change(audience="same-condition", condition="migraine") == 303
    assert stands() == (Audience.SAME_CONDITION, migraine)


@pytest.mark.proves("D8")
def test_narrowing_to_a_condition_takes_it_from_everybody_else_at_once(
    database: Database, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    topic_id = start(database, juniper.actor, topic_draft("welcome", "A word like no other: quillwort."))
    with database.reading() as session:
        post_id = session.scalars(select(Post.id).where(Post.topic_id == topic_id)).one()
    elsewhere = start(database, marlow.actor, replace(topic_draft("welcome"), title="Elsewhere"))
    reply(database, marlow.actor, elsewhere, f"> [#1](/posts/{post_id})\n> quillwort.\n\nThat helped me.")
    surfaces = ("/", "/categories/welcome", f"/topics/{elsewhere}", "/search?q=quillwort")
    address = f"/topics/{topic_id}/edit"
    fields = {name: WORDS[name] for name in ("title", "intent", "content_note")}
    press(juniper.client, address, address, **fields, audience="same-condition", condition="migraine")
    for reader in (client, marlow.client):
        assert refusal(reader, f"/topics/{topic_id}") == refusal(reader, "/topics/99999999")
        for shown in surfaces:
            text = reader.get(shown, follow_redirects=True).text
            main = text.partition("<main")[2]
            assert "quillwort." not in main, shown
            assert "Flare number nine" not in main, shown
