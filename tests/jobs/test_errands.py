"""Errands: jobs that talk to the network do so with no transaction open, at least once, and in nobody's way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from time_machine import Traveller

from forum import clock
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job
from forum.jobs.queue import Names, Payload
from forum.jobs.worker import LEASE, Recurring, Worker
from forum.mail.message import Letter, message_of
from tests.jobs.marks import leave_a_mark
from tests.mail.post import SENDER
from tests.mail.servers import BadServer, sends_to

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
    assert Worker(database, {"mark": leave_a_mark}, errands=[{"errand": read}]).run_due(limit=10) == 1
    assert done == [7]
    assert waiting() == 1, "What the other one put in; the errand itself is done."


def test_an_errand_may_change_nothing_while_it_reads(
    database: Database, marks: Callable[[int], int], moment: Traveller
) -> None:
    def read(session: Session, payload: Payload) -> None:
        leave_a_mark(session, payload)

    put_in(database, 7, name="errand")
    assert Worker(database, {}, errands=[{"errand": read}]).run_due(limit=10) == 1
    assert marks(7) == 0
    with database.reading() as session:
        assert session.execute(select(Job.last_error)).scalar_one() is not None


def test_an_errand_with_nothing_to_do_is_done(database: Database, waiting: Callable[[], int]) -> None:
    put_in(database, 7, name="errand")
    with capture_logs() as logs:
        worker = Worker(database, {}, errands=[{"errand": lambda _session, _payload: None}])
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
    worker = Worker(database, {}, errands=[{"errand": read}])
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
        database, {}, errands=[{"errand": lambda _session, _payload: lambda: acted.append("faster")}]
    )

    def dawdle() -> None:
        moment.shift(LEASE)
        assert faster.run_due(limit=10) == 1
        acted.append("slower")

    put_in(database, 7, name="errand")
    with capture_logs() as logs:
        slower = Worker(database, {}, errands=[{"errand": lambda _session, _payload: dawdle}])
        assert slower.run_due(limit=10) == 1
    assert [line["event"] for line in logs] == ["jobs.done", "jobs.lease_lost"]
    assert acted == ["faster", "slower"]
    assert waiting() == 0


LETTER = Letter(
    to="wren@members.example",
    subject="Something",
    paragraphs=("It happened.",),
    link_words="More",
    link_path="/",
    locale="en",
)


@pytest.mark.parametrize("drips", [False, True])
def test_a_mail_server_that_hangs_holds_up_letters_and_nothing_else(
    database: Database, marks: Callable[[int], int], waiting: Callable[[], int], drips: bool
) -> None:
    """Erasures, what recurs and files go on while the first of several letters waits for an answer that never comes."""
    stop, swept, done, written = (threading.Event() for _each in range(4))

    def mark(session: Session, payload: Payload) -> None:
        leave_a_mark(session, payload)
        done.set()

    def send(_session: Session, _payload: Payload) -> Callable[[], None]:
        return partial(sends_to(server.port).send, message_of(LETTER, SENDER, "key"))

    every_second = Recurring("sweep", timedelta(seconds=1), lambda _session: swept.set())
    files = {"file": lambda _session, _payload: written.set}
    errands = [{"letter": send}, files]
    worker = Worker(database, {"mark": mark}, [every_second], errands=errands, idle_wait=0.01)
    thread = threading.Thread(target=worker.run, args=(stop,))
    with BadServer(0, drips=drips) as server:
        # Put in first: whoever did one job after another would begin with these.
        for number in (1, 2, 3):
            put_in(database, number, name="letter")
        thread.start()
        assert server.called.wait(timeout=30)
        put_in(database, 7, name="mark")
        put_in(database, 8, name="file")
        assert done.wait(timeout=30)
        assert written.wait(timeout=30)
        swept.clear()
        assert swept.wait(timeout=30)
        assert not server.left_alone.is_set(), "The letter still hangs."
        with database.reading() as session:
            taken_up = session.scalars(
                select(Job.attempts).where(Job.name == "letter").order_by(Job.id)
            ).all()
        assert taken_up == [1, 0, 0], "One errand at a time."
        stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert marks(7) == 1


def test_an_errand_that_takes_longer_than_its_lease_stays_with_its_worker(
    database: Database, moment: Traveller, waiting: Callable[[], int]
) -> None:
    """A large copy is not begun a second time by another worker, which would take the first one's work away."""
    stop, begun, may_end, swept = (threading.Event() for _each in range(4))
    attempts: list[str] = []

    def act() -> None:
        attempts.append("one")
        begun.set()
        assert may_end.wait(timeout=30)

    def done_by_the_other(_session: Session, _payload: Payload) -> Callable[[], None]:
        return lambda: attempts.append("other")

    def go_on(seconds: int) -> None:
        """Let time go by, and wait until the worker noticed."""
        swept.clear()
        moment.shift(timedelta(seconds=seconds))
        assert swept.wait(timeout=30)

    every_second = Recurring("sweep", timedelta(seconds=1), lambda _session: swept.set())
    errands = [{"errand": lambda _session, _payload: act}]
    worker = Worker(database, {}, [every_second], errands=errands, idle_wait=0.01)
    other = Worker(database, {}, errands=[{"errand": done_by_the_other}])
    put_in(database, 1, name="errand")
    with running(worker, stop, may_end):
        assert begun.wait(timeout=30)
        for _third_of_the_lease in range(6):
            go_on(int(LEASE.total_seconds()) // 3)
            # The first time, it may have looked at its clock just before.
            go_on(1)
            assert other.run_due(10, Names(("errand",), all_but=False)) == 0
    assert attempts == ["one"]


def test_one_that_stops_keeps_the_errand_in_hand_until_it_is_finished(
    database: Database, moment: Traveller
) -> None:
    stop, begun, may_end = (threading.Event() for _each in range(3))

    def act() -> None:
        begun.set()
        assert may_end.wait(timeout=30)

    put_in(database, 1, name="errand")
    errands = [{"errand": lambda _session, _payload: act}]
    worker = Worker(database, {}, errands=errands, idle_wait=0.01)
    with running(worker, stop, may_end):
        assert begun.wait(timeout=30)
        stop.set()
        until = leased_until(database)
        moment.shift(LEASE / 2)
        # The clock stands still: so many looks, each of them a query, are far longer than its rest.
        assert any(leased_until(database) != until for _look in range(2000))


@contextmanager
def running(worker: Worker, stop: threading.Event, may_end: threading.Event) -> Iterator[None]:
    """Let a worker work in a thread of its own, and end it whatever happens."""
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        may_end.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def leased_until(database: Database) -> datetime | None:
    with database.reading() as session:
        return session.execute(select(Job.leased_until)).scalar_one()


def test_a_lease_that_was_lost_is_not_renewed(database: Database, moment: Traveller) -> None:
    put_in(database, 1, name="errand")
    with database.transaction() as session:
        job = queue.claim(session, LEASE, clock.now())
    assert job is not None
    moment.shift(LEASE)
    with database.transaction() as session:
        assert queue.claim(session, LEASE, clock.now()) is not None
        assert not queue.renew(session, job, HOUR, clock.now())


def test_the_worker_ends_when_any_of_its_threads_falls_over(database: Database) -> None:
    """Half a worker looks like a whole one; a whole one that ended is started again."""

    class Fallen(BaseException):
        pass

    def fall(_session: Session, _payload: Payload) -> None:
        raise Fallen

    for names in permutations(("fall", "idle", "idle too")):
        handlers, *errands = ({name: fall} for name in names)
        with database.transaction() as session:
            session.execute(delete(Job))
        put_in(database, 7, name="fall")
        with pytest.raises(Fallen):
            Worker(database, handlers, errands=errands, idle_wait=600).run(threading.Event())


def test_one_that_stops_finishes_the_errand_in_hand(database: Database, waiting: Callable[[], int]) -> None:
    stop, may_end = threading.Event(), threading.Event()

    def act() -> None:
        stop.set()
        assert may_end.wait(timeout=30)

    put_in(database, 1, name="errand")
    put_in(database, 2, name="errand")
    worker = Worker(database, {}, errands=[{"errand": lambda _session, _payload: act}], idle_wait=0.01)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    assert stop.wait(timeout=30)
    assert thread.is_alive()
    may_end.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert waiting() == 1
