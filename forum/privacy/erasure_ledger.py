"""The erasure ledger: what went, or was hidden, and must not come back with a backup.

An entry is noted in the transaction in which it happens, and an errand copies it to a file in the data folder
(``erasure_file``), outside the database: a backup that is put back doesn't know of it, and the file does. What is done
with the file after a restore stands in ``replaying``.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Leaving, Member
from forum.audit_log.models import AuditEntry
from forum.community.models.images import Image
from forum.community.models.threads import Audience, Post, PostVersion, Topic
from forum.consent.models import ConsentEvent, ConsentRecord, Decision
from forum.database.session import Database
from forum.events import (
    ConsentTakenBack,
    EarlierTextPurged,
    LeavingBegun,
    LeavingCancelled,
    MemberRestricted,
    PictureRemoved,
    PostDeleted,
    ProfileNarrowed,
    RestrictionLifted,
    TopicNarrowed,
)
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand
from forum.permissions.actor import Purpose
from forum.privacy import erasure_file
from forum.privacy.erasure_file import Kept, Line, Missing
from forum.privacy.models import Erasure, ErasureKind

# In the data folder while a backup is being put back. Whoever does that by hand leaves none; the file tells then.
MARK = "restore-under-way"
# Jobs outlive a release: what waits under these names has to be known by it.
WRITE = "privacy.copy_erasures"
FORGET = "privacy.forget_erasures"
# How many entries one errand copies; the next comes within a minute.
_AT_ONCE = 1000

log = structlog.get_logger(__name__)


def note(
    session: Session,
    kind: ErasureKind,
    *,
    subject: UUID | None = None,
    post_id: int | None = None,
    purpose: Purpose | None = None,
    detail: str | None = None,
) -> None:
    """Remember, in the transaction in which it happens, what must not come back: a member's or a post's."""
    session.add(
        Erasure(
            kind=kind,
            subject=subject,
            post_id=post_id,
            purpose=purpose,
            detail=detail,
            happened_at=clock.now(),
        )
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


def note_profile_narrowed(session: Session, event: ProfileNarrowed) -> None:
    """Note that a member says less about themselves, or says it to fewer. What it was is written nowhere.

    Queries: 2
    """
    note(session, ErasureKind.PROFILE_NARROWED, subject=_uuid_of(session, event.member_id))


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


def note_picture_removed(session: Session, event: PictureRemoved) -> None:
    """Note that an author removed a picture from a post.

    Queries: 2
    """
    name = session.execute(select(Image.name).where(Image.id == event.image_id)).scalar_one()
    note(session, ErasureKind.PICTURE_REMOVED, post_id=event.post_id, detail=name)


def note_narrowed(session: Session, event: TopicNarrowed) -> None:
    """Note that fewer people than before may read a topic, which is known by its first post.

    Queries: 2
    """
    first = session.execute(
        select(Post.id, Topic.audience, Topic.condition_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Topic.id == event.topic_id, Post.number == 1)
    ).one()
    note(
        session,
        ErasureKind.TOPIC_NARROWED,
        post_id=first.id,
        detail=readers_as_detail(first.audience, first.condition_id),
    )


def readers_as_detail(audience: Audience, condition_id: int | None) -> str:
    """Return who may read a topic as an entry holds it, with the number of the condition that they share."""
    return audience.value if condition_id is None else f"{audience.value}:{condition_id}"


def readers_in_detail(detail: str | None) -> tuple[Audience, int | None]:
    """Return what an entry says of a topic's readers."""
    audience, _colon, condition_id = (detail or Audience.MEMBERS).partition(":")
    return Audience(audience), int(condition_id) if condition_id else None


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


def copying(folder: Path, database: Database, keys: Sequence[str]) -> Errand:
    """Return the errand that copies what waits into the file in this folder, and then says so in the database.

    What was copied when the worker ended before it said so is copied again; saying it twice is no different. A file
    that was lost is made anew of everything that the database still knows.
    """

    def read(session: Session, _payload: Payload) -> Callable[[], None] | None:
        if not (folder / erasure_file.FILE).exists():
            anew = kept_anew(session)
            return lambda: _begin_anew(folder, keys, anew)
        waiting = waiting_lines(session)
        return (lambda: copy(folder, database, keys, waiting)) if waiting else None

    return read


def forgetting(folder: Path, database: Database, backup_days: int, keys: Sequence[str]) -> Errand:
    """Return the errand that forgets, in the file and then in the database, what is older than any backup.

    It forgets nothing while a backup that was put back still has what the file tells.
    """

    def read(session: Session, _payload: Payload) -> Callable[[], None] | None:
        anew = None
        try:
            is_due = bool(unknown_lines(session, erasure_file.read(folder, keys)))
        except Missing:
            is_due, anew = False, kept_anew(session)
        if is_due or (folder / MARK).exists():
            log.warning("privacy.nothing_forgotten_while_a_restore_is_not_finished")
            return None
        return lambda: _forget(folder, database, backup_days, keys, anew)

    return read


def kept_anew(session: Session) -> Kept:
    """Return what a file begins with that belongs to this database from now on: everything that it still knows.

    Queries: 3, and 2 for each post whose earlier text was purged
    """
    begun_at = newest_moment(session) or clock.now()
    return Kept(begun_at, begun_at, tuple(_lines(session).values()))


def newest_moment(session: Session) -> datetime | None:
    """Return the newest moment that this database knows for certain, of rows that are never deleted: decisions.

    Queries: 2
    """
    decided = session.scalar(select(func.max(AuditEntry.made_at)))
    agreed = session.scalar(select(func.max(ConsentEvent.happened_at)))
    return max((moment for moment in (decided, agreed) if moment is not None), default=None)


def unknown_lines(session: Session, kept: Kept) -> list[Line]:
    """Return what stands in the file and not in this database, in its order: what a restored backup doesn't know.

    However old it is, it counts: until the daily job has left it out, it may be what a backup brought back.

    Queries: 1, none while the file has no lines
    """
    lines = {line.mark: line for line in kept.lines}
    if not lines:
        return []
    rows = session.execute(
        select(Erasure.kind, Erasure.subject, Erasure.post_id, Erasure.purpose, Erasure.happened_at)
    )
    known = {tuple(row) for row in rows}
    return [line for mark, line in lines.items() if mark not in known]


def waiting_lines(session: Session) -> dict[int, Line]:
    """Return the entries that are not in the file yet, by their numbers, in their order.

    Queries: 1, and 2 for each post whose earlier text was purged
    """
    return _lines(session, only_waiting=True)


def copy(folder: Path, database: Database, keys: Sequence[str], waiting: dict[int, Line]) -> None:
    """Append entries to the file, safely on disk, and then say in the database that they are there."""
    erasure_file.append(folder, keys, waiting.values())
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


def _lines(session: Session, *, only_waiting: bool = False) -> dict[int, Line]:
    statement = (
        select(
            Erasure.id,
            Erasure.kind,
            Erasure.subject,
            Erasure.post_id,
            Erasure.purpose,
            Erasure.detail,
            Erasure.happened_at,
            Leaving.until,
            Post.written_at,
        )
        .outerjoin(Member, Member.uuid == Erasure.subject)
        .outerjoin(Leaving, Leaving.member_id == Member.id)
        .outerjoin(Post, Post.id == Erasure.post_id)
        .order_by(Erasure.id)
    )
    if only_waiting:
        statement = statement.where(Erasure.written_at.is_(None)).limit(_AT_ONCE)
    found = {}
    rows = session.execute(statement).all()
    for number, kind, subject, post_id, purpose, detail, happened_at, until, written_at in rows:
        purged = kind is ErasureKind.EARLIER_TEXT_PURGED
        found[number] = Line(
            kind=kind,
            subject=subject,
            post_id=post_id,
            purpose=purpose,
            happened_at=happened_at,
            until=until if kind is ErasureKind.LEAVING_BEGUN else None,
            written_at=written_at,
            stands_since=_stood_since(session, post_id, happened_at) if purged else None,
            detail=detail,
        )
    return found


def _forget(
    folder: Path, database: Database, backup_days: int, keys: Sequence[str], anew: Kept | None
) -> None:
    """Forget what is older than any backup: in the file first, since a line that no row knows would stop the start."""
    if anew is not None:
        _begin_anew(folder, keys, anew)
    erasure_file.forget(folder, keys, _oldest_needed(backup_days))
    with database.transaction() as session:
        session.execute(
            delete(Erasure).where(_is_old(backup_days)), execution_options={"synchronize_session": False}
        )


def _begin_anew(folder: Path, keys: Sequence[str], anew: Kept) -> None:
    log.warning("privacy.erasures_file_was_lost_and_is_made_anew")
    erasure_file.begin(folder, keys, anew)


def _oldest_needed(backup_days: int) -> datetime:
    """Return from when on entries are needed: what happened before is in every backup that is kept."""
    return clock.now() - timedelta(days=backup_days)


def _is_old(backup_days: int) -> ColumnElement[bool]:
    # What waits is copied first, however long the worker stood still.
    return and_(Erasure.happened_at < _oldest_needed(backup_days), Erasure.written_at.is_not(None))


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
