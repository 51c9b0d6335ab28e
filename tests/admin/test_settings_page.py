"""Administration at the front door: the settings, their history, and that it is there for administrators alone."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.admin.queries import VERSIONS_PER_PAGE, admin_page, settings_history
from forum.community_settings.commands import change_settings
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import SignUp
from forum.community_settings.queries import SettingsInForce, settings_in_force
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.community_settings.setting import set_up
from tests.pages import Element, read_page
from tests.recorder import recorded

ADDRESSES = ("/admin", "/admin/settings")
HOSTILE = "<script>alert(1)</script> & \u202etxet"


@pytest.fixture
def aspen(app: Flask) -> cast.Someone:
    """An administrator."""
    return cast.administrator(app)


def main_of(answer: TestResponse) -> Element:
    return read_page(answer.text).one("main")


def form_of(main: Element) -> dict[str, str]:
    """Return what a browser would send if nothing was changed."""
    form = main.one("form")
    fields = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input")
        if field.attributes.get("type") not in ("radio", "checkbox") or "checked" in field.attributes
    }
    return fields | {area.attributes["name"]: area.raw.strip() for area in form.all("textarea")}


def send(client: FlaskClient, page: TestResponse | None = None, **changes: str | None) -> TestResponse:
    """Fill in the form of a page (else of a fresh one) and save it; a change to None leaves the field out."""
    fields: dict[str, Any] = form_of(main_of(page or client.get("/admin/settings")))
    sent = {"step": "act", **(fields | changes)}
    return client.post(
        "/admin/settings", data={name: value for name, value in sent.items() if value is not None}
    )


def in_force(database: Database) -> SettingsInForce:
    with database.reading() as session:
        return settings_in_force(session)


def without_numbers(answer: TestResponse) -> str:
    """Return a page without what differs each time: the request's number, and tokens that hold the time."""
    text = answer.text.replace(answer.headers["X-Request-Id"], "")
    return re.sub(r'name="csrf_token" value="[^"]*"', "", text)


# --- who comes here --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_to_everybody_else_it_does_not_exist(app: Flask, client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 303
    for someone in (cast.member(app), cast.peer_supporter(app), cast.moderator(app)):
        hidden, missing = (someone.client.get(asked) for asked in (address, "/no-such"))
        assert hidden.status_code == missing.status_code == 404
        shown = [without_numbers(answer) for answer in (hidden, missing)]
        assert shown[0].replace(address, "") == shown[1].replace("/no-such", "")


def test_nobody_else_changes_anything(app: Flask, client: FlaskClient, database: Database) -> None:
    fields = {"seen_version": "0", "sign_up": "closed", "announcement": "", "contact": "", "step": "act"}
    for someone in (cast.member(app), cast.moderator(app)):
        token = form_of_token(someone.client)
        assert someone.client.post("/admin/settings", data=fields | token).status_code == 404
    assert in_force(database).version == 0


def form_of_token(client: FlaskClient) -> dict[str, str]:
    page = read_page(client.get("/settings/reading").text)
    return {"csrf_token": page.one("main").all("input", name="csrf_token")[0].attributes["value"]}


def test_a_suspended_administrator_is_told_why_not(aspen: cast.Someone, database: Database) -> None:
    with database.transaction() as session:
        session.add(Suspension(member_id=aspen.member_id, since=clock.now(), until=None))
    answer = aspen.client.get("/admin")
    assert answer.status_code == 403
    assert "Your account is suspended" in answer.text


# --- the settings ----------------------------------------------------------------------------------------


def test_what_is_saved_holds_at_once_and_is_on_every_page(
    aspen: cast.Someone, client: FlaskClient, database: Database
) -> None:
    answer = send(
        aspen.client,
        sign_up="approval",
        read_only="yes",
        announcement="  We move\r\nhouse on Sunday.  ",
        contact="moving@forum.invalid",
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/settings?saved")
    assert "Saved" in main_of(aspen.client.get("/admin/settings?saved")).one("div", role="status").text
    now = in_force(database)
    assert (now.sign_up, now.read_only) == (SignUp.APPROVAL, True)
    assert now.announcement == "We move house on Sunday."
    home = read_page(client.get("/").text)
    banners = [banner.text for banner in home.all("aside", class_="banner")]
    assert banners[0] == "We move house on Sunday."
    assert "Nobody can write for the moment" in banners[1]
    for address in ("/about", "/help-now"):
        page = client.get(address).text
        assert "moving@forum.invalid" in page
        assert "care@forum.invalid" not in page


def test_without_a_contact_it_is_the_operators(aspen: cast.Someone, client: FlaskClient) -> None:
    send(aspen.client, contact="moving@forum.invalid")
    send(aspen.client, contact="")
    assert "mailto:care@forum.invalid" in client.get("/about").text


def test_an_announcement_is_plain_words(aspen: cast.Someone, client: FlaskClient) -> None:
    assert send(aspen.client, announcement=HOSTILE).status_code == 303
    answer = client.get("/")
    assert "<script>alert" not in answer.text
    (banner,) = read_page(answer.text).all("aside", class_="banner")
    assert banner.text == "<script>alert(1)</script> & txet"


def test_whoever_wants_sees_first_what_changes(aspen: cast.Someone, database: Database) -> None:
    answer = send(aspen.client, step="preview", sign_up="closed", announcement="We rest.")
    assert answer.status_code == 200
    main = main_of(answer)
    letter = main.one("section", class_="letter")
    assert "Nobody new can join." in letter.text
    assert letter.one("aside", class_="banner").text == "We rest."
    assert in_force(database).version == 0
    # What was typed is still there, and saving it from here works.
    assert form_of(main)["announcement"] == "We rest."
    assert send(aspen.client, answer).status_code == 303
    assert in_force(database).sign_up is SignUp.CLOSED


def test_a_preview_of_nothing_says_so(aspen: cast.Someone) -> None:
    letter = main_of(send(aspen.client, step="preview")).one("section", class_="letter")
    assert "everything is so already" in letter.text
    assert letter.all("aside", class_="banner") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("announcement", "x" * 301), ("contact", "x" * 201), ("sign_up", "invite"), ("sign_up", None)],
)
def test_what_is_wrong_is_said_beside_it_and_kept(
    aspen: cast.Someone, database: Database, field: str, value: str | None
) -> None:
    answer = send(aspen.client, None, **{"announcement": "Kept words.", field: value})
    assert answer.status_code == 422
    main = main_of(answer)
    assert "Nothing was sent" in main.text
    if field != "announcement":
        assert form_of(main)["announcement"] == "Kept words."
    assert in_force(database).version == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "administrator"},
        {"seen_version": "minus one"},
        {"seen_version": "9" * 40},
        {"seen_version": None},
        {"read_only": "maybe"},
        {"step": "erase"},
        {"step": None},
    ],
)
def test_what_no_page_sends_is_refused(
    aspen: cast.Someone, database: Database, changes: dict[str, str | None]
) -> None:
    fields: dict[str, str | None] = {"step": "act", **changes}
    assert send(aspen.client, None, **fields).status_code == 400
    assert in_force(database).version == 0


def test_whoever_was_slower_sees_what_changed_and_keeps_what_they_typed(
    app: Flask, aspen: cast.Someone, database: Database
) -> None:
    page = aspen.client.get("/admin/settings")
    other = cast.administrator(app, "Rowan")
    set_up(database, other.actor, announcement="Theirs.", read_only=True)
    answer = send(aspen.client, page, announcement="Mine.")
    assert answer.status_code == 409
    main = main_of(answer)
    told = main.one("section", class_="urgent").text
    assert "Rowan changed the settings" in told
    assert "“Theirs.”" in told
    assert form_of(main)["announcement"] == "Mine."
    assert in_force(database).announcement == "Theirs."
    # Now they have seen it, and may take its place.
    assert send(aspen.client, answer).status_code == 303
    now = in_force(database)
    assert (now.announcement, now.read_only) == ("Mine.", False)


# --- history ---------------------------------------------------------------------------------------------


def test_the_history_says_who_when_and_what(aspen: cast.Someone, database: Database) -> None:
    set_up(database, announcement="From the command line.")
    send(aspen.client, sign_up="closed")
    newest, first = (
        main_of(aspen.client.get("/admin/settings"))
        .one("section", aria_labelledby="history")
        .one("ol")
        .inside
    )
    assert "by Aspen" in newest.text
    assert "Nobody new can join." in newest.text
    assert "This is in force." in newest.text
    assert "by The operator" in first.text
    assert "“From the command line.”" in first.text
    assert all(len(line.all("time")) == 1 for line in (newest, first))


def test_whoever_left_is_a_former_member(aspen: cast.Someone, database: Database) -> None:
    with database.transaction() as session:
        draft = SettingsDraft(0, SignUp.OPEN, read_only=False, announcement="Bye.", contact="")
        change_settings(session, replace(aspen.actor, uuid=uuid4()), draft)
    history = main_of(aspen.client.get("/admin/settings")).one("section", aria_labelledby="history")
    assert "by A former member" in history.text


def test_whoever_is_leaving_is_named_no_more(aspen: cast.Someone, database: Database, app: Flask) -> None:
    send(aspen.client, announcement="Tidying on Sunday.")
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == aspen.member_id).values(state=MemberState.LEAVING))
    shown = main_of(cast.administrator(app, "Elder").client.get("/admin/settings")).text
    assert "by A former member" in shown
    assert "Aspen" not in shown


def test_a_version_is_put_back_by_saving_it_again(aspen: cast.Someone, database: Database) -> None:
    first = set_up(database, announcement="The old words.", sign_up=SignUp.APPROVAL)
    set_up(database, announcement="", sign_up=SignUp.OPEN)
    main = main_of(aspen.client.get("/admin/settings"))
    (link,) = [link for link in main.all("a") if "Put this version back" in link.text]
    page = aspen.client.get(link.attributes["href"])
    assert "Nothing has changed yet" in main_of(page).text
    assert in_force(database).announcement == ""
    assert send(aspen.client, page).status_code == 303
    now = in_force(database)
    assert (now.announcement, now.sign_up) == ("The old words.", SignUp.APPROVAL)
    assert now.version > first


@pytest.mark.parametrize("version", ["999", "-1", "x", "9" * 30, "٣"])
def test_a_version_that_never_was_is_not_there(aspen: cast.Someone, version: str) -> None:
    assert aspen.client.get("/admin/settings", query_string={"version": version}).status_code == 404


def test_a_long_history_comes_in_pages_of_one_statement_each(app: Flask, database: Database) -> None:
    many = VERSIONS_PER_PAGE + 3
    for number in range(many):
        set_up(database, announcement=f"Number {number}.")
    with database.reading() as session:
        with recorded(database) as statements:
            newest = settings_history(session, Window())
        assert len(statements) == 1
        older = settings_history(session, Window(older=newest.older))
        back = settings_history(session, Window(newer=older.newer))
    assert [len(part.changes) for part in (newest, older, back)] == [VERSIONS_PER_PAGE, 3, VERSIONS_PER_PAGE]
    assert (newest.newer, older.older) == ("", "")
    assert back.changes == newest.changes
    # Each is compared with the version before it, also across the edge of a page.
    everything = [*newest.changes, *older.changes]
    assert [change.changes for change in everything] == [
        (f"Announcement: “Number {number}.”",) for number in reversed(range(many))
    ]


# --- the first page --------------------------------------------------------------------------------------


def test_the_first_page_says_how_things_stand(
    app: Flask, aspen: cast.Someone, settings: Any, database: Database
) -> None:
    set_up(database, aspen.actor, sign_up=SignUp.APPROVAL, announcement="Hello.")
    answer = aspen.client.get("/admin")
    main = main_of(answer)
    for said in ("By approval", "Hello.", "care@forum.invalid", "Last changed by Aspen"):
        assert said in main.text
    assert {"/admin/settings", "/moderation", "/moderation/log", "/moderation/members"} <= {
        link.attributes["href"] for link in main.all("a")
    }
    assert answer.headers["Cache-Control"] == "private, no-store"
    with database.reading() as session, recorded(database) as statements:
        admin_page(session, settings)
    assert len(statements) == 5


def test_an_administrator_who_is_one_no_longer_finds_nothing(aspen: cast.Someone, database: Database) -> None:
    assert aspen.client.get("/admin").status_code == 200
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == aspen.member_id).values(role="member"))
    assert aspen.client.get("/admin").status_code == 404
