"""Adding a passkey: what the device is asked for, what is kept, and who may."""

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts import passkey_commands
from forum.accounts.models import AccountEvent, Member, Passkey, SignInSession
from forum.permissions.actor import SETTLES_AFTER, Proof
from tests.accounts.authenticator import (
    Authenticator,
    add_passkey,
    ask,
    bring,
    options_for,
    to_bytes,
    token_of,
    use_passkey,
    who,
)
from tests.accounts.passkeys.looking import age_the_proof, only_passkey, told, with_passkey
from tests.accounts.signing_in import cookie_content
from tests.front_door import Browser, Forum, Page


@pytest.mark.proves("W11")
def test_adding_one_ends_other_sessions_and_is_told(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    elsewhere = Browser(forum)
    elsewhere.sign_in()
    before = cookie_content(robin)
    answer = add_passkey(robin, authenticator)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"
    kept = only_passkey(forum)
    assert to_bytes(kept.credential_id) == authenticator.secrets[0].id
    assert kept.user_handle == authenticator.secrets[0].user_handle
    assert (kept.name, kept.sign_count, kept.last_used_on) == ("Phone", 0, None)
    assert who(elsewhere) is None
    assert who(robin) == "quiet-river"
    after = cookie_content(robin)
    # Another token for the same session, and forms in other tabs stay good.
    assert after["_user_id"] != before["_user_id"]
    assert after["csrf_token"] == before.get("csrf_token", after["csrf_token"])
    assert "passkey_user" not in after
    assert forum.counts()["sign_in_session"] == 1
    assert told(forum) == [AccountEvent.PASSKEY_ADDED]


def test_what_the_device_is_asked_for(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    first = options_for(robin, "add")
    assert first["rp"] == {"id": "localhost", "name": "Alongside"}
    assert first["attestation"] == "none"
    assert first["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [one["alg"] for one in first["pubKeyCredParams"]] == [-7, -8, -257]
    assert (first["excludeCredentials"], first["user"]["name"]) == ([], "quiet-river")
    assert len(to_bytes(first["challenge"])) == len(to_bytes(first["user"]["id"])) == 32
    assert add_passkey(robin, authenticator).status_code == 303
    # The next one is kept under the same handle, and no device makes one twice.
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    second = options_for(robin, "add")
    assert second["user"]["id"] == authenticator.secrets[0].user_handle
    known = [{"type": "public-key", "id": only_passkey(forum).credential_id}]
    assert second["excludeCredentials"] == known
    proving = options_for(robin, "prove")
    assert (proving["rpId"], proving["userVerification"]) == ("localhost", "required")
    assert proving["allowCredentials"] == known
    # To a visitor nothing is said of whom we know.
    assert options_for(Browser(forum), "sign-in")["allowCredentials"] == []


def test_each_member_has_a_handle_of_their_own(forum: Forum, authenticator: Authenticator) -> None:
    handles = set()
    for name, persona in (("quiet-river", "robin"), ("slow-cloud", "sam")):
        browser = Browser(forum)
        browser.join(name, persona=persona)
        handles.add(options_for(browser, "add")["user"]["id"])
    assert len(handles) == 2


def test_the_second_phone_has_another_name(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    assert add_passkey(robin, Authenticator(forum.base_url)).status_code == 303
    with forum.database.reading() as session:
        rows = session.execute(select(Passkey.name, Passkey.user_handle).order_by(Passkey.id)).all()
    assert [row.name for row in rows] == ["Phone", "Phone 2"]
    assert len({row.user_handle for row in rows}) == 1


@pytest.mark.proves("W12")
def test_adding_and_removing_need_a_fresh_proof(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with_passkey(robin, authenticator)
    made = authenticator.make(options_for_adding_now(robin, authenticator))
    passkey_id = only_passkey(forum).id
    age_the_proof(forum)
    before = forum.counts()
    assert ask(robin, "add").status_code == 403
    assert bring(robin, made, "add").status_code == 403
    address = f"/settings/sign-in/passkeys/{passkey_id}/remove"
    # Looking at what would happen is free.
    assert robin.get(address).status_code == 200
    assert robin.post(address, {"csrf_token": token_of(robin)}).status_code == 403
    assert forum.counts() == before


def options_for_adding_now(browser: Browser, authenticator: Authenticator) -> dict[str, object]:
    """Return options for one more passkey, after showing with the first that it is still they."""
    assert use_passkey(browser, authenticator, "prove").status_code == 303
    return options_for(browser, "add")


@pytest.mark.proves("W12")
def test_the_first_needs_no_more_than_coming_back_and_the_next_needs_the_first(
    forum: Forum, robin: Browser, authenticator: Authenticator
) -> None:
    with forum.database.transaction() as session:
        session.execute(update(SignInSession).values(proof=Proof.RETURN, proved_at=clock.now()))
    with_passkey(robin, authenticator)
    # Once it has been there for a while, coming back isn't enough: whoever found the browser open could do that.
    assert ask(robin, "add").status_code == 200
    with forum.database.transaction() as session:
        session.execute(update(Passkey).values(added_at=clock.now() - SETTLES_AFTER))
    assert ask(robin, "add").status_code == 403
    assert use_passkey(robin, authenticator, "prove").status_code == 303
    assert ask(robin, "add").status_code == 200


def test_who_was_asked_to_prove_first_is_led_to_the_button(forum: Forum, robin: Browser) -> None:
    before = forum.counts()
    answer = bring(robin, "", "add")
    assert answer.status_code == 200
    assert "Add a passkey" in Page(answer.text).buttons()
    assert forum.counts() == before


def test_ten_are_enough(forum: Forum, robin: Browser, authenticator: Authenticator) -> None:
    made = authenticator.make(options_for(robin, "add"))
    with forum.database.transaction() as session:
        member_id = session.execute(select(Member.id)).scalar_one()
        session.add_all(
            Passkey(
                member_id=member_id,
                credential_id=f"credential-{number}",
                user_handle="handle",
                public_key=b"",
                sign_count=0,
                name=f"Key {number}",
                added_at=clock.now(),
                last_used_on=None,
            )
            for number in range(passkey_commands.MOST_PASSKEYS)
        )
        session.execute(update(SignInSession).values(proof=Proof.PASSKEY))
    before = forum.counts() | {"passkey_challenge": 0}
    answer = ask(robin, "add")
    assert answer.status_code == 409
    assert "ten passkeys" in answer.json()["detail"]
    assert bring(robin, made, "add").status_code == 409
    assert forum.counts() == before
