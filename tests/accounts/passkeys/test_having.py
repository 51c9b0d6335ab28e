"""A member's own passkeys, the upkeep of challenges, and a forum without any of it."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from forum import clock
from forum.accounts import passkey_commands
from forum.accounts.models import AccountEvent, PasskeyChallenge
from forum.accounts.passkey_queries import known_credentials, own_passkey, own_passkeys
from forum.permissions.actor import Actor, MemberId
from tests.accounts.authenticator import Authenticator, options_for, token_of, use_passkey, who
from tests.accounts.passkeys.conftest import ANDROID
from tests.accounts.passkeys.looking import age_the_proof, only_passkey, told, with_passkey
from tests.accounts.signing_in import cookie_content
from tests.accounts.stand_in import TOP, StandIn
from tests.accounts.ways_in import WAYS_IN, give_passkey, make_codes
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Page, served
from tests.recorder import recorded


def test_a_passkey_is_renamed(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    with_passkey(robin, authenticator)
    address = f"/settings/sign-in/passkeys/{only_passkey(forum).id}/name"
    page = robin.get(address)
    assert Page(page.text).form(address).values["name"] == "Phone"
    answer = robin.submit(page, address, {"name": "  My \u202eold\u0301   phone "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/sign-in")
    assert only_passkey(forum).name == "My ol\u0111 phone".replace("\u0111", "d\u0301")
    for wrong in (" ", "x" * 61):
        refused = robin.submit(page, address, {"name": wrong})
        assert refused.status_code == 422
        assert Page(refused.text).form(address).values["name"] == wrong
    assert only_passkey(forum).name == "My old\u0301 phone"


def test_a_removed_passkey_lets_nobody_in(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    with_passkey(robin, authenticator)
    elsewhere = Browser(forum)
    assert use_passkey(elsewhere, authenticator).status_code == 303
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    address = f"/settings/sign-in/passkeys/{only_passkey(forum).id}/remove"
    before = cookie_content(robin)["_user_id"]
    answer = robin.submit(robin.get(address), address)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/sign-in")
    assert forum.counts()["passkey"] == 0
    assert told(forum) == [AccountEvent.PASSKEY_ADDED, AccountEvent.PASSKEY_REMOVED]
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    assert cookie_content(robin)["_user_id"] != before
    assert use_passkey(Browser(forum), authenticator).status_code == 400


@pytest.mark.proves("W12")
def test_a_name_is_changed_by_nobody_who_found_the_browser_open(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    age_the_proof(forum)
    address = f"/settings/sign-in/passkeys/{only_passkey(forum).id}/name"
    answer = robin.submit(robin.get(address), address, {"name": "Computer"})
    assert answer.status_code == 403
    assert only_passkey(forum).name == "Phone"
    # What was typed waits until they have shown it.
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    assert robin.submit(answer, address).status_code == 303
    assert only_passkey(forum).name == "Computer"


@pytest.mark.parametrize("what", ["name", "remove"])
def test_somebody_elses_passkey_does_not_exist(
    forum: Forum, robin: Browser, authenticator: Authenticator, what: str
) -> None:
    with_passkey(robin, authenticator)
    sam = Browser(forum)
    sam.join("slow-cloud", persona="sam")
    address = f"/settings/sign-in/passkeys/{only_passkey(forum).id}/{what}"
    assert sam.get(address).status_code == 404
    sent = {"csrf_token": token_of(sam)} | ({"name": "Mine"} if what == "name" else {})
    assert sam.post(address, sent).status_code == 404
    assert only_passkey(forum).name == "Phone"


def test_each_query_is_one_statement(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    with_passkey(robin, authenticator)
    kept = only_passkey(forum)
    actor = Actor(member_id=MemberId(kept.member_id))
    with recorded(forum.database) as statements, forum.database.reading() as session:
        assert [one.name for one in own_passkeys(session, actor)] == ["Phone"]
        assert len(statements) == 1
        assert own_passkey(session, actor, kept.id).last_used_on is None
        assert len(statements) == 2
        assert known_credentials(session, actor).ids == (kept.credential_id,)
        assert len(statements) == 3


def test_of_one_browser_only_five_challenges_are_kept(forum: Forum) -> None:
    browser, other = Browser(forum), Browser(forum)
    options_for(other, "sign-in")
    for _time in range(7):
        options_for(browser, "sign-in")
    assert forum.counts()["passkey_challenge"] == 6
    with forum.database.reading() as session:
        assert len(set(session.scalars(select(PasskeyChallenge.browser_hash)))) == 2


def test_old_challenges_are_swept(forum: Forum) -> None:
    options_for(Browser(forum), "sign-in")
    with forum.database.transaction() as session:
        assert passkey_commands.sweep_passkey_challenges(session) == 0
    later = time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1))
    with later, forum.database.transaction() as session:
        assert passkey_commands.sweep_passkey_challenges(session) == 1
    assert forum.counts()["passkey_challenge"] == 0


USING = ("/auth/passkey/options", "/auth/passkey", "/settings/sign-in/passkeys")
HAVING = ("/settings/sign-in/passkeys/1/name", "/settings/sign-in/passkeys/1/remove")


def test_off_nothing_of_it_is_there(database_url: str, tmp_path: Path, stand_in: StandIn) -> None:
    with served(replace(settings_for(database_url, tmp_path), passkeys=False), stand_in) as forum:
        visitor, member = Browser(forum), Browser(forum)
        assert "/auth/passkey" not in visitor.get("/log-in").text
        member.join("quiet-river")
        for browser in (visitor, member):
            sent = {"csrf_token": token_of(browser)}
            for address in USING:
                assert browser.post(address, sent).status_code == 404, address
        # Those that members have from before are still theirs; this one has none.
        for address in HAVING:
            assert visitor.get(address).headers["Location"].startswith("/log-in?")
            assert visitor.post(address, {"csrf_token": token_of(visitor)}).status_code == 401
            sent = {"csrf_token": token_of(member)} | ({"name": "Mine"} if "name" in address else {})
            assert member.get(address).status_code == 404
            assert member.post(address, sent).status_code == 404


@pytest.mark.proves("W11", "A37")
def test_switched_off_members_keep_their_settings_and_take_theirs_away(
    database_url: str, tmp_path: Path, stand_in: StandIn
) -> None:
    settings = settings_for(database_url, tmp_path)
    with served(settings, stand_in, host="localhost") as forum:
        robin = Browser(forum, ANDROID)
        robin.join("quiet-river", "facebook")
        with_passkey(robin, Authenticator(forum.base_url))
    with served(settings, stand_in) as forum:
        give_passkey(forum)
        robin = Browser(forum)
        robin.sign_in("facebook")
        # Nobody can use one here, so that whoever logs in with Facebook is asked for nothing they can't show.
        page = robin.get(WAYS_IN)
        assert {"Phone", "My phone"} <= {
            " ".join("".join(words).split()) for tag, _given, words in Page(page.text).elements if tag == "h3"
        }
        assert "Add a passkey" not in page.text
        assert "/auth/passkey" not in robin.get("/log-in/again").text
        assert len(make_codes(robin)) == 10
        for number, left in ((1, 1), (2, 0)):
            name = f"{WAYS_IN}/passkeys/{number}/name"
            assert robin.submit(robin.get(name), name, {"name": "Old"}).status_code == 303
            remove = f"{WAYS_IN}/passkeys/{number}/remove"
            assert robin.submit(robin.get(remove), remove).status_code == 303
            assert forum.counts()["passkey"] == left
        assert told(forum)[-2:] == [AccountEvent.PASSKEY_REMOVED] * 2
        assert "Passkeys" not in robin.get(WAYS_IN).text


WITHOUT_THE_EXTRA = """
import sys
sys.modules["webauthn"] = None
sys.modules["cbor2"] = None
import forum.app, forum.cli, forum.schedule
from forum.accounts.views import accounts
print("there")
"""


def test_the_forum_runs_without_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert done.stdout == "there\n", done.stderr
