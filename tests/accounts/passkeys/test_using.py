"""Logging in with a passkey, and showing with it that it is still they."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import AccountEvent, Member, SignInSession, Suspension
from forum.permissions.actor import MemberId, MemberState, Proof
from tests.accounts.authenticator import Authenticator, Wrongly, ask, bring, options_for, use_passkey, who
from tests.accounts.passkeys.conftest import ANDROID
from tests.accounts.passkeys.looking import age_the_proof, only_passkey, told, with_passkey
from tests.accounts.signing_in import cookie_content
from tests.front_door import Browser, Forum, Log, Page


@pytest.mark.proves("A41")
def test_logging_in_begins_a_new_session_that_proves(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    browser = Browser(forum, ANDROID)
    answer = use_passkey(browser, authenticator, next="/topics/7?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/topics/7?page=2")
    assert who(browser) == "quiet-river"
    assert set(cookie_content(browser)) >= {"_user_id", "_fresh", "_permanent"}
    assert "browser" not in cookie_content(browser)
    with forum.database.reading() as session:
        newest = session.scalars(select(SignInSession).order_by(SignInSession.id.desc())).first()
    assert newest is not None
    assert (newest.proof, newest.system.value, newest.browser.value) == (Proof.PASSKEY, "android", "chrome")
    kept = only_passkey(forum)
    assert (kept.last_used_on, kept.sign_count) == (clock.now().date(), 1)
    assert forum.counts()["passkey_challenge"] == 0
    # The other browser stays signed in.
    assert who(robin) == "quiet-river"


@pytest.mark.proves("A42")
@pytest.mark.parametrize("next", ["//evil.invalid", "/\\evil.invalid", "https://evil.invalid", "/auth/x", ""])
def test_where_it_leads_is_checked(
    forum: Forum, robin: Browser, authenticator: Authenticator, next: str
) -> None:
    with_passkey(robin, authenticator)
    assert use_passkey(Browser(forum), authenticator, next=next).headers["Location"] == "/"


@pytest.mark.proves("A26")
def test_it_needs_no_provider(forum: Forum, authenticator: Authenticator, log: Log) -> None:
    # Not by Google, whose addresses are remembered for a while once they were asked for.
    sage = Browser(forum)
    sage.join("quiet-river", provider="facebook")
    with_passkey(sage, authenticator)
    forum.provider.misbehave(discovery_down=True)
    browser = Browser(forum)
    page = browser.submit(browser.get("/log-in?next=/about"), "/auth/google/start")
    assert page.status_code == 503
    form = Page(page.text).form("/auth/passkey")
    assert (form.values["purpose"], form.values["next"]) == ("sign-in", "/about")
    credential = json.dumps(authenticator.use(options_for(browser, "sign-in")))
    answer = browser.submit(page, "/auth/passkey", {"credential": credential})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about")
    assert who(browser) == "quiet-river"
    for secret in (
        only_passkey(forum).credential_id,
        authenticator.secrets[0].user_handle,
        "quiet-river",
        "credential",
    ):
        assert secret not in log.text()


def test_a_device_that_does_not_count_is_taken_again_and_again(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    authenticator.counts = False
    with_passkey(robin, authenticator)
    for _time in range(2):
        assert use_passkey(Browser(forum), authenticator).status_code == 303


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.WAITING, MemberState.TURNED_AWAY])
def test_how_things_stand_with_an_account_locks_nobody_out(
    forum: Forum, robin: Browser, authenticator: Authenticator, state: MemberState
) -> None:
    with_passkey(robin, authenticator)
    with forum.database.transaction() as session:
        session.execute(update(Member).values(state=state))
        member_id = session.execute(select(Member.id)).scalar_one()
        session.add(Suspension(member_id=member_id, since=clock.now(), until=None))
    browser = Browser(forum)
    assert use_passkey(browser, authenticator).status_code == 303
    assert who(browser) == "quiet-river"


@pytest.mark.proves("D9")
def test_who_was_leaving_stays(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    with_passkey(robin, authenticator)
    with forum.database.transaction() as session:
        begin_leaving(session, MemberId(session.execute(select(Member.id)).scalar_one()))
    assert use_passkey(Browser(forum), authenticator).status_code == 303
    with forum.database.reading() as session:
        assert session.execute(select(Member.state)).scalar_one() is MemberState.ACTIVE
    assert told(forum)[-1] is AccountEvent.LEAVING_CANCELLED


def test_logging_in_again_as_oneself_renews_the_session(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    first = cookie_content(robin)["_user_id"]
    assert use_passkey(robin, authenticator).status_code == 303
    assert cookie_content(robin)["_user_id"] != first
    assert forum.counts()["sign_in_session"] == 1


def test_another_accounts_passkey_changes_nothing_for_who_is_logged_in(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    sam = Browser(forum)
    sam.join("slow-cloud", persona="sam")
    before = forum.counts()
    answer = use_passkey(sam, authenticator)
    assert answer.status_code == 409
    assert "slow-cloud" in answer.text
    assert "quiet-river" not in answer.text
    assert who(sam) == "slow-cloud"
    assert forum.counts() == before
    refused = bring(sam, authenticator.use(options_for(sam, "sign-in")), as_script=True)
    assert (refused.status_code, refused.headers["Content-Type"]) == (409, "application/problem+json")


@pytest.mark.proves("W12")
def test_proving_renews_the_session_and_keeps_forms_good(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    age_the_proof(forum)
    form = robin.get("/search")
    token = cookie_content(robin)["_user_id"]
    answer = bring(robin, authenticator.use(options_for(robin, "prove")), "prove", as_script=True)
    assert (answer.status_code, answer.content) == (204, b"")
    assert cookie_content(robin)["_user_id"] != token
    with forum.database.reading() as session:
        proof, at = session.execute(select(SignInSession.proof, SignInSession.proved_at)).one()
    assert proof is Proof.PASSKEY
    assert at is not None
    assert clock.now() - at < timedelta(minutes=1)
    # A form that lay open meanwhile can be sent.
    assert robin.submit(form, "/log-out").status_code == 303


def test_proving_leads_on(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    with_passkey(robin, authenticator)
    answer = use_passkey(robin, authenticator, "prove", Wrongly(leaves_out_handle=True), next="/settings")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")


@pytest.mark.parametrize("purpose", ["prove", "add"])
def test_only_members_prove_and_add(forum: Forum, purpose: str) -> None:
    assert ask(Browser(forum), purpose).status_code == 401
