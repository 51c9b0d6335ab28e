"""Taking an identity away: the last one that works stays, and so does one that somebody else's would replace."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from forum import clock
from forum.accounts.models import AccountEvent, Identity
from tests.accounts.conversations import BOTH
from tests.accounts.stand_in import StandIn
from tests.accounts.ways_in import (
    WAYS_IN,
    add,
    everything,
    identity_ids,
    let_a_week_pass,
    other_of,
    remove,
    told,
    unprove,
)
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served
from tests.threads import together


@pytest.mark.proves("A37")
@pytest.mark.parametrize("first", BOTH)
def test_taking_one_away_leaves_the_other_and_does_what_every_change_does(forum: Forum, first: str) -> None:
    browser, elsewhere = Browser(forum), Browser(forum)
    browser.join("quiet-river", first)
    add(browser, other_of(first))
    elsewhere.sign_in()
    let_a_week_pass(forum)
    old = Browser(forum)
    old.http.cookies = browser.http.cookies.copy()
    gone, kept = identity_ids(forum)
    answer = remove(browser, gone)
    assert (answer.status_code, answer.headers["Location"]) == (303, WAYS_IN)
    assert identity_ids(forum) == [kept]
    assert (old.name(), elsewhere.name()) == (None, None)
    assert told(forum)[-1] == (AccountEvent.IDENTITY_REMOVED, first)
    assert Browser(forum).sign_in(first).headers["Location"] == "/join/consent"
    again = Browser(forum)
    again.sign_in(other_of(first))
    assert (again.name() or "").startswith("quiet-river")


@pytest.mark.proves("A38")
def test_the_last_one_stays_and_the_page_says_why(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    (only,) = identity_ids(forum)
    address = f"{WAYS_IN}/identities/{only}/remove"
    page = browser.get(WAYS_IN)
    assert address not in page.text
    assert "It is the only one that works now, so it stays" in page.text
    asked = browser.get(address)
    assert asked.status_code == 200
    assert "It is the only one that works now, so it stays" in asked.text
    assert address not in [form.action for form in Page(asked.text).forms]
    before = everything(forum)
    token = Page(page.text).form("/settings/sign-in/codes").values["csrf_token"]
    answer = browser.post(address, {"csrf_token": token})
    assert answer.status_code == 409
    assert "It is the only one that works now, so it stays" in answer.text
    assert everything(forum) == before


@pytest.mark.proves("A38")
def test_one_that_fell_asleep_does_not_count_as_what_remains(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser)
    google, facebook = identity_ids(forum)
    token = Page(browser.get(WAYS_IN).text).form("/settings/sign-in/codes").values["csrf_token"]
    with forum.database.transaction() as session:
        session.execute(update(Identity).where(Identity.id == facebook).values(dormant_since=clock.now()))
    page = browser.get(WAYS_IN)
    assert "Asleep" in page.text
    assert f"/identities/{google}/remove" not in page.text
    answer = browser.post(f"{WAYS_IN}/identities/{google}/remove", {"csrf_token": token})
    assert answer.status_code == 409
    # The one that sleeps may go.
    assert remove(browser, facebook).status_code == 303
    assert identity_ids(forum) == [google]


@pytest.mark.proves("A38")
def test_one_that_was_just_added_does_not_take_the_place_of_an_older_one(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(added_at=clock.now() - timedelta(days=30)))
    add(browser)
    google, facebook = identity_ids(forum)
    address = f"{WAYS_IN}/identities/{google}/remove"
    page = browser.get(WAYS_IN)
    assert address not in page.text
    assert "You added the other one less than a week ago" in page.text
    token = Page(page.text).form("/settings/sign-in/codes").values["csrf_token"]
    before = everything(forum)
    assert browser.post(address, {"csrf_token": token}).status_code == 409
    assert everything(forum) == before
    # Whoever added it by mistake takes it away again at once.
    assert f"{WAYS_IN}/identities/{facebook}/remove" in page.text
    let_a_week_pass(forum)
    assert remove(browser, google).status_code == 303
    assert identity_ids(forum) == [facebook]


@pytest.mark.proves("A38")
def test_one_whose_provider_is_gone_does_not_count_as_what_remains(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    settings = replace(settings_for(database_url, tmp_path), facebook=None)
    with served(settings, stand_in) as forum:
        browser = Browser(forum)
        browser.join("quiet-river")
        with forum.database.transaction() as session:
            session.add(
                Identity(
                    member_id=1,
                    issuer="https://facebook.stand-in.invalid",
                    subject="gone",
                    added_at=clock.now(),
                )
            )
        let_a_week_pass(forum)
        google, facebook = identity_ids(forum)
        page = browser.get(WAYS_IN)
        assert f"/identities/{google}/remove" not in page.text
        token = Page(page.text).form("/settings/sign-in/codes").values["csrf_token"]
        answer = browser.post(f"{WAYS_IN}/identities/{google}/remove", {"csrf_token": token})
        assert answer.status_code == 409
        assert remove(browser, facebook).status_code == 303


@pytest.mark.proves("A38")
def test_two_that_are_taken_away_at_once_leave_one(forum: Forum) -> None:
    browsers = [Browser(forum), Browser(forum)]
    browsers[0].join("quiet-river")
    add(browsers[0])
    browsers[1].sign_in()
    let_a_week_pass(forum)
    ids = identity_ids(forum)
    addresses = [f"{WAYS_IN}/identities/{number}/remove" for number in ids]
    pages = [browser.get(address) for browser, address in zip(browsers, addresses, strict=True)]
    statuses = together(2, lambda n: browsers[n].submit(pages[n], addresses[n]).status_code)
    # The first one ends the other's session, who is a visitor then, or was faster and is refused.
    assert sorted(statuses)[0] == 303
    assert sorted(statuses)[1] in (401, 404, 409)
    assert len(identity_ids(forum)) == 1


@pytest.mark.proves("W12")
def test_nobody_takes_one_away_who_has_not_shown_that_it_is_they(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser)
    let_a_week_pass(forum)
    unprove(forum)
    before = everything(forum)
    answer = remove(browser, identity_ids(forum)[0])
    assert answer.status_code == 403
    assert everything(forum) == before


def test_somebody_elses_is_nobodys_business(forum: Forum) -> None:
    browser, other = Browser(forum), Browser(forum)
    browser.join("quiet-river")
    other.join("tall-cedar", "google", "sam")
    add(other, "facebook", "sam")
    add(browser)
    theirs = identity_ids(forum)[1]
    address = f"{WAYS_IN}/identities/{theirs}/remove"
    token = Page(browser.get(WAYS_IN).text).form("/settings/sign-in/codes").values["csrf_token"]
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"csrf_token": token}).status_code == 404
    assert len(identity_ids(forum)) == 4
