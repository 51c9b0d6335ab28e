"""Words of a profile: while their owner is suspended, where they broke a rule, where they go, and never by accident."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from config import Settings
from forum import clock
from forum.accounts.models import Suspension
from forum.app import create_app
from forum.community.models.people import FieldAudience
from forum.community.profiles import Said
from forum.community_settings.commands import change_settings
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import SignUp
from forum.permissions.actor import OPERATOR
from tests import cast
from tests.cast import Someone
from tests.community.saying import FULL, WORDS, make_terms, say, shown, to
from tests.moderation.working import fields_of, page

ABOUT = "/settings/profile/about"
NOBODY, MEMBERS, EVERYONE = FieldAudience


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Who says something."""
    make_terms(app.extensions["alongside"].database)
    return cast.member(app, "Juniper")


@pytest.fixture
def marlow(app: Flask) -> Someone:
    """Who reads it."""
    return cast.member(app, "Marlow")


def test_while_somebody_is_suspended_nobody_but_they_and_moderators_see_what_they_say(
    app: Flask, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    cedar = cast.moderator(app)

    def seen() -> list[set[str]]:
        return [shown(one) for one in (client, marlow.client, cedar.client, juniper.client)]

    everything = {"page", *WORDS}
    assert seen() == [everything] * 4
    with juniper.database.transaction() as session:
        session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
    assert seen() == [set(), {"page"}, everything, everything]
    assert "only the moderators see" in page(juniper.client, "/members/Juniper").text
    # Members see their name and no more, as beside their posts.
    assert page(marlow.client, "/members/Juniper").one("h1").text == "Juniper"
    with juniper.database.transaction() as session:
        session.execute(update(Suspension).values(until=clock.now()))
    assert seen() == [everything] * 4


def test_a_page_says_how_to_tell_the_moderators_where_there_is_a_way(
    settings: Settings, client: FlaskClient, juniper: Someone, marlow: Someone
) -> None:
    say(juniper, to(EVERYONE))
    without = create_app(replace(settings, operator_contact=""))
    browser = cast.signed_in(without, marlow.token)
    texts = [page(browser, address).text for address in ("/members/Juniper", "/members/Juniper/block")]
    without.extensions["alongside"].database.dispose()
    assert not any("tell the moderators" in text for text in texts)
    places = (
        (client, "/members/Juniper"),
        *((marlow.client, f"/members/Juniper{p}") for p in ("", "/block")),
    )
    for browser, address in places:
        # The operator's own, as long as administrators named no other.
        assert "tell the moderators" in page(browser, address).text
        assert "care@forum.invalid" in page(browser, address).text
    with juniper.database.transaction() as session:
        draft = SettingsDraft(0, SignUp.OPEN, read_only=False, announcement="", contact="team@forum.invalid")
        change_settings(session, OPERATOR, draft)
    for browser, address in places:
        text = page(browser, address).text
        assert "tell the moderators" in text
        assert "team@forum.invalid" in text
    assert "team@forum.invalid" not in page(juniper.client, "/members/Juniper").text


def test_what_was_typed_is_not_lost_with_an_old_page_or_a_log_in_that_ended(
    client: FlaskClient, juniper: Someone
) -> None:
    sent = {**fields_of(juniper.client, ABOUT, ABOUT), "about": "It took me an hour to write this."}
    for browser, form, status in (
        (juniper.client, {**sent, "csrf_token": "old"}, 400),
        (client, sent, 401),
        (juniper.client, {**sent, "about_for": "aliens"}, 400),
    ):
        answer = browser.post(ABOUT, data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == status
        assert "It took me an hour to write this." in answer.text


def test_what_goes_is_told_from_what_nobody_else_saw() -> None:
    said = replace(to(MEMBERS), listed=True)
    assert not said.takes_back_from(Said())
    assert not said.takes_back_from(said)
    assert not to(EVERYONE).takes_back_from(to(MEMBERS))
    for part, less in {"about": "", "country": "", "age_band": None, "treatments": frozenset[str]()}.items():
        gone = replace(said, **{part: less})  # type: ignore[arg-type]  # As above.
        assert gone.takes_back_from(said), part
        before = to(NOBODY, part, of=said)
        assert not replace(before, **{part: less}).takes_back_from(before), part  # type: ignore[arg-type]  # As above.
    for part in WORDS:
        assert to(NOBODY, part, of=said).takes_back_from(said), part
        # Where nothing is said, nothing goes with its readers.
        assert not Said().takes_back_from(to(MEMBERS, part, of=Said())), part
    assert replace(said, listed=False).takes_back_from(said)
    # By a condition they read what is for those who share it, whoever sees that they have it.
    assert replace(FULL, conditions=frozenset()).takes_back_from(FULL)


def test_new_words_are_looked_at_only_where_somebody_sees_them_who_did_not_before() -> None:
    telling = Said("Write me at robin@example.org.", MEMBERS)
    assert telling.gives_away(Said())
    assert telling.gives_away(replace(telling, about_for=NOBODY))
    assert replace(telling, about_for=EVERYONE).gives_away(telling)
    assert telling.gives_away(Said("Write me.", EVERYONE))
    for before in (telling, replace(telling, about_for=EVERYONE)):
        assert telling.gives_away(before) == ()
    assert replace(telling, about_for=NOBODY).gives_away(Said()) == ()
