"""Commands of accounts that no page calls yet, and the edges that pages can't reach."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from forum import clock
from forum.accounts.commands import begin_attempt, change_role, take_attempt
from forum.accounts.former_names import name_can_be_had
from forum.accounts.models import Member
from forum.accounts.providers.outcomes import Attempt, Provider
from forum.accounts.queries import identity_of
from forum.database.page_stamps import read
from forum.database.session import Database
from forum.errors import NotFound
from forum.permissions.actor import OPERATOR, MemberState, Role
from tests import cast
from tests.recorder import recorded

HERE = "http://localhost/auth/google/callback"


def attempt(state: str) -> Attempt:
    """Return an attempt at Google."""
    return Attempt(Provider.GOOGLE, state, "a nonce", "a verifier", HERE)


def is_staff(someone: cast.Someone) -> bool:
    """Say whether somebody's next request would be a moderator's."""
    return someone.actor.is_staff


def test_a_role_counts_from_the_next_request_on(app: Flask, database: Database) -> None:
    someone = cast.member(app, "Juniper")
    assert not is_staff(someone)
    with database.transaction() as session:
        assert change_role(session, OPERATOR, "Juniper", Role.MODERATOR) == someone.member_id
    assert is_staff(someone)
    with database.reading() as session:
        stamps = read(session, ["site"])
    with database.transaction() as session:
        change_role(session, OPERATOR, "Juniper", Role.MEMBER)
    with database.reading() as session:
        assert read(session, ["site"]) == {"site": stamps["site"] + 1}
    assert not is_staff(someone)


@pytest.mark.parametrize(
    ("role", "state"),
    [(Role.ADMINISTRATOR, MemberState.ACTIVE), (Role.PEER_SUPPORTER, MemberState.WAITING)],
)
def test_whoever_is_trusted_with_a_task_need_not_wait(
    app: Flask, database: Database, role: Role, state: MemberState
) -> None:
    someone = cast.member(app, "Juniper")
    with database.transaction() as session:
        session.get_one(Member, someone.member_id).state = MemberState.WAITING
    with database.transaction() as session:
        change_role(session, OPERATOR, "Juniper", role)
    assert (someone.actor.role, someone.actor.state) == (role, state)


@pytest.mark.parametrize("name", ["Nobody-Here", "juniper", "Junlper", ""])
def test_a_role_is_given_to_the_exact_name_alone(app: Flask, database: Database, name: str) -> None:
    cast.member(app, "Juniper")
    with database.transaction() as session, pytest.raises(NotFound):
        change_role(session, OPERATOR, name, Role.ADMINISTRATOR)


def test_an_attempt_is_taken_once_by_its_browser(database: Database) -> None:
    with database.transaction() as session:
        begin_attempt(session, "this browser", attempt("a state"), "/about")
    with database.transaction() as session:
        assert take_attempt(session, "another browser", Provider.GOOGLE, ["a state"], HERE) is None
        assert take_attempt(session, "this browser", Provider.GOOGLE, ["another state"], HERE) is None
        taken = take_attempt(session, "this browser", Provider.GOOGLE, ["a state"], HERE)
        assert taken is not None
        assert (taken.attempt, taken.next) == (attempt("a state"), "/about")
        assert take_attempt(session, "this browser", Provider.GOOGLE, ["a state"], HERE) is None


@pytest.mark.proves("A8")
@pytest.mark.parametrize(("seconds", "is_taken"), [(599, True), (600, False)])
def test_an_attempt_ends_after_ten_minutes(database: Database, seconds: int, is_taken: bool) -> None:
    began = clock.now()
    with time_machine.travel(began, tick=False), database.transaction() as session:
        begin_attempt(session, "this browser", attempt("a state"), "/")
    with (
        time_machine.travel(began + timedelta(seconds=seconds), tick=False),
        database.transaction() as session,
    ):
        taken = take_attempt(session, "this browser", Provider.GOOGLE, ["a state"], HERE)
    assert (taken is not None) == is_taken


def test_looking_somebody_up_takes_one_statement(app: Flask, database: Database) -> None:
    cast.member(app, "Iris")
    with recorded(database) as statements, database.reading() as session:
        assert not name_can_be_had(session, "lris", cast.BAN_KEYS)
        assert len(statements) == 1
        assert identity_of(session, "https://nobody.invalid", "1") is None
        assert len(statements) == 2
