"""The consent step at the front door: nothing before a yes, everything after one, and no is as easy as yes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, event, select

from forum import clock
from forum.accounts.models import EmailAddress, Identity, Member
from forum.consent import ledger
from forum.consent.commands import publish_policy
from forum.consent.drafts import PolicyDraft
from forum.consent.models import ConsentMethod, ConsentRecord, Decision, InterfaceText, PolicyKind
from forum.consent.queries import policies_in_force
from forum.demo.stand_in.personas import PERSONAS
from forum.permissions.actor import Purpose
from tests import cast
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.front_door import NEEDED, Browser, Forum, Log, Page, served

ROBIN = PERSONAS["robin"]
EVERYTHING = tuple(purpose.value.replace("-", "_") for purpose in Purpose)
BOTH_BUTTONS = ("Agree and join", "No thanks, keep nothing")


def records(forum: Forum) -> dict[Purpose, ConsentRecord]:
    """Return the only member's records by purpose."""
    with forum.database.reading() as session:
        return {record.purpose: record for record in session.scalars(select(ConsentRecord))}


def assert_knows_nobody(forum: Forum, log: Log) -> None:
    """Look for anything of Robin's in the log."""
    logged = log.text().lower()
    assert "/join/consent" in logged
    for told in (ROBIN.google_subject, ROBIN.facebook_subject, "robin", "people.stand-in", "quiet-river"):
        assert told not in logged


def publish_newer(forum: Forum, kind: PolicyKind = PolicyKind.TERMS) -> None:
    """Publish a version of a policy that nobody has seen."""
    with forum.database.transaction() as session:
        publish_policy(session, PolicyDraft(kind, "en", "Newer", f"Newer words of {clock.now()}.\n"))


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


@contextmanager
def failing_at(forum: Forum, number: int) -> Iterator[list[int]]:
    """Break the write connection at its nth statement; the list holds how many were sent."""
    sent = [0]

    def count(*_arguments: Any) -> None:
        sent[0] += 1
        if sent[0] == number:
            raise RuntimeError("made to fail")

    engine = forum.database.write_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", count)


@pytest.mark.proves("C2")
@pytest.mark.proves("W18")
def test_a_fault_at_any_statement_leaves_nothing(forum: Forum) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()
    number = 0
    while True:
        number += 1
        with failing_at(forum, number) as sent:
            answer = browser.agree(page, "quiet-river", agree=EVERYTHING)
        if sent[0] < number:
            break
        assert answer.status_code == 500, number
        assert "made to fail" not in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
        assert forum.counts() == before, number
    # It got through once nothing failed, and there were statements enough for all that is made.
    assert answer.status_code == 303
    assert number > 20
    assert forum.counts()["consent_record"] == 6


@pytest.mark.proves("C2")
def test_a_connection_lost_at_the_commit_leaves_nothing(forum: Forum) -> None:
    before = forum.counts()
    browser = Browser(forum)
    page = browser.at_consent()

    def lose(connection: Any) -> None:
        connection.connection.dbapi_connection.close()

    event.listen(forum.database.write_engine, "commit", lose)
    try:
        assert browser.agree(page, "quiet-river").status_code == 500
    finally:
        event.remove(forum.database.write_engine, "commit", lose)
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


# --- what is shown is what is kept -----------------------------------------------------------------------


@pytest.mark.proves("C5")
@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    "changes",
    [
        {"policies": "terms:7 health-data:1 privacy:1 guidelines:1"},
        {"policies": "terms:1 health-data:1 privacy:1 guidelines:1 rules:1"},
        {"policies": ""},
        {"policies": None},
        {"policies": "terms:-1"},
        {"policies": "terms:99999999999999999999"},
        {"wording": "made up"},
        {"wording": None},
        {"agree_world_domination": "yes"},
        {"agree_email": "maybe"},
        {"is_name_confirmed": "perhaps"},
        {"role": "administrator"},
        {"email": "somebody@else.invalid"},
        {"subject": "1"},
    ],
)
def test_what_the_page_cannot_have_sent_is_refused(forum: Forum, changes: dict[str, str | None]) -> None:
    before = forum.counts()
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), "quiet-river", changes=changes)
    assert answer.status_code == 400
    assert forum.counts() == before


@pytest.mark.proves("W5")
def test_a_field_that_comes_twice_is_refused(forum: Forum) -> None:
    browser = Browser(forum)
    form = Page(browser.at_consent().text).form("/join/consent")
    sent = [*form.values.items(), ("name", "quiet-river"), ("agree_email", "yes"), ("agree_email", "yes")]
    assert browser.post("/join/consent", sent).status_code == 400


@pytest.mark.proves("C5")
def test_a_policy_that_changed_meanwhile_is_shown_again(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    publish_newer(forum)
    before = forum.counts()
    answer = browser.agree(page, "quiet-river", agree=(*NEEDED, "matching"))
    assert answer.status_code == 409
    assert "have changed since you opened this page" in answer.text
    assert forum.counts() == before
    form = Page(answer.text).form("/join/consent")
    assert form.values["name"] == "quiet-river"
    assert form.values["birth_year"] == "1970"
    assert {name for name, ticked in form.boxes.items() if ticked} == {
        f"agree_{purpose}" for purpose in (*NEEDED, "matching")
    }
    assert form.values["policies"].startswith("terms:2 ")
    assert browser.submit(answer, "/join/consent").status_code == 303
    recorded = records(forum)[Purpose.MEMBERSHIP].policies
    assert {policy["kind"]: policy["version"] for policy in recorded}["terms"] == 2


@pytest.mark.proves("C5")
def test_other_words_beside_a_choice_are_shown_again(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    # As if the form had been rendered by a release with another wording.
    assert browser.agree(page, "quiet-river", changes={"wording": "0" * 64}).status_code == 409
    assert forum.counts()["member"] == 0


@pytest.mark.proves("C10")
@pytest.mark.parametrize("headers", [{}, {"Sec-GPC": "1"}])
def test_the_words_that_are_kept_are_the_words_that_were_shown(forum: Forum, headers: dict[str, str]) -> None:
    browser = Browser(forum, headers)
    page = browser.at_consent()
    shown = {purpose: Page(page.text).words(data_purpose=purpose.value) for purpose in Purpose}
    assert browser.agree(page, "quiet-river").status_code == 303
    with forum.database.reading() as session:
        kept = {
            purpose: " ".join(words.split())
            for purpose, words in session.execute(
                select(ConsentRecord.purpose, InterfaceText.text).join(
                    InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256
                )
            )
        }
    assert kept == shown
    assert len(set(kept.values())) == 6


@pytest.mark.proves("C14")
def test_a_browser_that_asks_for_privacy_is_heard(forum: Forum) -> None:
    browser = Browser(forum, {"Sec-GPC": "1"})
    page = browser.at_consent()
    assert "Global Privacy Control" in page.text
    boxes = Page(page.text).form("/join/consent").boxes
    assert "agree_aggregate_statistics" not in boxes
    assert "agree_research_contact" not in boxes
    forged = browser.agree(page, "quiet-river", agree=(*NEEDED, "research_contact"))
    assert forged.status_code == 400
    assert browser.agree(page, "quiet-river", agree=(*NEEDED, "matching")).status_code == 303
    kept = records(forum)
    assert all(record.gpc for record in kept.values())
    assert kept[Purpose.AGGREGATE_STATISTICS].decision is Decision.REFUSED
    assert kept[Purpose.RESEARCH_CONTACT].decision is Decision.REFUSED
    assert kept[Purpose.MATCHING].decision is Decision.GIVEN


@pytest.mark.proves("C14")
def test_privacy_that_was_asked_for_meanwhile_is_heard_too(forum: Forum) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    browser.http.headers["Sec-GPC"] = "1"
    answer = browser.agree(page, "quiet-river", agree=EVERYTHING)
    assert answer.status_code in (400, 409)
    assert forum.counts()["member"] == 0


# --- names and age ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a", "two words", "admin", "раypal"])
def test_a_name_that_cannot_be_is_explained(forum: Forum, name: str) -> None:
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), name, agree=EVERYTHING)
    assert answer.status_code == 422
    assert Page(answer.text).words(id="name-error")
    assert all(Page(answer.text).form("/join/consent").boxes.values())
    assert forum.counts()["member"] == 0


@pytest.mark.parametrize("name", ["Iris", "lris", "IRIS", "1ris"])
def test_a_name_that_looks_like_anothers_is_taken(forum: Forum, name: str) -> None:
    Browser(forum).join("Iris", persona="sam")
    browser = Browser(forum)
    page = browser.at_consent()
    answer = browser.agree(page, name)
    assert answer.status_code == 422
    assert "Choose another one" in Page(answer.text).words(id="name-error")
    assert browser.agree(page, "quiet-river").status_code == 303


def test_of_two_who_want_one_name_at_once_one_gets_it(forum: Forum) -> None:
    browsers = [Browser(forum), Browser(forum)]
    pages = [
        browser.at_consent(persona=persona)
        for browser, persona in zip(browsers, ("robin", "sam"), strict=True)
    ]
    together = threading.Barrier(2)
    statuses: list[int] = []

    def agree(number: int, name: str) -> None:
        together.wait()
        statuses.append(browsers[number].agree(pages[number], name).status_code)

    threads = [threading.Thread(target=agree, args=pair) for pair in enumerate(("Iris", "lris"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 422]
    assert forum.counts()["member"] == 1


@pytest.mark.parametrize(("provider", "name"), [("google", "robin-o"), ("facebook", "RobinOrdinary")])
def test_a_name_like_the_providers_is_questioned_once_and_never_kept(
    forum: Forum, log: Log, provider: str, name: str
) -> None:
    browser = Browser(forum)
    page = browser.at_consent(provider)
    assert "is_name_confirmed" not in Page(page.text).form("/join/consent").boxes
    asked = browser.agree(page, name)
    assert asked.status_code == 422
    assert forum.counts()["member"] == 0
    assert Page(asked.text).form("/join/consent").boxes["is_name_confirmed"] is False
    # Another name needs no tick; the same one does.
    assert browser.submit(asked, "/join/consent").status_code == 422
    assert browser.submit(asked, "/join/consent", {"is_name_confirmed": "yes"}).status_code == 303
    assert browser.name() == name
    assert ROBIN.name not in log.text()


@pytest.mark.proves("C15")
def test_somebody_too_young_leaves_nothing_but_a_mark_in_the_browser(forum: Forum, log: Log) -> None:
    before = forum.counts()
    browser = Browser(forum)
    this_year = clock.now().year
    answer = browser.agree(browser.at_consent(), "quiet-river", birth_year=str(this_year - 17), agree=())
    assert answer.status_code == 403
    assert "18 and older" in answer.text
    assert "/help-now" in Page(answer.text).links().values()
    assert {(cookie.name, cookie.value) for cookie in browser.http.cookies} == {("not-old-enough", "1")}
    assert "Max-Age=86400" in answer.headers["Set-Cookie"]
    assert forum.counts() == before
    for address in ("/join", "/join/consent"):
        assert "18 and older" in browser.get(address).text
    # Nor does coming back from the provider lead to the step again.
    back = browser.sign_in()
    assert "18 and older" in browser.get(back.headers["Location"]).text
    assert forum.counts() == before
    assert str(this_year - 17) not in log.text()
    assert_knows_nobody(forum, log)


@pytest.mark.proves("C15")
def test_the_mark_keeps_no_member_out(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    browser = Browser(forum)
    browser.http.cookies.set("not-old-enough", "1")
    browser.sign_in()
    assert browser.name() == "quiet-river"


@pytest.mark.proves("C15")
def test_in_the_year_of_the_birthday_we_ask_whether_it_was(forum: Forum) -> None:
    browser = Browser(forum)
    year = str(clock.now().year - 18)
    asked = browser.agree(browser.at_consent(), "quiet-river", birth_year=year)
    assert asked.status_code == 422
    assert forum.counts()["member"] == 0
    assert Page(asked.text).form("/join/consent").boxes["is_birthday_over"] is False
    assert browser.submit(asked, "/join/consent", {"is_birthday_over": "yes"}).status_code == 303


@pytest.mark.proves("C15")
def test_the_minimum_age_is_the_operators(database_url: str, tmp_path: Path, stand_in: StandIn) -> None:
    settings = replace(settings_for(database_url, tmp_path), minimum_age=16)
    with served(settings, stand_in) as forum:
        assert "16 and older" in Browser(forum).get("/join").text
        browser = Browser(forum)
        page = browser.at_consent()
        young = str(clock.now().year - 15)
        assert browser.agree(page, "quiet-river", birth_year=young).status_code == 403
        older = Browser(forum)
        answer = older.agree(older.at_consent(), "quiet-river", birth_year=str(clock.now().year - 17))
        assert answer.status_code == 303


@pytest.mark.proves("C15")
@pytest.mark.parametrize("year", ["", "70", "19700", "MCMLXX", "１９７０", "1800", "2999", "-1970", "1970 "])
def test_a_year_that_is_none_is_explained(forum: Forum, year: str) -> None:
    browser = Browser(forum)
    answer = browser.agree(browser.at_consent(), "quiet-river", birth_year=year)
    if year.strip() == "1970":
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert "four digits" in Page(answer.text).words(id="birth_year-error")


@pytest.mark.proves("C15")
def test_no_column_holds_an_age(forum: Forum) -> None:
    Browser(forum).join("quiet-river", agree=EVERYTHING)
    with forum.database.reading() as session:
        for table in (Member, Identity, EmailAddress, ConsentRecord):
            for row in session.scalars(select(table)):
                assert "1970" not in str(vars(row)).replace(ROBIN.google_subject, "")


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


def test_somebody_who_left_is_new_when_they_return(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    with forum.database.transaction() as session:
        session.execute(delete(Identity))
    assert Browser(forum).sign_in().headers["Location"] == "/join/consent"


def test_the_cast_is_what_it_says(forum: Forum) -> None:
    app = forum.app
    assert cast.visitor(app).get("/policies/terms", base_url=forum.base_url).status_code == 200
    assert cast.member(app).actor.missing_consents == frozenset()
    assert cast.newcomer(app).actor.name == "Hazel"
    assert cast.author(app).actor.is_member
    assert cast.suspended(app).actor.state == "suspended"
    assert cast.consent_withdrawn(app).actor.missing_consents == {Purpose.HEALTH_DATA}
    assert cast.peer_supporter(app).actor.role == "peer-supporter"
    assert cast.moderator(app).actor.is_staff
    assert cast.administrator(app).actor.role == "administrator"
    someone = cast.member(app, "Somebody")
    assert "Somebody" in someone.client.get("/policies/terms", base_url=forum.base_url).text
