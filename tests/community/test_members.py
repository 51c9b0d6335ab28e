"""The list of members: who chose to stand in it, for members alone, with nothing that their pages would not say."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.accounts.renaming import rename_member
from forum.community.models.blocks import Block
from forum.community.models.people import FieldAudience, Profile
from forum.community.profiles import Said
from forum.community.queries import members as queries
from forum.database.keyset import Window
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.cast import Someone
from tests.community.saying import listed, make_terms, say
from tests.moderation.working import page
from tests.pages import Element
from tests.recorder import recorded

NOBODY, MEMBERS, EVERYONE = FieldAudience
SICK = Said(conditions=frozenset({"migraine"}), conditions_for=MEMBERS, country="PT")


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a list of conditions."""
    made: Database = app.extensions["alongside"].database
    make_terms(made)
    return made


@pytest.fixture
def juniper(app: Flask, database: Database) -> Someone:
    """Who reads the list, and doesn't stand in it."""
    return cast.member(app, "Juniper")


def names(client: FlaskClient, address: str = "/members") -> list[str]:
    """Return whom a page of the list names."""
    return [one.one("h2").text for one in _cards(page(client, address))]


def _cards(main: Element) -> list[Element]:
    lists = main.all("ol", class_="cards")
    return lists[0].all("li") if lists else []


def test_who_chose_to_be_listed_is_listed_for_members_with_what_members_may_see(
    app: Flask, client: FlaskClient, juniper: Someone
) -> None:
    assert "Nobody has chosen to be listed so far." in page(juniper.client, "/members").text
    for name, said in (
        ("Sorrel", replace(SICK, country_for=EVERYONE)),
        ("Marlow", replace(SICK, conditions_for=NOBODY)),
        ("Tansy", replace(SICK, conditions_for=EVERYONE, conditions=frozenset({"fibromyalgia"}))),
    ):
        listed(cast.member(app, name), said)
    say(cast.member(app, "Wren"), replace(SICK, conditions_for=EVERYONE))
    main = page(juniper.client, "/members")
    assert [card.text for card in _cards(main)] == [
        "Marlow",
        "Sorrel Portugal Lives with: Migraine",
        "Tansy Lives with: Fibromyalgia",
    ]
    assert names(juniper.client, "/members?condition=migraine") == ["Sorrel"]
    assert names(juniper.client, "/members?condition=fibromyalgia") == ["Tansy"]
    assert "Nobody in the list says this" in page(juniper.client, "/members?condition=old-word").text
    for slug in ("nothing", "pacing", "%00"):
        assert juniper.client.get(f"/members?condition={slug}").status_code == 404
    for cursor in (b"x", b"[1]", b'["a","b"]', b'["\\u0000"]', b'["\\ud800"]', b"[null]", b'[["a"]]'):
        nonsense = urlsafe_b64encode(cursor).decode()
        assert juniper.client.get(f"/members?older={nonsense}").status_code == 400, cursor
    # Nobody who isn't in reads it, and what they asked for, which is about health, is not taken along.
    for address in ("/members", "/members?condition=migraine"):
        assert client.get(address).headers["Location"] == "/log-in?next=/members"
    hazel = cast.newcomer(app)
    for state, status in (
        (MemberState.WAITING, 403),
        (MemberState.TURNED_AWAY, 403),
        (MemberState.PAUSED, 200),
    ):
        with juniper.database.transaction() as session:
            session.execute(update(Member).where(Member.id == hazel.member_id).values(state=state))
        assert hazel.client.get("/members").status_code == status, state


def test_it_is_in_the_order_of_names_as_they_are_now(
    app: Flask, database: Database, juniper: Someone
) -> None:
    people = {name: cast.member(app, name) for name in ("Rosa", "Milo", "Ian", "Marlow", "Kim", "Ostler")}
    for one in people.values():
        listed(one)
    assert names(juniper.client) == ["Ian", "Kim", "Marlow", "Milo", "Ostler", "Rosa"]
    # Who isn't in it comes into it by no new name.
    for someone, name in ((people["Kim"], "Árvore"), (people["Rosa"], "élan"), (juniper, "Adder")):
        with database.transaction() as session:
            rename_member(session, someone.actor, name, ["a-key"])
    assert names(juniper.client) == ["Árvore", "élan", "Ian", "Marlow", "Milo", "Ostler"]
    say(people["Ian"], Said())
    assert names(juniper.client) == ["Árvore", "élan", "Marlow", "Milo", "Ostler"]


def test_who_is_out_of_sight_unlisted_or_blocked_is_gone_at_once(
    app: Flask, database: Database, juniper: Someone
) -> None:
    marlow = cast.member(app, "Marlow")
    listed(marlow, SICK)
    own = marlow.client
    everywhere = ("/members", "/members?condition=migraine")

    def is_there(client: FlaskClient) -> set[bool]:
        return {names(client, address) == ["Marlow"] for address in everywhere}

    assert is_there(juniper.client) == {True}
    for until, there in ((None, False), (clock.now(), True)):
        with database.transaction() as session:
            session.merge(Suspension(member_id=marlow.member_id, since=clock.now(), until=until))
        assert is_there(juniper.client) == {there}
    for state in set(MemberState) - {MemberState.ACTIVE}:
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == marlow.member_id).values(state=state))
        assert is_there(juniper.client) == {False}, state
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == marlow.member_id).values(state=MemberState.ACTIVE))
    listed(juniper, SICK)
    cedar = cast.moderator(app)
    assert names(cedar.client) == ["Juniper", "Marlow"]
    for blocker, blocked in ((cedar, marlow), (juniper, cedar)):
        with database.transaction() as session:
            session.add(
                Block(blocker_id=blocker.member_id, blocked_id=blocked.member_id, blocked_on=clock.today())
            )
    # It goes for whoever moderates, too.
    assert names(cedar.client) == []
    for blocker, blocked in ((juniper, marlow), (marlow, juniper)):
        with database.transaction() as session:
            block = Block(
                blocker_id=blocker.member_id, blocked_id=blocked.member_id, blocked_on=clock.today()
            )
            session.add(block)
            session.flush()
        for address in everywhere:
            assert names(juniper.client, address) == ["Juniper"]
            assert names(own, address) == ["Marlow"]
        with database.transaction() as session:
            session.delete(session.get_one(Block, (blocker.member_id, blocked.member_id)))
    say(marlow, replace(SICK, listed=False))
    assert names(juniper.client) == ["Juniper"]
    # The filter finds nobody by what the others may not see.
    say(juniper, replace(SICK, conditions_for=NOBODY, listed=True))
    assert names(juniper.client, "/members?condition=migraine") == []


def test_it_is_walked_by_name_both_ways_and_takes_three_statements(
    database: Database, juniper: Someone
) -> None:
    wanted = [f"Árvore-{number:02}" for number in range(2 * queries.MEMBERS_PER_PAGE + 3)]
    with database.transaction() as session:
        ids = session.scalars(
            insert(Member).returning(Member.id),
            [
                {
                    "uuid": uuid4(),
                    "name": name,
                    "name_key": name.casefold(),
                    "name_since": clock.now(),
                    "locale": "en",
                    "joined_at": clock.now(),
                }
                for name in wanted
            ],
        ).all()
        nobody = {
            f"{part}_for": NOBODY for part in ("about", "conditions", "treatments", "country", "age_band")
        }
        session.execute(
            insert(Profile),
            [{"member_id": one, "about": "", "country": "", "listed_as": "arvore", **nobody} for one in ids],
        )
        # What is called alike stands by its number.
        order = session.scalars(select(Member.name).where(Member.id.in_(ids)).order_by(Member.id)).all()
    actor = juniper.actor
    window, walked = Window(), []
    with database.reading() as session:
        while True:
            with recorded(database) as statements:
                found = queries.members_page(session, actor, "", window)
            assert len(statements) == 3
            assert not any("count(" in one.casefold() for one in statements)
            walked += [one.name for one in found.members]
            if not found.older:
                break
            window = Window(older=found.older)
        assert walked == list(order)
        back = queries.members_page(session, actor, "", Window(newer=found.newer))
        assert [one.name for one in back.members] == walked[queries.MEMBERS_PER_PAGE : -3]
    main = page(juniper.client, "/members?condition=")
    (on,) = main.one("nav", class_="pages").all("a")
    assert names(juniper.client, on.attributes["href"])[0] == order[queries.MEMBERS_PER_PAGE]
