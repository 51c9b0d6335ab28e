"""Versions that never held: what replaced them asks in their place, and no page compares anything with them."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from forum import clock
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind
from forum.consent.policies import publish_policy
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from tests import cast
from tests.consent.deciding import AGREE_AGAIN, agree, form_to, has_news, is_asked_again, opened
from tests.pages import read_page
from tests.recorder import recorded

GREAT, SMALL = True, False


def publish(database: Database, words: str, day: datetime | None, *, material: bool) -> None:
    """Publish a version of the terms."""
    with database.transaction() as session:
        draft = PolicyDraft(PolicyKind.TERMS, "en", "Terms", f"{words}\n", material, effective_at=day)
        publish_policy(session, OPERATOR, draft)


def named(page: TestResponse, place: str) -> list[str]:
    """Return the addresses of policies that a part of a page leads to."""
    (part,) = [one for one in opened(page).all("section") if place in one.attributes.values()]
    links = [link.attributes["href"] for link in part.all("a")]
    return [link for link in links if link.startswith("/policies/")]


@pytest.mark.proves("C12")
@pytest.mark.parametrize(
    ("announced", "asks"),
    [
        ((GREAT, SMALL), True),
        ((SMALL, GREAT), True),
        ((GREAT, SMALL, SMALL), True),
        ((SMALL, SMALL), False),
    ],
)
def test_what_replaces_a_material_version_asks_in_its_place(
    app: Flask, database: Database, announced: tuple[bool, ...], asks: bool
) -> None:
    willow = cast.member(app, "Willow")
    day = clock.now() + timedelta(days=10)
    for number, material in enumerate(announced):
        publish(database, f"Words {number}.", day, material=material)
    newest = 1 + len(announced)
    with time_machine.travel(day + timedelta(minutes=1)):
        assert (is_asked_again(willow), has_news(willow)) == (asks, True)
        # The one that holds is all that is named, with what was in force before.
        links = [f"/policies/terms/{newest}/changes", f"/policies/terms/{newest}"]
        assert sorted(named(willow.client.get("/notices"), "policies")) == sorted(links)
        main = read_page(willow.client.get(links[0]).text).one("main")
        assert {link.attributes["href"] for link in main.all("a")} >= {links[1], "/policies/terms/1"}
        assert "These are the terms of the tests." in main.text
        assert "Words 0." not in main.text
        if asks:
            page = willow.client.get(AGREE_AGAIN)
            assert named(page, "changed") == links
            assert "We ask you again because of this" in opened(page).text
            assert agree(willow.client, page).status_code == 303
        assert not is_asked_again(willow)


@pytest.mark.proves("C12")
def test_a_small_change_for_another_day_takes_nothing_over(app: Flask, database: Database) -> None:
    """It holds until the material one does, which asks on its own day."""
    willow = cast.member(app, "Willow")
    day = clock.now() + timedelta(days=5)
    publish(database, "Great.", day, material=True)
    publish(database, "For now.", None, material=False)
    publish(database, "Later.", day + timedelta(days=5), material=False)
    assert (is_asked_again(willow), has_news(willow)) == (False, True)
    with time_machine.travel(day + timedelta(minutes=1)):
        page = willow.client.get(AGREE_AGAIN)
        assert named(page, "changed") == [
            "/policies/terms/3/changes",
            "/policies/terms/3",
            "/policies/terms/2/changes",
            "/policies/terms/2",
        ]
        # Each is compared with what was in force before it, whatever its number.
        for version, before in ((3, 1), (2, 3)):
            main = read_page(willow.client.get(f"/policies/terms/{version}/changes").text).one("main")
            links = [link.attributes["href"] for link in main.one("ul").all("a")]
            assert links == [f"/policies/terms/{version}", f"/policies/terms/{before}"]
        # What came last is read last: the button says all of it was.
        read = form_to(willow.client.get("/notices"), "/notices/policies/seen")
        assert willow.client.post("/notices/policies/seen", data=read).status_code == 303
        assert not has_news(willow)
        agree(willow.client, page)
    with time_machine.travel(day + timedelta(days=6)):
        assert not is_asked_again(willow)


def test_what_was_over_when_it_was_published_is_no_news(app: Flask, database: Database) -> None:
    """The operator may date a version back: what holds by then goes before it, and it never holds."""
    with time_machine.travel(clock.now() - timedelta(days=30)):
        cast.publish_policies(database)
    willow = cast.member(app, "Willow")
    publish(database, "Too late.", clock.now() - timedelta(days=40), material=True)
    assert (is_asked_again(willow), has_news(willow)) == (False, False)
    assert "This version is never in force: version 1" in willow.client.get("/policies/terms/2").text


def test_what_never_held_costs_who_acts_no_statement_of_its_own(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    day = clock.now() + timedelta(days=1)
    for number in range(5):
        publish(database, f"Words {number}.", day, material=True)
    with time_machine.travel(day + timedelta(minutes=1)), recorded(database) as statements:
        assert is_asked_again(willow)
    assert len(statements) == 1


def test_who_publishes_over_a_material_version_is_told(app: Flask, database: Database) -> None:
    aspen = cast.administrator(app)
    work = "/admin/policies/terms/en"
    told = "so is what takes its place"
    for material in (False, True):
        publish(
            database, f"Announced {material}.", clock.now() + timedelta(days=10 + material), material=material
        )
        form = form_to(aspen.client.get(work), work)
        sent = form | {"title": "Terms", "markdown": f"Over {material}."}
        assert aspen.client.post(work, data=sent).status_code == 303
        assert (told in aspen.client.get(f"{work}/publish").text) is material
