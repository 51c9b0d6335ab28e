"""The columns of the matrix: one person of each kind, with the cookies and the token of a browser of theirs.

Neither the author nor the blocked one is a column: what is somebody's own is a row (``own``), and so is what somebody
wrote who blocked them (``author blocked them``), so that each of these people is looked at as both, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from forum import clock
from forum.accounts.models import Member, SignInSession, Suspension
from forum.database.session import Database
from forum.permissions.actor import MemberState
from tests import cast
from tests.cast import Someone

# In the order of the columns.
WHO = (
    "visitor",
    "member",
    "support",  # A peer supporter.
    "waiting",  # A newcomer whom nobody let in yet.
    "turned",  # A newcomer who was turned away.
    "suspend",  # A suspended member.
    "paused",  # Somebody who took their health-data consent back.
    "here",  # A moderator of the category in which everything of the matrix stands.
    "there",  # A moderator of another category.
    "moder",  # A moderator of all categories.
    "admin",
    "benched",  # A suspended moderator of all categories.
)
MEMBERS = WHO[1:]
# Who says the same condition of themselves as the author of what is for those who share it. Two of them don't read
# that: the one whom nobody let in yet, and the one who took back what it rests on.
SHARING = ("support", "waiting", "suspend", "paused", "there")
STAFF = frozenset({"here", "there", "moder", "admin", "benched"})

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the matrix: a member's number (None for the visitor), and what their browser sends."""

    member_id: int | None
    name: str
    cookie: str
    token: str


def gather(app: Flask, here: int, there: int) -> dict[str, Person]:
    """Make everybody, and return them by their column."""
    someone = {
        "member": cast.member(app, "Juniper"),
        "support": cast.peer_supporter(app),
        "waiting": cast.member(app, "Sorrel"),
        "turned": cast.member(app, "Thistle"),
        "suspend": cast.suspended(app),
        "paused": cast.consent_withdrawn(app),
        "here": cast.category_moderator(app, here),
        "there": cast.category_moderator(app, there, "Larch"),
        "moder": cast.moderator(app),
        "admin": cast.administrator(app),
        "benched": _suspend(cast.moderator(app, "Spruce")),
    }
    database: Database = app.extensions["alongside"].database
    states = {"waiting": MemberState.WAITING, "turned": MemberState.TURNED_AWAY}
    with database.transaction() as session:
        for who, state in states.items():
            chosen = Member.id == someone[who].member_id
            session.execute(update(Member).where(chosen).values(state=state))
        # Walking the whole matrix takes longer than a proof lasts; what comes without one is ``test_proof``'s.
        session.execute(update(SignInSession).values(proved_at=clock.now() + timedelta(days=1)))
    people = {"visitor": _person(app, cast.visitor(app), None, "")}
    for who, known in someone.items():
        people[who] = _person(app, known.client, known.member_id, known.name)
    return {who: people[who] for who in WHO}


def _suspend(someone: Someone) -> Someone:
    with someone.database.transaction() as session:
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=None))
    return someone


def _person(app: Flask, client: FlaskClient, member_id: int | None, name: str) -> Person:
    """Open a page that everybody gets, and keep what the browser holds after that."""
    page = client.get("/settings/reading").text
    found = _TOKEN.search(page)
    assert found is not None, "The page that this asks for a token has no form any more."
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return Person(member_id, name, f"{cookie.key}={cookie.value}", found[1])


def headers_of(person: Person) -> Mapping[str, str]:
    """Return what this person's browser sends with every request."""
    return {"Cookie": person.cookie, "Accept": "text/html"}
