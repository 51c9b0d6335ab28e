"""Facebook calls: somebody removed the forum there, or wants to be deleted. It counts by its signature, and once."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine

from forum import clock
from forum.accounts.models import AccountEvent
from forum.accounts.providers import exchange, signed_requests
from forum.demo.stand_in.personas import PERSONAS
from forum.demo.stand_in.signed_requests import payload as payload_of
from forum.demo.stand_in.signed_requests import sign
from tests.accounts.facebook_calls import (
    DEAUTHORIZE,
    DELETION,
    ROBIN,
    alike,
    call,
    dormant,
    now,
    signed,
    signed_in_as,
    told,
)
from tests.accounts.stand_in import StandIn
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Log, served
from tests.threads import together

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BOTH = pytest.mark.parametrize("address", [DEAUTHORIZE, DELETION])


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
    # They logged in with it again; whoever overheard the call can't put it to sleep once more.
    browser.sign_in("facebook")
    assert call(forum, DEAUTHORIZE, once).status_code == 200
    assert together(4, lambda _number: call(forum, DEAUTHORIZE, once).status_code) == [200] * 4
    assert signed_in_as(browser) == "quiet-river"
    assert dormant(forum) == [False]
    assert told(forum) == [(AccountEvent.IDENTITY_DORMANT, "facebook")]
    # Another call is another wish.
    with time_machine.travel(clock.now() + timedelta(seconds=2), tick=True):
        assert call(forum, DEAUTHORIZE, signed(forum)).status_code == 200
    assert dormant(forum) == [True]


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
    assert "is_same" in signed_requests.call_in.__code__.co_names
