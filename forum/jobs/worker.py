"""The worker: it claims jobs one after another and does each in one transaction, and puts in what recurs.

Errands are the jobs that talk to the network or write files: they are done between two transactions, never inside one,
and in lanes, each of which has a thread of its own, so that nothing else waits for somebody else's server, nor anything
short for what takes long. The worker knows no job itself. What a job's name stands for is given to it, and so is the
table of what recurs.
"""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TypeAlias

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from forum import clock
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.queue import ALL_JOBS, ClaimedJob, Names, Payload

# Idempotent, and without network calls: it runs inside the transaction in which the job is completed.
Handler: TypeAlias = Callable[[Session, Payload], object]
# Reads what is to be done, and returns how to do it, or None where there is nothing to do any more. What it returns
# is called with no transaction open. It is done at least once: twice when the worker ends before that is written down.
Errand: TypeAlias = Callable[[Session, Payload], Callable[[], None] | None]
# Errands by the names of their jobs. Within a lane they are done one after another; lanes don't wait for one another.
Lane: TypeAlias = Mapping[str, Errand]

# Far longer than any handler takes; until it is over, the job of a worker that was killed stays with it. An errand may
# take longer: while the worker runs, its lease is renewed.
LEASE = timedelta(minutes=2)
# How long a job may wait that was put in while the worker was idle, in seconds.
IDLE_WAIT = 1.0
# How often the worker has the database let go of what was erased; soon again when somebody was in the way.
TIDY_EVERY = timedelta(minutes=1)
TIDY_AGAIN = timedelta(seconds=5)
# How long the worker leaves a database alone that failed it, in seconds.
WAIT_FOR_DATABASE = 5.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """The job took longer than its lease and belongs to another worker now; this one's changes are undone."""


class UnknownJob(Exception):
    """Nobody here knows what the job's name stands for, perhaps because a newer release put it in."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """Work that is due at every whole multiple of ``every`` since 1970 began, so days begin at midnight UTC.

    After a pause of the worker it is done once, not once for each moment that was missed. Without a handler, it is the
    errand of the same name.
    """

    name: str
    every: timedelta
    handler: Callable[[Session], object] | None = None

    def next_due(self, now: datetime) -> datetime:
        """Return the first moment after ``now`` at which this is due."""
        return _EPOCH + ((now - _EPOCH) // self.every + 1) * self.every

    def begin(self, session: Session) -> object:
        """Do it in this transaction, out of its turn, and return what it says; an errand is put in."""
        return queue.enqueue(session, self.name, {}) if self.handler is None else self.handler(session)


class Worker:
    """Does jobs, one at a time, and beside them one errand of each lane. Any number of workers may share a database.

    ``handlers`` and ``errands`` say what to do for each job's name; the names of what recurs come from ``recurring``.
    Raises ValueError when two of them have the same name, or when something recurs that nobody does.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        recurring: Sequence[Recurring] = (),
        *,
        errands: Sequence[Lane] = (),
        lease: timedelta = LEASE,
        idle_wait: float = IDLE_WAIT,
    ) -> None:
        handled = {entry.name: _alone(entry.handler) for entry in recurring if entry.handler is not None}
        names = [*handlers, *(name for lane in errands for name in lane)]
        recur = [entry.name for entry in recurring]
        if len({*names, *handled}) < len(names) + len(handled) or len(set(recur)) < len(recur):
            raise ValueError("Two kinds of jobs have the same name.")
        self._database = database
        self._lanes = tuple(tuple(lane) for lane in errands if lane)
        self._errands = {name: errand for lane in errands for name, errand in lane.items()}
        self._handlers = {**handlers, **handled}
        if not set(recur) <= handled.keys() | self._errands.keys():
            raise ValueError("Something recurs, and nobody does it.")
        self._recurring = tuple(recurring)
        self._put_in: dict[str, datetime] = {}
        # The errands in hand, by their leases; those of other threads among them.
        self._in_hand: dict[str, ClaimedJob] = {}
        self._renew_at = _EPOCH
        self._tidy_at = _EPOCH
        self._lease = lease
        self._idle_wait = idle_wait

    def run(self, stop: threading.Event) -> None:
        """Do jobs as they become due until ``stop`` is set; what is in hand is finished first.

        Should one of the threads fall over, it sets ``stop`` as well: half a worker looks like a whole one.
        """
        with ThreadPoolExecutor(max_workers=1 + len(self._lanes), thread_name_prefix="errands") as beside:
            lanes = [
                beside.submit(self._keep_on, stop, partial(self._do_due, 1, Names(names, all_but=False)))
                for names in self._lanes
            ]
            self._keep_on(stop, partial(self._do_due_and_see_to_it, Names(tuple(self._errands))))
            while wait(lanes, timeout=self._idle_wait).not_done:
                # Another worker may have begun already, and must not take up what is finished here.
                with suppress(SQLAlchemyError):
                    self._renew_leases()
            for lane in lanes:
                lane.result()

    def _keep_on(self, stop: threading.Event, work: Callable[[], int]) -> None:
        """Work until ``stop`` is set, and rest for a moment whenever there was nothing to do."""
        try:
            while not stop.is_set():
                try:
                    rest = 0.0 if work() else self._idle_wait
                except SQLAlchemyError as error:
                    # The database restarts or is overloaded. Nothing is lost: what was in hand has its lease.
                    log.warning("jobs.database_failed", error=type(error).__name__)
                    rest = WAIT_FOR_DATABASE
                if rest:
                    stop.wait(rest)
        finally:
            stop.set()

    def _do_due_and_see_to_it(self, among: Names) -> int:
        self._put_in_recurring()
        self._renew_leases()
        taken_up = self._do_due(1, among)
        self._tidy()
        return taken_up

    def run_due(self, limit: int, among: Names = ALL_JOBS) -> int:
        """Do at most ``limit`` jobs and errands that are due; return how many were taken up, well or badly."""
        self._put_in_recurring()
        return self._do_due(limit, among)

    def _do_due(self, limit: int, among: Names) -> int:
        for taken_up in range(limit):
            job = self._claim(among)
            if job is None:
                return taken_up
            self._do(job)
        return limit

    def _tidy(self) -> None:
        """Have the database let go of what was erased. It is no job, for jobs run inside a transaction."""
        now = clock.now()
        if now >= self._tidy_at:
            self._tidy_at = now + (TIDY_EVERY if self._database.tidy() else TIDY_AGAIN)

    def _renew_leases(self) -> None:
        """Keep the errands that other threads have in hand, however long they take, well before their leases end."""
        now = clock.now()
        if now < self._renew_at:
            return
        self._renew_at = now + self._lease / 4
        in_hand = list(self._in_hand.values())
        if in_hand:
            with self._database.transaction() as session:
                for job in in_hand:
                    queue.renew(session, job, self._lease, now)

    def _put_in_recurring(self) -> None:
        """See to it that the next occurrence of everything that recurs is in the table.

        It is put in ahead of its moment: put in at its moment, it could be put in again by another worker
        after it was done and its row, with the unique key, was gone.
        """
        now = clock.now()
        missing = [
            (entry, due)
            for entry in self._recurring
            if self._put_in.get(entry.name) != (due := entry.next_due(now))
        ]
        if not missing:
            return
        with self._database.transaction() as session:
            for entry, due in missing:
                key = f"{entry.name}@{due.isoformat()}"
                queue.enqueue(session, entry.name, {}, due_at=due, unique_key=key)
        self._put_in.update({entry.name: due for entry, due in missing})

    def _claim(self, among: Names) -> ClaimedJob | None:
        now = clock.now()
        with self._database.reading() as session:
            if not queue.is_any_ready(session, now, among):
                return None
        with self._database.transaction() as session:
            return queue.claim(session, self._lease, now, among)

    def _do(self, job: ClaimedJob) -> None:
        """Do one job: its effects and its end commit together, or its failure is written down alone."""
        about = log.bind(job=job.id, name=job.name, attempt=job.attempt)
        begun = perf_counter()
        try:
            errand, handler = self._errands.get(job.name), self._handlers.get(job.name)
            if errand is not None:
                self._run(errand, job)
            elif handler is None:
                raise UnknownJob
            with self._database.transaction() as session:
                if handler is not None:
                    handler(session, job.payload)
                if not queue.complete(session, job):
                    raise LeaseLost
        except LeaseLost:
            about.warning("jobs.lease_lost", seconds=_since(begun))
        except Exception as error:  # Whatever a handler raises, the next job must have its turn.
            with self._database.transaction() as session:
                queue.fail(session, job, type(error).__name__, clock.now())
            # The message stays out of the log, for it may quote what somebody wrote.
            about.error(
                "jobs.failed",
                error=type(error).__name__,
                where=_where(error),
                gave_up=job.attempt >= queue.MOST_ATTEMPTS,
                seconds=_since(begun),
            )
        else:
            about.info("jobs.done", seconds=_since(begun))

    def _run(self, errand: Errand, job: ClaimedJob) -> None:
        """Read what the errand is about, then run it with no transaction open: others may wait for a while."""
        self._in_hand[job.lease_token] = job
        try:
            with self._database.reading() as session:
                act = errand(session, job.payload)
            if act is not None:
                act()
        finally:
            del self._in_hand[job.lease_token]


def _alone(handler: Callable[[Session], object]) -> Handler:
    return lambda session, _payload: handler(session)


def _since(begun: float) -> float:
    return round(perf_counter() - begun, 3)


def _where(error: Exception) -> str:
    """Return the function and line that raised, which is what finds a bug without its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}"
