"""The worker: effects and completion are one, failures are written down, and no death loses a job."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from time_machine import Traveller

from forum import clock
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job
from forum.jobs.queue import MOST_ATTEMPTS, Payload
from forum.jobs.worker import LEASE, Recurring, Worker
from tests.jobs.marks import leave_a_mark

TOP = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)
SECRET = "what somebody wrote"


def put_in(database: Database, *topic_ids: int, name: str = "mark") -> None:
    with database.transaction() as session:
        for topic_id in topic_ids:
            queue.enqueue(session, name, {"topic_id": topic_id})


def do_nothing(session: Session) -> None:
    """Stand for work that nobody waits for in these tests."""


def test_it_does_what_is_due_and_leaves_no_row(
    database: Database, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    put_in(database, 1, 2, 3)
    worker = Worker(database, {"mark": leave_a_mark})
    assert worker.run_due(limit=2) == 2
    assert waiting() == 1
    assert worker.run_due(limit=10) == 1
    assert worker.run_due(limit=10) == 0
    assert waiting() == 0
    assert [marks(1), marks(2), marks(3)] == [1, 1, 1]


def test_many_workers_do_every_job_once(
    database: Database, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    topics = range(1, 41)
    put_in(database, *topics)
    all_there = threading.Barrier(6)
    done: list[int] = []

    def work() -> None:
        worker = Worker(database, {"mark": leave_a_mark})
        all_there.wait(timeout=30)
        done.append(worker.run_due(limit=len(topics)))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(done) == len(topics)
    assert [marks(topic) for topic in topics] == [1] * len(topics)
    assert waiting() == 0


def test_failing_work_leaves_nothing_but_the_name_of_its_error(
    database: Database, moment: Traveller, marks: Callable[[int], int]
) -> None:
    def fall(session: Session, payload: Payload) -> None:
        leave_a_mark(session, payload)
        raise LookupError(SECRET)

    put_in(database, 1)
    with capture_logs() as logs:
        assert Worker(database, {"mark": fall}).run_due(limit=10) == 1
    assert marks(1) == 0
    with database.reading() as session:
        error, due_at, token = session.execute(select(Job.last_error, Job.due_at, Job.lease_token)).one()
    assert (error, token) == ("LookupError", None)
    assert due_at == clock.now() + timedelta(seconds=10)
    (line,) = logs
    assert (line["event"], line["name"], line["attempt"], line["error"]) == (
        "jobs.failed",
        "mark",
        1,
        "LookupError",
    )
    assert "fall" in line["where"]
    assert not line["gave_up"]
    assert SECRET not in str(logs)
    assert "topic_id" not in str(logs)


def test_one_job_that_fails_does_not_hold_up_the_others(
    database: Database, moment: Traveller, marks: Callable[[int], int]
) -> None:
    def fall_over_two(session: Session, payload: Payload) -> None:
        if payload["topic_id"] == 2:
            raise LookupError
        leave_a_mark(session, payload)

    put_in(database, 1, 2, 3)
    assert Worker(database, {"mark": fall_over_two}).run_due(limit=10) == 3
    assert [marks(1), marks(2), marks(3)] == [1, 0, 1]
    moment.shift(timedelta(seconds=10))
    assert Worker(database, {"mark": leave_a_mark}).run_due(limit=10) == 1
    assert marks(2) == 1


def test_after_the_last_attempt_the_job_is_given_up_and_kept(database: Database, moment: Traveller) -> None:
    def fall(session: Session, payload: Payload) -> None:
        raise LookupError

    put_in(database, 1)
    worker = Worker(database, {"mark": fall})
    with capture_logs() as logs:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            assert worker.run_due(limit=10) == 1
            moment.shift(queue.pause_after(attempt))
        assert worker.run_due(limit=10) == 0
    assert [line["gave_up"] for line in logs] == [False] * (MOST_ATTEMPTS - 1) + [True]
    with database.reading() as session:
        (letter,) = queue.dead_letters(session).letters.items
    assert letter.error == "LookupError"


def test_a_job_nobody_knows_waits_for_a_release_that_does(
    database: Database, moment: Traveller, marks: Callable[[int], int]
) -> None:
    put_in(database, 1, name="of a newer release")
    assert Worker(database, {}).run_due(limit=10) == 1
    with database.reading() as session:
        assert session.execute(select(Job.last_error)).scalar_one() == "UnknownJob"
    moment.shift(timedelta(seconds=10))
    assert Worker(database, {"of a newer release": leave_a_mark}).run_due(limit=10) == 1
    assert marks(1) == 1


def test_a_worker_that_was_too_slow_undoes_its_work(
    database: Database, moment: Traveller, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    """Another worker takes the job up when the lease is over; only that one's effects count."""
    faster = Worker(database, {"mark": leave_a_mark})

    def dawdle(session: Session, payload: Payload) -> None:
        moment.shift(LEASE)
        assert faster.run_due(limit=10) == 1
        leave_a_mark(session, payload)
        leave_a_mark(session, payload)

    put_in(database, 1)
    with capture_logs() as logs:
        assert Worker(database, {"mark": dawdle}).run_due(limit=10) == 1
    assert [line["event"] for line in logs] == ["jobs.done", "jobs.lease_lost"]
    assert marks(1) == 1
    assert waiting() == 0


def test_kill_9_loses_nothing(
    database: Database, database_url: str, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    """A real process is killed between a job's effects and the commit; another one does the job once."""
    lease = timedelta(seconds=600)
    put_in(database, 7)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.jobs.interrupted_worker",
            database_url,
            str(int(lease.total_seconds())),
        ],
        cwd=TOP,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        process.kill()
        assert said == "midway\n", process.stderr.read()
    assert process.returncode == -signal.SIGKILL
    assert marks(7) == 0
    assert waiting() == 1
    second = Worker(database, {"mark": leave_a_mark})
    assert second.run_due(limit=10) == 0, "The dead worker's lease still holds."
    with time_machine.travel(clock.now() + lease):
        assert second.run_due(limit=10) == 1
        assert second.run_due(limit=10) == 0
    assert marks(7) == 1
    assert waiting() == 0


def test_it_works_until_told_to_stop_and_finishes_what_it_has_in_hand(
    database: Database, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    stop = threading.Event()
    both_done = threading.Event()

    def stop_at_two(session: Session, payload: Payload) -> None:
        leave_a_mark(session, payload)
        if payload["topic_id"] == 2:
            stop.set()
            both_done.set()

    worker = Worker(database, {"mark": stop_at_two}, idle_wait=0.01)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    # The worker is idle, or about to be, and finds these by itself.
    put_in(database, 1, 2, 3)
    assert both_done.wait(timeout=30)
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert [marks(1), marks(2), marks(3)] == [1, 1, 0]
    assert waiting() == 1


def test_an_idle_worker_stops_at_once(database: Database) -> None:
    stop = threading.Event()
    worker = Worker(database, {}, idle_wait=600)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_database_that_is_away_for_a_while_does_not_end_the_worker(database_url: str) -> None:
    class Flaky(Database):
        away = True

        def reading(self) -> Session:
            if self.away:
                self.away = False
                raise OperationalError("SELECT", {}, Exception(SECRET))
            stop.set()
            return super().reading()

    class Stop(threading.Event):
        waits: list[float | None] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.waits.append(timeout)
            return self.is_set()

    stop = Stop()
    database = Flaky(database_url)
    try:
        with capture_logs() as logs:
            Worker(database, {}, idle_wait=0.5).run(stop)
    finally:
        database.dispose()
    assert stop.waits == [5.0, 0.5]
    assert [line["event"] for line in logs] == ["jobs.database_failed"]
    assert SECRET not in str(logs)


def test_what_recurs_is_done_once_at_each_moment_by_however_many_workers(
    database: Database, moment: Traveller, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    hourly = Recurring("hourly", HOUR, lambda session: leave_a_mark(session, {"topic_id": 60}))
    daily = Recurring("daily", timedelta(days=1), lambda session: leave_a_mark(session, {"topic_id": 24}))
    one, two = (Worker(database, {}, [hourly, daily]) for _ in range(2))

    def run_both() -> int:
        return one.run_due(limit=10) + two.run_due(limit=10)

    assert run_both() == 0, "It is half past ten."
    assert waiting() == 2
    moment.shift(HOUR / 2)
    assert run_both() == 1
    assert run_both() == 0
    # A worker that starts just after the job was done and its row gone must not put it in again.
    assert Worker(database, {}, [hourly, daily]).run_due(limit=10) == 0
    assert marks(60) == 1
    moment.shift(HOUR)
    assert run_both() == 1
    assert marks(60) == 2
    # After a pause of two and a half days each is done once, and then goes on as before.
    moment.shift(timedelta(days=2, hours=12))
    assert run_both() == 2
    assert (marks(60), marks(24)) == (3, 1)
    assert waiting() == 2
    moment.shift(HOUR)
    assert run_both() == 1, "It is one in the morning."
    moment.shift(timedelta(days=1))
    assert run_both() == 2
    assert (marks(60), marks(24)) == (5, 2)


def test_recurring_moments_are_the_same_for_everyone() -> None:
    daily = Recurring("daily", timedelta(days=1), do_nothing)
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    midnight = datetime(2026, 3, 15, tzinfo=UTC)
    assert daily.next_due(noon) == midnight
    assert daily.next_due(midnight) == midnight + timedelta(days=1)
    assert daily.next_due(midnight - timedelta(microseconds=1)) == midnight


def test_two_kinds_of_jobs_cannot_have_one_name(database: Database) -> None:
    with pytest.raises(ValueError, match="same name"):
        Worker(database, {"sweep": leave_a_mark}, [Recurring("sweep", HOUR, do_nothing)])
    with pytest.raises(ValueError, match="same name"):
        Worker(database, {}, [Recurring("sweep", HOUR, do_nothing)] * 2)
    with pytest.raises(ValueError, match="same name"):
        Worker(database, {"sweep": leave_a_mark}, errands=[{"sweep": lambda _session, _payload: None}])
    with pytest.raises(ValueError, match="same name"):
        Worker(database, {}, errands=[{"sweep": lambda _session, _payload: None}] * 2)


def test_what_recurs_without_a_handler_is_the_errand_of_its_name(
    database: Database, moment: Traveller, waiting: Callable[[], int]
) -> None:
    went: list[Payload] = []
    hourly = Recurring("hourly", HOUR)
    errands = [{"hourly": lambda _session, payload: lambda: went.append(payload)}]
    worker = Worker(database, {}, [hourly], errands=errands)
    for hours in (1, 2):
        moment.shift(HOUR)
        assert worker.run_due(limit=10) == (hours > 1)
    assert went == [{}]
    assert waiting() == 1, "The next one."
    with database.transaction() as session:
        assert hourly.begin(session)
    assert worker.run_due(limit=10) == 1
    assert went == [{}, {}]


def test_what_recurs_must_be_done_by_somebody(database: Database) -> None:
    with pytest.raises(ValueError, match="nobody does it"):
        Worker(database, {"hourly": leave_a_mark}, [Recurring("hourly", HOUR)])


class OneRound(threading.Event):
    """Stops a worker as soon as it has nothing to do, instead of letting it wait."""

    def wait(self, timeout: float | None = None) -> bool:
        """Stop."""
        del timeout
        self.set()
        return True


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_worker_empties_the_log_once_a_minute(
    database: Database, database_url: str, moment: Traveller
) -> None:
    log = Path(database_url.removeprefix("sqlite:///") + "-wal")
    worker = Worker(database, {"mark": leave_a_mark})
    sizes = []
    for seconds in (0, 59, 2):
        moment.shift(timedelta(seconds=seconds))
        put_in(database, 1)
        assert log.stat().st_size > 0
        worker.run(OneRound())
        sizes.append(log.stat().st_size > 0)
    assert sizes == [False, True, False]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_reader_in_the_way_of_the_log_is_left_alone(
    database: Database, database_url: str, moment: Traveller
) -> None:
    log = Path(database_url.removeprefix("sqlite:///") + "-wal")
    worker = Worker(database, {"mark": leave_a_mark})
    put_in(database, 1)
    with database.reading() as session:
        session.execute(select(Job.id)).all()
        put_in(database, 2)
        worker.run(OneRound())
        assert log.stat().st_size > 0
    moment.shift(timedelta(seconds=6))
    worker.run(OneRound())
    assert log.stat().st_size == 0
