"""Who may reach a route: what is declared holds, and what nobody declared is closed."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum import clock
from forum.accounts.models import Suspension
from forum.community.commands import categories
from forum.community.what_is_sent import CategoryDraft
from forum.database.session import Database
from forum.permissions.actor import OPERATOR
from tests import cast


def get(client: FlaskClient, address: str) -> int:
    return client.get(address).status_code


def test_what_is_undeclared_is_closed_to_everybody(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/trial/undeclared")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/log-in?next=/trial/undeclared")
    assert client.post("/trial/undeclared").status_code == 401
    for someone in (cast.member(app), cast.moderator(app), cast.administrator(app)):
        answer = someone.client.get("/trial/undeclared")
        assert answer.status_code == 404
        assert "ajar" not in answer.text


def test_a_members_page_is_open_to_members_however_things_stand_with_them(
    app: Flask, client: FlaskClient
) -> None:
    assert get(client, "/trial/members") == 303
    for someone in (cast.member(app), cast.suspended(app), cast.consent_withdrawn(app)):
        assert someone.client.get("/trial/members").text == someone.name


def test_a_staff_page_does_not_exist_for_members(app: Flask, client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        category_id = categories.publish_category(
            session, OPERATOR, CategoryDraft("flares", "Flares", "When it is bad", "Be gentle.", False, 1)
        )
    assert get(client, "/trial/staff") == 303
    for someone in (cast.member(app), cast.peer_supporter(app)):
        hidden, missing = (someone.client.get(address) for address in ("/trial/staff", "/trial/no-such"))
        assert hidden.status_code == missing.status_code == 404
        shown = [answer.text.replace(answer.headers["X-Request-Id"], "") for answer in (hidden, missing)]
        assert shown[0].replace("/trial/staff", "") == shown[1].replace("/trial/no-such", "")
    for someone in (
        cast.category_moderator(app, category_id),
        cast.moderator(app),
        cast.administrator(app),
    ):
        assert someone.client.get("/trial/staff").text == "reports"


def test_a_suspended_moderator_is_told_why_not_with_the_next_request(app: Flask, database: Database) -> None:
    someone = cast.moderator(app)
    assert get(someone.client, "/trial/staff") == 200
    with database.transaction() as session:
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=None))
    answer = someone.client.get("/trial/staff")
    assert answer.status_code == 403
    assert "Your account is suspended" in answer.text


@pytest.mark.parametrize("cookie", ["", "x", "x" * 4000, "\x00", "é"])
def test_a_session_that_names_nobody_is_a_visitors(app: Flask, cookie: str) -> None:
    assert get(cast.signed_in(app, cookie), "/trial/members") == 303
    assert get(cast.signed_in(app, cookie), "/") == 200
