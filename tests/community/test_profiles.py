"""What members say about themselves: each part for those they chose, and health only while they agree to it."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.leaving import begin_leaving, cancel_leaving
from forum.accounts.models import Member, Suspension
from forum.community.commands.profiles import change_profile
from forum.community.models.blocks import Block
from forum.community.models.people import AgeBand, FieldAudience, HealthTerm, MemberTerm, Profile
from forum.community.profiles import Said
from forum.community.queries.profiles import own_profile, profile_page
from forum.consent.changing import take_consent_back
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.errors import Forbidden
from forum.permissions.actor import MemberState, Purpose
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.community.saying import FULL, WORDS, make_terms, say, shown, terms_of, to
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press, refusal
from tests.pages import read_page
from tests.recorder import recorded
from tests.threads import together

ABOUT = "/settings/profile/about"
NOBODY, MEMBERS, EVERYONE = FieldAudience


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a list of conditions and treatments."""
    made: Database = app.extensions["alongside"].database
    make_terms(made)
    return made


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who says something."""
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask, database: Database) -> Someone:
    """Who reads it."""
    return cast.member(app, "Marlow")


def send(someone: Someone, **changes: str | list[str]) -> TestResponse:
    """Send the form as it stands, with these changes."""
    main = page(someone.client, ABOUT)
    (form,) = (one for one in main.all("form") if one.attributes["action"] == ABOUT)
    sent: dict[str, str | list[str]] = {
        **fields_of(someone.client, ABOUT, ABOUT),
        "about": form.one("textarea").raw,
    }
    for select_ in form.all("select"):
        chosen = [one.attributes["value"] for one in select_.all("option") if "selected" in one.attributes]
        sent[select_.attributes["name"]] = chosen[0] if chosen else ""
    for box in form.all("input", type="checkbox"):
        if "checked" in box.attributes:
            before = sent.get(box.attributes["name"], [])
            sent[box.attributes["name"]] = [*before, box.attributes["value"]]
    return someone.client.post(ABOUT, data={**sent, **changes})


def test_it_is_said_through_the_page_and_seen_by_whom_was_chosen(
    app: Flask, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    assert shown(client) == set()
    assert shown(marlow.client) == {"page"}
    assert "Juniper says nothing about themselves here." in page(marlow.client, "/members/Juniper").text
    form = page(juniper.client, ABOUT)
    # Nobody is what stands there first, and what is offered no more isn't there.
    reach = [one for one in form.all("select") if one.attributes["name"].endswith("_for")]
    assert [one.one("option", value="nobody").attributes.get("selected") for one in reach] == [""] * 5
    assert "An old word" not in form.text
    answer = send(
        juniper,
        about=FULL.about.replace("\n", "\r\n"),
        about_for="everyone",
        conditions=["fibromyalgia"],
        conditions_for="members",
        treatments=["pacing"],
        country="PT",
        country_for="members",
        age_band="40-49",
        listed="y",
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ABOUT}?saved")
    assert "Saved." in page(juniper.client, f"{ABOUT}?saved").one("div", role="status").text
    assert shown(client) == {"page", "about"}
    assert shown(marlow.client) == {"page", "about", "conditions", "country"}
    own = page(juniper.client, "/members/Juniper")
    assert shown(juniper.client) == {"page", *WORDS}
    assert [one.text for one in own.all("p", class_="meta")] == [
        f"Who sees this: {who}"
        for who in ("Everyone", "Members", "Nobody but me", "Members", "Nobody but me")
    ]
    assert "You stand in the list of members." in own.text
    # It is plain text, with its lines.
    assert "<b>A</b> second part." in own.text
    assert len(own.one("div", class_="prose").all("br")) == 1
    # Sent again as it stands, nothing changes, and no page is stale by it.
    scope = select(PageStamp.version).where(PageStamp.scope == f"member:{juniper.member_id}")
    with juniper.database.reading() as session:
        before = session.scalars(scope).one()
    assert send(juniper).status_code == 303
    with juniper.database.reading() as session:
        assert session.scalars(scope).one() == before
        assert own_profile(session, juniper.actor).said == Said(
            FULL.about, EVERYONE, FULL.conditions, MEMBERS, FULL.treatments, NOBODY, "PT", MEMBERS,
            AgeBand.FROM_40, NOBODY, listed=True,
        )  # fmt: skip


def test_each_part_is_for_its_own_audience_and_leaves_at_once(
    app: Flask, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    waiting = cast.member(app, "Hazel")
    with juniper.database.transaction() as session:
        session.execute(
            update(Member).where(Member.id == waiting.member_id).values(state=MemberState.WAITING)
        )
    for part in WORDS:
        say(juniper, to(EVERYONE, part))
        assert shown(client) == shown(marlow.client) == shown(waiting.client) == {"page", part}
        say(juniper, to(MEMBERS, part))
        assert shown(client) == shown(waiting.client) == set(), part
        assert shown(marlow.client) == {"page", part}
        say(juniper, FULL)
        assert shown(marlow.client) == {"page"}
    say(juniper, to(EVERYONE, of=Said()))
    # For everyone, but nothing said: there is no page for visitors.
    assert shown(client) == set()


def test_nobody_can_be_told_from_somebody_out_of_sight(
    app: Flask, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    cedar = cast.moderator(app)
    # Found however it is typed, under the one address.
    for typed in ("juniper", "JUN1PER"):
        answer = client.get(f"/members/{typed}")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/members/Juniper")
    for typed in ("%00", "%FF", "x" * 5000, "a%0Ab"):
        assert client.get(f"/members/{typed}").status_code == 404
    assert "/moderation/members/Juniper" in cedar.client.get("/members/Juniper").text
    assert "/moderation/" not in page(marlow.client, "/members/Juniper").text

    def gone() -> None:
        for browser in (client, marlow.client):
            there, nowhere = (refusal(browser, f"/members/{one}") for one in ("Juniper", "Nobody-here"))
            assert there.replace("juniper", "") == nowhere
            assert browser.get("/members/juniper").status_code == 404

    for state in set(MemberState) - {MemberState.ACTIVE}:
        with juniper.database.transaction() as session:
            session.execute(update(Member).where(Member.id == juniper.member_id).values(state=state))
        gone()
        # They go on seeing what they said.
        assert shown(juniper.client) == {"page", *WORDS}
    with juniper.database.transaction() as session:
        session.execute(update(Member).where(Member.id == juniper.member_id).values(state=MemberState.ACTIVE))
        session.add(
            Block(blocker_id=juniper.member_id, blocked_id=marlow.member_id, blocked_on=clock.today())
        )
    assert shown(marlow.client) == set()
    assert shown(juniper.client, "Marlow") == set()
    assert shown(client) == {"page", *WORDS}
    # It goes for whoever moderates, too: for their work they have a page of their own.
    assert shown(cedar.client) == {"page", *WORDS}
    for blocker, blocked in ((cedar, juniper), (juniper, cedar)):
        key = {"blocker_id": blocker.member_id, "blocked_id": blocked.member_id}
        with juniper.database.transaction() as session:
            session.add(Block(**key, blocked_on=clock.today()))
        assert shown(cedar.client) == set()
        assert WORDS["about"] in page(cedar.client, "/moderation/members/Juniper").text
        with juniper.database.transaction() as session:
            session.delete(session.get_one(Block, key))


def test_saying_less_asks_for_nothing_and_saying_more_for_all_that_writing_asks(
    app: Flask, juniper: Someone
) -> None:
    full = replace(to(MEMBERS), listed=True)
    say(juniper, full)
    with juniper.database.transaction() as session:
        session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
    more = (
        replace(full, about="Other words."),
        to(EVERYONE, "about", of=full),
        replace(full, conditions=full.conditions | {"migraine"}),
        replace(full, treatments=full.treatments | {"tens"}),
        replace(full, country="FR"),
        replace(full, age_band=AgeBand.FROM_50),
        # Less of one and more of another is more.
        to(EVERYONE, "country", of=replace(full, about="")),
    )
    for said in more:
        with pytest.raises(Forbidden, match="suspended"):
            say(juniper, said)
    with juniper.database.reading() as session:
        own = own_profile(session, juniper.actor)
    assert own.reach("about_for") == (NOBODY, MEMBERS)
    assert [term.slug for term in own.terms("conditions")] == ["fibromyalgia"]
    assert (own.countries, own.age_bands) == ((("PT", "Portugal"),), (AgeBand.FROM_40,))
    form = page(juniper.client, ABOUT)
    assert "Your account is suspended" in form.text
    assert "Migraine" not in form.text
    assert [one.attributes["value"] for one in form.one("select", id="about_for").all("option")] == [
        "nobody",
        "members",
    ]
    assert [one.attributes["value"] for one in form.one("select", id="country").all("option")] == ["", "PT"]
    assert send(juniper, about="Other words.").status_code == 403
    # Somebody who only looks and saves changes nothing, whatever else they may not do.
    assert send(juniper).status_code == 303
    less = replace(full, about="", country_for=NOBODY, conditions=frozenset(), age_band=None, listed=False)
    for state in (MemberState.PAUSED, MemberState.RESTRICTED, MemberState.ACTIVE):
        with juniper.database.transaction() as session:
            session.execute(update(Member).where(Member.id == juniper.member_id).values(state=state))
        assert send(juniper, country="").status_code == 303
    say(juniper, replace(less, country=""))
    with pytest.raises(Forbidden):
        say(juniper, replace(less, country="", listed=True))


@pytest.mark.proves("C11")
def test_conditions_and_treatments_go_with_the_consent_and_the_rest_is_hidden(
    app: Flask, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    assert terms_of(juniper) == {"fibromyalgia"}
    before = juniper.actor
    privacy = page(juniper.client, "/settings/privacy")
    assert "The conditions and treatments in your profile are deleted" in privacy.one(id="health-data").text
    action = "/settings/privacy/health-data/take-back"
    assert press(juniper.client, "/settings/privacy", action).status_code == 303
    assert "We deleted the conditions" in page(juniper.client, "/settings/privacy?changed=health-data").text
    assert _rows(juniper.database) == (0, 1)
    assert terms_of(juniper) == set()
    assert shown(marlow.client) == shown(client) == set()
    # A form that was on its way when the consent was taken back brings nothing back.
    with pytest.raises(Forbidden), juniper.database.transaction() as session:
        change_profile(session, before, to(EVERYONE))
    assert _rows(juniper.database) == (0, 1)
    give = "/settings/privacy/health-data/give"
    assert press(juniper.client, "/settings/privacy", give).status_code == 303
    assert shown(client) == {"page", "about", "country", "age_band"}


def test_whoever_comes_back_in_time_has_them_again_unless_the_consent_is_gone(
    app: Flask, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    say(marlow, to(EVERYONE, of=replace(FULL, country="")))
    with juniper.database.transaction() as session:
        begin_leaving(session, juniper.member_id)
        begin_leaving(session, marlow.member_id)
    assert _rows(juniper.database) == (4, 2)
    with juniper.database.transaction() as session:
        # It goes with the consent, also while they are on their way out.
        take_consent_back(session, marlow.actor, Purpose.HEALTH_DATA, gpc=False)
        cancel_leaving(session, juniper.member_id)
    assert _rows(juniper.database) == (2, 2)
    assert shown(marlow.client) == {"page", *WORDS}


def _rows(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return (
            session.execute(select(func.count()).select_from(MemberTerm)).scalar_one(),
            session.execute(select(func.count()).select_from(Profile)).scalar_one(),
        )


def test_what_cannot_be_chosen_is_refused(juniper: Someone, app: Flask) -> None:
    for changes in (
        {"country": "ZZ"},
        {"country_for": "aliens"},
        {"about_for": ""},
        {"age_band": "7"},
        {"do": "else"},
        {"role": "administrator"},
    ):
        assert send(juniper, **changes).status_code == 400, changes
    long = send(juniper, about="a" * 1001)
    assert long.status_code == 422
    assert "1000 characters" in read_page(long.text).one(id="about-error").text
    for slug in ("old-word", "nothing", "pacing"):
        refused = send(juniper, conditions=[slug])
        assert refused.status_code == 422
        assert "no longer in the list" in read_page(refused.text).one(id="conditions-error").text
    # Words that may tell who somebody is are asked about once, and only where others see them.
    telling = "Write me at robin@example.org."
    assert send(juniper, about=telling).status_code == 303
    asked = send(juniper, about=telling, about_for="everyone")
    assert asked.status_code == 422
    assert "looks like an e-mail address" in read_page(asked.text).one("main").text
    assert send(juniper, about=telling, about_for="everyone", do="anyway").status_code == 303
    # What is offered no more stays with whoever has it.
    say(juniper, Said(conditions=frozenset({"migraine"})))
    with juniper.database.transaction() as session:
        session.execute(update(HealthTerm).values(offered=False))
    assert send(juniper, conditions_for="members").status_code == 303
    assert terms_of(juniper) == {"migraine"}
    assert send(juniper, conditions=["fibromyalgia"]).status_code == 422


def test_what_is_said_at_once_is_said_one_after_the_other(
    database: Database, juniper: Someone, marlow: Someone
) -> None:
    sayings = [FULL, to(EVERYONE), Said(conditions=frozenset({"migraine"})), to(MEMBERS, "about")]
    actor = juniper.actor

    def work(number: int) -> None:
        with database.transaction() as session:
            change_profile(session, actor, sayings[number])

    together(len(sayings), work)
    with database.reading() as session:
        # One of them as a whole, and no mixture.
        assert own_profile(session, actor).said in sayings


def test_names_lead_to_pages_for_members_alone(
    app: Flask, database: Database, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    make_room(database, "flares-today")
    topic_id = start(database, juniper.actor, topic_draft("flares-today"))
    for address in (f"/topics/{topic_id}", "/categories/flares-today", "/"):
        assert 'href="/members/Juniper"' in marlow.client.get(address, follow_redirects=True).text, address
        assert "/members/" not in client.get(address, follow_redirects=True).text, address
    links = {link.attributes["href"] for link in page(marlow.client, "/members/Juniper").all("a")}
    assert {"/search?q=by%3AJuniper", "/members/Juniper/block"} <= links
    assert "/members" in {link.attributes["href"] for link in read_page(marlow.client.get("/").text).all("a")}
    say(juniper, to(EVERYONE))
    assert page(client, "/members/Juniper").all("a") == []


def test_how_many_statements_it_takes(
    database: Database, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    reader, own = marlow.actor, juniper.actor
    with recorded(database) as statements, database.reading() as session:
        assert profile_page(session, reader, "Juniper").says_something
    assert len(statements) == 2
    with recorded(database) as statements, database.reading() as session:
        own_profile(session, own)
    assert len(statements) == 2
    for browser, most in ((client, 4), (marlow.client, 6)):
        with recorded(database) as statements:
            assert browser.get("/members/Juniper").status_code == 200
        assert len(statements) <= most
