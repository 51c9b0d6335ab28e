"""Coming back from a provider, at the front door: once, in the same browser, and with nothing that isn't right."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from sqlalchemy import QueuePool

from forum import clock
from forum.accounts.providers import facebook
from forum.demo.stand_in.authorization import DESCRIPTION
from tests.accounts.conversations import BOTH
from tests.accounts.signing_in import attempts, cookie_content, set_out_again, token_requests
from tests.accounts.stand_in import query_of
from tests.front_door import Browser, Forum, Log, Page
from tests.threads import together


@pytest.mark.proves("A7")
def test_a_state_that_is_missing_or_unknown_is_refused(browser_here: Browser) -> None:
    back = browser_here.return_address()
    given = parse_qs(urlsplit(back).query)
    code, state, issuer = given["code"][0], given["state"][0], given["iss"][0]
    for query in (
        [("code", code), ("iss", issuer)],
        [("code", code), ("iss", issuer), ("state", "")],
        [("code", code), ("iss", issuer), ("state", state + "x")],
        [],
    ):
        answer = browser_here.get("/auth/google/callback?" + urlencode(query))
        assert answer.status_code == 400
        assert answer.headers["Cache-Control"] == "no-store"
    assert token_requests(browser_here.forum) == 0
    # The true one is none the worse for it.
    assert browser_here.get(back).status_code == 303


@pytest.mark.proves("A7")
@pytest.mark.proves("A9")
@pytest.mark.parametrize("doubled", ["the same state", "two states", "the code"])
def test_a_doubled_parameter_is_refused_and_the_attempts_are_used_up(
    browser_here: Browser, doubled: str
) -> None:
    backs = [browser_here.return_address() for _number in range(2)]
    (code, state), (_code, other) = (
        (given["code"][0], given["state"][0]) for given in (parse_qs(urlsplit(back).query) for back in backs)
    )
    second = {
        "the same state": ("state", state),
        "two states": ("state", other),
        "the code": ("code", code),
    }
    query = urlencode([("code", code), ("state", state), second[doubled]])
    assert browser_here.get(f"/auth/google/callback?{query}").status_code == 400
    assert attempts(browser_here.forum) == (0 if doubled == "two states" else 1)
    assert browser_here.get(backs[0]).status_code == 400
    assert token_requests(browser_here.forum) == 0


@pytest.mark.proves("A8")
def test_a_state_lives_ten_minutes(forum: Forum) -> None:
    began = clock.now()
    for minutes, status in ((9, 303), (10, 400)):
        browser = Browser(forum)
        back = browser.return_address()
        with time_machine.travel(began + timedelta(minutes=minutes, seconds=30), tick=True):
            assert browser.get(back).status_code == status, minutes
    assert token_requests(forum) == 1


@pytest.mark.proves("A9")
@pytest.mark.parametrize("provider", BOTH)
def test_a_callback_works_once_even_with_the_old_cookie(forum: Forum, provider: str) -> None:
    browser = Browser(forum)
    back = browser.return_address(provider)
    before = browser.http.cookies.copy()
    assert browser.get(back).status_code == 303
    asked = token_requests(forum)
    assert browser.get(back).status_code == 400
    restored = Browser(forum)
    restored.http.cookies = before
    assert restored.get(back).status_code == 400
    assert token_requests(forum) == asked


@pytest.mark.proves("A9")
def test_of_two_callbacks_at_once_one_is_taken(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address()
    cookies = browser.http.cookies.copy()

    def call(_number: int) -> int:
        one = Browser(forum)
        one.http.cookies = cookies.copy()
        return one.get(back).status_code

    statuses = together(4, call)
    assert sorted(statuses) == [303, 400, 400, 400]
    assert token_requests(forum) == 1


@pytest.mark.proves("A10")
def test_another_browser_gets_nothing(forum: Forum) -> None:
    browser, stranger = Browser(forum), Browser(forum)
    back = browser.return_address()
    assert stranger.get(back).status_code == 400
    stranger.set_out()
    assert stranger.get(back).status_code == 400
    assert token_requests(forum) == 0
    # It cost the right one nothing.
    assert browser.get(back).status_code == 303


@pytest.mark.proves("A11")
@pytest.mark.parametrize(("provider", "other"), [BOTH, BOTH[::-1]])
def test_a_state_is_worth_nothing_at_the_other_provider(
    browser_here: Browser, provider: str, other: str
) -> None:
    addresses = {query_of(browser_here.set_out(one))["redirect_uri"] for one in (provider, other)}
    assert len(addresses) == 2
    back = urlsplit(browser_here.return_address(provider))
    answer = browser_here.get(f"/auth/{other}/callback?{back.query}")
    assert answer.status_code == 400
    assert token_requests(browser_here.forum) == 0
    # Used up: whoever mixed two providers up gets no second try.
    assert browser_here.get(f"{back.path}?{back.query}").status_code == 400


@pytest.mark.proves("A12")
@pytest.mark.parametrize("fault", ["wrong_iss_parameter", "missing_iss_parameter"])
def test_a_wrong_or_missing_issuer_is_refused_before_anything_is_asked(
    browser_here: Browser, fault: str
) -> None:
    browser_here.forum.provider.misbehave(**{fault: True})
    assert browser_here.sign_in().status_code == 400
    assert token_requests(browser_here.forum) == 0
    assert attempts(browser_here.forum) == 0


@pytest.mark.proves("A13")
@pytest.mark.proves("A14")
@pytest.mark.parametrize("provider", BOTH)
def test_saying_no_at_the_provider_is_answered_kindly(forum: Forum, log: Log, provider: str) -> None:
    before = forum.counts()
    browser = Browser(forum)
    back = browser.return_address(provider, "says-no", "/categories")
    assert "error_description" in back
    answer = browser.get(back)
    assert answer.status_code == 200
    assert "That is fine" in answer.text
    assert "/categories" in Page(answer.text).links().values()
    assert forum.counts() == before
    assert browser.get(back).status_code == 400
    said = answer.text + log.text()
    assert DESCRIPTION not in said


@pytest.mark.proves("A13")
@pytest.mark.proves("A14")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "made-up"}], ids=["none", "empty", "made up"])
def test_a_no_that_nobody_asked_for_is_refused(
    browser_here: Browser, log: Log, provider: str, state: dict[str, str]
) -> None:
    marker = "<b>marker</b>"
    # Somebody who did set out, so that it is the state that is wrong and not the browser.
    browser_here.set_out(provider)
    query = urlencode({"error": "access_denied", "error_description": marker, **state})
    answer = browser_here.get(f"/auth/{provider}/callback?{query}")
    assert answer.status_code == 400
    assert "marker" not in answer.text + log.text()
    assert attempts(browser_here.forum) == 1


@pytest.mark.proves("A15")
@pytest.mark.parametrize("provider", BOTH)
def test_posting_to_the_callback_is_not_possible(browser_here: Browser, provider: str) -> None:
    back = urlsplit(browser_here.return_address(provider))
    token = Page(browser_here.get("/log-in").text).form("/auth/google/start").values["csrf_token"]
    for sent in ({}, {"csrf_token": token}):
        answer = browser_here.post(f"{back.path}?{back.query}", sent)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
    assert attempts(browser_here.forum) == 1


@pytest.mark.proves("A16")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("is_known", [True, False])
def test_coming_back_as_somebody_else_switches_nothing(forum: Forum, is_known: bool, provider: str) -> None:
    if is_known:
        Browser(forum).join("Somebody-Else", provider, persona="sam")
    browser = Browser(forum)
    browser.join("quiet-river")
    away = set_out_again(browser, provider)
    before = forum.counts()
    answer = browser.get(forum.provider.choose(away, "sam"))
    assert answer.status_code == 409
    assert "You are logged in as quiet-river" in answer.text
    assert "Somebody-Else" not in answer.text
    assert browser.name() == "quiet-river"
    assert forum.counts() == {**before, "sign_in_attempt": before["sign_in_attempt"] - 1}
    assert "pending" not in browser.http.cookies


@pytest.mark.proves("A16")
def test_a_start_in_another_tab_is_over_once_somebody_signed_in(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address(persona="sam")
    browser.join("quiet-river")
    assert browser.get(back).status_code == 400
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A17")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("is_known", [True, False])
def test_the_callback_ends_in_a_redirect_that_nobody_stores(
    forum: Forum, is_known: bool, provider: str
) -> None:
    if is_known:
        Browser(forum).join("quiet-river", provider)
    answer = Browser(forum).sign_in(provider, next="/about")
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == ("/about" if is_known else "/join/consent")


@pytest.mark.parametrize(
    ("provider", "fault", "value"),
    [
        pytest.param(provider, fault, value, marks=pytest.mark.proves(requirement), id=f"{provider}-{fault}")
        for requirement, provider, fault, value in [
            ("A19", "google", "wrong_audience", True),
            ("A19", "google", "wrong_issuer", True),
            ("A20", "google", "algorithm_none", True),
            ("A20", "google", "algorithm_hs256", True),
            ("A20", "google", "algorithm_hs256_with_public_key", True),
            ("A20", "google", "wrong_key", True),
            ("A21", "google", "nonce_wrong", True),
            ("A21", "google", "nonce_missing", True),
            ("A22", "google", "expired_seconds", 32),
            ("A23", "google", "no_id_token", True),
            ("A23", "google", "no_access_token", True),
            ("A23", "facebook", "no_access_token", True),
            ("A24", "google", "empty_subject", True),
            ("A24", "facebook", "empty_subject", True),
            ("A29", "facebook", "debug_token_invalid", True),
            ("A29", "facebook", "debug_token_other_app", True),
            ("A29", "facebook", "debug_token_other_user", True),
        ]
    ],
)
def test_an_answer_that_is_not_right_signs_nobody_in(
    forum: Forum, provider: str, fault: str, value: bool | int
) -> None:
    # Somebody whom it could let in: without the fault, this very person is signed in.
    Browser(forum).join("quiet-river", provider)
    before = forum.counts()
    forum.provider.misbehave(**{fault: value})
    browser = Browser(forum)
    answer = browser.sign_in(provider)
    assert answer.status_code == 400
    assert "start again" in answer.text
    assert forum.counts() == before
    assert "pending" not in browser.http.cookies
    assert browser.name() is None
    forum.provider.behave()
    browser.sign_in(provider)
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A28")
@pytest.mark.parametrize("proof", ["", "0" * 64], ids=["none", "a wrong one"])
def test_a_profile_call_without_the_right_proof_signs_nobody_in(
    forum: Forum, monkeypatch: pytest.MonkeyPatch, proof: str
) -> None:
    Browser(forum).join("quiet-river", "facebook")
    before = forum.counts()
    with monkeypatch.context() as changed:
        changed.setattr(facebook, "proof_of_secret", lambda _settings, _token: proof)
        browser = Browser(forum)
        assert browser.sign_in("facebook").status_code == 400
    assert browser.name() is None
    assert forum.counts() == before
    assert forum.provider.requested("/me") == 2
    browser.sign_in("facebook")
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A18")
@pytest.mark.proves("A20")
@pytest.mark.parametrize("fault", ["wrong_issuer_in_discovery", "no_rs256_in_discovery"])
def test_a_discovery_document_that_is_not_right_sends_nobody_anywhere(forum: Forum, fault: str) -> None:
    before = forum.counts()
    forum.provider.misbehave(**{fault: True})
    browser = Browser(forum)
    answer = browser.submit(browser.get("/log-in"), "/auth/google/start")
    assert answer.status_code == 503
    assert "Location" not in answer.headers
    assert forum.counts() == before
    forum.provider.behave()
    assert browser.sign_in().status_code == 303


@pytest.mark.proves("C1")
@pytest.mark.parametrize(
    ("persona", "fault"),
    [("says-no", ""), ("robin", "nonce_wrong"), ("robin", "token_500")],
    ids=["declined", "refused", "out of reach"],
)
def test_a_sign_in_that_came_to_nothing_leaves_no_mark_in_the_browser(
    browser_here: Browser, persona: str, fault: str
) -> None:
    if fault:
        browser_here.forum.provider.misbehave(**{fault: True})
    back = browser_here.return_address(persona=persona)
    assert "browser" in cookie_content(browser_here)
    browser_here.get(back)
    # What is left protects the form on the page.
    assert set(cookie_content(browser_here)) == {"csrf_token"}


@pytest.mark.proves("A25")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("fault", ["token_redirect", "token_html", "token_500", "token_broken_json"])
def test_a_broken_token_endpoint_ends_in_a_try_again_page(
    forum: Forum, log: Log, fault: str, provider: str
) -> None:
    before = forum.counts()
    forum.provider.misbehave(**{fault: True})
    browser = Browser(forum)
    answer = browser.sign_in(provider)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "try again" in answer.text
    assert forum.counts() == before
    assert "Traceback" not in answer.text + log.text()


@pytest.mark.proves("A26")
def test_when_one_provider_is_out_the_other_is_offered_and_sessions_go_on(forum: Forum) -> None:
    member = Browser(forum)
    member.join("quiet-river", provider="facebook")
    forum.provider.misbehave(discovery_down=True)
    browser = Browser(forum)
    page = browser.get("/log-in")
    before = forum.counts()
    answer = browser.submit(page, "/auth/google/start")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Google doesn&#39;t answer" in answer.text
    assert forum.counts() == before
    assert member.name() == "quiet-river"
    # Nobody asks a provider who has been signed in since.
    assert member.get("/settings").status_code == 200
    # And the button on that very page leads in.
    other = browser.submit(answer, "/auth/facebook/start")
    assert browser.get(forum.provider.choose(other.headers["Location"])).status_code == 303
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A26")
@pytest.mark.parametrize("provider", BOTH)
def test_when_one_provider_hangs_its_page_says_so_and_the_other_is_offered(
    forum: Forum, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    other = {"google": "facebook", "facebook": "google"}[provider]
    Browser(forum).join("quiet-river", other)
    browser = Browser(forum)
    back = browser.return_address(provider, "sam")
    before = forum.counts()
    # Longer than anybody waits: whether it is given up within five seconds is measured where the network is, so here
    # it is given up sooner.
    forum.provider.misbehave(token_hangs=60)
    with monkeypatch.context() as hasty:
        hasty.setattr(forum.app.extensions["provider_calls"], "deadline_seconds", 1)
        answer = browser.get(back)
    assert answer.status_code == 503
    assert f"{provider.title()} doesn&#39;t answer" in answer.text
    assert forum.counts() == {**before, "sign_in_attempt": 0}
    forum.provider.behave()
    away = browser.submit(answer, f"/auth/{other}/start")
    assert browser.get(forum.provider.choose(away.headers["Location"])).status_code == 303
    assert browser.name() == "quiet-river"


def test_no_connection_is_held_while_a_provider_is_talked_to(forum: Forum) -> None:
    browser = Browser(forum)
    back = browser.return_address()
    forum.provider.misbehave(token_hangs=2)
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(browser.get(back).status_code))
    waiting.start()
    # From the moment the stand-in has the request, and while it keeps the forum waiting.
    while token_requests(forum) == 0:
        assert waiting.is_alive()
    held = (forum.database.write_engine.pool, forum.database.read_engine.pool)
    assert [pool.checkedout() for pool in held if isinstance(pool, QueuePool)] == [0, 0]
    assert attempts(forum) == 0
    waiting.join()
    assert answers == [303]
