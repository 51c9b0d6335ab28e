"""Putting jobs in and taking them out: every statement on the table of jobs stands here.

Nothing here commits: a job is put in within the transaction of its cause, and taken out within that of its
effects. A claim is a conditional UPDATE, so it needs no kind of lock that one of the databases lacks.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnElement, Table, Update, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.database.dialects import tools
from forum.database.keyset import Slice, Window, slice_of
from forum.database.rows import rows_changed
from forum.errors import NotFound
from forum.jobs.models import LONGEST_ERROR, Job, JobId

Payload: TypeAlias = Mapping[str, int | str | None]

# After the eighth failed attempt, some fifteen hours after the first, a job becomes a dead letter.
MOST_ATTEMPTS = 8
DEAD_LETTERS_KEPT = timedelta(days=90)
_FIRST_PAUSE = timedelta(seconds=10)
_PAUSE_FACTOR = 4

# How many of the longest waiting jobs a claim looks at in one go; other workers may be faster with some.
_CANDIDATES = 8
_DEAD_LETTERS_A_PAGE = 50

# An id or a word of a closed set: no sentence fits in.
_ID = re.compile(r"[A-Za-z0-9_:.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Names:
    """Which jobs somebody looks at: those of these names, or with ``all_but`` those of every other name."""

    names: Collection[str] = ()
    all_but: bool = True

    def condition(self) -> ColumnElement[bool]:
        """Return what holds for these jobs."""
        return Job.name.not_in(self.names) if self.all_but else Job.name.in_(self.names)


ALL_JOBS = Names()


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job in the hands of one worker, for as long as ``lease_token`` is the one in its row."""

    id: JobId
    name: str
    payload: Payload
    attempt: int
    lease_token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How often a job was tried, with the attempt that is under way, and whether it was given up."""

    attempts: int
    is_given_up: bool

    @property
    def is_last_attempt(self) -> bool:
        """Say whether it will be given up if the attempt that is under way fails."""
        return self.attempts >= MOST_ATTEMPTS


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up. ``error`` is an exception's class name."""

    name: str
    payload: Payload
    attempts: int
    error: str | None
    created_at: datetime
    failed_at: datetime
    id: JobId


@dataclass(frozen=True, slots=True)
class DeadLettersPage:
    """One page of the jobs that were given up, the latest first."""

    letters: Slice[DeadLetter]


def enqueue(
    session: Session,
    name: str,
    payload: Payload,
    due_at: datetime | None = None,
    unique_key: str | None = None,
) -> bool:
    """Put a job in, to be done once this transaction has committed and ``due_at`` (else now) has come.

    Returns False, and changes nothing, when a job with the same ``unique_key`` is waiting or a dead letter.
    Raises ValueError when the payload holds anything but ids and words of closed sets.
    """
    for value in payload.values():
        if isinstance(value, str) and not _ID.fullmatch(value):
            # The value is not quoted: it may be the very text that must not get about.
            raise ValueError(f"The payload of the job {name} holds text; it may hold only ids.")
        if value is not None and not isinstance(value, int | str):
            raise ValueError(f"The payload of the job {name} holds a {type(value).__name__}.")
    now = clock.now()
    row: dict[str, object] = {
        "name": name,
        "payload": dict(payload),
        "due_at": due_at or now,
        "unique_key": unique_key,
        "attempts": 0,
        "created_at": now,
    }
    return tools(session).insert_unless_there(session, cast(Table, Job.__table__), row)


def is_any_ready(session: Session, now: datetime, among: Names = ALL_JOBS) -> bool:
    """Say whether a claim would find something, so that an idle worker need not take a turn to write.

    Queries: 1
    """
    wanted = select(Job.id).where(_is_ready(now), among.condition())
    return session.execute(wanted.limit(1)).first() is not None


def claim(session: Session, lease: timedelta, now: datetime, among: Names = ALL_JOBS) -> ClaimedJob | None:
    """Take the longest waiting job for the time of ``lease``, or return None when no job is ready.

    The claim holds once the transaction has committed. A job whose worker vanished in its last attempt is
    made a dead letter on the way.
    """
    while candidates := session.execute(
        select(Job.id, Job.attempts)
        .where(_is_ready(now), among.condition())
        .order_by(Job.due_at, Job.id)
        .limit(_CANDIDATES)
    ).all():
        for job_id, attempts in candidates:
            if attempts >= MOST_ATTEMPTS:
                session.execute(_still_ready(job_id, now).values(_dead(now, "WorkerVanished")))
                continue
            token = secrets.token_hex(16)
            taken = session.execute(
                _still_ready(job_id, now)
                .values(lease_token=token, leased_until=now + lease, attempts=Job.attempts + 1)
                .returning(Job.name, Job.payload, Job.attempts)
            ).first()
            if taken is not None:
                name, payload, attempt = taken
                return ClaimedJob(JobId(job_id), name, payload, attempt, token)
    return None


def renew(session: Session, job: ClaimedJob, lease: timedelta, now: datetime) -> bool:
    """Keep a job for the time of ``lease`` from now on. False says that it was lost, and that nothing changed."""
    return rows_changed(session, update(Job).where(_is_held(job)).values(leased_until=now + lease)) == 1


def complete(session: Session, job: ClaimedJob) -> bool:
    """Take the job out, in the transaction of its effects; False says that its lease was lost meanwhile.

    Whoever gets False must roll back: another worker has the job and will bring its effects about.
    """
    return rows_changed(session, delete(Job).where(_is_held(job))) == 1


def fail(session: Session, job: ClaimedJob, error: str, now: datetime) -> bool:
    """Put the job back for a later attempt, or make it a dead letter after the last one.

    ``error`` is the exception's class name. False says that the lease was lost, and that nothing changed.
    """
    if job.attempt >= MOST_ATTEMPTS:
        values = _dead(now, error)
    else:
        values = _without_lease() | {"due_at": now + pause_after(job.attempt), "last_error": _short(error)}
    return rows_changed(session, update(Job).where(_is_held(job)).values(values)) == 1


def pause_after(attempt: int) -> timedelta:
    """Return how long a job rests after its nth attempt failed: 10 s, 40 s, 160 s, … up to 11 hours."""
    return _FIRST_PAUSE * int(_PAUSE_FACTOR ** (attempt - 1))


def oldest_due(session: Session) -> datetime | None:
    """Return since when the longest waiting job could have been done, or None when none waits.

    Jobs that a worker has in hand and dead letters don't wait.

    Queries: 1
    """
    return session.execute(select(func.min(Job.due_at)).where(_is_ready(clock.now()))).scalar_one()


def standing_of(session: Session, unique_key: str) -> Standing | None:
    """Return how things stand with the job of this key; None when it is done, or there never was one.

    Queries: 1
    """
    found = session.execute(
        select(Job.attempts, Job.failed_at.is_not(None)).where(Job.unique_key == unique_key)
    ).one_or_none()
    return Standing(*found) if found else None


def dead_letters(session: Session, window: Window | None = None) -> DeadLettersPage:
    """Return one page of the jobs that were given up, the latest first.

    Queries: 1
    """
    found = slice_of(
        session,
        select(
            Job.name, Job.payload, Job.attempts, Job.last_error, Job.created_at, Job.failed_at, Job.id
        ).where(Job.failed_at.is_not(None)),
        (Job.failed_at, Job.id),
        window or Window(),
        _DEAD_LETTERS_A_PAGE,
    )
    letters = tuple(DeadLetter(*values) for values in map(tuple, found.items))
    return DeadLettersPage(Slice(letters, newer=found.newer, older=found.older))


def retry_dead(session: Session, job_id: JobId) -> None:
    """Give a dead letter all its attempts again, from now on.

    Raises NotFound when there is no such dead letter.
    """
    statement = update(Job).where(Job.id == job_id, Job.failed_at.is_not(None))
    if not rows_changed(session, statement.values(failed_at=None, attempts=0, due_at=clock.now())):
        raise NotFound


def sweep_dead_letters(session: Session) -> int:
    """Forget jobs that were given up long ago, and return how many: by then nobody will look."""
    old = delete(Job).where(Job.failed_at <= clock.now() - DEAD_LETTERS_KEPT)
    return rows_changed(session, old)


def _is_ready(now: datetime) -> ColumnElement[bool]:
    """Due, no dead letter, and in nobody's hands (or in hands that have not been heard of in time)."""
    return and_(
        Job.failed_at.is_(None),
        Job.due_at <= now,
        or_(Job.leased_until.is_(None), Job.leased_until <= now),
    )


def _still_ready(job_id: int, now: datetime) -> Update:
    """The conditional part of the claim: of several workers, the first changes the row, the rest find none."""
    return update(Job).where(Job.id == job_id, _is_ready(now))


def _is_held(job: ClaimedJob) -> ColumnElement[bool]:
    return and_(Job.id == job.id, Job.lease_token == job.lease_token)


def _dead(now: datetime, error: str) -> dict[str, Any]:
    return _without_lease() | {"failed_at": now, "last_error": _short(error)}


def _without_lease() -> dict[str, Any]:
    return {"lease_token": None, "leased_until": None}


def _short(error: str) -> str:
    return error[:LONGEST_ERROR]
