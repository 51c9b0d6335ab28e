"""The erasure ledger: what went, or was hidden, and must not come back with a backup.

An entry is noted in the transaction in which it happens, and an errand copies it to ``erasures.jsonl`` in the data
folder, outside the database: a backup that is put back doesn't know of it, and the file does. An entry names random
numbers alone. What is done with the file after a restore stands in ``replaying``.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Leaving, Member, PostsFate
from forum.community.models import Post, PostVersion
from forum.consent.models import ConsentRecord, Decision
from forum.database.session import Database
from forum.events import (
    ConsentTakenBack,
    EarlierTextPurged,
    LeavingBegun,
    LeavingCancelled,
    MemberRestricted,
    PostDeleted,
    RestrictionLifted,
)
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.permissions.actor import Purpose
from forum.privacy.models import Erasure, ErasureKind

FILE = "erasures.jsonl"
# Jobs outlive a release: what waits under these names has to be known by it.
WRITE = "privacy.copy_erasures"
FORGET = "privacy.forget_erasures"
# How many entries one errand copies; the next comes within a minute.
_AT_ONCE = 1000


class Damaged(ValueError):
    """A line of the file is not as it was written; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it stands in the file."""

    kind: ErasureKind
    subject: UUID | None
    post_id: int | None
    purpose: Purpose | None
    happened_at: datetime
    # Of somebody who is leaving: until when they can come back, and what they want for their posts.
    until: datetime | None = None
    posts: PostsFate | None = None
    # Of a post whose earlier text was purged: since when the text stood that stayed.
    stands_since: datetime | None = None

    @property
    def mark(self) -> "Mark":
        """Return what tells this entry from every other one, in the file and in the database alike."""
        return (self.kind, self.subject, self.post_id, self.purpose, self.happened_at)


# Row numbers are given out again once a backup is back, so they tell nothing; moments have microseconds.
Mark = tuple[ErasureKind, UUID | None, int | None, Purpose | None, datetime]


def note(
    session: Session,
    kind: ErasureKind,
    *,
    subject: UUID | None = None,
    post_id: int | None = None,
    purpose: Purpose | None = None,
) -> None:
    """Remember, in the transaction in which it happens, what must not come back: a member's or a post's."""
    session.add(
        Erasure(kind=kind, subject=subject, post_id=post_id, purpose=purpose, happened_at=clock.now())
    )
    session.flush()


def note_leaving_begun(session: Session, event: LeavingBegun) -> None:
    """Note that a member set out to leave.

    Queries: 2
    """
    note(session, ErasureKind.LEAVING_BEGUN, subject=_uuid_of(session, event.member_id))


def note_leaving_cancelled(session: Session, event: LeavingCancelled) -> None:
    """Note that a member who was leaving came back.

    Queries: 2
    """
    note(session, ErasureKind.LEAVING_CANCELLED, subject=_uuid_of(session, event.member_id))


def note_restricted(session: Session, event: MemberRestricted) -> None:
    """Note that a member wants what is theirs kept and not used.

    Queries: 2
    """
    note(session, ErasureKind.RESTRICTED, subject=_uuid_of(session, event.member_id))


def note_restriction_lifted(session: Session, event: RestrictionLifted) -> None:
    """Note that a member lets what is theirs be used again.

    Queries: 2
    """
    note(session, ErasureKind.RESTRICTION_LIFTED, subject=_uuid_of(session, event.member_id))


def note_post_deleted(session: Session, event: PostDeleted) -> None:
    """Note that an author took a post back.

    Queries: 1
    """
    note(session, ErasureKind.POST_DELETED, post_id=event.post_id)


def note_purged(session: Session, event: EarlierTextPurged) -> None:
    """Note that an author had a post's earlier text deleted.

    Queries: 1
    """
    note(session, ErasureKind.EARLIER_TEXT_PURGED, post_id=event.post_id)


def note_taken_back(session: Session, event: ConsentTakenBack) -> None:
    """Note that a member took a consent back.

    Queries: 2
    """
    record = session.execute(
        select(ConsentRecord.subject, ConsentRecord.purpose).where(
            ConsentRecord.sequence == event.sequence, ConsentRecord.decision == Decision.WITHDRAWN
        )
    ).one()
    note(session, ErasureKind.CONSENT_WITHDRAWN, subject=record.subject, purpose=record.purpose)


# --- what recurs, and the errands it puts in ---------------------------------------------------------------


def have_copied(session: Session) -> None:
    """Have waiting entries copied to the file, where there are some.

    Queries: 1, and 1 where there are some
    """
    if session.scalar(select(Erasure.id).where(Erasure.written_at.is_(None)).limit(1)) is not None:
        _put_in(session, WRITE)


def have_forgotten(session: Session) -> None:
    """Have the entries forgotten that are older than any backup.

    Queries: 1
    """
    _put_in(session, FORGET)


def copying(folder: Path, database: Database) -> Callable[[Session, Payload], Callable[[], None] | None]:
    """Return the errand that copies what waits into the file in this folder, and then says so in the database.

    What was copied when the worker ended before it said so is copied again; saying it twice is no different.
    """

    def read(session: Session, _payload: Payload) -> Callable[[], None] | None:
        waiting = waiting_lines(session)
        return (lambda: copy(folder, database, waiting)) if waiting else None

    return read


def forgetting(
    folder: Path, database: Database, backup_days: int
) -> Callable[[Session, Payload], Callable[[], None] | None]:
    """Return the errand that forgets, in the file and then in the database, what is older than any backup."""

    def read(_session: Session, _payload: Payload) -> Callable[[], None]:
        return lambda: _forget(folder, database, backup_days)

    return read


def waiting_lines(session: Session) -> dict[int, Line]:
    """Return the entries that are not in the file yet, by their numbers, in their order.

    Queries: 1, and 2 for each post whose earlier text was purged
    """
    rows = session.execute(
        select(
            Erasure.id,
            Erasure.kind,
            Erasure.subject,
            Erasure.post_id,
            Erasure.purpose,
            Erasure.happened_at,
            Leaving.until,
            Leaving.posts,
        )
        .outerjoin(Member, Member.uuid == Erasure.subject)
        .outerjoin(Leaving, Leaving.member_id == Member.id)
        .where(Erasure.written_at.is_(None))
        .order_by(Erasure.id)
        .limit(_AT_ONCE)
    )
    found = {}
    for number, kind, subject, post_id, purpose, happened_at, until, posts in rows.all():
        begun = kind is ErasureKind.LEAVING_BEGUN
        purged = kind is ErasureKind.EARLIER_TEXT_PURGED
        found[number] = Line(
            kind=kind,
            subject=subject,
            post_id=post_id,
            purpose=purpose,
            happened_at=happened_at,
            until=until if begun else None,
            posts=posts if begun else None,
            stands_since=_stood_since(session, post_id, happened_at) if purged else None,
        )
    return found


def copy(folder: Path, database: Database, waiting: dict[int, Line]) -> None:
    """Append entries to the file, safely on disk, and then say in the database that they are there."""
    append(folder, waiting.values())
    with database.transaction() as session:
        session.execute(
            update(Erasure).where(Erasure.id.in_(waiting)).values(written_at=clock.now()),
            execution_options={"synchronize_session": False},
        )


def old_erasures(session: Session, backup_days: int) -> int:
    """Return how many entries are older than any backup.

    Queries: 1
    """
    return session.execute(select(func.count()).select_from(Erasure).where(_is_old(backup_days))).scalar_one()


def oldest_needed(backup_days: int) -> datetime:
    """Return from when on entries are needed: what happened before is in every backup that is kept."""
    return clock.now() - timedelta(days=backup_days)


# --- the file ----------------------------------------------------------------------------------------------


def append(folder: Path, lines: Iterable[Line]) -> None:
    """Add lines at the end of the file, and come back once they are safe from a power cut.

    What a crash left of a line at the end is cut off: its entry still waits, and comes again whole.
    """
    data = b"".join(map(_encoded, lines))
    with _alone(folder):
        file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.lseek(file, _whole_size(folder / FILE), os.SEEK_SET)
            os.ftruncate(file, _whole_size(folder / FILE))
            _write_whole(file, data)
            os.fsync(file)
        finally:
            os.close(file)
        _settle(folder)


def read_lines(folder: Path) -> list[Line]:
    """Return what the file holds, in its order. Raises Damaged for a line that is not as it was written."""
    try:
        data = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return []
    whole, _newline, _torn = data.rpartition(b"\n")
    found = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            found.append(_decoded(line))
        except (ValueError, KeyError, TypeError):
            raise Damaged(
                f"Line {number} of {folder / FILE} is not as it was written. It tells what a backup must not bring "
                "back: bring back your copy of the file, or take the line out once you know what it was about."
            ) from None
    return found


def rewrite(folder: Path, stays: Callable[[Line], bool]) -> None:
    """Leave out of the file what doesn't stay; at every moment it is whole, as it was or as it will be."""
    with _alone(folder):
        lines = read_lines(folder)
        kept = [line for line in lines if stays(line)]
        if len(kept) == len(lines):
            return
        new = folder / f"{FILE}.new"
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_whole(file, b"".join(map(_encoded, kept)))
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(folder / FILE)
        _settle(folder)


def marks_since(session: Session, since: datetime) -> set[Mark]:
    """Return the marks of the entries that the database knows from this moment on.

    Queries: 1
    """
    rows = session.execute(
        select(Erasure.kind, Erasure.subject, Erasure.post_id, Erasure.purpose, Erasure.happened_at).where(
            Erasure.happened_at >= since
        )
    )
    return {(row.kind, row.subject, row.post_id, row.purpose, row.happened_at) for row in rows}


def _forget(folder: Path, database: Database, backup_days: int) -> None:
    """Forget what is older than any backup: in the file first, since a line that no row knows would stop the start."""
    before = oldest_needed(backup_days)
    rewrite(folder, lambda line: line.happened_at >= before)
    with database.transaction() as session:
        session.execute(
            delete(Erasure).where(_is_old(backup_days)), execution_options={"synchronize_session": False}
        )


def _is_old(backup_days: int) -> ColumnElement[bool]:
    # What waits is copied first, however long the worker stood still.
    return and_(Erasure.happened_at < oldest_needed(backup_days), Erasure.written_at.is_not(None))


def _put_in(session: Session, name: str) -> None:
    """Put an errand in, once. One that was given up keeps the key for its hour alone."""
    queue.enqueue(session, name, {}, unique_key=f"{name}@{clock.now():%Y-%m-%dT%H}")


def _uuid_of(session: Session, member_id: int) -> UUID:
    return session.execute(select(Member.uuid).where(Member.id == member_id)).scalar_one()


def _stood_since(session: Session, post_id: int | None, moment: datetime) -> datetime:
    """Return since when the text stood that a post had at a moment: later edits may have come since."""
    post = session.execute(select(Post.written_at, Post.edited_at).where(Post.id == post_id)).one_or_none()
    if post is None:
        return moment
    versions = session.scalars(select(PostVersion.written_at).where(PostVersion.post_id == post_id)).all()
    texts = [post.edited_at or post.written_at, *versions]
    return max((since for since in texts if since <= moment), default=moment)


def _encoded(line: Line) -> bytes:
    values = {
        name: value.isoformat() if isinstance(value, datetime) else None if value is None else value
        for name, value in asdict(line).items()
    }
    return json.dumps(values, sort_keys=True, default=str).encode() + b"\n"


def _decoded(data: bytes) -> Line:
    values: dict[str, Any] = json.loads(data)
    return Line(
        kind=ErasureKind(values["kind"]),
        subject=_perhaps(UUID, values["subject"]),
        post_id=_perhaps(int, values["post_id"]),
        purpose=_perhaps(Purpose, values["purpose"]),
        happened_at=datetime.fromisoformat(values["happened_at"]),
        until=_perhaps(datetime.fromisoformat, values["until"]),
        posts=_perhaps(PostsFate, values["posts"]),
        stands_since=_perhaps(datetime.fromisoformat, values["stands_since"]),
    )


def _perhaps(read: Callable[[Any], Any], value: object) -> Any:
    return None if value is None else read(value)


def _whole_size(file: Path) -> int:
    """Return how much of the file is whole lines, in bytes."""
    return file.read_bytes().rfind(b"\n") + 1


def _write_whole(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _settle(folder: Path) -> None:
    """Have the folder itself remember which file is in it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the right to change the file: two workers may have an errand each."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / f"{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
