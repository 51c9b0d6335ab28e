"""Somebody finds an open browser and wants the account for good: what each such attack comes to, told as it was told.

What two requests do at the same moment stands in ``test_takeover_races``.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import delete, select, update

from forum import clock
from forum.accounts.account_notices import sweep_account_notices
from forum.accounts.models import AccountEvent, Identity, Member, Passkey, RecoveryCode
from forum.accounts.recovery_codes import give_code
from forum.permissions.actor import OPERATOR, SETTLES_AFTER, Proof, Role
from tests.accounts.authenticator import Authenticator, add_passkey, ask, bring, use_passkey, who
from tests.accounts.stand_in import StandIn
from tests.accounts.ways_in import (
    AGAIN,
    CODES,
    WAYS_IN,
    add,
    identities,
    identity_ids,
    make_codes,
    proofs,
    prove,
    set_proof,
    title,
    told,
    unprove,
)
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served

GOOGLE, FACEBOOK = "https://google.stand-in.invalid", "https://facebook.stand-in.invalid"
CODE_PAGE = "/log-in/code"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def forum(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[Forum]:
    """Return a forum with passkeys."""
    with served(settings_for(database_url, tmp_path), stand_in, host="localhost") as running:
        yield running


@pytest.fixture
def attackers_device(forum: Forum) -> Authenticator:
    """Return a device that the attacker brought along."""
    return Authenticator(forum.base_url)


def let_pass(forum: Forum, time: timedelta) -> None:
    """Let every way in be so much older than it is."""
    with forum.database.transaction() as session:
        for kept in (*session.scalars(select(Identity)), *session.scalars(select(Passkey))):
            kept.added_at -= time


def take(browser: Browser, what: str, number: int) -> requests.Response:
    """Press the button that takes a way in away, or send what it would where there is none."""
    address = f"{WAYS_IN}/{what}/{number}/remove"
    page = browser.get(address)
    if address in [form.action for form in Page(page.text).forms]:
        return browser.submit(page, address)
    return browser.post(address, {"csrf_token": token_of(browser)})


def token_of(browser: Browser) -> str:
    return Page(browser.get(WAYS_IN).text).form("/log-out").values["csrf_token"]


def make_staff(forum: Forum, role: Role = Role.ADMINISTRATOR) -> None:
    with forum.database.transaction() as session:
        session.execute(update(Member).values(role=role))


def log_in_by_code(browser: Browser, code: str) -> int:
    return browser.submit(browser.get(CODE_PAGE), CODE_PAGE, {"code": code}).status_code


# --- the open browser of somebody who has Facebook alone -------------------------------------------------


@pytest.fixture
def taken_over(forum: Forum, attackers_device: Authenticator) -> Browser:
    """Return the open browser of quiet-river, in which an attacker added all that they could."""
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    let_pass(forum, timedelta(days=100))
    unprove(forum)
    # The page asks once more; in this browser they are still logged in at Facebook, so that they only come back.
    assert ask(browser, "add").status_code == 403
    assert prove(browser, "facebook", next=WAYS_IN).status_code == 303
    assert proofs(forum) == [Proof.RETURN]
    assert add_passkey(browser, attackers_device).status_code == 303
    assert add(browser, "google", "sam").status_code == 303
    return browser


@pytest.mark.proves("A38", "W12")
def test_the_owners_only_account_stays_for_seven_days_however_strongly_the_attacker_proves(
    forum: Forum, taken_over: Browser, attackers_device: Authenticator
) -> None:
    facebook, google = identity_ids(forum)
    made = make_codes(taken_over)
    for number, time in enumerate((timedelta(), SETTLES_AFTER - A_MINUTE)):
        let_pass(forum, time)
        assert use_passkey(taken_over, attackers_device, "prove").status_code == 303
        page = taken_over.get(WAYS_IN)
        assert "You added the other one less than a week ago" in page.text
        answer = take(taken_over, "identities", facebook)
        assert (answer.status_code, title(answer)) == (409, "Someone was faster")
        assert "You added the other one less than a week ago" in answer.text
        # A code proves no more than that.
        unprove(forum)
        again = taken_over.submit(taken_over.get(AGAIN), AGAIN, {"code": made[number]})
        assert again.status_code == 303
        assert take(taken_over, "identities", facebook).status_code == 409
    # Nor does it help to let it fall asleep at Facebook: its owner wakes it by coming back.
    with forum.database.transaction() as session:
        session.execute(update(Identity).where(Identity.id == facebook).values(dormant_since=clock.now()))
    assert take(taken_over, "identities", facebook).status_code == 409
    assert identity_ids(forum) == [facebook, google]
    owner = Browser(forum)
    owner.sign_in("facebook")
    assert who(owner) == "quiet-river"


@pytest.mark.proves("A37", "W12")
def test_the_owner_comes_back_by_facebook_and_takes_away_all_that_the_attacker_added(
    forum: Forum, taken_over: Browser, attackers_device: Authenticator
) -> None:
    stolen = make_codes(taken_over)
    let_pass(forum, SETTLES_AFTER - A_MINUTE)
    owner = Browser(forum)
    owner.sign_in("facebook")
    # They are told at once, and find it where the mark leads them.
    assert "new notice" in (owner.name() or "")
    assert "A passkey was added" in owner.get("/notices").text
    changes = Page(owner.get(WAYS_IN).text).words(aria_labelledby="changes")
    for sentence in ("A passkey was added", "log in with Google too", "New recovery codes were made"):
        assert sentence in changes
    assert take(owner, "passkeys", 1).status_code == 303
    # From then on the attacker's browser is out, and none of what they added opens anything.
    assert who(taken_over) is None
    google = identity_ids(forum)[1]
    assert take(owner, "identities", google).status_code == 303
    codes = make_codes(owner)
    assert proofs(forum) == [Proof.RETURN]
    attacker = Browser(forum)
    assert use_passkey(attacker, attackers_device).status_code == 400
    assert attacker.sign_in("google", "sam").headers["Location"] == "/join/consent"
    assert [log_in_by_code(attacker, code) for code in stolen] == [422] * 10
    assert who(attacker) is None
    assert identities(forum) == [(1, FACEBOOK)]
    assert log_in_by_code(Browser(forum), codes[0]) == 303


@pytest.mark.proves("W12")
def test_a_passkey_to_which_nobody_objected_for_seven_days_counts(
    forum: Forum, taken_over: Browser, attackers_device: Authenticator
) -> None:
    let_pass(forum, SETTLES_AFTER)
    browser = Browser(forum)
    browser.sign_in("facebook")
    before = forum.counts()
    refused = browser.submit(browser.get(WAYS_IN), CODES)
    assert (refused.status_code, title(refused)) == (403, "Show that it is you")
    assert take(browser, "identities", identity_ids(forum)[1]).status_code == 403
    # Facebook isn't offered any more, and coming back from there all the same is refused with what is needed.
    assert "/auth/facebook/start" not in [form.action for form in Page(refused.text).forms]
    away = browser.post(
        "/auth/facebook/start", {"csrf_token": token_of(browser), "purpose": "prove", "next": WAYS_IN}
    )
    back = browser.get(forum.provider.choose(away.headers["Location"]))
    assert back.status_code == 403
    assert "Facebook doesn’t say when you logged in there, which is not enough here" in back.text
    assert forum.counts() == before
    # With the passkey it goes on, and by then the older account may go.
    assert use_passkey(browser, attackers_device, "prove").status_code == 303
    assert take(browser, "identities", identity_ids(forum)[0]).status_code == 303


# --- staff who log in with Facebook alone ----------------------------------------------------------------


@pytest.mark.proves("W12")
def test_whoever_only_comes_back_to_a_moderators_account_changes_nothing_and_sends_nothing(
    forum: Forum, attackers_device: Authenticator
) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    made = attackers_device.make(ask(browser, "add").json())
    make_staff(forum)
    assert proofs(forum) == [Proof.RETURN]
    before = forum.counts() | {"passkey_challenge": 0, "page_stamp": 0}
    settings = browser.submit(
        browser.get("/admin/settings"), "/admin/settings", {"announcement": "Mine now."}
    )
    identity = browser.post(
        "/auth/google/start", {"csrf_token": token_of(browser), "purpose": "add", "next": "/"}
    )
    for answer in (
        browser.submit(browser.get(WAYS_IN), CODES),
        ask(browser, "add"),
        bring(browser, made, "add"),
        bring(browser, "", "add"),
        identity,
        take(browser, "identities", identity_ids(forum)[0]),
        settings,
        browser.get("/moderation/log.csv"),
    ):
        assert answer.status_code == 403, answer.url
    assert "Mine now." not in browser.get("/about").text
    assert forum.counts() | {"passkey_challenge": 0, "page_stamp": 0} == before
    assert "The person who runs the forum’s server can give you a recovery code" in settings.text


@pytest.mark.proves("W12")
def test_with_a_code_from_the_operator_a_moderator_goes_on_and_adds_a_passkey(
    forum: Forum, attackers_device: Authenticator
) -> None:
    own_device = attackers_device
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    make_staff(forum)
    page = browser.get("/admin/settings")
    waiting = browser.submit(page, "/admin/settings", {"sign_up": "closed", "step": "act"})
    assert waiting.status_code == 403
    with forum.database.transaction() as session:
        code = give_code(session, OPERATOR, "quiet-river")
    assert told(forum) == [(AccountEvent.CODE_GIVEN, "")]
    # Another tab: there is a way now. Then what was sent goes on.
    assert browser.submit(browser.get(AGAIN), AGAIN, {"code": code}).headers["Location"] == AGAIN
    assert browser.submit(waiting, "/admin/settings").status_code == 303
    assert add_passkey(browser, own_device).status_code == 303
    # Logging in again shows too little, as before; the passkey, however new, is enough.
    again = Browser(forum)
    again.sign_in("facebook")
    assert again.submit(again.get(WAYS_IN), CODES).status_code == 403
    assert use_passkey(again, own_device, "prove").status_code == 303
    assert len(make_codes(again)) == 10
    assert again.get("/moderation/log.csv").status_code == 200


@pytest.mark.proves("W12")
def test_a_moderator_whose_google_does_not_say_when_is_told_what_is_needed(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    make_staff(forum, Role.MODERATOR)
    unprove(forum)
    forum.provider.misbehave(no_auth_time=True)
    answer = prove(browser, next="/moderation/log.csv")
    assert answer.status_code == 403
    assert proofs(forum) == [None]
    assert "Google doesn’t say when you logged in there, which is not enough here" in answer.text
    # They have neither of what it names, so it says who can give them one.
    assert "the person who runs the forum’s server can give you a code" in answer.text
    with forum.database.transaction() as session:
        code = give_code(session, OPERATOR, "quiet-river")
    ways = browser.get(Page(answer.text).links()["See the ways to show that it is you"])
    went_on = browser.submit(ways, AGAIN, {"code": code})
    assert (went_on.status_code, went_on.headers["Location"]) == (303, "/moderation/log.csv")
    assert browser.get("/moderation/log.csv").status_code == 200
    # Where Google says it, it is enough by itself.
    unprove(forum)
    forum.provider.behave()
    assert prove(browser, next="/moderation/log.csv").status_code == 303
    assert proofs(forum) == [Proof.FRESH_LOG_IN]


# --- what remains must work ------------------------------------------------------------------------------


@pytest.mark.proves("A38")
def test_the_only_account_that_works_stays_whatever_became_of_the_other(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    settings = settings_for(database_url, tmp_path)
    with served(settings, stand_in) as forum:
        browser = Browser(forum)
        browser.join("quiet-river", "facebook")
        add(browser, "google")
        let_pass(forum, SETTLES_AFTER)
        facebook, google = identity_ids(forum)
    # The forum is started anew without Facebook, on the same database.
    with served(replace(settings, facebook=None), stand_in) as forum:
        browser = Browser(forum)
        browser.sign_in()
        answer = take(browser, "identities", google)
        assert answer.status_code == 409
        assert "It is the only one that works now, so it stays" in answer.text
    with served(settings, stand_in) as forum:
        with forum.database.transaction() as session:
            session.execute(update(Identity).where(Identity.id == facebook).values(dormant_since=clock.now()))
        browser = Browser(forum)
        browser.sign_in()
        assert take(browser, "identities", google).status_code == 409
        assert identity_ids(forum) == [facebook, google]
        # Once Facebook works again, it may go.
        Browser(forum).sign_in("facebook")
        assert take(browser, "identities", google).status_code == 303
        assert identity_ids(forum) == [facebook]


# --- being told ------------------------------------------------------------------------------------------


@pytest.mark.proves("A37")
def test_making_codes_again_and_again_does_not_push_the_passkey_out_of_sight(
    forum: Forum, taken_over: Browser
) -> None:
    made = [make_codes(taken_over) for _time in range(3)]
    codes_page = taken_over.submit(taken_over.get(WAYS_IN), CODES)
    assert codes_page.status_code == 429
    assert int(codes_page.headers["Retry-After"]) == 24 * 60 * 60
    assert "You made new codes three times today" in codes_page.text
    # The last ones are good, as it says; using them up does not hide it, either.
    for code in made[-1][:9]:
        assert log_in_by_code(Browser(forum), code) == 303
    assert forum.counts()["recovery_code"] == 1
    owner = Browser(forum)
    owner.sign_in("facebook")
    for address in ("/notices", WAYS_IN):
        assert "A passkey was added" in owner.get(address).text
    with forum.database.transaction() as session:
        assert sweep_account_notices(session) == 0


# --- coming in by a code, as a person would --------------------------------------------------------------


def go_by_code(browser: Browser, page: requests.Response, code: str) -> requests.Response:
    """Follow the link to the page for codes, use this one, and return where that leads."""
    way = Page(page.text).links()["Log in with a recovery code"]
    answer = browser.submit(browser.get(way), CODE_PAGE, {"code": code})
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"])


@pytest.fixture
def code(forum: Forum) -> str:
    """Return a recovery code of quiet-river."""
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    return make_codes(browser)[0]


def said_no(browser: Browser) -> requests.Response:
    return browser.sign_in("facebook", "says-no", next="/about")


def refused(browser: Browser) -> requests.Response:
    back = browser.return_address("facebook", next="/about")
    Browser(browser.forum).get(back)
    return browser.get(back.replace("state=", "state=x"))


def out_of_reach(browser: Browser) -> requests.Response:
    browser.forum.provider.misbehave(token_500=True)
    return browser.sign_in("facebook", next="/about")


def passkey_refused(browser: Browser) -> requests.Response:
    return bring(browser, "{}", next="/about")


@pytest.mark.parametrize(
    ("stuck", "status", "next_page"),
    [
        (lambda browser: browser.get("/log-in?next=/about"), 200, "/about"),
        (said_no, 200, "/about"),
        # What was asked for is not known there.
        (refused, 400, None),
        (out_of_reach, 503, "/about"),
        (passkey_refused, 400, "/about"),
    ],
    ids=["log-in", "said no", "refused", "out of reach", "passkey refused"],
)
def test_whoever_is_stuck_finds_the_way_in_by_a_code(
    forum: Forum, code: str, stuck: object, status: int, next_page: str | None
) -> None:
    assert callable(stuck)
    browser = Browser(forum)
    page = stuck(browser)
    assert page.status_code == status
    landed = go_by_code(browser, page, code)
    assert "You are in. That code is used up; you have this many left: 9." in landed.text
    assert Page(landed.text).links().get("Back to where you were going") == next_page
    assert who(browser) == "quiet-river"


def test_the_page_says_that_a_code_was_used_to_whoever_used_one_just_now_alone(
    forum: Forum, code: str
) -> None:
    claimed = f"{WAYS_IN}?came-by-code=yes&next=/about"
    browser = Browser(forum)
    browser.sign_in("facebook")
    assert "You are in." not in browser.get(claimed).text
    set_proof(forum, Proof.FRESH_LOG_IN)
    assert "You are in." not in browser.get(claimed).text
    by_code = Browser(forum)
    go_by_code(by_code, by_code.get("/log-in"), code)
    assert "You are in." in by_code.get(claimed).text
    unprove(forum)
    assert "You are in." not in by_code.get(claimed).text


def test_codes_that_are_all_gone_let_nobody_in(forum: Forum, code: str) -> None:
    with forum.database.transaction() as session:
        session.execute(delete(RecoveryCode))
    assert log_in_by_code(Browser(forum), code) == 422
