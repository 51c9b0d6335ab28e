"""What staff send, and what changes somebody's ways in, asks first for a proof that it is still they. None is missing.

The whole route map is walked, so that a new route of moderators has it from its first day.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from forum import clock
from forum.accounts.models import SignInSession
from forum.permissions.actor import PROOF_LASTS, Proof
from tests.authorization.conftest import Forum
from tests.authorization.routes import ROUTES, UNSAFE, method_and_rule, name_of
from tests.authorization.states import STATES
from tests.conftest import database_of
from tests.pages import read_page

# Everything a member may do to their own account, and what is taken away as a file.
MEMBERS = (
    "POST /settings/profile",
    "POST /settings/privacy/export",
    "GET /settings/privacy/export/<int:export_id>",
    "POST /settings/sign-in/codes",
    "POST /settings/sign-in/identities/<int:identity_id>/remove",
    "POST /settings/sign-in/passkeys",
    "POST /settings/sign-in/passkeys/<int:passkey_id>/name",
    "POST /settings/sign-in/passkeys/<int:passkey_id>/remove",
)
FILES = ("GET /moderation/log.csv",)


def declared(forum: Forum, route: str) -> tuple[str, bool]:
    """Return how a route's view declares who may ask, and whether it asks for a proof of its own accord."""
    method, rule = method_and_rule(route)
    view: Any = next(
        forum.app.view_functions[one.endpoint]
        for one in forum.app.url_map.iter_rules()
        if one.rule == rule and method in (one.methods or ())
    )
    return view.access, getattr(view, "needs_proof", False)


def guarded(forum: Forum) -> Iterator[tuple[str, bool]]:
    """Give every route that asks for a proof, and whether it is staff's."""
    for route in ROUTES:
        access, needs_proof = declared(forum, route)
        if needs_proof or (access == "staff_only" and route in UNSAFE):
            yield route, access == "staff_only"


@pytest.mark.proves("W12")
@pytest.mark.parametrize("how", ["absent", "stale", "mere return"])
def test_without_a_proof_nothing_is_done_and_nothing_typed_is_lost(forum: Forum, how: str) -> None:
    person = forum.community.people["admin"]
    wrong, walked = [], []
    for route, is_staff in guarded(forum):
        if how == "mere return" and not is_staff:
            continue
        row, (method, _rule) = ROUTES[route], method_and_rule(route)
        subject = forum.community.subject(row.table.subject, STATES[row.table.subject][0], "admin")
        address, form = row.address(route, subject), row.form(subject)
        forum.put_back()
        _forget(forum, how)
        answer = forum.ask(person, method, address, form)
        walked.append(route)
        if answer.status_code != 403 or "Show that it is you" not in answer.text:
            wrong.append(f"{name_of(route)}: {answer.status}")
        if method != "GET" and (lost := form.items() - _waiting(answer.text, address)):
            wrong.append(f"{name_of(route)}: it lost {lost}")
        if changed := {*forum.changed()} - {"sign_in_session"}:
            wrong.append(f"{name_of(route)}: it changed {changed}")
    assert wrong == [], "\n".join(wrong)
    assert len(walked) > 30
    assert {*FILES} <= {*walked}
    if how != "mere return":
        assert {*MEMBERS} <= {*walked}


@pytest.mark.proves("W12")
def test_every_unsafe_route_of_staff_is_among_them(forum: Forum) -> None:
    walked = {route for route, _is_staff in guarded(forum)}
    staff = {route for route in UNSAFE if method_and_rule(route)[1].startswith(("/moderation", "/admin"))}
    assert staff - walked == set()


def _forget(forum: Forum, how: str) -> None:
    now = clock.now()
    proof, at = {
        "absent": (None, None),
        "stale": (Proof.PASSKEY, now - PROOF_LASTS),
        "mere return": (Proof.RETURN, now),
    }[how]
    with database_of(forum.app).transaction() as session:
        session.execute(update(SignInSession).values(proof=proof, proved_at=at))
        assert session.scalar(select(SignInSession.id).limit(1)) is not None


def _waiting(html: str, address: str) -> set[tuple[str, str]]:
    """Return the fields of the form that waits, if it goes where the first one went."""
    forms = [form for form in read_page(html).all("form") if "data-waiting" in form.attributes]
    if len(forms) != 1 or forms[0].attributes["action"] != address:
        return set()
    return {(one.attributes["name"], one.attributes["value"]) for one in forms[0].all("input", type="hidden")}
