"""The consent step at the front door: nothing before a yes, everything after one, and no is as easy as yes."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import delete, select

from forum import clock
from forum.accounts.models import Identity, Member
from forum.consent import ledger
from forum.consent.models import ConsentMethod, Decision
from forum.consent.queries import policies_in_force
from forum.permissions.actor import Purpose
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.consent.joining import EVERYTHING, ROBIN, assert_knows_nobody, records
from tests.faults import contents, failing_at, lost_at_the_commit
from tests.front_door import NEEDED, Browser, Forum, Log, Page, served

BOTH_BUTTONS = ("Agree and join", "No thanks, keep nothing")


# --- nothing before a yes --------------------------------------------------------------------------------


@pytest.mark.proves("C1")
@pytest.mark.parametrize("provider", ["google", "facebook"])
def test_saying_no_leaves_nothing(forum: Forum, log: Log, provider: str) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent(provider)
    assert forum.counts() == before
    answer = browser.submit(page, "/join/consent/decline")
    assert answer.status_code == 200
    assert "Nothing was kept" in answer.text
    assert forum.counts() == before
    assert not browser.http.cookies
    assert browser.get("/join/consent").status_code == 410
    assert_knows_nobody(forum, log)


@pytest.mark.proves("C1")
def test_after_a_no_the_old_cookie_makes_no_member(forum: Forum) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()
    pending = browser.http.cookies["pending"]
    browser.submit(page, "/join/consent/decline")
    browser.http.cookies.set("pending", pending, domain="127.0.0.1", path="/")
    token = Page(browser.get("/log-in").text).form("/auth/google/start").values["csrf_token"]
    assert browser.get("/join/consent").status_code == 410
    browser.http.cookies.set("pending", pending, domain="127.0.0.1", path="/")
    assert browser.agree(page, "quiet-river", changes={"csrf_token": token}).status_code == 410
    assert forum.counts() == before


@pytest.mark.proves("C1")
@pytest.mark.parametrize("set_out", [False, True], ids=["that never set out", "that set out itself"])
def test_in_another_browser_the_cookie_is_nobodys(forum: Forum, set_out: bool) -> None:
    browser, other = Browser(forum), Browser(forum)
    page = browser.at_consent()
    if set_out:
        other.set_out()
    token = Page(other.get("/log-in").text).form("/auth/google/start").values["csrf_token"]
    stolen = browser.http.cookies["pending"]
    other.http.cookies.set("pending", stolen, domain="127.0.0.1", path="/")
    assert other.get("/join/consent").status_code == 410
    other.http.cookies.set("pending", stolen, domain="127.0.0.1", path="/")
    assert other.agree(page, "quiet-river", changes={"csrf_token": token}).status_code == 410
    assert forum.counts()["member"] == 0
    # It cost the right one nothing.
    assert browser.agree(page, "quiet-river").status_code == 303


@pytest.mark.proves("C1")
def test_closing_the_page_or_waiting_leaves_nothing(forum: Forum, log: Log) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()
    pending = browser.http.cookies["pending"]
    assert forum.counts() == before
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=2), tick=True):
        # Whatever the browser does with its cookie by itself, the server no longer takes it.
        browser.http.cookies.set("pending", pending, domain="127.0.0.1", path="/")
        assert browser.get("/join/consent").status_code == 410
        late = browser.agree(page, "quiet-river")
        assert late.status_code == 410
        assert "Please start again" in late.text
    assert forum.counts() == before
    assert_knows_nobody(forum, log)


@pytest.mark.proves("C1")
def test_a_refused_form_leaves_nothing(forum: Forum, log: Log) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()
    assert browser.agree(page, "quiet-river", agree=()).status_code == 422
    assert browser.agree(page, "quiet-river", changes={"role": "administrator"}).status_code == 400
    assert forum.counts() == before
    assert_knows_nobody(forum, log)


def test_without_a_pending_identity_nobody_can_join(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    stranger = Browser(forum)
    token = Page(stranger.get("/log-in").text).form("/auth/google/start").values["csrf_token"]
    sent = {**Page(page.text).form("/join/consent").values, "csrf_token": token, "name": "quiet-river"}
    for forged in (None, "made-up", browser.http.cookies["session"]):
        if forged:
            stranger.http.cookies.set("pending", forged)
        assert stranger.post("/join/consent", sent).status_code == 410
    assert forum.counts()["member"] == 0


def test_a_form_without_its_token_is_refused(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    assert browser.agree(page, "quiet-river", changes={"csrf_token": None}).status_code == 400
    assert browser.submit(page, "/join/consent/decline", {"csrf_token": None}).status_code == 400
    assert forum.counts()["member"] == 0
    assert "pending" in browser.http.cookies


# --- everything with a yes -------------------------------------------------------------------------------


@pytest.mark.proves("C2")
def test_a_yes_makes_member_identity_and_all_events(forum: Forum) -> None:
    before = forum.counts()
    browser = Browser(forum)
    answer = browser.join("quiet-river", agree=(*NEEDED, "email"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/join/welcome")
    assert "Welcome, quiet-river" in browser.get("/join/welcome").text
    made = {name: count - before[name] for name, count in forum.counts().items() if count != before[name]}
    assert made == {
        "member": 1,
        "identity": 1,
        "email_address": 1,
        "consent_event": 6,
        "consent_record": 6,
        "interface_text": 6,
        "sign_in_session": 1,
    }
    with forum.database.reading() as session:
        member = session.scalars(select(Member)).one()
        identity = session.scalars(select(Identity)).one()
        policies = [policy.as_recorded() for policy in policies_in_force(session, "en")]
        assert ledger.verify(session) == ledger.Verification(events=6, records=6)
    assert (identity.issuer, identity.subject) == (forum.provider.google.issuer, ROBIN.google_subject)
    assert member.name == "quiet-river"
    for purpose, record in records(forum).items():
        agreed = purpose in (Purpose.MEMBERSHIP, Purpose.HEALTH_DATA, Purpose.EMAIL)
        assert record.decision is (Decision.GIVEN if agreed else Decision.REFUSED)
        assert record.subject == member.uuid
        assert record.method is ConsentMethod.CONSENT_STEP
        assert record.policies == policies
        assert (record.gpc, record.country) == (False, None)
    assert "pending" not in browser.http.cookies


@pytest.mark.proves("C2")
@pytest.mark.proves("W18")
def test_a_fault_at_any_statement_leaves_nothing(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    before = contents(forum.database)
    number = 0
    while True:
        number += 1
        with failing_at(forum.database, number) as sent:
            answer = browser.agree(page, "quiet-river", agree=EVERYTHING)
        if sent[0] < number:
            break
        assert answer.status_code == 500, number
        assert "made to fail" not in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
        assert contents(forum.database) == before, number
    # It got through once nothing failed, and there were statements enough for all that is made.
    assert answer.status_code == 303
    assert number > 20
    assert forum.counts()["consent_record"] == 6


@pytest.mark.proves("C2")
def test_a_connection_lost_at_the_commit_leaves_nothing(forum: Forum) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()
    with lost_at_the_commit(forum.database):
        assert browser.agree(page, "quiet-river").status_code == 500
    assert forum.counts() == before
    # Nobody is signed in as a member who isn't there, and the form can be sent again.
    assert browser.name() is None
    assert browser.agree(page, "quiet-river").status_code == 303


@pytest.mark.proves("C3")
@pytest.mark.parametrize("missing", NEEDED)
def test_without_what_is_needed_there_is_no_account(forum: Forum, missing: str) -> None:
    before = forum.counts()
    browser = Browser(forum)
    agree = tuple(purpose for purpose in EVERYTHING if purpose != missing)
    answer = browser.agree(browser.at_consent(), "quiet-river", agree=agree)
    assert answer.status_code == 422
    assert "What is possible without it" in answer.text
    assert Page(answer.text).links()["Read without an account"] == "/"
    assert forum.counts() == before
    # What was typed and ticked is still there, and the form can be sent as it is now.
    form = Page(answer.text).form("/join/consent")
    assert form.values["name"] == "quiet-river"
    assert {name for name, ticked in form.boxes.items() if ticked} == {
        f"agree_{purpose}" for purpose in agree
    }
    assert browser.submit(answer, "/join/consent", {f"agree_{missing}": "yes"}).status_code == 303


@pytest.mark.proves("C4")
def test_nothing_is_ticked_or_filled_in_and_no_looks_like_yes(forum: Forum) -> None:
    page = Page(Browser(forum).at_consent().text)
    form = page.form("/join/consent")
    assert set(form.boxes) == {f"agree_{purpose}" for purpose in EVERYTHING}
    assert not any(form.boxes.values())
    assert (form.values["name"], form.values["birth_year"]) == ("", "")
    yes, no = (page.buttons()[words] for words in BOTH_BUTTONS)
    assert yes["class"] == no["class"]
    assert no["form"] == "decline"
    assert set(page.form("/join/consent/decline").values) == {"csrf_token"}


@pytest.mark.proves("C4")
def test_refusing_what_is_optional_costs_nothing_else(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    with forum.database.reading() as session:
        state, role = session.execute(select(Member.state, Member.role)).one()
    all_given = Browser(forum)
    all_given.join("tall-cedar", persona="sam", agree=EVERYTHING)
    with forum.database.reading() as session:
        assert [tuple(row) for row in session.execute(select(Member.state, Member.role))] == [
            (state, role)
        ] * 2
    assert browser.name() == "quiet-river"
    assert browser.get("/topics/new").status_code == all_given.get("/topics/new").status_code == 200


# --- around it -------------------------------------------------------------------------------------------


@pytest.mark.proves("C16")
@pytest.mark.parametrize("address", ["/", "/join"])
def test_the_health_data_policy_is_one_step_away(forum: Forum, address: str) -> None:
    assert "/policies/health-data" in Page(Browser(forum).get(address).text).links().values()
    assert Browser(forum).get("/policies/health-data").status_code == 200


def test_until_policies_are_published_nobody_can_join(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    with served(settings_for(database_url, tmp_path), stand_in, policies=False) as forum:
        browser = Browser(forum)
        page = browser.get("/join")
        assert page.status_code == 200
        assert "Nobody can join yet" in page.text
        assert "Continue with" not in page.text
        assert browser.sign_in().headers["Location"] == "/join/consent"
        closed = browser.get("/join/consent")
        assert closed.status_code == 503
        assert "Nobody can join yet" in closed.text


def test_somebody_signed_in_is_not_asked_again(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    for address in ("/join", "/join/consent", "/log-in"):
        answer = browser.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_sending_the_form_twice_is_one_member(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent(next="/about")
    cookies = browser.http.cookies.copy()
    assert browser.agree(page, "quiet-river").headers["Location"] == "/about"
    # The second click left before the first answer came.
    again = Browser(forum)
    again.http.cookies = cookies
    answer = again.agree(page, "quiet-river")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert again.name() == "quiet-river"
    assert forum.counts()["member"] == 1


def test_long_after_joining_the_form_signs_nobody_in(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    again = Browser(forum)
    again.http.cookies = browser.http.cookies.copy()
    browser.agree(page, "quiet-river")
    before = forum.counts()
    with time_machine.travel(clock.now() + timedelta(minutes=1, seconds=2), tick=True):
        answer = again.agree(page, "quiet-river")
        assert answer.status_code == 410
        assert again.name() is None
        assert browser.name() == "quiet-river"
    assert forum.counts() == before


def test_somebody_who_left_is_new_when_they_return(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    with forum.database.transaction() as session:
        session.execute(delete(Identity))
    assert Browser(forum).sign_in().headers["Location"] == "/join/consent"
