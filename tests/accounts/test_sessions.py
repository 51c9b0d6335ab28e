"""Sign-in sessions at the front door: how they begin and end, where they lead, and the cookies that carry them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from sqlalchemy import delete, select

from forum import clock
from forum.accounts import sign_in_sessions
from forum.accounts.models import SignInSession
from forum.app import create_app
from tests.accounts.signing_in import SECRET_TOPIC, cookie_content, set_out_again
from tests.accounts.stand_in import StandIn
from tests.cast import publish_policies
from tests.conftest import database_of, settings_for
from tests.front_door import Browser, Forum, Page


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


def test_signing_in_again_as_oneself_renews_the_session(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    first = cookie_content(browser)["_user_id"]
    answer = browser.get(forum.provider.choose(set_out_again(browser)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert cookie_content(browser)["_user_id"] != first
    assert forum.counts()["sign_in_session"] == 1
    assert browser.name() == "quiet-river"


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
            assert sign_in_sessions.sweep_sign_in_sessions(session) == 1
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


@pytest.mark.proves("A43")
@pytest.mark.parametrize("everything", [False, True], ids=["the pending cookie", "every cookie"])
@pytest.mark.parametrize("seconds", [0, 120])
def test_what_the_consent_step_left_is_nobodys_after_logging_out(
    forum: Forum, everything: bool, seconds: int
) -> None:
    browser = Browser(forum)
    page = browser.at_consent()
    old = browser.http.cookies.copy()
    browser.agree(page, "quiet-river")
    browser.submit(browser.get("/policies/terms"), "/log-out")
    fresh = Browser(forum)
    fresh.get("/log-in")
    changes = {}
    if everything:
        fresh.http.cookies = old
    else:
        fresh.http.cookies.set("pending", old["pending"])
        changes = Page(fresh.get("/log-in").text).form("/auth/google/start").values
        del changes["next"]
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True):
        answer = fresh.agree(page, "quiet-river", changes={**changes})
        assert answer.status_code == 410
        assert fresh.name() is None
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
