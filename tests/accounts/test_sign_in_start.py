"""Setting out to sign in, at the front door: over HTTP, with the stand-in as Google and Facebook."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import time_machine
from playwright.sync_api import Page as BrowserPage
from sqlalchemy import select

from forum import clock
from forum.accounts import commands
from forum.accounts.models import SignInAttempt
from forum.accounts.tokens import hash_of
from tests.accounts.conversations import BOTH
from tests.accounts.signing_in import SECRET_TOPIC, attempts
from tests.accounts.stand_in import StandIn, query_of
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served


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
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("start", ["/log-in", "/join"])
def test_a_real_browser_tells_the_provider_no_address_of_ours(
    forum: Forum, page: BrowserPage, start: str, provider: str
) -> None:
    # Somebody comes from a thread: its address is in the address of the page with the button, and in the form.
    page.goto(f"{forum.base_url}{start}?{urlencode({'next': SECRET_TOPIC})}")
    page.get_by_role("button", name=f"Continue with {provider.title()}").click()
    page.get_by_role("heading", name="Who would you like to be?").wait_for()
    assert "health" not in page.url
    page.get_by_role("button", name="Robin Ordinary").click()
    page.wait_for_url("**/join/consent")
    there = {"google": "/authorize", "facebook": "/dialog/oauth"}[provider]
    came = [entry for entry in forum.provider.log() if entry["path"].endswith(there)]
    assert len(came) == 2
    for entry in forum.provider.log():
        assert not (entry["referer"] or "").startswith(forum.base_url), entry


@pytest.mark.proves("A5")
def test_nothing_on_the_way_to_the_provider_names_a_page(browser_here: Browser) -> None:
    page = browser_here.get("/log-in?" + urlencode({"next": SECRET_TOPIC}))
    for provider in BOTH:
        answer = browser_here.submit(page, f"/auth/{provider}/start")
        for one in (page, answer):
            assert one.headers["Referrer-Policy"] == "same-origin"
        assert "health" not in answer.headers["Location"]


@pytest.mark.proves("A6")
@pytest.mark.parametrize("address", ["/log-in", "/join"])
def test_the_page_says_what_the_provider_will_learn(browser_here: Browser, address: str) -> None:
    page = browser_here.get(address)
    said = page.text.index("will learn that you use this site")
    for provider in ("Google", "Facebook"):
        assert said < page.text.index(f"Continue with {provider}")
    assert page.headers["Cache-Control"] == "no-store"
