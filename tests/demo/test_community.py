"""The sample community: made by ordinary commands, it shows what there is to see, and to whom."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Settings
from forum.accounts.models import Member
from forum.accounts.sign_in_sessions import sign_in
from forum.database.session import Database
from forum.demo import community
from forum.permissions.actor import MemberId
from tests import cast

FOG = "The fog: what do you call it at home?"


def browser_of(app: Flask, database: Database, name: str) -> FlaskClient:
    """Return a browser in which somebody of the sample is signed in."""
    with database.transaction() as session:
        member_id = session.scalars(select(Member.id).where(Member.name == name)).one()
        token = sign_in(session, MemberId(member_id))
    return cast.signed_in(app, token)


@pytest.mark.parametrize(
    "dialect", ["sqlite"], indirect=True
)  # What commands do on the other, their own tests say.
def test_the_sample_shows_audiences_profiles_and_search(
    app: Flask, settings: Settings, database: Database
) -> None:
    community.make(settings)
    visitor = cast.visitor(app)
    casey, ostler = (browser_of(app, database, name) for name in ("Casey", "Ostler"))

    # Somebody says to everyone who they are, others to members, and one to nobody.
    assert "I am no clinician" in visitor.get("/members/Marlow").text
    assert visitor.get("/members/Juniper").status_code == 404
    assert "lighthouses" in casey.get("/members/Juniper").text
    listed = casey.get("/members").text
    assert [name for name in ("Juniper", "Marlow", "Ostler", "Halcyon", "Tansy") if name in listed] == [
        "Juniper",
        "Marlow",
        "Ostler",
        "Halcyon",
    ]

    # A topic for those who share a condition is in the lists of those alone.
    room = "/categories/sleep-and-fatigue"
    assert [FOG in client.get(room).text for client in (visitor, ostler, casey)] == [False, False, True]

    # Who looks for a pain pump finds it under its other name; in a room for members, nobody else finds anything.
    found = visitor.get("/search?q=pain+pump").text
    assert "Refill day: what is in your bag?" in found
    assert "<mark>" in found
    family = "/search?q=in:family-carers-and-relationships+daughter"
    title = "asked if I will always be like this"
    assert [title in client.get(family).text for client in (visitor, casey)] == [False, True]
    assert "Refill day" in visitor.get("/feeds/latest.atom").text
    assert FOG not in visitor.get("/feeds/latest.atom").text


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # The same here.
def test_a_community_that_has_members_is_left_as_it_is(
    app: Flask, settings: Settings, database: Database
) -> None:
    cast.member(app, "Rowan")
    community.make(settings)
    with database.reading() as session:
        assert session.scalars(select(Member.name)).all() == ["Rowan"]
