"""Ten thousand callbacks that no provider would send, some of them of a log-in that is really under way."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask

from forum.accounts.commands import begin_attempt
from forum.accounts.providers import Attempt, Provider
from forum.app import create_app
from tests import cast
from tests.accounts.conversations import token_requests
from tests.accounts.fuzzing import (
    ELSEWHERE,
    METHODS,
    ODD_TEXTS,
    Request,
    ask,
    check,
    counts_of,
    mutated,
    query_of,
    seeded,
)
from tests.accounts.stand_in import StandIn, StandInClient
from tests.conftest import database_of, settings_for
from tests.soaking import rounds

CHUNKS = rounds(2, soaking=20)
PER_CHUNK = 500
BOTH = (Provider.GOOGLE, Provider.FACEBOOK)
ISSUERS = (
    "https://google.stand-in.invalid",
    "https://facebook.stand-in.invalid",
    "https://accounts.google.com",
)
NAMES = (
    "state",
    "code",
    "iss",
    "error",
    "error_description",
    "scope",
    "next",
    "purpose",
    "state[]",
    "STATE",
    "x",
)
PATHS = (
    "/auth/google/callback/",
    "/auth//google/callback",
    "//auth/google/callback",
    "/auth/google%2fcallback",
    "/auth/go%6fgle/callback",
    "/auth/GOOGLE/callback",
    "/auth/github/callback",
    "/auth/%00/callback",
    "/auth/%ff%fe/callback",
    "/auth/%ED%A0%80/callback",
    "/auth/../auth/google/callback",
    "/auth/google/callback%0d%0a",
    "/auth/google/callback;x=1",
    "/auth/google%20/callback",
    "/auth//elsewhere.example/callback",
    "/auth/" + "x" * 3000 + "/callback",
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A log-in that is under way in a browser."""

    cookie: str
    states: dict[Provider, str]


@pytest.fixture
def client_there(stand_in: StandIn) -> StandInClient:
    """Return the client at the stand-in that the forum is."""
    return stand_in.register([f"http://localhost/auth/{provider.value}/callback" for provider in BOTH])


@pytest.fixture
def open_forum(database_url: str, tmp_path: Path, client_there: StandInClient) -> Iterator[Flask]:
    """Return a forum whose providers answer: what is refused is refused by us or by them, and not for want of them."""
    settings = settings_for(database_url, tmp_path)
    app = create_app(replace(settings, google=client_there.google, facebook=client_there.facebook))
    yield app
    database_of(app).dispose()


def browser_of(app: Flask, browser: str) -> str:
    """Return the cookie of a browser that set out with this value."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["browser"] = browser
    return cookie_of(client)


def cookie_of(client: Any) -> str:
    cookie = client.get_cookie("session", domain="localhost")
    assert cookie is not None
    return f"session={cookie.value}"


def set_out(app: Flask, rng: random.Random, browser: str) -> dict[Provider, str]:
    """Begin a log-in at each provider in this browser, and return the states that would come back."""
    states = {provider: f"{rng.getrandbits(200):x}" for provider in BOTH}
    with database_of(app).transaction() as session:
        for provider, state in states.items():
            attempt = Attempt(
                provider, state, "a-nonce", "v" * 43, f"http://localhost/auth/{provider.value}/callback"
            )
            begin_attempt(session, browser, attempt, rng.choice(("/", "/about", "/topics/new")))
    return states


def fuzzed(rng: random.Random, pending: Pending, member: str) -> Request:
    """Return a callback that is wrong in one or more ways."""
    provider = rng.choice(BOTH)
    right, other = (pending.states[one] for one in (provider, BOTH[1 - BOTH.index(provider)]))
    pairs = [
        ("state", rng.choice((right, right, right, other, mutated(rng, right), rng.choice(ODD_TEXTS)))),
        ("code", rng.choice(("a-code", "a-code", rng.choice(ODD_TEXTS), *ELSEWHERE))),
        ("iss", rng.choice((*ISSUERS, rng.choice(ODD_TEXTS)))),
    ]
    pairs = [pair for pair in pairs if rng.random() > 0.15]
    for _ in range(rng.choice((0, 0, 1, 2, 8))):
        value = rng.choice((right, "access_denied", "server_error", rng.choice(ODD_TEXTS)))
        pairs.insert(rng.randrange(len(pairs) + 1), (rng.choice(NAMES), value))
    if rng.random() < 0.01:
        pairs *= 300
    headers = {"Accept": rng.choice(("text/html", "application/json", "*/*;q=x", ""))}
    own = pending.cookie
    cookie = rng.choice((own, own, own, member, mutated(rng, own), "", "pending=x; session=."))
    if cookie:
        headers["Cookie"] = "".join(letter for letter in cookie if " " <= letter <= "~")
    if rng.random() < 0.1:
        headers |= {
            "X-Forwarded-Host": "elsewhere.example",
            "Referer": ELSEWHERE[0],
            "Accept-Language": "x" * 300,
        }
    body, method = b"", rng.choice(METHODS) if rng.random() < 0.1 else "GET"
    if method in ("POST", "PUT", "PATCH"):
        body = query_of(rng, pairs).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    path = rng.choice(PATHS) if rng.random() < 0.1 else f"/auth/{provider.value}/callback"
    return Request(path, query_of(rng, pairs), method, headers, body)


@pytest.mark.proves("A7")
@pytest.mark.proves("A42")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_callback_breaks_anything_or_gets_anywhere(
    open_forum: Flask, client_there: StandInClient, chunk: int
) -> None:
    rng = seeded(f"callbacks {chunk}")
    member = cast.member(open_forum, "Juniper")
    member_cookie, browser = cookie_of(member.client), "the-browser"
    cookie = browser_of(open_forum, browser)
    before = counts_of(open_forum, but=["sign_in_attempt"])
    states: dict[Provider, str] = {}
    answered: dict[int, int] = {}
    for number in range(PER_CHUNK):
        if number % 10 == 0:
            states = set_out(open_forum, rng, browser)
        request = fuzzed(rng, Pending(cookie, states), member_cookie)
        answer = ask(open_forum, request)
        check(answer, request, is_out=_says_that_it_is_out(request, states))
        # Nobody got in: nobody is led to where they were going. (Doubled slashes are led to single ones.)
        assert answer.status not in (301, 302, 303, 307), request
        assert "Clear-Site-Data" not in answer.headers, request
        answered[answer.status] = answered.get(answer.status, 0) + 1
    assert counts_of(open_forum, but=["sign_in_attempt"]) == before
    # It was callbacks that were looked at, not mere addresses; a "no" that is right gets its friendly page.
    assert answered[400] > PER_CHUNK / 2, answered
    assert set(answered) <= {200, 308, 400, 404, 405, 503}, answered
    # Some were so nearly right that only the provider could tell.
    assert token_requests(client_there) > 0
    assert member.actor.member_id == member.member_id


def _says_that_it_is_out(request: Request, states: dict[Provider, str]) -> bool:
    """Say whether the provider itself may have sent this to say that it has no time: 503 is the answer then."""
    given = parse_qs(request.query, keep_blank_values=True)
    return given.get("error") == ["server_error"] and given.get("state", [""])[0] in states.values()
