"""One transaction a request: what is kept, what is undone, and what outlives that."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import QueuePool, insert

from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from tests import cast
from tests.web.trial import REFUSALS, UNSAFE, written


def in_use(database: Database) -> int:
    """How many connections nobody has given back."""
    pools = (database.read_engine.pool, database.write_engine.pool)
    return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))


# --- what is kept and what is undone ---------------------------------------------------------------------


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("status", [200, 201, 204, 302, 303, 399])
def test_an_unsafe_request_that_goes_well_is_committed(
    client: FlaskClient, database: Database, token: dict[str, str], method: str, status: int
) -> None:
    answer = client.open(f"/trial/status/{status}", method=method, data=token)
    assert answer.status_code == status
    assert written(database) == ["status"]


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("status", [400, 404, 422, 499, 500, 503])
def test_an_unsafe_request_with_another_answer_is_undone(
    client: FlaskClient, database: Database, token: dict[str, str], method: str, status: int
) -> None:
    answer = client.open(f"/trial/status/{status}", method=method, data=token)
    assert answer.status_code == status
    assert written(database) == []


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_refusal_undoes_what_came_before_it(
    client: FlaskClient, database: Database, token: dict[str, str], name: str
) -> None:
    assert client.post(f"/trial/refuse/{name}", data=token).status_code >= 400
    assert written(database) == []


@pytest.mark.parametrize("address", ["/trial/fault", "/trial/abort/400", "/trial/abort/409"])
def test_a_fault_undoes_what_came_before_it(
    client: FlaskClient, database: Database, token: dict[str, str], address: str
) -> None:
    assert client.post(address, data=token).status_code >= 400
    assert written(database) == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_safe_request_can_not_write(client: FlaskClient, database: Database, method: str) -> None:
    assert client.open("/trial/status/200", method=method).status_code == 500
    assert written(database) == []


def test_a_view_that_says_so_writes_on_get(client: FlaskClient, database: Database) -> None:
    assert client.get("/trial/declared?status=404").status_code == 404
    assert written(database) == []
    assert client.get("/trial/declared").status_code == 200
    assert written(database) == ["declared"]


def test_who_is_signed_in_is_read_before_the_turn_to_write_and_does_not_prevent_it(
    client: FlaskClient, database: Database, token_of: Callable[[FlaskClient], str]
) -> None:
    someone = cast.member(client.application, "Wren")
    token = token_of(someone.client)
    answer = someone.client.post("/trial/members", data={"csrf_token": token})
    assert (answer.status_code, answer.text) == (200, "Wren")
    assert written(database) == ["members"]


# --- a commit that fails ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/trial/breaks-at-flush", "/trial/breaks-at-commit"])
def test_a_commit_that_fails_is_no_success(
    client: FlaskClient, database: Database, token: dict[str, str], address: str
) -> None:
    answer = client.post(address, data=token)
    assert answer.status_code == 500
    assert "Done." not in answer.text
    assert "Something went wrong on our side" in answer.text
    assert written(database) == []
    # The next request finds everything in order.
    assert client.post("/trial/status/200", data=token).status_code == 200
    assert written(database) == ["status"]


# --- what outlives a refusal -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "status"), [("returned", 422), ("raised", 404), ("fault", 500), ("commit", 500)]
)
def test_what_must_outlive_a_refusal_does_and_nothing_else(
    client: FlaskClient, database: Database, token: dict[str, str], ending: str, status: int
) -> None:
    assert client.post(f"/trial/outlives/{ending}", data=token).status_code == status
    assert written(database) == ["outlived"]


def test_what_would_outlive_a_refusal_is_not_done_without_one(
    client: FlaskClient, database: Database, token: dict[str, str]
) -> None:
    assert client.get("/trial/outlives/ok").status_code == 200
    assert written(database) == []
    assert client.post("/trial/outlives/ok", data=token).status_code == 200
    assert written(database) == ["request"]


def test_what_must_outlive_the_refusal_of_a_safe_request_does_too(
    client: FlaskClient, database: Database
) -> None:
    assert client.get("/trial/outlives/raised").status_code == 404
    assert written(database) == ["outlived"]


# --- connections -----------------------------------------------------------------------------------------


def test_every_kind_of_request_gives_its_connections_back(
    client: FlaskClient, database: Database, token_of: Callable[[FlaskClient], str]
) -> None:
    someone = cast.member(client.application, "Wren")
    field = {"csrf_token": token_of(someone.client)}
    for method, address, data in [
        ("GET", "/", {}),
        ("GET", "/trial/members", {}),
        ("GET", "/trial/staff", {}),
        ("GET", "/trial/undeclared", {}),
        ("GET", "/trial/nowhere", {}),
        ("GET", "/trial/fault", {}),
        ("GET", "/trial/status/200", {}),
        ("GET", "/trial/declared", {}),
        ("POST", "/trial/members", {}),
        ("POST", "/trial/members", field),
        ("POST", "/trial/staff", field),
        ("POST", "/trial/fault", field),
        ("POST", "/trial/breaks-at-flush", field),
        ("POST", "/trial/breaks-at-commit", field),
        ("POST", "/trial/outlives/raised", field),
        ("POST", "/trial/nowhere", field),
        ("OPTIONS", "/trial/members", {}),
        ("HEAD", "/trial/members", {}),
        ("PURGE", "/trial/members", {}),
    ]:
        someone.client.open(address, method=method, data=data)
        assert in_use(database) == 0, f"{method} {address}"


def test_nobody_waits_for_a_turn_to_write_to_hear_that_they_may_not(
    client: FlaskClient, database: Database, token_of: Callable[[FlaskClient], str]
) -> None:
    someone = cast.member(client.application, "Wren")
    field = {"csrf_token": token_of(someone.client)}
    # Whoever waited would wait for the end of this test.
    someone.database.write_engine.pool._timeout = 0.0  # type: ignore[attr-defined]  # The pool's own name.
    holding = [database.writing() for _ in range(_size(database))]
    try:
        for number, session in enumerate(holding):
            session.execute(insert(PageStamp).values(scope=f"held:{number}", version=1))
        for method, address, data, status in [
            ("GET", "/trial/members", {}, 200),
            ("POST", "/trial/members", {}, 400),
            ("POST", "/trial/staff", field, 404),
            ("POST", "/trial/nowhere", field, 404),
            ("POST", "/trial/refuse/not-found", {}, 400),
            ("GET", "/trial/refuse/forbidden", {}, 403),
        ]:
            assert someone.client.open(address, method=method, data=data).status_code == status
        # And whoever does need a turn, and gets none in time, is told to come again.
        answer = someone.client.post("/trial/members", data={**field, "text": "My words."})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "My words." in answer.text
    finally:
        for session in holding:
            session.close()
    assert someone.client.post("/trial/members", data=field).status_code == 200


def _size(database: Database) -> int:
    pool = database.write_engine.pool
    assert isinstance(pool, QueuePool)
    return pool.size()
