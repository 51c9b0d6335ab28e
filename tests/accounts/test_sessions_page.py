"""The page with the browsers in which a member is logged in, and ending them one by one or all others at once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts import session_queries
from forum.accounts.devices import BrowserFamily, Device, SystemFamily, device_of, say_device
from forum.accounts.models import SignInSession
from forum.accounts.session_queries import MOST_SHOWN, sessions_page
from forum.accounts.sign_in_sessions import sign_in
from forum.database.session import Database
from tests import cast
from tests.front_door import Browser, Forum, Page
from tests.pages import read_page
from tests.recorder import recorded

ADDRESS = "/settings/sessions"
FIREFOX_ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI_ON_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CHROME_ON_ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
    "Safari/537.36"
)
EDGE_ON_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
    "Safari/537.36 Edg/138.0.0.0"
)
SAMSUNG = (
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX_ON_WINDOWS, "Firefox on Windows"),
        (SAFARI_ON_IPHONE, "Safari on an iPhone"),
        (CHROME_ON_ANDROID, "Chrome on Android"),
        (EDGE_ON_WINDOWS, "Edge on Windows"),
        (SAMSUNG, "Samsung Internet on Android"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/138.0",
            "Chrome on a Chromebook",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on a Mac"),
        ("Something else (Android)", "A browser on Android"),
        ("", "A browser on a device we can’t tell"),
        ("x" * 600 + "Firefox Windows", "A browser on a device we can’t tell"),
    ],
)
def test_devices_are_told_apart_in_words(said: str, words: str) -> None:
    assert say_device(device_of(said)) == words


def test_every_family_has_words() -> None:
    words = {say_device(Device(browser, system)) for browser in BrowserFamily for system in SystemFamily}
    assert len(words) == len(BrowserFamily) * len(SystemFamily)


def lines(browser: Browser) -> list[tuple[str, str, str]]:
    """Return the device, whether it is this browser, and where its button leads, of each line of the page."""
    page = browser.get(ADDRESS)
    assert page.status_code == 200
    return [
        (
            item.one("h2").text,
            "this" if "This browser" in item.text else "",
            item.one("form").attributes["action"],
        )
        for item in read_page(page.text).one("ol", class_="cards").all("li")
    ]


@pytest.mark.proves("W11")
def test_a_member_sees_where_they_are_logged_in(forum: Forum) -> None:
    first = Browser(forum, {"User-Agent": FIREFOX_ON_WINDOWS})
    first.join("quiet-river")
    second = Browser(forum, {"User-Agent": SAFARI_ON_IPHONE})
    second.sign_in()
    stranger = Browser(forum)
    stranger.join("tall-cedar", persona="toni")
    (phone, desktop) = session_ids(forum)[1::-1]
    assert lines(second) == [
        ("Safari on an iPhone", "this", "/log-out"),
        ("Firefox on Windows", "", f"{ADDRESS}/{desktop}/end"),
    ]
    assert lines(first) == [
        ("Firefox on Windows", "this", "/log-out"),
        ("Safari on an iPhone", "", f"{ADDRESS}/{phone}/end"),
    ]
    assert lines(stranger) == [("A browser on a device we can’t tell", "this", "/log-out")]
    page = stranger.get(ADDRESS)
    assert "You are logged in nowhere else." in page.text
    assert "Log out everywhere else" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "Safari" not in stranger.get(ADDRESS).text


def session_ids(forum: Forum) -> list[int]:
    """Return the numbers of all sessions, the oldest first."""
    with forum.database.reading() as session:
        return [*session.scalars(select(SignInSession.id).order_by(SignInSession.id))]


@pytest.mark.proves("W11")
def test_one_is_ended_and_nobody_elses(forum: Forum) -> None:
    here, there, stranger = Browser(forum), Browser(forum), Browser(forum)
    here.join("quiet-river")
    there.sign_in()
    stranger.join("tall-cedar", persona="toni")
    (_here, other, strangers) = session_ids(forum)
    page = here.get(ADDRESS)
    token = Page(page.text).form("/log-out").values["csrf_token"]
    for nobodys in (strangers, strangers + 1000):
        refused = here.post(f"{ADDRESS}/{nobodys}/end", {"csrf_token": token})
        assert refused.status_code == 404
    assert here.post(f"{ADDRESS}/{other}/end", {"csrf_token": token, "more": "x"}).status_code == 400
    assert here.post(f"{ADDRESS}/{other}/end", {}).status_code == 400
    assert (there.name(), stranger.name()) == ("quiet-river", "tall-cedar")
    answer = here.submit(page, f"{ADDRESS}/{other}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ADDRESS}?ended")
    done = here.get(answer.headers["Location"])
    assert "has to log in again" in Page(done.text).words(role="status")
    assert (here.name(), there.name(), stranger.name()) == ("quiet-river", None, "tall-cedar")
    # Twice is nothing to end.
    assert here.submit(page, f"{ADDRESS}/{other}/end").status_code == 404


@pytest.mark.proves("W11")
def test_all_others_are_ended_at_once(forum: Forum) -> None:
    here, stranger = Browser(forum), Browser(forum)
    here.join("quiet-river")
    stranger.join("tall-cedar", persona="toni")
    others = [Browser(forum) for _number in range(3)]
    for other in others:
        other.sign_in()
    page = here.get(ADDRESS)
    answer = here.submit(page, f"{ADDRESS}/end-others")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ADDRESS}?ended")
    assert [other.name() for other in others] == [None] * 3
    assert (here.name(), stranger.name()) == ("quiet-river", "tall-cedar")
    assert len(lines(here)) == 1
    # Once more is no fault.
    assert here.submit(page, f"{ADDRESS}/end-others").status_code == 303


@pytest.mark.proves("A43")
def test_ending_this_one_is_logging_out(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    token = Page(browser.get(ADDRESS).text).form("/log-out").values["csrf_token"]
    answer = browser.post(f"{ADDRESS}/{session_ids(forum)[0]}/end", {"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Clear-Site-Data" in answer.headers
    assert not browser.http.cookies
    assert session_ids(forum) == []


def test_visitors_are_asked_to_log_in(forum: Forum) -> None:
    answer = Browser(forum).get(ADDRESS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/log-in?next=/settings/sessions")


@time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)
def test_this_one_comes_first_then_the_last_used(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    today = clock.now().date()
    with database.transaction() as session:
        for number in (3, 1, 2):
            sign_in(session, someone.member_id)
            session.flush()
            newest = select(SignInSession.id).order_by(SignInSession.id.desc()).limit(1).scalar_subquery()
            session.execute(
                update(SignInSession)
                .where(SignInSession.id == newest)
                .values(last_seen_on=today - timedelta(days=number))
            )
    with recorded(database) as statements, database.reading() as session:
        page = sessions_page(session, someone.actor)
    # Who it is was read by another session.
    assert len(statements) == 2
    assert "Queries: 1" in (sessions_page.__doc__ or "")
    ages = [(today - line.last_seen_on).days for line in page.sessions]
    assert ages == [0, 1, 2, 3]
    assert [line.is_this_one for line in page.sessions] == [True, False, False, False]
    assert not page.has_more
    # Those that are over, swept away or not, are none; this one is in use today.
    with time_machine.travel(clock.now() + timedelta(days=12), tick=True), database.reading() as session:
        page = sessions_page(session, someone.actor)
        assert [(clock.now().date() - line.last_seen_on).days for line in page.sessions] == [0, 13, 14]


def test_a_page_has_an_end(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        for _number in range(MOST_SHOWN):
            sign_in(session, someone.member_id)
    with database.reading() as session:
        page = session_queries.sessions_page(session, someone.actor)
    assert (len(page.sessions), page.has_more, page.has_others) == (MOST_SHOWN, True, True)
    assert page.sessions[0].is_this_one
    html = someone.client.get(ADDRESS).text
    assert "There are more than fit here." in html
    assert len(read_page(html).all("h1")) == 1
