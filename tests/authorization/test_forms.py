"""What no page sends is refused, whoever sends it: nobody makes themselves a moderator by a field."""

import pytest

from tests.authorization.conftest import Forum
from tests.authorization.routes import ROUTES, UNSAFE, method_and_rule, name_of
from tests.authorization.states import STATES

# Columns of our own tables, words of our rules, and one that nobody ever heard of.
FORGED = {
    "id": "1",
    "role": "administrator",
    "state": "published",
    "author_id": "1",
    "member_id": "1",
    "reporter_id": "1",
    "from_community": "1",
    "pinned": "1",
    "locked": "0",
    "claimed_by_id": "1",
    "category_id": "1",
    "is_operator": "1",
    "made_up": "1",
}
# Forms of which the forum reads nothing at all, or that it doesn't get to read in the matrix.
READS_NONE = {
    "POST /auth/facebook/deauthorize": "Its signed field alone counts, and others that Facebook adds must not hinder.",
    "POST /auth/facebook/deletion": "The same.",
    "POST /auth/google/events": "It takes a token and no form.",
    "POST /auth/passkey": "Nobody has a device here; the tests of passkeys forge its fields.",
    "POST /auth/<provider>/start": "It reads where to go next, and validates that.",
    "POST /join/consent": "Nobody is at the consent step here; the tests of consent forge its fields.",
    "POST /join/consent/decline": "It reads nothing, and forgets who it was.",
    "POST /log-out": "It reads nothing, and must always work.",
}

every_form = pytest.mark.parametrize(
    "route", [pytest.param(route, id=name_of(route)) for route in UNSAFE if route not in READS_NONE]
)


@pytest.mark.proves("W5")
@every_form
@pytest.mark.parametrize("forum", ["sqlite"], indirect=True)  # Forms are read before any database is asked.
def test_a_forged_field_is_refused(forum: Forum, route: str) -> None:
    row, (method, _rule) = ROUTES[route], method_and_rule(route)
    # Somebody who may, so that it is the field that decides.
    state, who = next(
        (state, who)
        for state in STATES[row.table.subject]
        for who in reversed(forum.community.people)
        if row.table.cells[state, who] in ("done", "page", "wrong", "late")
    )
    subject = forum.community.subject(row.table.subject, state, who)
    person, address, form = forum.community.people[who], row.address(route, subject), row.form(subject)
    wrong = []
    for name in FORGED.keys() - form.keys():
        answer = forum.ask(person, method, address, {**form, name: FORGED[name]})
        if answer.status_code != 400:
            wrong.append(f"{name}: {answer.status}")
        if changed := forum.changed():
            wrong.append(f"{name}: it changed {changed}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.proves("W5")
@every_form
@pytest.mark.parametrize("forum", ["sqlite"], indirect=True)  # The same here.
def test_a_field_that_comes_twice_is_refused(forum: Forum, route: str) -> None:
    row, (method, _rule) = ROUTES[route], method_and_rule(route)
    state, who = next(
        (cell for cell, word in reversed([*row.table.cells.items()]) if word in ("done", "page", "wrong")),
        ("", ""),
    )
    subject = forum.community.subject(row.table.subject, state, who)
    person, address, form = forum.community.people[who], row.address(route, subject), row.form(subject)
    wrong = []
    # Of several posts, several can be chosen.
    for name in form.keys() - {"posts"}:
        answer = forum.ask(person, method, address, {**form, name: [form[name], "another"]})
        if answer.status_code != 400:
            wrong.append(f"{name}: {answer.status}")
        if changed := forum.changed():
            wrong.append(f"{name}: it changed {changed}")
    assert wrong == [], "\n".join(wrong)
