"""Every route, asked by everybody, for what is in every state: it answers as the matrix says, and changes nothing else.

What somebody may not know of is answered to the byte like what isn't there.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.authorization import tables
from tests.authorization.community import Subject
from tests.authorization.conftest import Forum
from tests.authorization.people import STAFF, WHO, Person
from tests.authorization.routes import (
    FIRST_ROWS,
    ROUTES,
    Row,
    every_route,
    every_unsafe_route,
    method_and_rule,
)
from tests.authorization.states import STATES
from tests.pages import read_page

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_STATUS = {
    "page": 200,
    "no": 403,
    "gone": 404,
    "late": 409,
    "wrong": 422,
    "bad": 400,
    "over": 410,
    "out": 503,
}
# What is another's with every answer, whoever asks for what.
_OWN_TO_EACH_ANSWER = ("Date", "X-Request-Id", "Set-Cookie", "Content-Length")
_TOKEN = re.compile(r'name="csrf_token"[^>]*>')
_NO_REASON = "You may read this, but not change it."

# What a composer that is refused may change, with the counter of one of the databases.
_KEPT = {"kept_draft", "sqlite_sequence"}

_CLOSED = {"login": 401, "gone": 404, "no": 403}

# Whose requests lead to the same statements as another's: what differs between them is decided in Python.
TWINS = {"support": "member", "turned": "waiting", "admin": "moder"}

Cell = tuple[str, str]


def cells_of(route: str, forum: Forum) -> Iterator[tuple[Cell, Person, Subject]]:
    """Give each cell of a route's table that is asked, with who asks and for what.

    Whom a view turns away before it looks for anything is asked for everything once. Where that comes again (in the
    second database, and in further rows of the same view) the first thing and the last are enough. And the second
    database is not asked twice with what are the same statements.
    """
    row = ROUTES[route]
    states = STATES[row.table.subject]
    again = forum.is_second or route != FIRST_ROWS[method_and_rule(route)]
    for state in states:
        for who, person in forum.community.people.items():
            closed = {row.table.cells[each, who] for each in states} in ({"gone"}, {"login"}, {"no"})
            if again and closed and state not in (states[0], states[-1]):
                continue
            if forum.is_second and who in TWINS and _same_column(row, who, TWINS[who]):
                continue
            yield (state, who), person, forum.community.subject(row.table.subject, state, who)


@pytest.mark.proves("W4")
def test_every_route_stands_in_the_matrix(app: Flask) -> None:
    declared = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    known = {" ".join(method_and_rule(route)) for route in ROUTES}
    assert sorted(declared - known) == [], "The matrix lacks these: give them a line in routes.py."
    assert sorted(known - declared) == [], "These are no more: take their line out of routes.py."


@pytest.mark.proves("W4")
def test_no_cell_is_missing() -> None:
    for route, row in ROUTES.items():
        wanted = {(state, who) for state in STATES[row.table.subject] for who in WHO}
        assert {*row.table.cells} == wanted, route


@pytest.mark.proves("W4")
@every_route
def test_everybody_gets_what_the_matrix_says(forum: Forum, route: str) -> None:
    row, (method, _rule) = ROUTES[route], method_and_rule(route)
    wrong, answers = [], {}
    for cell, person, subject in cells_of(route, forum):
        address = row.address(route, subject)
        answer = forum.ask(person, method, address, row.form(subject))
        expected = row.table.cells[cell]
        found = _outcome(answer, method)
        if found != expected:
            wrong.append(f"{cell}: {found} instead of {expected} ({answer.status}, {_title(answer)})")
        if (expected == "done" or (row.shows_once and found == "page")) and method not in SAFE:
            forum.put_back()
        elif changed := {*forum.changed()} - (_KEPT if row.keeps_words else set()):
            wrong.append(f"{cell}: {found}, and it changed {changed}")
        answers[cell] = as_seen(answer, address)
    assert wrong == [], "\n".join(wrong)
    if "nowhere" in STATES[row.table.subject]:
        assert _told_apart(row, answers) == []


@pytest.mark.proves("W3")
@every_unsafe_route
@pytest.mark.parametrize(
    "forum", ["sqlite"], indirect=True
)  # Tokens are looked at before any database is asked.
def test_without_the_token_nothing_is_done(forum: Forum, route: str) -> None:
    row, (method, _rule) = ROUTES[route], method_and_rule(route)
    state = STATES[row.table.subject][0]
    wrong = []
    for who, person in forum.community.people.items():
        subject = forum.community.subject(row.table.subject, state, who)
        answer = forum.ask(person, method, row.address(route, subject), row.form(subject), token=False)
        # Whoever may not come at all hears that first, token or not.
        words = {row.table.cells[each, who] for each in STATES[row.table.subject]}
        closed = _CLOSED.get(words.pop(), 400) if len(words) == 1 else 400
        expected = {400, closed} if who in STAFF or closed == 403 else {closed}
        if answer.status_code not in expected:
            wrong.append(f"{who}: {answer.status_code} instead of {closed}")
        if changed := forum.changed():
            wrong.append(f"{who}: it changed {changed}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.proves("W4")
@pytest.mark.parametrize(
    "forum", ["sqlite"], indirect=True
)  # Views turn people away before they ask a database.
def test_what_is_for_moderators_does_not_exist_for_members(forum: Forum) -> None:
    wrong = []
    for (method, _rule), route in FIRST_ROWS.items():
        row = ROUTES[route]
        state = STATES[row.table.subject][0]
        for who, person in forum.community.people.items():
            if {row.table.cells[state, who] for state in STATES[row.table.subject]} != {"gone"}:
                continue
            subject = forum.community.subject(row.table.subject, state, who)
            address = row.address(route, subject)
            room, _slash, rest = address.lstrip("/").partition("/")
            nothing = f"/{room}/{'x' * len(rest)}" if rest else f"/{'x' * len(room)}"
            seen = [
                as_seen(forum.ask(person, method, path, row.form(subject)), path)
                for path in (address, nothing)
            ]
            if seen[0] != seen[1]:
                wrong.append(f"{route}, {who}")
    assert wrong == []


def test_what_is_secret_is_secret_in_every_table() -> None:
    # A table that shows a hidden thing to a member has to be a decision, and this is where it is made.
    told = {
        (row.table.name, state)
        for row in ROUTES.values()
        for (state, who), word in row.table.cells.items()
        if (row.table.subject, state) in tables.SECRET and who not in STAFF
        if word != row.table.cells["nowhere", who]
    }
    assert told == set()


def _same_column(row: Row, one: str, other: str) -> bool:
    """Say whether two people get the same everywhere in a table."""
    return all(
        row.table.cells[state, one] == row.table.cells[state, other] for state in STATES[row.table.subject]
    )


def as_seen(answer: TestResponse, address: str) -> tuple[int, list[tuple[str, str]], str]:
    """Return what somebody sees of an answer, without what differs each time and where they asked."""
    # What a query says is the same for everything that a row is about.
    address = address.partition("?")[0]
    headers = [
        (name, value.replace(address, "(address)").replace(quote(address), "(address)"))
        for name, value in answer.headers
        if name not in _OWN_TO_EACH_ANSWER
    ]
    text = answer.text.replace(answer.headers["X-Request-Id"], "(number)")
    return answer.status_code, sorted(headers), _TOKEN.sub("(token)", text).replace(address, "(address)")


def _told_apart(row: Row, answers: dict[Cell, tuple[int, list[tuple[str, str]], str]]) -> list[Cell]:
    """Return for whom something hidden looks otherwise than what isn't there."""
    return [
        (state, who)
        for state, who in answers
        if row.table.cells[state, who] == "gone"
        or ((row.table.subject, state) in tables.SECRET and who not in STAFF)
        if answers[state, who] != answers["nowhere", who]
    ]


def _outcome(answer: TestResponse, method: str) -> str:
    """Return the word of the matrix for an answer."""
    location = answer.headers.get("Location", "")
    if answer.status_code == 401 or location.startswith("/log-in?next="):
        return "login" if (answer.status_code == 401) == (method not in SAFE) else "login, the wrong way"
    if answer.status_code == 303:
        return "lead" if method in SAFE else "done"
    if answer.status_code == 403 and _NO_REASON in answer.text:
        return "no, without a reason"
    words = {status: word for word, status in _STATUS.items()}
    return words.get(answer.status_code, str(answer.status_code))


def _title(answer: TestResponse) -> str:
    found = read_page(answer.text).all("h1")
    return found[0].text if found else answer.headers.get("Location", "")
