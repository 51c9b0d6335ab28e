"""The page on which members look after their ways in, and who is told to add one."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from forum import clock
from forum.accounts.account_notices import KEPT_FOR, tell
from forum.accounts.models import AccountEvent, AccountNotice, Identity, Passkey
from forum.accounts.recovery_codes import make_codes
from forum.accounts.ways_in import account_notices, identity_line, sign_in_settings_page
from forum.app import create_app
from forum.database.session import Database
from forum.errors import NotFound
from tests import cast
from tests.cast import Someone
from tests.conftest import database_of, settings_for
from tests.pages import Element, read_page
from tests.recorder import recorded

GOOGLE, FACEBOOK = "https://google.stand-in.invalid", "https://facebook.stand-in.invalid"
KEYS = {GOOGLE: "google", FACEBOOK: "facebook"}
WAYS_IN = "/settings/sign-in"


def main_of(someone: Someone, address: str = WAYS_IN) -> Element:
    answer = someone.client.get(address)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return read_page(answer.text).one("main")


def let_in_by(someone: Someone, issuer: str) -> None:
    with someone.database.transaction() as session:
        session.add(
            Identity(member_id=someone.member_id, issuer=issuer, subject="another", added_at=clock.now())
        )


def test_it_shows_every_way_in_and_what_can_be_added(app: Flask) -> None:
    someone = cast.member(app)
    main = main_of(someone)
    ways = main.one("section", aria_labelledby="identities")
    assert [row.one("h3").text for row in ways.all("li")] == ["Google"]
    assert {button.text for button in ways.all("button")} == {"Add Facebook", "Add another Google account"}
    codes = main.one("section", aria_labelledby="codes")
    assert "You have none yet" in codes.text
    assert "Nothing changed" in main.one("section", aria_labelledby="changes").text
    assert "/settings/sessions" in {link.attributes["href"] for link in main.all("a")}
    let_in_by(someone, FACEBOOK)
    ways = main_of(someone).one("section", aria_labelledby="identities")
    # The one that was just added can go; what it came beside stays for a week.
    assert len([link for link in ways.all("a") if link.attributes["href"].endswith("/remove")]) == 1
    assert "less than a week ago" in ways.text


def test_it_says_how_many_codes_are_left_and_what_changed(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        _codes, token = make_codes(session, someone.actor)
    someone = replace(someone, token=token, client=cast.signed_in(app, token))
    main = main_of(someone)
    assert "You have this many left: 10" in main.one("section", aria_labelledby="codes").text
    changes = main.one("section", aria_labelledby="changes")
    assert len(changes.all("li")) == 1
    assert "New" in changes.text


def test_a_provider_that_is_not_configured_any_more_goes_by_its_host(
    database_url: str, tmp_path: Path
) -> None:
    app = create_app(replace(settings_for(database_url, tmp_path), facebook=None))
    someone = cast.member(app)
    let_in_by(someone, FACEBOOK)
    ways = main_of(someone).one("section", aria_labelledby="identities")
    assert [row.one("h3").text for row in ways.all("li")] == ["Google", "facebook.stand-in.invalid"]
    assert {button.text for button in ways.all("button")} == {"Add another Google account"}
    assert "facebook.stand-in.invalid" in main_of(someone, "/settings").text
    assert "https://facebook" not in main_of(someone, "/settings").text
    database_of(app).dispose()


def test_what_was_long_ago_is_not_shown(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        tell(session, someone.member_id, AccountEvent.IDENTITY_ADDED, "facebook")
        session.execute(
            update(AccountNotice).values(
                made_at=clock.now() - KEPT_FOR - timedelta(hours=1), seen_at=clock.now()
            )
        )
    assert "Nothing changed" in main_of(someone).one("section", aria_labelledby="changes").text


def test_statements_are_counted(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    let_in_by(someone, FACEBOOK)
    with database.reading() as session:
        actor = someone.actor
        for query, number in (
            (lambda: sign_in_settings_page(session, actor, KEYS), 4),
            (lambda: account_notices(session, actor, unseen=True), 1),
            (lambda: identity_line(session, actor, 1, KEYS), 1),
        ):
            with recorded(database) as statements:
                query()
            assert len(statements) == number


def test_nobody_sees_anybody_elses(app: Flask, database: Database) -> None:
    first, second = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    with database.transaction() as session:
        tell(session, first.member_id, AccountEvent.IDENTITY_ADDED, "facebook")
    assert "Facebook" not in main_of(second).one("section", aria_labelledby="changes").text
    assert "New" not in main_of(second, "/notices").text
    with database.reading() as session, pytest.raises(NotFound):
        identity_line(session, second.actor, 1, KEYS)


def test_reading_it_is_said_up_to_where_the_page_went(app: Flask, database: Database) -> None:
    someone = cast.member(app)
    with database.transaction() as session:
        tell(session, someone.member_id, AccountEvent.IDENTITY_ADDED, "facebook")
    page = read_page(someone.client.get("/notices").text)
    form = next(one for one in page.all("form") if one.attributes["action"] == "/notices/account/seen")
    fields = {one.attributes["name"]: one.attributes["value"] for one in form.all("input")}
    with database.transaction() as session:
        tell(session, someone.member_id, AccountEvent.CODES_MADE)
    assert someone.client.post("/notices/account/seen", data=fields).status_code == 303
    with database.reading() as session:
        assert [line.is_new for line in account_notices(session, someone.actor)] == [True, False]
        assert len(account_notices(session, someone.actor, unseen=True)) == 1


@pytest.mark.parametrize("up_to", ["", "-1", "0", "x", "1.5", "²", "9" * 19, "9" * 400])
def test_a_number_that_no_notice_has_is_refused(app: Flask, up_to: str) -> None:
    someone = cast.member(app)
    token = read_page(someone.client.get("/settings").text).all("input", name="csrf_token")[0]
    data = {"csrf_token": token.attributes["value"], "up_to": up_to}
    assert someone.client.post("/notices/account/seen", data=data).status_code == 400


@pytest.mark.proves("W12")
def test_staff_without_a_passkey_are_told_to_add_one(app: Flask, database: Database) -> None:
    staff, member = cast.moderator(app), cast.member(app)
    for address in ("/moderation", WAYS_IN):
        assert "add a passkey" in main_of_staff(staff, address).text.lower()
    assert "You look after this community" not in main_of(member).text
    with database.transaction() as session:
        session.add(
            Passkey(
                member_id=staff.member_id,
                credential_id="one",
                user_handle="one",
                public_key=b"key",
                sign_count=0,
                name="My key",
                added_at=clock.now(),
                last_used_on=None,
            )
        )
    assert "You have no passkey yet" not in main_of_staff(staff, "/moderation").text
    assert "You look after this community" not in main_of(staff).text


def main_of_staff(someone: Someone, address: str) -> Element:
    return read_page(someone.client.get(address).text).one("main")


def test_where_there_are_no_passkeys_staff_are_asked_for_codes(database_url: str, tmp_path: Path) -> None:
    app = create_app(replace(settings_for(database_url, tmp_path), passkeys=False))
    staff = cast.moderator(app)
    assert "passkey" not in main_of_staff(staff, "/moderation").text.lower()
    page = main_of(staff).text
    assert "please make recovery codes" in page
    assert "Passkeys" not in page
    database_of(app).dispose()
