"""Recovery codes: on paper, each good for once, however it is typed, and nothing told to whoever guesses."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from forum import clock
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import AccountEvent, RecoveryCode, SignInSession
from forum.accounts.recovery_codes import ALPHABET, LENGTH, MOST_CODES, read_code
from forum.permissions.actor import MemberId, Proof
from tests.accounts.test_secrecy import everything_stored
from tests.accounts.ways_in import (
    AGAIN,
    CODES,
    WAYS_IN,
    make_codes,
    proofs,
    title,
    told,
    unprove,
)
from tests.front_door import Browser, Forum, Log, Page
from tests.threads import together

LOG_IN = "/log-in/code"


def enter(browser: Browser, code: str, next: str = "/") -> int:
    page = browser.get(f"{LOG_IN}?next={next}")
    return browser.submit(page, LOG_IN, {"code": code}).status_code


def left(forum: Forum) -> int:
    return forum.counts()["recovery_code"]


def at_home(forum: Forum) -> Browser:
    browser = Browser(forum)
    browser.join("quiet-river")
    return browser


# --- making them -----------------------------------------------------------------------------------------


def test_there_are_ten_of_eighty_bits_and_the_database_has_none(
    forum: Forum, log: Log, tmp_path: Path
) -> None:
    codes = make_codes(at_home(forum))
    assert len(set(codes)) == MOST_CODES == left(forum)
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
        assert set(code) <= {*ALPHABET, "-"}
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    stored = everything_stored(forum, tmp_path)
    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored
        assert code not in log.text()


@pytest.mark.proves("A37")
def test_making_them_is_a_change_of_ways_in(forum: Forum) -> None:
    browser, elsewhere = at_home(forum), Browser(forum)
    elsewhere.sign_in()
    old = Browser(forum)
    old.http.cookies = browser.http.cookies.copy()
    answer = browser.submit(browser.get(WAYS_IN), CODES)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (old.name(), elsewhere.name()) == (None, None)
    assert browser.get(WAYS_IN).status_code == 200
    assert told(forum) == [(AccountEvent.CODES_MADE, "")]
    assert "load this page again" in answer.text


@pytest.mark.proves("W12")
def test_making_them_needs_a_proof(forum: Forum) -> None:
    browser = at_home(forum)
    unprove(forum)
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 403
    assert left(forum) == 0
    assert told(forum) == []


def test_new_ones_take_the_place_of_the_old_ones(forum: Forum) -> None:
    browser = at_home(forum)
    old, new = make_codes(browser), make_codes(browser)
    assert left(forum) == MOST_CODES
    assert enter(Browser(forum), old[0]) == 422
    assert enter(Browser(forum), new[0]) == 303


# --- logging in ------------------------------------------------------------------------------------------


def test_a_code_lets_one_in_once_and_says_how_many_are_left(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    browser = Browser(forum, {"User-Agent": "Mozilla/5.0 (Android 14; Mobile) Firefox/130.0"})
    page = browser.get(f"{LOG_IN}?next=/about")
    answer = browser.submit(page, LOG_IN, {"code": codes[0]})
    assert answer.status_code == 303
    landed = browser.get(answer.headers["Location"])
    assert "you have this many left: 9" in landed.text
    assert Page(landed.text).links()["Back to where you were going"] == "/about"
    assert (browser.name() or "").startswith("quiet-river")
    assert proofs(forum)[-1] is Proof.RECOVERY_CODE
    with forum.database.reading() as session:
        newest = session.scalars(select(SignInSession).order_by(SignInSession.id.desc())).first()
        assert newest is not None
        assert (newest.browser, newest.system) == ("firefox", "android")
    assert told(forum)[-1] == (AccountEvent.CODE_USED, "")
    assert enter(Browser(forum), codes[0]) == 422
    assert left(forum) == MOST_CODES - 1


def test_the_last_one_says_so(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    with forum.database.transaction() as session:
        for row in session.scalars(select(RecoveryCode)).all()[1:]:
            session.delete(row)
    browser = Browser(forum)
    answer = next(
        found
        for code in codes
        if (found := browser.submit(browser.get(LOG_IN), LOG_IN, {"code": code})).status_code == 303
    )
    assert "That was your last code" in browser.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        " {} ",
        "\t{}",
        "{}-",
    ],
)
def test_gaps_around_it_do_not_matter(forum: Forum, typed: str) -> None:
    codes = make_codes(at_home(forum))
    assert enter(Browser(forum), typed.format(codes[3])) == 303


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("abcd-efgh-jkmn-pqrs", "ABCDEFGHJKMNPQRS"),
        ("ABCD EFGH JKMN PQRS", "ABCDEFGHJKMNPQRS"),
        ("abcdefghjkmnpqrs", "ABCDEFGHJKMNPQRS"),
        ("ABCD–EFGH—JKMN−PQRS".replace("−", "‑"), "ABCDEFGHJKMNPQRS"),
        ("oOiI-lL01-0000-0000", "0011110100000000"),
        ("１２３４-５６７８-９０ＡＢ-ＣＤＥＦ", "1234567890ABCDEF"),
        ("", ""),
    ],
)
def test_it_is_read_as_hands_write_it(typed: str, read: str) -> None:
    assert read_code(typed) == read


def test_no_two_codes_are_read_as_one() -> None:
    assert read_code(ALPHABET) == ALPHABET
    assert len(ALPHABET[:LENGTH]) == LENGTH


@pytest.mark.parametrize("typed", ["", "   ", "x" * 101, "0000-0000-0000-0000", "é", "%00", "'; --"])
def test_whatever_is_wrong_lets_nobody_in_and_says_the_same(forum: Forum, typed: str) -> None:
    make_codes(at_home(forum))
    browser = Browser(forum)
    answer = browser.submit(browser.get(LOG_IN), LOG_IN, {"code": typed})
    assert answer.status_code == 422
    assert browser.name() is None
    assert left(forum) == MOST_CODES
    # What was used up, what never was and what is somebody else's reads alike.
    if typed.strip() and len(typed) < 100:
        assert "This code doesn’t count" in Page(answer.text).words(id="code-error")


def test_a_code_that_was_used_and_one_that_never_was_are_answered_alike(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    assert enter(Browser(forum), codes[0]) == 303
    pages = []
    for code in (codes[0], "0000-0000-0000-0000"):
        browser = Browser(forum)
        answer = browser.submit(browser.get(LOG_IN), LOG_IN, {"code": code})
        pages.append(Page(answer.text).words(id="main").replace(code, ""))
        assert answer.status_code == 422
    assert pages[0] == pages[1]


def test_of_two_who_use_a_code_at_once_one_gets_in(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    browsers = [Browser(forum) for _number in range(4)]
    pages = [browser.get(LOG_IN) for browser in browsers]
    statuses = together(4, lambda n: browsers[n].submit(pages[n], LOG_IN, {"code": codes[0]}).status_code)
    assert sorted(statuses) == [303, 422, 422, 422]
    assert left(forum) == MOST_CODES - 1


@pytest.mark.proves("A16")
def test_whoever_is_logged_in_stays_who_they_are_and_the_code_stays_good(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    other = Browser(forum)
    page = other.get(LOG_IN)
    other.join("tall-cedar", "google", "sam")
    token = Page(other.get("/settings").text).form("/log-out").values["csrf_token"]
    answer = other.submit(page, LOG_IN, {"code": codes[0], "csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert other.name() == "tall-cedar"
    assert left(forum) == MOST_CODES
    assert other.get(LOG_IN).status_code == 303


def test_a_code_brings_back_whoever_was_leaving(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    with forum.database.transaction() as session:
        begin_leaving(session, MemberId(1))
    assert enter(Browser(forum), codes[0]) == 303
    assert forum.counts()["leaving"] == 0


@pytest.mark.proves("A42")
@pytest.mark.parametrize("wanted", ["//e", "https://e", "/auth/google/start"])
def test_a_code_leads_nowhere_else(forum: Forum, wanted: str) -> None:
    codes = make_codes(at_home(forum))
    browser = Browser(forum)
    answer = browser.submit(browser.get(LOG_IN), LOG_IN, {"code": codes[0], "next": wanted})
    landed = browser.get(answer.headers["Location"])
    assert "Back to where you were going" not in Page(landed.text).links()


@pytest.mark.proves("A41")
def test_a_code_begins_a_session_of_its_own(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    planted, victim = Browser(forum), Browser(forum)
    planted.get(LOG_IN)
    victim.http.cookies = planted.http.cookies.copy()
    assert enter(victim, codes[0]) == 303
    assert planted.name() is None


# --- proving ---------------------------------------------------------------------------------------------


@pytest.mark.proves("W12")
def test_a_code_shows_that_it_is_they(forum: Forum) -> None:
    browser = at_home(forum)
    codes = make_codes(browser)
    unprove(forum)
    old = Browser(forum)
    old.http.cookies = browser.http.cookies.copy()
    answer = browser.submit(browser.get(f"{AGAIN}?next=/about"), AGAIN, {"code": codes[5]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert proofs(forum) == [Proof.RECOVERY_CODE]
    assert left(forum) == MOST_CODES - 1
    assert told(forum)[-1] == (AccountEvent.CODE_USED, "")
    assert old.name() is None
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 403


@pytest.mark.proves("W12")
def test_somebody_elses_code_shows_nothing_and_stays_good(forum: Forum) -> None:
    codes = make_codes(at_home(forum))
    other = Browser(forum)
    other.join("tall-cedar", "google", "sam")
    make_codes(other)
    unprove(forum)
    answer = other.submit(other.get(AGAIN), AGAIN, {"code": codes[0]})
    assert answer.status_code == 422
    assert title(answer) == "Show that it is you"
    assert "This code doesn’t count" in answer.text
    assert left(forum) == 2 * MOST_CODES
    assert set(proofs(forum)) == {None}
