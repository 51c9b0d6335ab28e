"""Google warns us about an account there: whoever may sit in its owner's session is logged out. Once, if it is so."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import time_machine
from sqlalchemy import QueuePool, func, select, update

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, Identity, SecurityEvent, SignInSession
from forum.demo.stand_in.personas import PERSONAS
from forum.schedule import SCHEDULE
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Log, served
from tests.threads import together

EVENTS = "/auth/google/events"
ROBIN = PERSONAS["robin"].google_subject
RISC = "https://schemas.openid.net/secevent/risc/event-type/"


@pytest.fixture
def robin(forum: Forum) -> Browser:
    """Return the browser of a member who came by Google."""
    browser = Browser(forum)
    browser.join("quiet-river", "google")
    return browser


def deliver(forum: Forum, token: str) -> requests.Response:
    """Push a token to the forum, as Google does."""
    return requests.post(
        forum.base_url + EVENTS,
        data=token,
        headers={"Content-Type": "application/secevent+jwt", "Accept": "application/json"},
        allow_redirects=False,
        timeout=20,
    )


def told(forum: Forum) -> list[tuple[AccountEvent, str]]:
    """Return what members were told about their accounts."""
    with forum.database.reading() as session:
        rows = session.execute(select(AccountNotice.event, AccountNotice.provider).order_by(AccountNotice.id))
        return [(row.event, row.provider) for row in rows]


# --- what is acted on ----------------------------------------------------------------------------------------


@pytest.mark.proves("A45")
@pytest.mark.parametrize("kind", ["sessions-revoked", "account-disabled", "tokens-revoked"])
def test_all_sessions_of_the_member_end_and_they_are_told(forum: Forum, robin: Browser, kind: str) -> None:
    other, bystander = Browser(forum), Browser(forum)
    other.sign_in("google")
    bystander.join("still-water", "facebook", "robin")
    answer = deliver(forum, forum.provider.security_event("robin", kind))
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert (robin.name(), other.name(), bystander.name()) == (None, None, "still-water")
    assert told(forum) == [(AccountEvent.SESSIONS_ENDED, "google")]
    # They are locked out of nothing.
    robin.sign_in("google")
    assert (robin.name() or "").startswith("quiet-river")


@pytest.mark.proves("A45")
def test_the_same_event_again_changes_nothing(forum: Forum, robin: Browser) -> None:
    token = forum.provider.security_event()
    assert deliver(forum, token).status_code == 202
    robin.sign_in("google")
    before = forum.counts()
    assert deliver(forum, token).status_code == 202
    # Another token with the same id is the same event.
    forum.provider.misbehave(event_id="one and the same")
    assert deliver(forum, forum.provider.security_event()).status_code == 202
    assert robin.name() is None
    robin.sign_in("google")
    after = forum.counts()
    assert deliver(forum, forum.provider.security_event(kind="account-disabled")).status_code == 202
    assert (robin.name() or "").startswith("quiet-river")
    assert forum.counts() == after
    assert after["security_event"] == before["security_event"] + 1 == 2


@pytest.mark.proves("A45")
def test_of_the_same_event_many_times_at_once_one_counts(forum: Forum, robin: Browser) -> None:
    token = forum.provider.security_event()
    # So that nobody has to ask for keys any more, for which there is one place.
    deliver(forum, forum.provider.security_event("sam"))
    assert together(6, lambda _number: deliver(forum, token).status_code) == [202] * 6
    assert told(forum) == [(AccountEvent.SESSIONS_ENDED, "google")]
    assert forum.counts()["security_event"] == 1
    assert robin.name() is None


@pytest.mark.proves("A45")
@pytest.mark.parametrize("days", [1, 29])
def test_a_late_event_leaves_alone_who_logged_in_after_it(forum: Forum, robin: Browser, days: int) -> None:
    earlier = Browser(forum)
    earlier.sign_in("google")
    issued = clock.now() - timedelta(days=days)
    with forum.database.transaction() as session:
        newest = select(func.max(SignInSession.id)).scalar_subquery()
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == newest)
            .values(begun_at=issued - timedelta(minutes=1))
        )
    forum.provider.misbehave(issued_seconds_ago=days * 86400)
    assert deliver(forum, forum.provider.security_event()).status_code == 202
    assert earlier.name() is None
    assert (robin.name() or "").startswith("quiet-river")
    assert told(forum) == [(AccountEvent.SESSIONS_ENDED, "google")]
    # Nothing ends by another one of then, so there is nothing to be told.
    forum.provider.misbehave(issued_seconds_ago=days * 86400, event_id="another")
    assert deliver(forum, forum.provider.security_event()).status_code == 202
    assert told(forum) == [(AccountEvent.SESSIONS_ENDED, "google")]
    assert forum.counts()["security_event"] == 2


@pytest.mark.proves("A45")
@pytest.mark.parametrize(("seconds", "stays"), [(25, False), (40, True)])
def test_clocks_that_differ_a_little_let_no_session_outlive_its_warning(
    forum: Forum, robin: Browser, seconds: int, stays: bool
) -> None:
    with forum.database.reading() as session:
        began = session.scalars(select(SignInSession.begun_at)).one()
    with time_machine.travel(began, tick=False):
        forum.provider.misbehave(issued_seconds_ago=seconds)
        token = forum.provider.security_event()
    assert deliver(forum, token).status_code == 202
    assert (robin.name() is not None) == stays


@pytest.mark.proves("A45")
def test_whoever_has_no_session_is_not_told_of_any(forum: Forum, robin: Browser) -> None:
    deliver(forum, forum.provider.security_event())
    deliver(forum, forum.provider.security_event())
    assert told(forum) == [(AccountEvent.SESSIONS_ENDED, "google")]


@pytest.mark.proves("A45")
@pytest.mark.parametrize(
    ("kind", "persona", "switches"),
    [
        ("verification", "robin", {}),
        ("account-enabled", "robin", {}),
        ("sessions-revoked", "robin", {"event_kind": f"{RISC}unheard-of"}),
        ("sessions-revoked", "sam", {}),
        ("sessions-revoked", "robin", {"subject": "somebody else"}),
        ("sessions-revoked", "robin", {"subject": "zero\0byte"}),
        ("sessions-revoked", "robin", {"subject_issuer": "https://accounts.google.com/"}),
        ("sessions-revoked", "robin", {"subject_issuer": "https://facebook.stand-in.invalid"}),
        ("sessions-revoked", "robin", {"subject_type": "email"}),
    ],
    ids=repr,
)
def test_what_concerns_nobody_here_is_taken_and_changes_nothing(
    forum: Forum, robin: Browser, kind: str, persona: str, switches: dict[str, str]
) -> None:
    before = forum.counts()
    forum.provider.misbehave(**switches)
    assert deliver(forum, forum.provider.security_event(persona, kind)).status_code == 202
    assert forum.counts() == before
    assert robin.name() == "quiet-river"


@pytest.mark.proves("A45")
@pytest.mark.parametrize(
    "switches",
    [
        {"risc_issuer_without_slash": True},
        {"audience_list": True},
        {"subject_type": "iss_sub"},
        {"subject_issuer": "https://google.stand-in.invalid"},
        {"new_key": True},
        {"keys_without_ids": True},
    ],
    ids=repr,
)
def test_what_may_differ_is_taken_as_well(
    forum: Forum, robin: Browser, switches: dict[str, bool | str]
) -> None:
    forum.provider.misbehave(**switches)
    assert deliver(forum, forum.provider.security_event()).status_code == 202
    assert robin.name() is None


# --- what isn't Google's, or isn't right ---------------------------------------------------------------------


@pytest.mark.proves("A45")
@pytest.mark.parametrize(
    ("switches", "error"),
    [
        ({"wrong_key": True}, "invalid_key"),
        ({"unknown_key": True}, "invalid_key"),
        ({"algorithm_none": True}, "invalid_key"),
        ({"algorithm_hs256": True}, "invalid_key"),
        ({"algorithm_hs256_with_public_key": True}, "invalid_key"),
        ({"algorithm_rs512": True}, "invalid_key"),
        ({"wrong_issuer": True}, "invalid_issuer"),
        ({"wrong_audience": True}, "invalid_audience"),
        ({"audience_list_with_azp": True}, "invalid_audience"),
        ({"issued_seconds_ago": 31 * 86400}, "invalid_request"),
        ({"issued_in_seconds": 120}, "invalid_request"),
        ({"no_events": True}, "invalid_request"),
        ({"event_id": "x" * 1001}, "invalid_request"),
        ({"not_a_token": True}, "invalid_request"),
    ],
    ids=repr,
)
def test_a_token_that_is_not_right_is_refused_and_writes_nothing(
    forum: Forum, robin: Browser, log: Log, switches: dict[str, bool | int | str], error: str
) -> None:
    before = forum.counts()
    forum.provider.misbehave(**switches)
    token = forum.provider.security_event()
    answer = deliver(forum, token)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Language"] == "en"
    assert set(answer.json()) == {"err", "description"}
    assert answer.json()["err"] == error
    assert forum.counts() == before
    assert robin.name() == "quiet-river"
    for secret in (token, ROBIN):
        assert secret not in log.text()
    assert "security_event.refused" in log.text()
    forum.provider.behave()
    assert deliver(forum, forum.provider.security_event()).status_code == 202
    assert robin.name() is None


@pytest.mark.proves("A45")
def test_an_id_token_is_no_event_and_an_event_is_no_id_token(forum: Forum, robin: Browser) -> None:
    before = forum.counts()
    client = forum.provider
    body = "a.b.c"
    for content in (b"", b"\xff", body.encode(), b"x" * 20_000, b"x" * 2_000_000, b"{}"):
        answer = requests.post(forum.base_url + EVENTS, data=content, timeout=20)
        assert answer.status_code == 400, content[:10]
        assert answer.json()["err"] == "invalid_request"
    # Nobody was asked for anything because of that.
    assert client.requested("risc-configuration") == 0
    # Neither in a form, as a browser could be made to send it.
    assert (
        requests.post(
            forum.base_url + EVENTS, data={"token": client.security_event()}, timeout=20
        ).status_code
        == 400
    )
    assert requests.get(forum.base_url + EVENTS, timeout=20).status_code == 405
    assert forum.counts() == before


# --- when Google can't be asked ------------------------------------------------------------------------------


@pytest.mark.proves("A45")
@pytest.mark.parametrize(
    "fault", ["risc_down", "keys_down", "wrong_issuer_in_risc", "keys_of_events_on_other_host"]
)
def test_an_event_that_can_not_be_checked_now_is_to_be_sent_again(
    forum: Forum, robin: Browser, fault: str
) -> None:
    before = forum.counts()
    forum.provider.misbehave(**{fault: True})
    token = forum.provider.security_event()
    # The keys with which the member's log-in was checked are too old by then.
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        answer = deliver(forum, token)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert forum.counts() == before
    forum.provider.behave()
    assert deliver(forum, token).status_code == 202
    assert robin.name() is None


def test_keys_are_asked_for_once_and_junk_does_not_make_us_ask_again(forum: Forum, robin: Browser) -> None:
    deliver(forum, forum.provider.security_event("sam"))
    asked = forum.provider.requested("/keys")
    assert forum.provider.requested("risc-configuration") == 1
    forum.provider.misbehave(unknown_key=True)
    for _ in range(3):
        assert deliver(forum, forum.provider.security_event()).status_code == 400
    assert forum.provider.requested("/keys") == asked + 1
    assert forum.provider.requested("risc-configuration") == 1
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        deliver(forum, forum.provider.security_event())
    assert forum.provider.requested("risc-configuration") == 2


def test_no_connection_is_held_while_keys_are_asked_for(forum: Forum, robin: Browser) -> None:
    forum.provider.misbehave(risc_hangs=2)
    token = forum.provider.security_event()
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(deliver(forum, token).status_code))
    waiting.start()
    # From the moment the stand-in has the request, and while it keeps the forum waiting.
    while forum.provider.requested("risc-configuration") == 0:
        assert waiting.is_alive()
    held = (forum.database.write_engine.pool, forum.database.read_engine.pool)
    assert [pool.checkedout() for pool in held if isinstance(pool, QueuePool)] == [0, 0]
    # There is one place for this, and it is none of those for people who log in.
    assert deliver(forum, token).status_code == 503
    assert Browser(forum).sign_in("google").status_code == 303
    waiting.join()
    assert answers == [202]


def test_where_no_events_are_taken_there_is_no_such_address(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    with served(replace(settings_for(database_url, tmp_path), google=None), stand_in) as forum:
        assert deliver(forum, forum.provider.security_event()).status_code == 404


def test_events_are_forgotten_after_ninety_days(forum: Forum, robin: Browser) -> None:
    # A part of D15: each table has a time of its own.
    deliver(forum, forum.provider.security_event())
    (job,) = (job for job in SCHEDULE if job.name == "accounts.sweep_security_events")
    for days, left in ((89, 1), (91, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)), forum.database.transaction() as session:
            job.begin(session)
            assert len(session.scalars(select(SecurityEvent.id)).all()) == left


@pytest.mark.proves("P1")
def test_the_stand_in_sends_events_by_itself(forum: Forum, robin: Browser) -> None:
    client = forum.provider
    address = f"{client.base_url}/google/{client.google.client_id}/events"
    assert EVENTS in requests.get(address, timeout=20).text
    page = requests.post(address, data={"persona": "robin", "kind": "account-disabled"}, timeout=20)
    assert "Status 202" in page.text
    assert robin.name() is None
    assert (
        requests.post(address, data={"persona": "robin", "kind": "unheard-of"}, timeout=20).status_code == 400
    )
    with forum.database.reading() as session:
        assert session.scalars(select(Identity.subject)).all() == [ROBIN]
