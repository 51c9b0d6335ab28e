"""Showing once more that it is still they: by a provider, and the page that asks for it and keeps what was sent."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import Identity, Member, Passkey, SignInSession
from forum.accounts.recovery_codes import give_code
from forum.accounts.ways_in import ways_to_prove
from forum.permissions.actor import OPERATOR, SETTLES_AFTER, Proof, Role
from tests.accounts.signing_in import attempts
from tests.accounts.stand_in import StandIn, query_of
from tests.accounts.ways_in import (
    AGAIN,
    CODES,
    WAYS_IN,
    add,
    give_passkey,
    make_codes,
    proofs,
    prove,
    set_out_to_add,
    set_out_to_prove,
    set_proof,
    title,
    unprove,
)
from tests.cast import member
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served
from tests.pages import read_page
from tests.recorder import recorded


@pytest.fixture
def named_forum(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[Forum]:
    """Return a forum that has passkeys."""
    with served(settings_for(database_url, tmp_path), stand_in, host="localhost") as running:
        yield running


def make_staff(forum: Forum) -> None:
    with forum.database.transaction() as session:
        session.execute(update(Member).values(role=Role.ADMINISTRATOR))


def token_hashes(forum: Forum) -> list[str]:
    with forum.database.reading() as session:
        return list(session.scalars(select(SignInSession.token_hash)))


# --- what is asked of the provider -----------------------------------------------------------------------


@pytest.mark.proves("W12")
def test_google_is_asked_to_have_them_log_in_anew_and_to_say_when(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    asked = query_of(set_out_to_prove(browser))
    assert asked["max_age"] == "0"
    assert asked["claims"] == '{"id_token":{"auth_time":{"essential":true}}}'
    assert asked["scope"] == "openid email"
    # Nobody else is asked for their password.
    plain = query_of(Browser(forum).set_out())
    assert not {"max_age", "claims", "prompt"} & plain.keys()
    set_proof(forum, Proof.FRESH_LOG_IN)
    assert query_of(set_out_to_add(browser, "google"))["prompt"] == "select_account"


@pytest.mark.proves("W12")
def test_facebook_is_asked_for_their_password(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    unprove(forum)
    asked = query_of(set_out_to_prove(browser, "facebook"))
    assert asked["auth_type"] == "reauthenticate"
    assert "auth_type" not in query_of(Browser(forum).set_out("facebook"))


# --- coming back -----------------------------------------------------------------------------------------


@pytest.mark.proves("W12")
def test_coming_back_proves_it_and_renews_the_session_alone(forum: Forum) -> None:
    forum.provider.misbehave(authenticated_seconds_ago=3600)
    browser, elsewhere = Browser(forum), Browser(forum)
    browser.join("quiet-river")
    elsewhere.sign_in()
    assert proofs(forum) == [None, None]
    old = Browser(forum)
    old.http.cookies = browser.http.cookies.copy()
    answer = prove(browser, next="/about")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert proofs(forum) == [Proof.FRESH_LOG_IN, None]
    assert (browser.name(), elsewhere.name(), old.name()) == ("quiet-river", "quiet-river", None)
    assert forum.counts()["account_notice"] == 0


def test_with_nothing_to_go_on_to_it_says_that_it_is_known(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    assert title(browser.get(AGAIN)) == "Show that it is you"
    assert prove(browser).headers["Location"] == AGAIN
    page = browser.get(AGAIN)
    assert title(page) == "We know it is you"
    assert "Go back to the other page and send it" in page.text


@pytest.mark.parametrize("wanted", ["//e", "https://e", "/\\e", "/auth/google/start"])
@pytest.mark.proves("A42")
def test_it_leads_nowhere_else(forum: Forum, wanted: str) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    page = browser.get(AGAIN)
    away = browser.submit(page, "/auth/google/start", {"next": wanted}).headers["Location"]
    assert browser.get(forum.provider.choose(away, "robin")).headers["Location"] == AGAIN


@pytest.mark.proves("W12")
@pytest.mark.parametrize(
    ("persona", "fault", "status", "words"),
    [
        ("robin", {"authenticated_seconds_ago": 3600, "max_age_ignored": True}, 403, "a while ago"),
        ("sam", {}, 409, "not one that you log in with"),
        ("says-no", {}, 200, "Nothing was changed"),
        ("broken", {}, 503, "nothing was changed"),
        ("robin", {"wrong_audience": True}, 400, "doesn&#39;t fit what we asked for"),
    ],
)
def test_what_proves_nothing_changes_nothing(
    forum: Forum, persona: str, fault: dict[str, Any], status: int, words: str
) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    forum.provider.misbehave(**fault)
    before = token_hashes(forum)
    answer = prove(browser, persona=persona, next="/about")
    assert answer.status_code == status
    assert words in answer.text
    assert f"{AGAIN}?next=/about" in Page(answer.text).links().values()
    assert proofs(forum) == [None]
    assert token_hashes(forum) == before
    assert attempts(forum) == 0
    assert browser.name() == "quiet-river"


@pytest.mark.proves("A26")
def test_a_provider_that_hangs_is_given_up_and_all_stays_as_it_was(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    away = set_out_to_prove(browser)
    forum.provider.misbehave(token_hangs=20)
    answer = browser.get(forum.provider.choose(away, "robin"))
    assert answer.status_code == 503
    assert answer.elapsed.total_seconds() < 8
    assert proofs(forum) == [None]
    assert browser.name() == "quiet-river"


@pytest.mark.proves("W12")
def test_one_that_does_not_say_when_they_logged_in_proves_less(named_forum: Forum) -> None:
    forum = named_forum
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    forum.provider.misbehave(no_auth_time=True)
    prove(browser)
    assert proofs(forum) == [Proof.RETURN]
    # It is enough for what is theirs alone, and no longer once they have had a passkey for a week: one that was added
    # in an open browser must not shut its owner out.
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 200
    give_passkey(forum, timedelta(days=6))
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 200
    with forum.database.transaction() as session:
        session.execute(update(Passkey).values(added_at=clock.now() - SETTLES_AFTER))
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 403
    unprove(forum)
    assert prove(browser).status_code == 403
    assert proofs(forum) == [None]


def test_one_that_fell_asleep_wakes_by_it(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    with forum.database.transaction() as session:
        session.execute(update(Identity).values(dormant_since=Identity.added_at))
    prove(browser)
    with forum.database.reading() as session:
        assert session.scalars(select(Identity.dormant_since)).all() == [None]


def test_forms_that_are_open_in_other_tabs_stay_good(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    unprove(forum)
    other_tab = browser.get("/settings/reading")
    prove(browser)
    assert browser.submit(other_tab, "/settings/reading").status_code == 303
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 200
    assert browser.submit(other_tab, "/settings/reading").status_code == 303


# --- which ways are offered ------------------------------------------------------------------------------


def offered(answer: Any) -> set[str]:
    return {form.action for form in Page(answer.text).forms} & {
        "/auth/google/start",
        "/auth/facebook/start",
        AGAIN,
    }


@pytest.mark.proves("W12")
def test_only_ways_that_count_are_offered(named_forum: Forum) -> None:
    forum = named_forum
    browser = Browser(forum)
    browser.join("quiet-river")
    add(browser)
    unprove(forum)
    assert offered(browser.get(AGAIN)) == {"/auth/google/start", "/auth/facebook/start"}
    set_proof(forum, Proof.FRESH_LOG_IN)
    make_codes(browser)
    unprove(forum)
    assert offered(browser.get(AGAIN)) == {"/auth/google/start", "/auth/facebook/start", AGAIN}
    give_passkey(forum)
    assert offered(browser.get(AGAIN)) == {"/auth/google/start", AGAIN}


@pytest.mark.proves("W12")
def test_staff_who_log_in_with_facebook_alone_are_led_to_what_counts(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    make_staff(forum)
    assert proofs(forum) == [Proof.RETURN]
    asked = browser.get("/moderation/log.csv")
    assert asked.status_code == 403
    assert "for this we need a passkey or a recovery code" in asked.text
    assert offered(asked) == set()
    # Whoever gets into their account at Facebook makes no codes for themselves, either.
    assert browser.submit(browser.get(WAYS_IN), CODES).status_code == 403
    with forum.database.transaction() as session:
        code = give_code(session, OPERATOR, "quiet-river")
    asked = browser.get("/moderation/log.csv")
    answer = browser.submit(asked, AGAIN, {"code": code})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/moderation/log.csv")
    assert browser.get("/moderation/log.csv").headers["Content-Type"].startswith("text/csv")


def test_whoever_has_nothing_left_that_counts_is_told_so(named_forum: Forum) -> None:
    forum = named_forum
    browser = Browser(forum)
    browser.join("quiet-river", "facebook")
    give_passkey(forum)
    page = browser.get(AGAIN)
    assert offered(page) == set()
    assert "If you lost it, the person who runs the forum’s server can give you a recovery code" in page.text


def test_two_statements_find_the_ways(forum: Forum) -> None:
    someone = member(forum.app)
    with forum.database.reading() as session, recorded(forum.database) as statements:
        actor = someone.actor
        del statements[:]
        keys = {"https://google.stand-in.invalid": "google"}
        ways = ways_to_prove(session, actor, keys)
    assert len(statements) == 2
    assert ways.providers == ("google",)


# --- what was sent waits ---------------------------------------------------------------------------------


@pytest.mark.proves("W12")
def test_what_was_sent_waits_on_the_page_every_field_of_it(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    make_staff(forum)
    unprove(forum)
    token = Page(browser.get("/settings").text).form("/log-out").values["csrf_token"]
    sent = [
        ("csrf_token", token),
        ("text", '"><script>alert(1)</script>'),
        ("text", "line\r\n\r\n  two"),
        ('na"me', "'&amp;"),
        ("posts", "1"),
        ("posts", "2"),
        ("empty", ""),
    ]
    answer = browser.post('/admin/settings?a="b', sent)
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    page = read_page(answer.text)
    (waiting,) = [form for form in page.all("form") if "data-waiting" in form.attributes]
    assert waiting.attributes["action"] == "/admin/settings?a=%22b"
    hidden = [
        (one.attributes["name"], one.attributes["value"]) for one in waiting.all("input", type="hidden")
    ]
    assert [field for field in hidden if field[0] != "csrf_token"] == sent[1:]
    assert len([field for field in hidden if field[0] == "csrf_token"]) == 1
    # The ways open apart, so that this page stays.
    ways = [form for form in page.one("main").all("form") if "data-waiting" not in form.attributes]
    assert ways
    assert all(form.attributes["target"] == "_blank" for form in ways)
    assert all(form.attributes["rel"] == "noopener" for form in ways)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.proves("W3", "W12")
@pytest.mark.parametrize("token", [{}, {"csrf_token": "made-up"}])
def test_what_another_site_sends_waits_nowhere(forum: Forum, token: dict[str, str]) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    make_staff(forum)
    unprove(forum)
    answer = browser.post("/admin/settings", {**token, "announcement": "Planted words"})
    assert answer.status_code == 400
    assert "data-waiting" not in answer.text
    assert "form method" not in Page(answer.text).words(id="main")
    assert "Planted words" not in [form.values.get("announcement") for form in Page(answer.text).forms]


@pytest.mark.proves("W12")
def test_a_program_is_told_in_its_own_words(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    make_staff(forum)
    unprove(forum)
    browser.http.headers["Accept"] = "application/json"
    answer = browser.get("/moderation/log.csv")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "Show us once more that it is you, and it goes on."


def test_a_form_that_waited_is_what_it_was(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("quiet-river")
    make_staff(forum)
    page = browser.get("/admin/settings")
    unprove(forum)
    asked = browser.submit(
        page, "/admin/settings", {"sign_up": "closed", "announcement": "Back on Monday.", "step": "act"}
    )
    assert asked.status_code == 403
    prove(browser)
    done = browser.submit(asked, "/admin/settings")
    assert done.status_code == 303
    assert "Back on Monday." in browser.get("/about").text
