"""Signing in and out at the front door: over HTTP, with the stand-in as Google and Facebook."""

import base64
import json
import re
import threading
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from playwright.sync_api import Page as BrowserPage
from sqlalchemy import delete, select, text, update

from forum import clock
from forum.accounts import commands
from forum.accounts.models import EmailAddress, Identity, SignInAttempt, SignInSession
from forum.accounts.tokens import hash_of
from forum.app import create_app
from forum.database.base import Base
from forum.demo.stand_in.authorization import DESCRIPTION
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.relay import Relay
from tests.accounts.stand_in import StandIn, query_of
from tests.cast import publish_policies
from tests.conftest import database_of, settings_for
from tests.front_door import Browser, Forum, Log, Page, served

BOTH = ("google", "facebook")
SECRET_TOPIC = "/topics/7/a-word-about-my-health?page=2"


@pytest.fixture
def browser_here(forum: Forum) -> Browser:
    """Return a visitor's browser."""
    return Browser(forum)


def attempts(forum: Forum) -> int:
    """Return how many sign-ins are under way."""
    return forum.counts()["sign_in_attempt"]


def token_requests(forum: Forum) -> int:
    """Return how often the forum brought a code to the stand-in."""
    return forum.provider.requested("/token") + forum.provider.requested("/oauth/access_token")


def cookie_content(browser: Browser) -> dict[str, Any]:
    """Return what the session cookie holds (it is signed, not encrypted)."""
    value = browser.http.cookies["session"] or ""
    packed = value.startswith(".")
    body = value.lstrip(".").split(".")[0]
    plain = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    content: dict[str, Any] = json.loads(zlib.decompress(plain) if packed else plain)
    return content


# --- setting out -----------------------------------------------------------------------------------------


@pytest.mark.proves("A1")
@pytest.mark.parametrize("provider", BOTH)
def test_setting_out_needs_post_and_a_token(browser_here: Browser, provider: str) -> None:
    address = f"/auth/{provider}/start"
    got = browser_here.get(address)
    assert (got.status_code, "Location" in got.headers) == (405, False)
    page = browser_here.get("/log-in")
    for sent in ({"next": "/"}, {"next": "/", "csrf_token": "made-up"}):
        posted = browser_here.post(address, sent)
        assert (posted.status_code, "Location" in posted.headers) == (400, False)
    assert attempts(browser_here.forum) == 0
    assert browser_here.submit(page, address).status_code == 303


def test_a_provider_that_is_not_configured_is_not_there(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    settings = settings_for(database_url, tmp_path)
    with served(replace(settings, facebook=None), stand_in) as forum:
        browser = Browser(forum)
        page = browser.get("/log-in")
        assert "Facebook" not in page.text
        token = Page(page.text).form("/auth/google/start").values["csrf_token"]
        for address in ("/auth/facebook/start", "/auth/nobody/start"):
            assert browser.post(address, {"csrf_token": token}).status_code == 404
        assert browser.get("/auth/facebook/callback?state=x").status_code == 404


@pytest.mark.proves("A2")
@pytest.mark.proves("A3")
@pytest.mark.parametrize(("provider", "scope"), [("google", "openid email"), ("facebook", "public_profile")])
def test_the_provider_is_asked_for_the_least_in_the_safest_way(
    browser_here: Browser, provider: str, scope: str
) -> None:
    asked = query_of(browser_here.set_out(provider))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == scope
    assert asked["redirect_uri"] == f"{browser_here.forum.base_url}/auth/{provider}/callback"
    assert len(asked["state"]) >= 43
    assert ("nonce" in asked) == (provider == "google")
    assert set(asked) - {"nonce"} == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    }  # fmt: skip


@pytest.mark.proves("A2")
def test_another_host_is_not_answered(browser_here: Browser) -> None:
    for host in ("evil.example", "127.0.0.1:1", "localhost"):
        answer = browser_here.http.get(
            browser_here.forum.base_url + "/log-in", headers={"Host": host}, allow_redirects=False
        )
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers


@pytest.mark.proves("A4")
def test_abandoned_starts_do_not_pile_up(browser_here: Browser) -> None:
    states = [query_of(browser_here.set_out(BOTH[number % 2]))["state"] for number in range(12)]
    assert attempts(browser_here.forum) == 5
    assert sum(len(cookie.name) + len(cookie.value or "") for cookie in browser_here.http.cookies) < 4096
    # The newest are the ones that are kept.
    other = Browser(browser_here.forum)
    other.set_out()
    assert attempts(browser_here.forum) == 6
    with browser_here.forum.database.reading() as session:
        kept = set(session.scalars(select(SignInAttempt.state_hash)))
    assert {hash_of(state) for state in states[-5:]} <= kept


@pytest.mark.proves("A4")
def test_attempts_that_nobody_came_back_from_are_swept(forum: Forum) -> None:
    Browser(forum).set_out()
    with forum.database.transaction() as session:
        assert commands.sweep_sign_in_attempts(session) == 0
    with (
        time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1)),
        forum.database.transaction() as session,
    ):
        assert commands.sweep_sign_in_attempts(session) == 1
    assert attempts(forum) == 0


@pytest.mark.proves("A5")
@pytest.mark.parametrize("start", ["/log-in", "/join"])
def test_a_real_browser_tells_the_provider_no_address_of_ours(
    forum: Forum, page: BrowserPage, start: str
) -> None:
    # Somebody comes from a thread: its address is in the address of the page with the button, and in the form.
    page.goto(f"{forum.base_url}{start}?{urlencode({'next': SECRET_TOPIC})}")
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_role("heading", name="Who would you like to be?").wait_for()
    assert "health" not in page.url
    page.get_by_role("button", name="Robin Ordinary").click()
    page.wait_for_url("**/join/consent")
    came = [entry for entry in forum.provider.log() if entry["path"].endswith("/authorize")]
    assert len(came) == 2
    for entry in came:
        assert not (entry["referer"] or "").startswith(forum.base_url), entry


@pytest.mark.proves("A5")
def test_nothing_on_the_way_to_the_provider_names_a_page(browser_here: Browser) -> None:
    page = browser_here.get("/log-in?" + urlencode({"next": SECRET_TOPIC}))
    answer = browser_here.submit(page, "/auth/google/start")
    for one in (page, answer):
        assert one.headers["Referrer-Policy"] == "same-origin"
    assert "health" not in answer.headers["Location"]


@pytest.mark.proves("A6")
@pytest.mark.parametrize("address", ["/log-in", "/join"])
def test_the_page_says_what_the_provider_will_learn(browser_here: Browser, address: str) -> None:
    page = browser_here.get(address)
    said = page.text.index("will learn that you use this site")
    assert said < page.text.index("Continue with Google")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.proves("A31")
@pytest.mark.parametrize("address", ["/log-in", "/join", "/policies/terms"])
def test_no_page_holds_anything_of_a_provider(browser_here: Browser, address: str) -> None:
    page = browser_here.get(address).text
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert addresses
    assert not [one for one in addresses if urlsplit(one).netloc]
    assert browser_here.forum.provider.base_url not in page


# --- coming back -----------------------------------------------------------------------------------------


@pytest.mark.proves("A7")
def test_a_state_that_is_missing_unknown_or_doubled_is_refused(browser_here: Browser) -> None:
    back = browser_here.return_address()
    given = parse_qs(urlsplit(back).query)
    code, state, issuer = given["code"][0], given["state"][0], given["iss"][0]
    for query in (
        [("code", code), ("iss", issuer)],
        [("code", code), ("iss", issuer), ("state", "")],
        [("code", code), ("iss", issuer), ("state", state + "x")],
        [("code", code), ("iss", issuer), ("state", state), ("state", state)],
        [("code", code), ("iss", issuer), ("state", state), ("code", code)],
        [],
    ):
        answer = browser_here.get("/auth/google/callback?" + urlencode(query))
        assert answer.status_code == 400
        assert answer.headers["Cache-Control"] == "no-store"
    assert token_requests(browser_here.forum) == 0
    # The true one is none the worse for it.
    assert browser_here.get(back).status_code == 303


@pytest.mark.proves("A8")
def test_a_state_lives_ten_minutes(forum: Forum) -> None:
    began = clock.now()
    for minutes, status in ((9, 303), (10, 400)):
        browser = Browser(forum)
        back = browser.return_address()
        with time_machine.travel(began + timedelta(minutes=minutes, seconds=30), tick=True):
            assert browser.get(back).status_code == status, minutes
    assert token_requests(forum) == 1


@pytest.mark.proves("A9")
@pytest.mark.parametrize("provider", BOTH)
def test_a_callback_works_once_even_with_the_old_cookie(forum: Forum, provider: str) -> None:
    browser = Browser(forum)
    back = browser.return_address(provider)
    before = browser.http.cookies.copy()
    assert browser.get(back).status_code == 303
    asked = token_requests(forum)
    assert browser.get(back).status_code == 400
    restored = Browser(forum)
    restored.http.cookies = before
    assert restored.get(back).status_code == 400
    assert token_requests(forum) == asked


@pytest.mark.proves("A9")
def test_of_two_callbacks_at_once_one_is_taken(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address()
    cookies = browser.http.cookies.copy()
    together = threading.Barrier(4)
    statuses: list[int] = []

    def call() -> None:
        one = Browser(forum)
        one.http.cookies = cookies.copy()
        together.wait()
        statuses.append(one.get(back).status_code)

    in_threads([call] * 4)
    assert sorted(statuses) == [303, 400, 400, 400]
    assert token_requests(forum) == 1


@pytest.mark.proves("A10")
def test_another_browser_gets_nothing(forum: Forum) -> None:
    browser, stranger = Browser(forum), Browser(forum)
    back = browser.return_address()
    assert stranger.get(back).status_code == 400
    stranger.set_out()
    assert stranger.get(back).status_code == 400
    assert token_requests(forum) == 0
    # It cost the right one nothing.
    assert browser.get(back).status_code == 303


@pytest.mark.proves("A11")
@pytest.mark.parametrize(("provider", "other"), [BOTH, BOTH[::-1]])
def test_a_state_is_worth_nothing_at_the_other_provider(
    browser_here: Browser, provider: str, other: str
) -> None:
    back = urlsplit(browser_here.return_address(provider))
    answer = browser_here.get(f"/auth/{other}/callback?{back.query}")
    assert answer.status_code == 400
    assert token_requests(browser_here.forum) == 0
    # Used up: whoever mixed two providers up gets no second try.
    assert browser_here.get(f"{back.path}?{back.query}").status_code == 400


@pytest.mark.proves("A12")
@pytest.mark.parametrize("fault", ["wrong_iss_parameter", "missing_iss_parameter"])
def test_a_wrong_or_missing_issuer_is_refused_before_anything_is_asked(
    browser_here: Browser, fault: str
) -> None:
    browser_here.forum.provider.misbehave(**{fault: True})
    assert browser_here.sign_in().status_code == 400
    assert token_requests(browser_here.forum) == 0
    assert attempts(browser_here.forum) == 0


@pytest.mark.proves("A13")
@pytest.mark.proves("A14")
@pytest.mark.parametrize("provider", BOTH)
def test_saying_no_at_the_provider_is_answered_kindly(forum: Forum, log: Log, provider: str) -> None:
    before = forum.counts()
    browser = Browser(forum)
    back = browser.return_address(provider, "says-no", "/categories")
    assert "error_description" in back
    answer = browser.get(back)
    assert answer.status_code == 200
    assert "That is fine" in answer.text
    assert "/categories" in Page(answer.text).links().values()
    assert forum.counts() == before
    assert browser.get(back).status_code == 400
    said = answer.text + log.text()
    assert DESCRIPTION not in said


@pytest.mark.proves("A13")
@pytest.mark.proves("A14")
def test_a_no_that_nobody_asked_for_is_refused(browser_here: Browser, log: Log) -> None:
    marker = "<b>marker</b>"
    query = urlencode({"error": "access_denied", "error_description": marker, "state": "made-up"})
    answer = browser_here.get(f"/auth/google/callback?{query}")
    assert answer.status_code == 400
    assert "marker" not in answer.text + log.text()


@pytest.mark.proves("A15")
def test_posting_to_the_callback_is_not_possible(browser_here: Browser) -> None:
    back = urlsplit(browser_here.return_address())
    token = Page(browser_here.get("/log-in").text).form("/auth/google/start").values["csrf_token"]
    for sent in ({}, {"csrf_token": token}):
        answer = browser_here.post(f"{back.path}?{back.query}", sent)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
    assert attempts(browser_here.forum) == 1


@pytest.mark.proves("A16")
@pytest.mark.parametrize("is_known", [True, False])
def test_coming_back_as_somebody_else_switches_nothing(forum: Forum, is_known: bool) -> None:
    if is_known:
        Browser(forum).join("Somebody-Else", persona="sam")
    browser = Browser(forum)
    browser.join("quiet-river")
    away = set_out_again(browser)
    before = forum.counts()
    answer = browser.get(forum.provider.choose(away, "sam"))
    assert answer.status_code == 409
    assert "You are logged in as quiet-river" in answer.text
    assert "Somebody-Else" not in answer.text
    assert browser.name() == "quiet-river"
    assert forum.counts() == {**before, "sign_in_attempt": before["sign_in_attempt"] - 1}
    assert "pending" not in browser.http.cookies


@pytest.mark.proves("A16")
def test_a_start_in_another_tab_is_over_once_somebody_signed_in(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address(persona="sam")
    browser.join("quiet-river")
    assert browser.get(back).status_code == 400
    assert browser.name() == "quiet-river"


def set_out_again(browser: Browser) -> str:
    """Set out for Google as somebody who is signed in already, and return the address there."""
    token = Page(browser.get("/policies/terms").text).form("/log-out").values["csrf_token"]
    answer = browser.post("/auth/google/start", {"csrf_token": token, "next": "/about"})
    return answer.headers["Location"]


def test_signing_in_again_as_oneself_renews_the_session(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    first = cookie_content(browser)["_user_id"]
    answer = browser.get(forum.provider.choose(set_out_again(browser)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert cookie_content(browser)["_user_id"] != first
    assert forum.counts()["sign_in_session"] == 1
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A17")
@pytest.mark.parametrize("is_known", [True, False])
def test_the_callback_ends_in_a_redirect_that_nobody_stores(forum: Forum, is_known: bool) -> None:
    if is_known:
        Browser(forum).join("quiet-river")
    answer = Browser(forum).sign_in(next="/about")
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == ("/about" if is_known else "/join/consent")


@pytest.mark.proves("A19")
@pytest.mark.proves("A21")
@pytest.mark.proves("A24")
@pytest.mark.parametrize("fault", ["wrong_audience", "nonce_wrong", "empty_subject", "wrong_key"])
def test_a_token_that_is_not_right_signs_nobody_in(browser_here: Browser, fault: str) -> None:
    before = browser_here.forum.counts()
    browser_here.forum.provider.misbehave(**{fault: True})
    answer = browser_here.sign_in()
    assert answer.status_code == 400
    assert "start again" in answer.text
    assert browser_here.forum.counts() == before
    assert "pending" not in browser_here.http.cookies


@pytest.mark.proves("A25")
@pytest.mark.parametrize("fault", ["token_redirect", "token_html", "token_500", "token_broken_json"])
def test_a_broken_token_endpoint_ends_in_a_try_again_page(forum: Forum, log: Log, fault: str) -> None:
    before = forum.counts()
    forum.provider.misbehave(**{fault: True})
    browser = Browser(forum)
    answer = browser.sign_in()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "try again" in answer.text
    assert forum.counts() == before
    assert "Traceback" not in answer.text + log.text()


@pytest.mark.proves("A26")
def test_when_one_provider_is_out_the_other_is_offered_and_sessions_go_on(forum: Forum) -> None:
    member = Browser(forum)
    member.join("quiet-river", provider="facebook")
    forum.provider.misbehave(discovery_down=True)
    browser = Browser(forum)
    page = browser.get("/log-in")
    before = forum.counts()
    answer = browser.submit(page, "/auth/google/start")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Google doesn&#39;t answer" in answer.text
    assert forum.counts() == before
    assert member.name() == "quiet-river"
    # And the button on that very page leads in.
    other = browser.submit(answer, "/auth/facebook/start")
    assert browser.get(forum.provider.choose(other.headers["Location"])).status_code == 303
    assert browser.name() == "quiet-river"


def test_no_connection_is_held_while_a_provider_is_talked_to(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address()
    forum.provider.misbehave(token_hangs=2)
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(browser.get(back).status_code))
    waiting.start()
    # From the moment the stand-in has the request, and while it keeps the forum waiting.
    while token_requests(forum) == 0:
        assert waiting.is_alive()
    held = (forum.database.write_engine.pool, forum.database.read_engine.pool)
    assert [pool.checkedout() for pool in held] == [0, 0]  # type: ignore[attr-defined]
    assert attempts(forum) == 0
    waiting.join()
    assert answers == [303]


# --- who it is -------------------------------------------------------------------------------------------


@pytest.mark.proves("A30")
@pytest.mark.parametrize("provider", BOTH)
def test_sign_up_works_without_an_address(forum: Forum, provider: str) -> None:
    browser = Browser(forum)
    answer = browser.join("quiet-river", provider, "no-email", agree=("membership", "health_data", "email"))
    assert answer.status_code == 303
    assert forum.counts()["email_address"] == 0
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A30")
@pytest.mark.parametrize(
    ("provider", "fault", "agrees", "stored"),
    [
        ("google", {}, True, True),
        ("google", {}, False, False),
        ("google", {"email_not_verified": True}, True, False),
        ("facebook", {"email": "robin@people.stand-in.invalid"}, True, False),
    ],
)
def test_an_address_is_kept_only_if_verified_and_agreed_to(
    forum: Forum, provider: str, fault: dict[str, Any], agrees: bool, stored: bool
) -> None:
    forum.provider.misbehave(**fault)
    agree = ("membership", "health_data") + (("email",) if agrees else ())
    assert Browser(forum).join("quiet-river", provider, agree=agree).status_code == 303
    with forum.database.reading() as session:
        kept = session.execute(select(EmailAddress.address, EmailAddress.verified_at)).all()
    assert [row.address for row in kept] == ([PERSONAS["robin"].google_email] if stored else [])
    assert all(row.verified_at is not None for row in kept)


@pytest.mark.proves("A35")
def test_one_number_at_two_providers_is_two_people(forum: Forum) -> None:
    for provider, name in (("google", "quiet-river"), ("facebook", "tall-cedar")):
        assert Browser(forum).join(name, provider, "same-subject").status_code == 303
    with forum.database.reading() as session:
        rows = session.execute(select(Identity.issuer, Identity.subject, Identity.member_id)).all()
    assert len({row.subject for row in rows}) == 1
    assert len({row.issuer for row in rows}) == len({row.member_id for row in rows}) == 2
    for provider, name in (("google", "quiet-river"), ("facebook", "tall-cedar")):
        browser = Browser(forum)
        browser.sign_in(provider, "same-subject")
        assert browser.name() == name


@pytest.mark.proves("A36")
def test_one_address_at_two_providers_links_and_discloses_nothing(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "google", "same-email", agree=("membership", "health_data", "email"))
    forum.provider.misbehave(email=PERSONAS["same-email"].google_email or "")
    newcomer, control = Browser(forum), Browser(forum)
    page = newcomer.at_consent("facebook", "same-email")
    assert "quiet-river" not in page.text
    # Somebody whose address nobody has reads the same words.
    other = control.at_consent("facebook", "toni")
    assert _without_tokens(page.text) == _without_tokens(other.text)
    newcomer.agree(page, "tall-cedar")
    assert forum.counts()["member"] == 2


def _without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


@pytest.mark.proves("A39")
def test_a_changed_address_at_the_provider_is_the_same_member(forum: Forum) -> None:
    Browser(forum).join("quiet-river", agree=("membership", "health_data", "email"))
    forum.provider.misbehave(email="new.address@people.stand-in.invalid")
    browser = Browser(forum)
    browser.sign_in()
    assert browser.name() == "quiet-river"
    assert forum.counts()["member"] == 1


@pytest.mark.proves("A40")
def test_somebody_unknown_at_log_in_comes_to_the_consent_step(browser_here: Browser) -> None:
    before = browser_here.forum.counts()
    page = browser_here.at_consent()
    assert page.status_code == 200
    assert "New here with Google. Already a member another way? Log in there." in Page(page.text).words(
        **{"class": "column"}
    )
    assert browser_here.forum.counts() == before


@pytest.mark.proves("A40")
def test_two_callbacks_and_joins_at_once_make_one_member(forum: Forum) -> None:
    browsers = [Browser(forum) for _number in range(4)]
    backs = [browser.return_address() for browser in browsers]
    in_threads([lambda b=browser, a=back: b.get(a) for browser, back in zip(browsers, backs, strict=True)])
    pages = [browser.get("/join/consent") for browser in browsers]
    together = threading.Barrier(len(browsers))
    statuses: list[int] = []

    def agree(number: int) -> None:
        together.wait()
        statuses.append(browsers[number].agree(pages[number], f"river-{number}").status_code)

    in_threads([lambda n=number: agree(n) for number in range(len(browsers))])
    assert statuses == [303] * len(browsers)
    counts = forum.counts()
    assert (counts["member"], counts["identity"], counts["consent_record"]) == (1, 1, 6)
    assert len({browser.name() for browser in browsers}) == 1


def test_a_sleeping_identity_is_woken_by_signing_in(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(dormant_since=clock.now()))
    browser = Browser(forum)
    browser.sign_in()
    assert browser.name() == "quiet-river"
    with forum.database.reading() as session:
        assert session.scalars(select(Identity.dormant_since)).all() == [None]


# --- sessions --------------------------------------------------------------------------------------------


@pytest.mark.proves("A41")
def test_signing_in_begins_anew(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    browser = Browser(forum)
    back = browser.return_address(next="/about")
    before = cookie_content(browser)
    assert set(before) == {"browser", "csrf_token"}
    assert browser.get(back).headers["Location"] == "/about"
    after = cookie_content(browser)
    assert set(after) == {"_user_id", "_fresh", "_permanent"}
    assert not set(map(str, before.values())) & set(map(str, after.values()))
    with forum.database.reading() as session:
        stored = session.execute(select(SignInSession.token_hash)).scalars().all()
    assert after["_user_id"] not in stored
    # Each time another one.
    again = Browser(forum)
    again.sign_in()
    assert cookie_content(again)["_user_id"] != after["_user_id"]


@pytest.mark.proves("A41")
def test_a_cookie_that_was_planted_before_stays_anonymous(forum: Forum) -> None:
    Browser(forum).join("quiet-river")
    attacker = Browser(forum)
    attacker.get("/log-in")
    victim = Browser(forum)
    victim.http.cookies = attacker.http.cookies.copy()
    victim.sign_in()
    assert victim.name() == "quiet-river"
    assert attacker.name() is None


def test_a_session_ends_after_thirty_days(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    began = clock.now()
    with time_machine.travel(began + timedelta(days=29, hours=23), tick=True):
        assert browser.name() == "quiet-river"
    with time_machine.travel(began + timedelta(days=30, seconds=5), tick=True):
        assert browser.name() is None
        with forum.database.transaction() as session:
            assert commands.sweep_sign_in_sessions(session) == 1
    assert forum.counts()["sign_in_session"] == 0


@pytest.mark.proves("A42")
@pytest.mark.parametrize(
    "wanted", ["//e", "/\\e", "/%09/e", "/%5ce", "https://e", "/a\r\nX: y", "/auth/google/start"]
)
def test_signing_in_leads_nowhere_else(forum: Forum, wanted: str) -> None:
    Browser(forum).join("quiet-river")
    browser = Browser(forum)
    page = browser.get("/log-in")
    # Past the page, which would clean it: as somebody who forges the form would send it.
    answer = browser.submit(page, "/auth/google/start", {"next": wanted})
    signed_in = browser.get(forum.provider.choose(answer.headers["Location"]))
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/")
    for address in ("/log-in", "/join"):
        already = browser.get(f"{address}?{urlencode({'next': wanted})}")
        assert (already.status_code, already.headers["Location"]) == (303, "/")


def test_whoever_came_from_a_thread_lands_there_again(forum: Forum) -> None:
    browser = Browser(forum)
    answer = browser.join("quiet-river", next=SECRET_TOPIC)
    assert (answer.status_code, answer.headers["Location"]) == (303, SECRET_TOPIC)
    again = Browser(forum)
    assert again.sign_in(next=SECRET_TOPIC).headers["Location"] == SECRET_TOPIC


@pytest.mark.proves("A43")
@pytest.mark.proves("W15")
def test_logging_out_ends_the_session_for_good(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    browser.http.cookies.set("reading-theme", "dim")
    old = browser.http.cookies.copy()
    assert browser.get("/log-out").status_code == 405
    assert browser.post("/log-out", {}).status_code == 400
    assert browser.post("/log-out", {"csrf_token": "made-up"}).status_code == 400
    assert browser.name() == "quiet-river"
    answer = browser.submit(browser.get("/policies/terms"), "/log-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(browser.http.cookies.keys()) == {"reading-theme"}
    assert browser.name() is None
    restored = Browser(forum)
    restored.http.cookies = old
    assert restored.name() is None
    assert forum.counts()["sign_in_session"] == 0


def test_logging_out_twice_does_no_harm(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    page = browser.get("/policies/terms")
    with forum.database.transaction() as session:
        session.execute(delete(SignInSession))
    assert browser.submit(page, "/log-out").status_code == 303


def test_logging_out_here_leaves_other_browsers_signed_in(forum: Forum) -> None:
    here, there = Browser(forum), Browser(forum)
    here.join("quiet-river")
    there.sign_in()
    here.submit(here.get("/policies/terms"), "/log-out")
    assert (here.name(), there.name()) == (None, "quiet-river")


@pytest.mark.proves("W2")
def test_cookies_are_closed_to_scripts_and_other_sites(forum: Forum) -> None:
    browser = Browser(forum)
    set_cookies = [browser.get("/log-in").headers["Set-Cookie"], browser.sign_in().headers["Set-Cookie"]]
    for line in set_cookies:
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Domain" not in line
    assert any(line.startswith("pending=") and "Max-Age=900" in line for line in set_cookies)


@pytest.mark.proves("W2")
def test_over_https_cookies_are_bound_to_the_host(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    base_url = "https://localhost"
    client = stand_in.register([f"{base_url}/auth/google/callback"])
    settings = replace(
        settings_for(database_url, tmp_path),
        base_url=base_url,
        trusted_hosts=("localhost",),
        google=client.google,
    )
    app = create_app(settings)
    publish_policies(database_of(app))
    browser = app.test_client()
    page = browser.get("/log-in", base_url=base_url)
    token = Page(page.text).form("/auth/google/start").values["csrf_token"]
    away = browser.post(
        "/auth/google/start",
        data={"csrf_token": token, "next": "/"},
        base_url=base_url,
        headers={"Referer": base_url + "/log-in"},
    )
    back = urlsplit(client.choose(away.headers["Location"]))
    answer = browser.get(f"{back.path}?{back.query}", base_url=base_url)
    assert answer.headers["Location"] == "/join/consent"
    lines = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert {line.partition("=")[0] for line in lines} == {"__Host-session", "__Host-pending"}
    for line in lines:
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "Domain" not in line
    database_of(app).dispose()


# --- what stays of a provider ----------------------------------------------------------------------------


@pytest.mark.proves("A44")
@pytest.mark.proves("W14")
@pytest.mark.parametrize("provider", BOTH)
def test_no_token_of_a_provider_stays_anywhere(
    database_url: str, tmp_path: Path, stand_in: StandIn, provider: str
) -> None:
    settings = settings_for(database_url, tmp_path)
    with Relay(stand_in.base_url) as relay, served(settings, stand_in, relay=relay) as forum:
        log = Log(tmp_path / "forum.log")
        browser = Browser(forum)
        back = browser.return_address(provider, next="/about")
        query = query_of(back)
        cookies = [browser.http.cookies["session"]]
        browser.get(back)
        cookies += browser.http.cookies.values()
        browser.agree(
            browser.get("/join/consent"), "quiet-river", agree=("membership", "health_data", "email")
        )
        cookies += browser.http.cookies.values()
        again = Browser(forum)
        again.sign_in(provider)
        assert again.name() == "quiet-river"
        tokens = relay.tokens()
        assert len(tokens) >= (4 if provider == "google" else 2)
        gone = {*tokens, query["code"], query["state"]}
        stored = everything_stored(forum, tmp_path)
        logged = log.text()
        log.close()
        assert "quiet-river" in stored
        assert "/auth/<provider>/callback" in logged
        for secret in gone:
            assert secret not in stored
            assert secret not in logged
        for secret in tokens:
            assert not [cookie for cookie in cookies if secret in (cookie or "")]
        assert PERSONAS["robin"].name not in stored
        for person in ("robin", PERSONAS["robin"].google_subject, PERSONAS["robin"].facebook_subject):
            assert person not in logged.lower()


def everything_stored(forum: Forum, folder: Path) -> str:
    """Return every byte of the database files on SQLite, every value of every table on PostgreSQL."""
    if forum.settings.on_sqlite:
        return "".join(file.read_bytes().decode("latin-1") for file in sorted(folder.rglob("forum.sqlite3*")))
    with forum.database.reading() as session:
        rows = [
            str(session.execute(text(f"SELECT row_to_json(t)::text FROM {table} AS t")).scalars().all())
            for table in Base.metadata.tables
        ]
    return "".join(rows)


def in_threads(calls: list[Any]) -> None:
    """Make the calls at once and wait for all; a failure of one is the test's."""
    failures: list[BaseException] = []

    def run(call: Any) -> None:
        try:
            call()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
