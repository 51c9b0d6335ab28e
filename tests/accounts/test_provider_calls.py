"""Facebook calls: somebody removed the forum there, or wants to be deleted. It counts by its signature alone."""

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from sqlalchemy import select

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, DeletionRequest, Identity
from forum.accounts.providers import exchange, signed_requests
from forum.accounts.tokens import hash_of
from forum.demo.stand_in.personas import PERSONAS
from forum.demo.stand_in.signed_requests import payload as payload_of
from forum.demo.stand_in.signed_requests import sign
from forum.schedule import SCHEDULE
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Log, Page, served
from tests.threads import together

ROBIN = PERSONAS["robin"].facebook_subject
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DEAUTHORIZE = "/auth/facebook/deauthorize"
DELETION = "/auth/facebook/deletion"
BOTH = pytest.mark.parametrize("address", [DEAUTHORIZE, DELETION])


def now() -> int:
    return int(clock.now().timestamp())


def call(forum: Forum, address: str, data: Any, **kwargs: Any) -> requests.Response:
    """Call the forum as a machine does: without a cookie and without a token."""
    return requests.post(forum.base_url + address, data=data, allow_redirects=False, timeout=20, **kwargs)


def signed(forum: Forum, user_id: str = ROBIN, **changes: Any) -> dict[str, str]:
    """Return what Facebook would post about a person now."""
    return {"signed_request": forum.provider.signed_request(user_id, now(), **changes)}


def told(forum: Forum) -> list[tuple[AccountEvent, str]]:
    """Return what members were told about their accounts."""
    with forum.database.reading() as session:
        rows = session.execute(select(AccountNotice.event, AccountNotice.provider).order_by(AccountNotice.id))
        return [(row.event, row.provider) for row in rows]


def signed_in_as(browser: Browser) -> str:
    """Return the name of somebody who has been told something that they have not read yet."""
    return (browser.name() or "").removesuffix("new notice")


def dormant(forum: Forum) -> list[bool]:
    """Return of each identity whether it rests."""
    with forum.database.reading() as session:
        return [since is not None for since in session.scalars(select(Identity.dormant_since))]


# --- somebody removed the forum there ------------------------------------------------------------------------


@pytest.mark.proves("A32")
def test_a_cut_tie_ends_sessions_and_locks_nobody_out(forum: Forum) -> None:
    here, there = Browser(forum), Browser(forum)
    here.join("quiet-river", "facebook")
    there.sign_in("facebook")
    bystander = Browser(forum)
    bystander.join("still-water", "google", "sam")
    answer = call(forum, DEAUTHORIZE, signed(forum))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert (here.name(), there.name(), bystander.name()) == (None, None, "still-water")
    assert sorted(dormant(forum)) == [False, True]
    assert told(forum) == [(AccountEvent.IDENTITY_DORMANT, "facebook")]
    # It was their last way in, and it is one still: they log in with it, and it wakes up.
    here.sign_in("facebook")
    assert signed_in_as(here) == "quiet-river"
    assert dormant(forum) == [False, False]


@pytest.mark.proves("A32")
def test_the_same_call_again_leaves_a_new_session_alone(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    once = signed(forum)
    assert call(forum, DEAUTHORIZE, once).status_code == 200
    before = forum.counts()
    assert call(forum, DEAUTHORIZE, once).status_code == 200
    assert forum.counts() == before
    assert together(4, lambda _number: call(forum, DEAUTHORIZE, once).status_code) == [200] * 4
    assert forum.counts() == before


@pytest.mark.proves("A32")
def test_calls_at_once_tell_it_once(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    once = signed(forum)
    assert together(4, lambda _number: call(forum, DEAUTHORIZE, once).status_code) == [200] * 4
    assert told(forum) == [(AccountEvent.IDENTITY_DORMANT, "facebook")]
    assert forum.counts()["sign_in_session"] == 0


@pytest.mark.proves("A32")
@pytest.mark.proves("A35")
def test_of_somebody_unknown_nothing_is_written_and_the_answer_is_the_same(forum: Forum) -> None:
    # Known at Google by the very same number, and so somebody else.
    same = PERSONAS["same-subject"]
    Browser(forum).join("quiet-river", "google", same.key)
    Browser(forum).join("still-water", "facebook", "sam")
    before = forum.counts()
    unknown = call(forum, DEAUTHORIZE, signed(forum, same.facebook_subject))
    assert forum.counts() == before
    known = call(forum, DEAUTHORIZE, signed(forum, PERSONAS["sam"].facebook_subject))
    assert forum.counts() != before
    assert alike(unknown) == alike(known)


def alike(answer: requests.Response) -> tuple[Any, ...]:
    """Return all of an answer that could tell somebody something."""
    varying = {"Date", "X-Request-ID", "X-Request-Id"}
    headers = {name: value for name, value in answer.headers.items() if name not in varying}
    return answer.status_code, headers, re.sub(r"[0-9a-z]{26}", "code", answer.text)


# --- what isn't Facebook's -----------------------------------------------------------------------------------


def forged(forum: Forum) -> dict[str, Any]:
    """Return every way in which a call can be wrong, each by a name."""
    provider = forum.provider
    signature, _dot, payload = provider.signed_request(ROBIN, now()).partition(".")
    _other, _dot, sam = provider.signed_request(PERSONAS["sam"].facebook_subject, now()).partition(".")
    secret = provider.facebook.client_secret

    def over(text: bytes) -> str:
        encoded = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
        return signed_over(encoded, secret)

    def made(**changes: Any) -> str:
        return sign(payload_of(ROBIN, now()) | changes, secret)

    sha1 = base64.urlsafe_b64encode(hmac.new(secret.encode(), payload.encode(), hashlib.sha1).digest())
    # The last letter stands for four bits and two that nobody reads.
    beside = _LETTERS[_LETTERS.index(signature[-1]) + 1]
    return {
        "another secret": sign({"user_id": ROBIN, "issued_at": now(), "algorithm": "HMAC-SHA256"}, "guessed"),
        "an empty secret": sign({"user_id": ROBIN, "issued_at": now(), "algorithm": "HMAC-SHA256"}, ""),
        "somebody else's payload": f"{signature}.{sam}",
        "a signature of other letters and the same bits": f"{signature[:-1]}{beside}.{payload}",
        "a padded signature": f"{signature}=.{payload}",
        "no signature": f".{payload}",
        "no payload": f"{signature}.",
        "no dot": signature + payload,
        "a third part": f"{signature}.{payload}.x",
        "a shorter hash": f"{sha1.rstrip(b'=').decode()}.{payload}",
        "another algorithm": made(algorithm="HMAC-SHA1"),
        "no algorithm": made(algorithm=None),
        "the algorithm none": made(algorithm="none"),
        "the algorithm in small letters": made(algorithm="hmac-sha256"),
        "eleven minutes old": made(issued_at=now() - 11 * 60),
        "two minutes ahead": made(issued_at=now() + 2 * 60),
        "no time": made(issued_at=None),
        "a time in words": made(issued_at=str(now())),
        "a true time": made(issued_at=True),
        "half a second": made(issued_at=now() + 0.5),
        "the end of time": made(issued_at=10**300),
        "before time": made(issued_at=-(10**300)),
        "no person": made(user_id=None),
        "an empty person": made(user_id=""),
        "a number for a person": made(user_id=int(ROBIN)),
        "a list of persons": made(user_id=[ROBIN]),
        "a person with a zero byte": made(user_id=f"{ROBIN}\0"),
        "half a character for a person": made(user_id="\ud800"),
        "a very long person": made(user_id="1" * 256),
        "a list": over(b"[1]"),
        "no JSON": over(b"{"),
        "no text": over(b"\xff\xfe"),
        "too deep": over(b"[" * 2900),
        "nothing": over(b""),
        "a number that is too long": over(b'{"issued_at": ' + b"1" * 2900 + b"}"),
        "not base64": signed_over("{}!", secret),
        "plain text": signed_over('{"user_id": 1}', secret),
        "a long one": made(padding="x" * 5000),
    }


def signed_over(payload: str, secret: str) -> str:
    """Sign a payload rightly, whatever it is."""
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return f"{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}.{payload}"


@pytest.mark.proves("A32")
@pytest.mark.proves("A33")
@BOTH
def test_a_call_that_is_not_right_is_refused_and_writes_nothing(forum: Forum, log: Log, address: str) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    before = forum.counts()
    for why, given in forged(forum).items():
        answer = call(forum, address, {"signed_request": given})
        assert answer.status_code == 400, why
        assert forum.counts() == before, why
        assert ROBIN not in answer.text, why
    right = signed(forum)["signed_request"]
    for why, data in {
        "no field": {},
        "another field": {"signed_requests": right},
        "twice": [("signed_request", right), ("signed_request", right)],
        "another field twice": [("signed_request", right), ("x", "1"), ("x", "1")],
    }.items():
        assert call(forum, address, data).status_code == 400, why
    assert call(forum, f"{address}?signed_request={right}", {}).status_code == 400
    assert call(forum, address, None, json={"signed_request": right}).status_code == 400
    assert (
        requests.get(forum.base_url + address, params={"signed_request": right}, timeout=20).status_code
        == 405
    )
    assert forum.counts() == before
    assert browser.name() == "quiet-river"
    for secret in (ROBIN, right, right.partition(".")[0], forum.provider.facebook.client_secret):
        assert secret not in log.text()
    assert '"reason": "wrong-signature"' in log.text()
    # It was the call that was wrong, and nothing else.
    assert call(forum, address, {"signed_request": right}).status_code == 200
    assert forum.counts() != before


@pytest.mark.proves("A32")
@BOTH
def test_a_call_lives_ten_minutes(forum: Forum, address: str) -> None:
    made, data = clock.now(), signed(forum)
    for seconds, status in ((-62, 400), (-58, 200), (9 * 60 + 58, 200), (10 * 60 + 2, 400)):
        with time_machine.travel(made.replace(microsecond=0) + timedelta(seconds=seconds), tick=False):
            assert call(forum, address, data).status_code == status, seconds


@pytest.mark.proves("A32")
@BOTH
def test_a_field_that_facebook_adds_one_day_does_not_hinder(forum: Forum, address: str) -> None:
    assert call(forum, address, {**signed(forum), "version": "7"}).status_code == 200


@BOTH
def test_where_facebook_is_not_offered_nobody_calls(
    database_url: str, tmp_path: Path, stand_in: StandIn, address: str
) -> None:
    with served(replace(settings_for(database_url, tmp_path), facebook=None), stand_in) as forum:
        assert call(forum, address, signed(forum)).status_code == 404


# --- somebody wants to be deleted -----------------------------------------------------------------------------


@pytest.mark.proves("A33")
def test_a_wish_to_be_deleted_begins_leaving_and_can_be_followed(forum: Forum, log: Log) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    answer = call(forum, DELETION, signed(forum))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"url", "confirmation_code"}
    code, url = answer.json()["confirmation_code"], answer.json()["url"]
    assert re.fullmatch(r"[0-9a-z]{26}", code)
    assert url == f"{forum.base_url}{DELETION}/{code}"
    assert browser.name() is None
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]
    with forum.database.reading() as session:
        (kept,) = session.scalars(select(DeletionRequest.code_hash))
    assert kept == hash_of(code)
    page = Browser(forum).get(url)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert 'content="noindex"' in page.text
    assert "being deleted" in page.text
    assert Page(page.text).links()["Log in and keep my account"] == "/log-in"
    assert "quiet-river" not in page.text
    for secret in (code, ROBIN):
        assert secret not in log.text()


@pytest.mark.proves("A33")
def test_somebody_unknown_gets_the_same_answer(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    unknown = call(forum, DELETION, signed(forum, PERSONAS["sam"].facebook_subject))
    known = call(forum, DELETION, signed(forum))
    assert alike(unknown) == alike(known)
    assert unknown.json()["confirmation_code"] != known.json()["confirmation_code"]
    page = Browser(forum).get(unknown.json()["url"])
    assert page.status_code == 200
    assert "Nothing of yours is kept here" in page.text
    with forum.database.reading() as session:
        assert session.scalars(select(DeletionRequest.member_id).order_by(DeletionRequest.id)).first() is None
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]


@pytest.mark.proves("A33")
@pytest.mark.proves("D9")
def test_whoever_comes_back_stays_and_the_page_says_so(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    url = call(forum, DELETION, signed(forum)).json()["url"]
    browser.sign_in("facebook")
    assert signed_in_as(browser) == "quiet-river"
    assert "You came back, so nothing was deleted" in browser.get(url).text
    assert forum.counts()["leaving"] == 0


@pytest.mark.proves("A33")
def test_asking_again_gives_another_code_for_the_same(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    first = call(forum, DELETION, signed(forum)).json()
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        again = call(forum, DELETION, signed(forum)).json()
    assert first["confirmation_code"] != again["confirmation_code"]
    days = {
        re.findall(r"By (.*?) at the latest", Browser(forum).get(one["url"]).text)[0]
        for one in (first, again)
    }
    assert len(days) == 1
    assert forum.counts()["leaving"] == 1
    assert told(forum) == [(AccountEvent.LEAVING_BEGUN, "facebook")]


@pytest.mark.proves("A33")
def test_a_code_that_nobody_was_given_leads_nowhere(forum: Forum) -> None:
    Browser(forum).join("quiet-river", "facebook")
    code = call(forum, DELETION, signed(forum)).json()["confirmation_code"]
    browser = Browser(forum)
    for wrong in (
        code[:-1],
        f"{code}0",
        code.upper(),
        "0" * 26,
        hash_of(code),
        "%00",
        "%ED%A0%80",
        "x" * 5000,
    ):
        assert browser.get(f"{DELETION}/{wrong}").status_code == 404, wrong


def test_a_page_of_a_request_is_gone_after_ninety_days(forum: Forum) -> None:
    # A part of D15: each table has a time of its own.
    url = call(forum, DELETION, signed(forum)).json()["url"]
    (job,) = (job for job in SCHEDULE if job.name == "accounts.sweep_deletion_requests")
    for days, status in ((89, 200), (91, 404)):
        with time_machine.travel(clock.now() + timedelta(days=days)), forum.database.transaction() as session:
            job.handler(session)
        assert Browser(forum).get(url).status_code == status, days


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("kind", "words"), [("deauthorize", "Status 200"), ("deletion", "confirmation_code")]
)
def test_the_stand_in_makes_both_calls(forum: Forum, kind: str, words: str) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    client = forum.provider
    page = requests.post(
        f"{client.base_url}/facebook/{client.google.client_id}/calls",
        data={"call": kind, "persona": "robin"},
        timeout=20,
    )
    assert words in page.text
    assert browser.name() is None


def test_signatures_are_compared_in_constant_time() -> None:
    # What compares them is one function of the standard library; a plain comparison here would be a fault.
    assert "compare_digest" in exchange.is_same.__code__.co_names
    assert "is_same" in signed_requests.person_in.__code__.co_names
