"""Two requests about one account at the same moment: who comes second finds what the first one left, and none waits
for the other in a circle.

Which statement of one waits for which of the other is arranged, so that each order is met every time.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg.errors
import pytest
import requests
from flask import request_started
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import OperationalError

from forum import clock
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent, Identity, Passkey, RecoveryCode, SignInSession
from forum.database.dialects import is_busy
from forum.permissions.actor import SETTLES_AFTER, MemberId, Proof
from tests.accounts.authenticator import Authenticator, add_passkey, options_for, token_of, who
from tests.accounts.stand_in import StandIn
from tests.accounts.ways_in import AGAIN, CODES, WAYS_IN, add, identity_ids, make_codes, proofs, told
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served
from tests.threads import together

PATIENCE = 30.0
CODE_PAGE = "/log-in/code"
Sends = Callable[[], requests.Response]


@pytest.fixture
def forum(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[Forum]:
    """Return a forum with passkeys."""
    with served(settings_for(database_url, tmp_path), stand_in, host="localhost") as running:
        yield running


@pytest.fixture
def robin(forum: Forum) -> Browser:
    """Return the browser of quiet-river, who logs in with Google, and for a while with Facebook too."""
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser)
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(added_at=clock.now() - SETTLES_AFTER))
    return browser


# --- arranging who waits for whom ------------------------------------------------------------------------


@contextmanager
def listening(engine: Any, moment: str, heard: Callable[[str], None]) -> Iterator[None]:
    """Have every statement that an engine sends be heard, before or after it is carried out."""

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard(statement)

    event.listen(engine, moment, hear)
    try:
        yield
    finally:
        event.remove(engine, moment, hear)


def is_hold(statement: str) -> bool:
    """Say whether a statement is the one by which a member is held."""
    return statement.startswith("SELECT member.state")


class _Order:
    """The first request holds the member, and goes on only once the second one is about to."""

    def __init__(self, forum: Forum) -> None:
        self._waits_for_database = forum.database.write_engine.dialect.name == "sqlite"
        self._first: int | None = None
        self.held = threading.Event()
        self._second_came = threading.Event()

    def before(self, statement: str) -> None:
        """Notice the second one."""
        if is_hold(statement) and self._first not in (None, threading.get_ident()):
            self._second_came.set()

    def after(self, statement: str) -> None:
        """Have the first one wait."""
        if is_hold(statement) and self._first is None:
            self._first = threading.get_ident()
            self.held.set()
            assert self._second_came.wait(PATIENCE), "The second one never came to hold the member."

    def began(self, *_ignored: Any, **_others: Any) -> None:
        """Notice the second one where it can't come that far: SQLite has one transaction that writes at a time."""
        if self._waits_for_database and self.held.is_set():
            self._second_came.set()


def one_after_the_other(
    forum: Forum, first: Sends, second: Sends
) -> tuple[requests.Response, requests.Response]:
    """Send the first until it holds the member, then the second until it would hold them; return both answers."""
    order = _Order(forum)
    engine = forum.database.write_engine
    with (
        ThreadPoolExecutor(2) as pool,
        listening(engine, "before_cursor_execute", order.before),
        listening(engine, "after_cursor_execute", order.after),
        request_started.connected_to(order.began, forum.app),
    ):
        one: Future[requests.Response] = pool.submit(first)
        assert order.held.wait(PATIENCE)
        two = pool.submit(second)
        return one.result(PATIENCE), two.result(PATIENCE)


def with_one_cookie(browser: Browser, *sends: Sends) -> list[requests.Response]:
    """Send two requests that carry one token; both find out who asks before either has changed anything."""
    both = threading.Barrier(2, timeout=PATIENCE)

    def meet(statement: str) -> None:
        if "FROM sign_in_session JOIN member" in statement:
            both.wait()

    with listening(browser.forum.database.read_engine, "after_cursor_execute", meet):
        return together(2, lambda number: sends[number]())


def submitting(browser: Browser, at: str, action: str, fields: dict[str, str | None] | None = None) -> Sends:
    """Return what sends a form, whose page is opened now."""
    page = browser.get(at)
    return lambda: browser.submit(page, action, fields)


# --- one cookie, two requests ----------------------------------------------------------------------------


@pytest.mark.proves("A37", "W11")
def test_a_double_click_on_make_recovery_codes_makes_one_set(forum: Forum, robin: Browser) -> None:
    before = told(forum)
    click = submitting(robin, WAYS_IN, CODES)
    answers = with_one_cookie(robin, click, click)
    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {200, 409}
    assert "You did something else at the same moment" in by_status[409].text
    # The second answer came last, and left the new token in the jar.
    assert "Set-Cookie" not in by_status[409].headers
    assert who(robin) == "quiet-river"
    assert forum.counts()["recovery_code"] == 10
    assert told(forum) == [*before, (AccountEvent.CODES_MADE, "")]
    shown = ["".join(words) for tag, _given, words in Page(by_status[200].text).elements if tag == "code"]
    assert len(shown) == 10
    other = Browser(forum)
    assert other.submit(other.get(CODE_PAGE), CODE_PAGE, {"code": shown[0]}).status_code == 303


@pytest.mark.proves("W11", "W12")
def test_of_two_proofs_with_one_cookie_one_renews_and_the_other_uses_nothing_up(
    forum: Forum, robin: Browser
) -> None:
    codes = make_codes(robin)
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proof=None, proved_at=None))
    at = f"{AGAIN}?next=/about"
    answers = with_one_cookie(robin, *(submitting(robin, at, AGAIN, {"code": code}) for code in codes[:2]))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    # The code of the other one is good still.
    assert forum.counts()["recovery_code"] == 9
    assert proofs(forum) == [Proof.RECOVERY_CODE]
    assert who(robin) == "quiet-river"
    assert told(forum).count((AccountEvent.CODE_USED, "")) == 1


@pytest.mark.proves("W11")
def test_whoever_took_the_cookie_does_not_outlive_the_owners_change(forum: Forum, robin: Browser) -> None:
    thief = Browser(forum)
    thief.http.cookies = robin.http.cookies.copy()
    steal, change = submitting(thief, WAYS_IN, CODES), submitting(robin, WAYS_IN, CODES)
    answers = with_one_cookie(robin, change, steal)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    # Which of the two was faster is chance; one of them alone is signed in.
    assert sorted([who(robin) or "", who(thief) or ""]) == ["", "quiet-river"]
    assert forum.counts()["sign_in_session"] == 1


# --- a way in that goes while somebody comes in by it ----------------------------------------------------


@pytest.fixture
def by_facebook(forum: Forum, robin: Browser) -> tuple[Sends, Sends, Browser]:
    """Return what removes quiet-river's Facebook, and what logs in by it elsewhere."""
    address = f"{WAYS_IN}/identities/{identity_ids(forum)[1]}/remove"
    elsewhere = Browser(forum)
    back = elsewhere.return_address("facebook")
    return submitting(robin, address, address), lambda: elsewhere.get(back), elsewhere


@pytest.mark.proves("A37")
def test_an_account_that_is_taken_away_at_this_moment_lets_nobody_in(
    forum: Forum, robin: Browser, by_facebook: tuple[Sends, Sends, Browser]
) -> None:
    remove, come, elsewhere = by_facebook
    removed, came = one_after_the_other(forum, remove, come)
    assert (removed.status_code, came.status_code) == (303, 303)
    # It is somebody whom nobody knows, and who may join.
    assert came.headers["Location"] == "/join/consent"
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    assert len(identity_ids(forum)) == forum.counts()["sign_in_session"] == 1


@pytest.mark.proves("A37")
def test_whoever_came_in_by_it_a_moment_before_is_out_again(
    forum: Forum, robin: Browser, by_facebook: tuple[Sends, Sends, Browser]
) -> None:
    remove, come, elsewhere = by_facebook
    came, removed = one_after_the_other(forum, come, remove)
    assert (came.headers["Location"], removed.status_code) == ("/", 303)
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    assert len(identity_ids(forum)) == forum.counts()["sign_in_session"] == 1


@pytest.fixture
def by_passkey(forum: Forum, robin: Browser) -> tuple[Sends, Sends, Browser]:
    """Return what removes quiet-river's passkey, and what logs in by it elsewhere."""
    device = Authenticator(forum.base_url)
    assert add_passkey(robin, device).status_code == 303
    with forum.database.reading() as session:
        address = f"{WAYS_IN}/passkeys/{session.scalar(select(Passkey.id))}/remove"
    elsewhere = Browser(forum)
    return submitting(robin, address, address), using(elsewhere, device), elsewhere


def using(browser: Browser, device: Authenticator) -> Sends:
    """Return what logs in with a passkey; the device was asked already."""
    credential = json.dumps(device.use(options_for(browser, "sign-in")))
    fields = {"csrf_token": token_of(browser), "purpose": "sign-in", "next": "/about"}
    return lambda: browser.post("/auth/passkey", {**fields, "credential": credential})


@pytest.mark.proves("A37")
@pytest.mark.parametrize("removes_first", [True, False])
def test_a_passkey_that_is_removed_while_it_is_used_leaves_nobody_signed_in(
    forum: Forum, robin: Browser, by_passkey: tuple[Sends, Sends, Browser], removes_first: bool
) -> None:
    remove, use, elsewhere = by_passkey
    if removes_first:
        removed, used = one_after_the_other(forum, remove, use)
    else:
        used, removed = one_after_the_other(forum, use, remove)
    assert (removed.status_code, used.status_code) == (303, 400 if removes_first else 303)
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    assert (forum.counts()["passkey"], forum.counts()["sign_in_session"]) == (0, 1)


@pytest.mark.proves("A37")
@pytest.mark.parametrize("makes_first", [True, False])
def test_a_code_that_is_used_while_new_ones_are_made_leaves_nobody_signed_in(
    forum: Forum, robin: Browser, makes_first: bool
) -> None:
    code = make_codes(robin)[0]
    elsewhere = Browser(forum)
    use = submitting(elsewhere, CODE_PAGE, CODE_PAGE, {"code": code})
    make = submitting(robin, WAYS_IN, CODES)
    if makes_first:
        made, used = one_after_the_other(forum, make, use)
    else:
        used, made = one_after_the_other(forum, use, make)
    assert (made.status_code, used.status_code) == (200, 422 if makes_first else 303)
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    assert (forum.counts()["recovery_code"], forum.counts()["sign_in_session"]) == (10, 1)


@pytest.mark.proves("A37")
def test_whoever_logs_in_once_more_while_their_sessions_are_ended_is_answered(
    forum: Forum, robin: Browser
) -> None:
    elsewhere = Browser(forum)
    elsewhere.sign_in()
    # In another tab they had set out to log in as well; now they come back, signed in already.
    token = token_of(elsewhere)
    away = elsewhere.post("/auth/google/start", {"csrf_token": token, "next": "/"}).headers["Location"]
    back = forum.provider.choose(away)
    made, came = one_after_the_other(forum, submitting(robin, WAYS_IN, CODES), lambda: elsewhere.get(back))
    assert (made.status_code, came.status_code) == (200, 303)
    assert {who(robin), who(elsewhere)} == {"quiet-river"}
    assert forum.counts()["sign_in_session"] == 2


# --- should two ever wait for each other -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.errors.DiskFull(), False),
        (psycopg.errors.AdminShutdown(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_may_go_well_next_time_counts_as_busy(error: psycopg.Error, passes: bool) -> None:
    assert is_busy(OperationalError("SELECT 1", None, error)) is passes


# SQLite has no two transactions that could wait for each other.
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_whoever_has_to_give_way_is_asked_to_try_again_and_all_stays_as_it_was(
    forum: Forum, robin: Browser
) -> None:
    make_codes(robin)
    before = forum.counts()
    waits = threading.Event()

    def heard(statement: str) -> None:
        if statement.startswith("DELETE FROM recovery_code"):
            waits.set()

    with forum.database.transaction() as session, ThreadPoolExecutor(1) as pool:
        # Whoever waits for longer gives way; it is not to be this one.
        session.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        session.execute(select(RecoveryCode.id).with_for_update()).all()
        with listening(forum.database.write_engine, "before_cursor_execute", heard):
            making = pool.submit(submitting(robin, WAYS_IN, CODES))
            assert waits.wait(PATIENCE)
            # The other way round than everybody else: the codes first, then their member.
            hold_member(session, MemberId(1))
            answer = making.result(PATIENCE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Many people are here at once" in answer.text
    assert forum.counts() == before
    assert who(robin) == "quiet-river"
    assert len(make_codes(robin)) == 10
