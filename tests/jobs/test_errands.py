"""Errands: jobs that talk to the network do so with no transaction open, and at least once."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from time_machine import Traveller

from forum import clock
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job
from forum.jobs.queue import Payload
from forum.jobs.worker import LEASE, Worker
from tests.jobs.marks import leave_a_mark

HOUR = timedelta(hours=1)
SECRET = "what somebody wrote"


def put_in(database: Database, topic_id: int, name: str) -> None:
    with database.transaction() as session:
        queue.enqueue(session, name, {"topic_id": topic_id})


def test_an_errand_reads_and_then_acts_with_no_transaction_open(
    database: Database, waiting: Callable[[], int]
) -> None:
    """Whoever waits for the network must hold up nobody: on SQLite one writer at a time is all there is."""
    done: list[int | str | None] = []

    def read(session: Session, payload: Payload) -> Callable[[], None]:
        assert session.execute(select(func.count(Job.id))).scalar_one() == 1

        def act() -> None:
            assert not session.in_transaction()
            # Somebody else reads and writes meanwhile, on another connection.
            with database.transaction() as other:
                queue.enqueue(other, "of another", {}, due_at=clock.now() + HOUR)
            done.append(payload["topic_id"])

        return act

    put_in(database, 7, name="errand")
    assert Worker(database, {"mark": leave_a_mark}, errands={"errand": read}).run_due(limit=10) == 1
    assert done == [7]
    assert waiting() == 1, "What the other one put in; the errand itself is done."


def test_an_errand_may_change_nothing_while_it_reads(
    database: Database, marks: Callable[[int], int], moment: Traveller
) -> None:
    def read(session: Session, payload: Payload) -> None:
        leave_a_mark(session, payload)

    put_in(database, 7, name="errand")
    assert Worker(database, {}, errands={"errand": read}).run_due(limit=10) == 1
    assert marks(7) == 0
    with database.reading() as session:
        assert session.execute(select(Job.last_error)).scalar_one() is not None


def test_an_errand_with_nothing_to_do_is_done(database: Database, waiting: Callable[[], int]) -> None:
    put_in(database, 7, name="errand")
    with capture_logs() as logs:
        worker = Worker(database, {}, errands={"errand": lambda _session, _payload: None})
        assert worker.run_due(limit=10) == 1
    assert waiting() == 0
    assert [line["event"] for line in logs] == ["jobs.done"]


def test_an_errand_that_fails_is_tried_again_and_says_only_what_kind_of_failure(
    database: Database, moment: Traveller, waiting: Callable[[], int]
) -> None:
    attempts: list[int] = []

    def read(session: Session, payload: Payload) -> Callable[[], None]:
        def act() -> None:
            attempts.append(1)
            if len(attempts) < 3:
                raise ConnectionError(SECRET)

        return act

    put_in(database, 7, name="errand")
    worker = Worker(database, {}, errands={"errand": read})
    with capture_logs() as logs:
        for attempt in (1, 2, 3):
            assert worker.run_due(limit=10) == 1
            assert worker.run_due(limit=10) == 0, "It rests."
            moment.shift(queue.pause_after(attempt))
    assert [line["event"] for line in logs] == ["jobs.failed", "jobs.failed", "jobs.done"]
    assert [line.get("error") for line in logs] == ["ConnectionError", "ConnectionError", None]
    assert SECRET not in str(logs)
    assert waiting() == 0


def test_an_errand_that_outlasts_its_lease_leaves_the_job_to_the_other_worker(
    database: Database, moment: Traveller, waiting: Callable[[], int]
) -> None:
    acted: list[str] = []
    faster = Worker(
        database, {}, errands={"errand": lambda _session, _payload: lambda: acted.append("faster")}
    )

    def dawdle() -> None:
        moment.shift(LEASE)
        assert faster.run_due(limit=10) == 1
        acted.append("slower")

    put_in(database, 7, name="errand")
    with capture_logs() as logs:
        slower = Worker(database, {}, errands={"errand": lambda _session, _payload: dawdle})
        assert slower.run_due(limit=10) == 1
    assert [line["event"] for line in logs] == ["jobs.done", "jobs.lease_lost"]
    assert acted == ["faster", "slower"]
    assert waiting() == 0
