"""Adding a way in to one's account: only by who showed who they are, and by nobody else."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select, update

from forum import clock
from forum.accounts.models import AccountEvent, EmailAddress, Identity, SignInSession
from forum.demo.stand_in.personas import PERSONAS
from forum.permissions.actor import PROOF_LASTS
from tests.accounts.conversations import BOTH
from tests.accounts.relay import Relay
from tests.accounts.signing_in import attempts, token_requests
from tests.accounts.stand_in import StandIn, query_of
from tests.accounts.test_secrecy import everything_stored
from tests.accounts.ways_in import (
    AGAIN,
    WAYS_IN,
    add,
    everything,
    identities,
    other_of,
    set_out_to_add,
    set_out_to_prove,
    title,
    told,
    unprove,
)
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Log, Page, served
from tests.threads import together

GOOGLE, FACEBOOK = "https://google.stand-in.invalid", "https://facebook.stand-in.invalid"


# --- adding ----------------------------------------------------------------------------------------------


@pytest.mark.proves("A37")
@pytest.mark.parametrize("provider", BOTH)
def test_a_member_logs_in_by_both_once_the_second_is_added(forum: Forum, provider: str) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", provider)
    answer = add(browser, other_of(provider))
    assert (answer.status_code, answer.headers["Location"]) == (303, WAYS_IN)
    assert answer.headers["Cache-Control"] == "no-store"
    assert {issuer for _member, issuer in identities(forum)} == {GOOGLE, FACEBOOK}
    for each in BOTH:
        again = Browser(forum)
        assert again.sign_in(each).headers["Location"] == "/"
        assert (again.name() or "").startswith("quiet-river")
    assert forum.counts()["member"] == 1
    both = ("Google, Facebook", "Facebook, Google")[provider == "facebook"]
    assert both in browser.get("/settings").text


@pytest.mark.proves("A37", "W12")
def test_before_it_they_show_that_it_is_they_and_then_it_goes_on(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    before = everything(forum)
    asked = browser.submit(browser.get(WAYS_IN), "/auth/facebook/start")
    assert asked.status_code == 403
    assert title(asked) == "Show that it is you"
    assert (attempts(forum), everything(forum)) == (0, before)
    # Another tab; then the form that waited here goes on.
    away = browser.submit(asked, "/auth/google/start").headers["Location"]
    back = browser.get(forum.provider.choose(away, "robin"))
    assert (back.status_code, back.headers["Location"]) == (303, AGAIN)
    assert title(browser.get(AGAIN)) == "We know it is you"
    gone_on = browser.submit(asked, "/auth/facebook/start")
    assert gone_on.status_code == 303
    assert browser.get(forum.provider.choose(gone_on.headers["Location"], "robin")).status_code == 303
    assert len(identities(forum)) == 2


@pytest.mark.proves("A37", "W12")
def test_whoever_is_away_for_too_long_shows_it_once_more(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    back = forum.provider.choose(set_out_to_add(browser), "robin")
    before = everything(forum)
    with time_machine.travel(clock.now() + PROOF_LASTS, tick=True):
        answer = browser.get(back)
        assert answer.status_code == 403
        assert title(answer) == "Show that it is you"
    assert everything(forum) == before
    assert attempts(forum) == 0


@pytest.mark.proves("A37")
def test_adding_one_renews_this_session_ends_the_others_and_tells_the_member(forum: Forum) -> None:
    browser, elsewhere = Browser(forum), Browser(forum)
    browser.join("quiet-river")
    elsewhere.sign_in()
    old = Browser(forum)
    old.http.cookies = browser.http.cookies.copy()
    assert (old.name(), elsewhere.name()) == ("quiet-river", "quiet-river")
    add(browser)
    assert (old.name(), elsewhere.name()) == (None, None)
    assert (browser.name() or "").startswith("quiet-river")
    assert forum.counts()["sign_in_session"] == 1
    assert told(forum) == [(AccountEvent.IDENTITY_ADDED, "facebook")]
    notices = browser.get("/notices")
    assert "Facebook" in Page(notices.text).words(id="account")
    assert "new notice" in (browser.name() or "")
    assert browser.submit(notices, "/notices/account/seen").headers["Location"] == "/notices"
    assert browser.name() == "quiet-river"
    assert "/notices/account/seen" not in browser.get("/notices").text
    # It can be read again where one looks after one's ways in.
    assert "Facebook" in Page(browser.get(WAYS_IN).text).words(aria_labelledby="changes")


@pytest.mark.proves("A36")
@pytest.mark.parametrize("agrees", [False, True])
def test_nothing_of_an_added_account_is_kept_but_the_identity(forum: Forum, agrees: bool) -> None:
    browser = Browser(forum)
    agree = ("membership", "health_data") + (("email",) if agrees else ())
    browser.join("quiet-river", "facebook", agree=agree)
    before = forum.counts()
    assert add(browser, "google").status_code == 303
    after = forum.counts()
    changed = {name for name in after if after[name] != before[name]}
    assert changed - {"job", "page_stamp"} == {"identity", "account_notice"}
    with forum.database.reading() as session:
        assert session.scalars(select(EmailAddress.address)).all() == []


@pytest.mark.proves("A37")
def test_one_that_is_theirs_already_changes_nothing(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    before = everything(forum)
    answer = add(browser, "google")
    assert answer.status_code == 409
    assert "You log in with this one already" in answer.text
    assert everything(forum) == before
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A36")
def test_somebody_elses_stays_theirs_and_nobody_learns_whose_it_is(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "google", "same-email")
    Browser(forum).join("tall-cedar", "facebook", "same-email")
    before = everything(forum)
    answer = add(browser, "facebook", "same-email")
    assert answer.status_code == 409
    assert "Somebody here logs in with this account already" in answer.text
    assert "tall-cedar" not in answer.text
    assert everything(forum) == before
    assert forum.counts()["member"] == 2


@pytest.mark.proves("A35")
def test_one_number_at_two_providers_is_two_identities(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "google", "same-subject")
    assert add(browser, "facebook", "same-subject").status_code == 303
    assert [issuer for _member, issuer in identities(forum)] == [GOOGLE, FACEBOOK]


def test_adding_one_that_fell_asleep_wakes_it(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser)
    with forum.database.transaction() as session:
        session.execute(update(Identity).where(Identity.issuer == FACEBOOK).values(dormant_since=clock.now()))
    assert add(browser).status_code == 303
    with forum.database.reading() as session:
        assert session.scalars(select(Identity.dormant_since)).all() == [None, None]


@pytest.mark.proves("A37")
def test_of_two_members_who_add_the_same_account_at_once_one_has_it(forum: Forum) -> None:
    browsers = [Browser(forum), Browser(forum)]
    browsers[0].join("quiet-river", "google", "robin")
    browsers[1].join("tall-cedar", "google", "sam")
    backs = [forum.provider.choose(set_out_to_add(browser), "toni") for browser in browsers]
    statuses = together(2, lambda number: browsers[number].get(backs[number]).status_code)
    assert sorted(statuses) == [303, 409]
    assert len(identities(forum)) == 3
    assert len(told(forum)) == 1


# --- what comes back too late, or to somebody else -------------------------------------------------------


@pytest.mark.proves("A37")
@pytest.mark.parametrize("purpose", ["add", "prove"])
@pytest.mark.parametrize("meanwhile", ["logged out", "ended elsewhere", "somebody else", "oneself again"])
def test_what_one_member_began_does_nothing_for_nobody_or_another(
    forum: Forum, purpose: str, meanwhile: str
) -> None:
    Browser(forum).join("tall-cedar", "google", "sam")
    browser = Browser(forum)
    browser.join("quiet-river")
    provider = "facebook" if purpose == "add" else "google"
    away = set_out_to_add(browser, provider) if purpose == "add" else set_out_for_proof(browser)
    back = forum.provider.choose(away, "robin")
    if meanwhile == "ended elsewhere":
        with forum.database.transaction() as session:
            session.execute(delete(SignInSession))
    else:
        browser.submit(browser.get("/policies/terms"), "/log-out")
    if meanwhile in ("somebody else", "oneself again"):
        browser.sign_in("google", "sam" if meanwhile == "somebody else" else "robin")
    before, asked = everything(forum), token_requests(forum)
    answer = browser.get(back)
    assert answer.status_code == 400
    assert everything(forum) == before
    assert token_requests(forum) == asked


def set_out_for_proof(browser: Browser) -> str:
    unprove(browser.forum)
    return set_out_to_prove(browser)


@pytest.mark.proves("A16")
def test_logging_in_by_anothers_account_still_switches_nothing(forum: Forum) -> None:
    Browser(forum).join("tall-cedar", "facebook", "sam")
    browser = Browser(forum)
    browser.join("quiet-river")
    token = Page(browser.get(WAYS_IN).text).form("/auth/facebook/start").values["csrf_token"]
    away = browser.post("/auth/facebook/start", {"csrf_token": token, "next": "/"}).headers["Location"]
    before = everything(forum)
    answer = browser.get(forum.provider.choose(away, "sam"))
    assert answer.status_code == 409
    assert "tall-cedar" not in answer.text
    assert everything(forum) == before
    assert browser.name() == "quiet-river"


@pytest.mark.parametrize("purpose", ["add", "prove"])
def test_a_visitor_adds_and_proves_nothing(forum: Forum, purpose: str) -> None:
    browser = Browser(forum)
    page = browser.get("/log-in")
    answer = browser.submit(page, "/auth/google/start", {"purpose": purpose})
    assert answer.status_code == 401
    assert attempts(forum) == 0


@pytest.mark.parametrize("purpose", ["", "Add", "join"])
def test_nobody_sets_out_for_anything_else(forum: Forum, purpose: str) -> None:
    browser = Browser(forum)
    assert (
        browser.submit(browser.get("/log-in"), "/auth/google/start", {"purpose": purpose}).status_code == 400
    )
    assert attempts(forum) == 0


@pytest.mark.parametrize(
    ("persona", "fault", "status"),
    [
        ("says-no", {}, 200),
        ("broken", {}, 503),
        ("robin", {"token_500": True}, 503),
        ("robin", {"debug_token_other_user": True}, 400),
    ],
)
def test_when_it_comes_to_nothing_there_they_stay_as_they_were(
    forum: Forum, persona: str, fault: dict[str, Any], status: int
) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    away = set_out_to_add(browser)
    forum.provider.misbehave(**fault)
    before = everything(forum)
    answer = browser.get(forum.provider.choose(away, persona))
    assert answer.status_code == status
    assert Page(answer.text).links()["Back to how you log in"] == WAYS_IN
    assert everything(forum) == before
    assert browser.name() == "quiet-river"


def test_a_provider_that_cannot_be_asked_leaves_all_as_it_was(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    forum.provider.misbehave(discovery_down=True)
    answer = browser.submit(browser.get(WAYS_IN), "/auth/google/start")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Back to how you log in" in Page(answer.text).links()


# --- nothing of a provider stays -------------------------------------------------------------------------


@pytest.mark.proves("A44")
def test_no_token_of_a_provider_stays_anywhere_after_linking_and_proving(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    settings = settings_for(database_url, tmp_path)
    with Relay(stand_in.base_url) as relay, served(settings, stand_in, relay=relay) as forum:
        log = Log(tmp_path / "forum.log")
        browser = Browser(forum)
        browser.join("quiet-river")
        back = forum.provider.choose(set_out_to_add(browser), "robin")
        query = query_of(back)
        assert browser.get(back).status_code == 303
        unprove(forum)
        back = forum.provider.choose(set_out_to_prove(browser), "robin")
        assert browser.get(back).status_code == 303
        cookies = browser.http.cookies.values()
        stored, logged = everything_stored(forum, tmp_path), log.text()
        log.close()
        assert PERSONAS["robin"].facebook_subject in stored
        secrets = {*relay.tokens(), query["code"], query["state"], query_of(back)["code"]}
        assert len(secrets) > 5
        for secret in secrets:
            assert secret not in stored
            assert secret not in logged
            assert not [cookie for cookie in cookies if secret in (cookie or "")]
        for person in ("robin", PERSONAS["robin"].google_subject, PERSONAS["robin"].facebook_subject):
            assert person not in logged.lower()
