"""Sign-in sessions at the front door: how they begin and end, where they lead, and the cookies that carry them."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import requests
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from forum import clock, viewer
from forum.accounts import sign_in_sessions
from forum.accounts.commands import change_role
from forum.accounts.models import Member, SignInSession, Suspension
from forum.accounts.proofs import Proven
from forum.app import create_app
from forum.database.session import Database
from forum.errors import Conflict
from forum.permissions.actor import OPERATOR, Proof, Role
from forum.web.soft_writes import SoftWrites
from tests import cast
from tests.accounts.signing_in import SECRET_TOPIC, cookie_content, set_out_again
from tests.accounts.stand_in import StandIn, free_port
from tests.cast import publish_policies
from tests.conftest import database_of, settings_for
from tests.front_door import Browser, Forum, Page
from tests.recorder import recorded
from tests.servers.forum import serving, stop


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


@pytest.mark.proves("W11")
def test_what_the_server_keeps_of_a_session_is_no_key_to_it(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    token = cookie_content(browser)["_user_id"]
    # 256 bits, in base64url without padding.
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    with forum.database.reading() as session:
        row = session.execute(select(SignInSession.__table__)).one()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row)
    forged = browser_with(forum, row.token_hash)
    assert forged.name() is None
    assert browser_with(forum, token).name() == "quiet-river"


@pytest.mark.proves("W11")
def test_a_session_ends_after_thirty_days(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    began = clock.now()
    # Whoever comes by now and then stays signed in until then.
    for days in (10, 20, 29):
        with time_machine.travel(began + timedelta(days=days, hours=23), tick=True):
            assert browser.name() == "quiet-river"
            soft_writes_of(forum).flush()
            assert swept(forum) == 0
    with time_machine.travel(began + timedelta(days=30, seconds=5), tick=True):
        assert browser.name() is None
        assert swept(forum) == 1
    assert forum.counts()["sign_in_session"] == 0


@pytest.mark.proves("W11")
def test_a_session_that_nobody_uses_ends_after_fourteen_days(forum: Forum) -> None:
    idle, used = Browser(forum), Browser(forum)
    idle.join("quiet-river")
    used.sign_in()
    began = clock.now()
    with time_machine.travel(began + timedelta(days=14), tick=True):
        assert used.name() == "quiet-river"
        soft_writes_of(forum).flush()
        assert swept(forum) == 0
    with time_machine.travel(began + timedelta(days=15), tick=True):
        # At once, swept away or not.
        assert idle.name() is None
        assert used.name() == "quiet-river"
        assert swept(forum) == 1
        assert (idle.name(), used.name()) == (None, "quiet-river")
    assert forum.counts()["sign_in_session"] == 1


@pytest.mark.proves("W11")
def test_the_day_is_written_down_when_the_server_ends(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    settings = replace(settings_for(database_url, tmp_path, base_url), port=port)
    app = create_app(settings)
    someone = cast.member(app)
    yesterday = clock.now().date() - timedelta(days=1)
    with someone.database.transaction() as session:
        session.execute(update(SignInSession).values(last_seen_on=yesterday))
    cookie = someone.client.get_cookie("session", domain="127.0.0.1")
    assert cookie is not None
    with serving(settings, "--no-worker") as server:
        page = requests.get(f"{base_url}/settings", cookies={"session": cookie.value}, timeout=20)
        assert someone.name in page.text
        stop(server)
    # It may be midnight meanwhile, and another process's clock can't be held.
    seen = someone.actor.last_seen_on
    assert seen is not None
    assert yesterday < seen <= clock.now().date()
    someone.database.dispose()


@pytest.mark.proves("W11")
def test_the_day_is_written_down_once(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    (today,) = days_seen(forum)
    assert today <= clock.now().date()
    tomorrow = today + timedelta(days=1)
    # At noon, so that no midnight comes between.
    with time_machine.travel(datetime.combine(tomorrow, time(12), UTC), tick=True):
        with recorded(forum.database) as statements:
            for address in ("/", "/help-now", "/settings", "/"):
                assert browser.get(address).status_code == 200
            soft_writes_of(forum).flush()
            for address in ("/", "/settings"):
                assert browser.get(address).status_code == 200
            soft_writes_of(forum).flush()
        written = [statement for statement in statements if statement.startswith("UPDATE")]
        # Of the session, and of its member.
        assert [statement.split()[1] for statement in written] == ["sign_in_session", "member"]
        assert all("last_seen_on" in statement for statement in written)
        assert days_seen(forum) == [tomorrow]
    # A clock that is set back takes nothing back.
    browser.get("/")
    soft_writes_of(forum).flush()
    assert days_seen(forum) == [tomorrow]


def test_the_day_of_a_session_that_ended_meanwhile_is_nothing(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert browser.name() == "quiet-river"
        with forum.database.transaction() as session:
            session.execute(delete(SignInSession))
        soft_writes_of(forum).flush()
    assert forum.counts()["sign_in_session"] == 0


@pytest.mark.proves("W11")
def test_a_new_role_and_a_suspension_hold_with_the_next_request(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    statuses = [browser.get(address).status_code for address in ("/topics/new", "/moderation")]
    assert statuses == [200, 404]
    change(forum, Role.MODERATOR)
    assert browser.get("/moderation").status_code == 200
    change(forum, Role.MEMBER)
    assert browser.get("/moderation").status_code == 404
    with forum.database.transaction() as session:
        member_id = session.scalars(select(Member.id)).one()
        session.add(Suspension(member_id=member_id, since=clock.now(), until=None))
    # Reading goes on.
    assert browser.get("/topics/new").status_code == 403
    assert browser.name() == "quiet-river"
    with forum.database.transaction() as session:
        session.execute(delete(Suspension))
    assert browser.get("/topics/new").status_code == 200


@pytest.mark.proves("W11")
def test_signing_in_anew_makes_the_old_cookie_nobodys(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    old = cookie_content(browser)["_user_id"]
    browser.get(forum.provider.choose(set_out_again(browser)))
    assert browser_with(forum, old).name() is None
    assert browser_with(forum, cookie_content(browser)["_user_id"]).name() == "quiet-river"


@pytest.mark.proves("W11")
def test_showing_once_more_who_one_is_makes_the_old_cookie_nobodys(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    old = cookie_content(browser)["_user_id"]
    # Some time later.
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proof=None, proved_at=None))
    away = browser.submit(browser.get("/log-in/again?next=/about"), "/auth/google/start")
    answer = browser.get(forum.provider.choose(away.headers["Location"]))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert browser_with(forum, old).name() is None
    assert browser.name() == "quiet-river"
    assert forum.counts()["sign_in_session"] == 1


@pytest.mark.proves("W11")
def test_a_renewed_session_is_the_same_one_with_another_token(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    before = someone.actor
    with database.transaction() as session:
        token = sign_in_sessions.renew(session, before, Proven(Proof.RECOVERY_CODE, clock.now()))
    with database.reading() as session:
        assert viewer.actor_of(session, someone.token) is None
        after = viewer.actor_of(session, token)
    assert after is not None
    assert after.sign_in_session_id == before.sign_in_session_id
    assert (before.proof, after.proof) == (Proof.PASSKEY, Proof.RECOVERY_CODE)
    # A second request that came with the same token renews nothing, and neither does whoever's session ended.
    with pytest.raises(Conflict), database.transaction() as session:
        sign_in_sessions.renew(session, before)
    with database.transaction() as session:
        session.execute(delete(SignInSession))
    with pytest.raises(Conflict), database.transaction() as session:
        sign_in_sessions.renew(session, after)


def browser_with(forum: Forum, token: str) -> Browser:
    """Return a browser whose cookie is signed by the forum and holds this token."""
    client = cast.signed_in(forum.app, token)
    cookie = client.get_cookie("session", domain="127.0.0.1")
    assert cookie is not None
    browser = Browser(forum)
    browser.http.cookies.set("session", cookie.value)
    return browser


def soft_writes_of(forum: Forum) -> SoftWrites:
    """Return the buffer of the forum's process."""
    found: SoftWrites = forum.app.extensions["soft_writes"]
    return found


def days_seen(forum: Forum) -> list[date]:
    """Return what is written down as the last day of each session."""
    with forum.database.reading() as session:
        return [*session.scalars(select(SignInSession.last_seen_on))]


def swept(forum: Forum) -> int:
    """Sweep, as the worker does once a day, and return how many sessions went."""
    with forum.database.transaction() as session:
        return sign_in_sessions.sweep_sign_in_sessions(session)


def change(forum: Forum, role: Role) -> None:
    """Give the one member another role."""
    with forum.database.transaction() as session:
        change_role(session, OPERATOR, "quiet-river", role)


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
