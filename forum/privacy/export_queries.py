"""A member's copies as they see them: how far each is, until when it can be fetched, and when they can ask again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.database.personal_data import Subject
from forum.errors import NotFound
from forum.jobs.queue import standing_of
from forum.permissions.actor import Actor, MemberId
from forum.privacy.models import DataExport, ExportState
from forum.text.translate import gettext as _
from forum.text.translate import say_size

# How long the file of a copy is kept.
KEPT_FOR = timedelta(days=7)
# One that failed doesn't count.
ONE_IN = timedelta(days=1)
# While one is under way for longer than that, when to look again.
LOOK_AGAIN = timedelta(hours=1)
# What the job that makes one is called, and what tells it apart from others; jobs outlive a release.
BUILD_EXPORT = "privacy.build_export"
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A copy that was asked for."""

    id: int
    state: ExportState
    parts_done: int
    parts: int
    asked_at: datetime
    # Of one that is ready: until when it can be fetched, and how large it is, in words.
    until: datetime | None
    size: str

    @property
    def is_under_way(self) -> bool:
        """Say whether it is being made."""
        return self.state is ExportState.WAITING


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A member's copies, the newest first, and when they can ask for another."""

    exports: tuple[ExportLine, ...]
    # None when they can ask now.
    next_at: datetime | None
    # How to reach the people who run this community; may be empty.
    contact: str

    @property
    def is_under_way(self) -> bool:
        """Say whether one is being made."""
        return any(line.is_under_way for line in self.exports)


@dataclass(frozen=True, slots=True)
class Order:
    """A copy that is to be made, for whom and in which language."""

    export_id: int
    file_name: str
    subject: Subject
    name: str
    locale: str
    # If it fails now, nobody tries again.
    is_last_attempt: bool


def export_page(session: Session, actor: Actor, contact: str) -> ExportPage:
    """Return the actor's own copies.

    Queries: 1, and 1 for the one that is under way
    """
    if actor.member_id is None:
        raise NotFound
    lines = exports_of(session, actor.member_id)
    return ExportPage(lines, next_possible(lines), contact)


def exports_of(session: Session, member_id: MemberId) -> tuple[ExportLine, ...]:
    """Return somebody's copies that are not gone, the newest first.

    One whose worker vanished, and that nobody will try again, has failed, whatever its row says.

    Queries: 1, and 1 for each that is under way
    """
    rows = session.execute(
        select(
            DataExport.id,
            DataExport.state,
            DataExport.parts_done,
            DataExport.parts,
            DataExport.asked_at,
            DataExport.finished_at,
            DataExport.size,
        )
        .where(DataExport.member_id == member_id)
        .order_by(DataExport.asked_at.desc(), DataExport.id.desc())
        .limit(_MOST_SHOWN)
    ).all()
    lines = (
        ExportLine(
            id=row.id,
            state=_state_of(session, row.id, row.state),
            parts_done=row.parts_done,
            parts=row.parts,
            asked_at=row.asked_at,
            until=row.finished_at + KEPT_FOR if row.finished_at else None,
            size=say_size(row.size) if row.size else "",
        )
        for row in rows
    )
    now = clock.now()
    return tuple(line for line in lines if line.until is None or line.until > now)


def next_possible(lines: tuple[ExportLine, ...]) -> datetime | None:
    """Return when whoever has these copies can ask for another one; None for at once."""
    now = clock.now()
    times = [line.asked_at + ONE_IN for line in lines if line.state is not ExportState.FAILED]
    if any(line.is_under_way for line in lines):
        times.append(now + LOOK_AGAIN)
    return max((time for time in times if time > now), default=None)


def file_of(session: Session, actor: Actor, export_id: int) -> tuple[str, datetime]:
    """Return what the file of the actor's own copy is called in the folder, and when the copy was asked for.

    Queries: 1
    Raises: NotFound (the same whether it is another's, never was there, isn't ready, or is gone)
    """
    row = session.execute(
        select(DataExport.file_name, DataExport.asked_at).where(
            DataExport.id == export_id,
            DataExport.member_id == actor.member_id,
            DataExport.state == ExportState.READY,
            DataExport.finished_at > clock.now() - KEPT_FOR,
        )
    ).one_or_none()
    if row is None:
        raise gone()
    return row.file_name, row.asked_at


def gone() -> NotFound:
    """Return the refusal that says that there is no such copy, or none any more."""
    return NotFound(
        _("There is no such copy, or it is gone: copies are kept for seven days. You can ask for a new one.")
    )


def order_of(session: Session, export_id: int) -> Order | None:
    """Return the copy that a job is to make, or None when it is there already, or nobody wants it any more.

    One that was given up may be tried once more by whoever runs the server.

    Queries: 1 or 2
    """
    row = session.execute(
        select(DataExport.file_name, DataExport.state, Member.id, Member.uuid, Member.name, Member.locale)
        .join(Member, Member.id == DataExport.member_id)
        .where(DataExport.id == export_id)
    ).one_or_none()
    if row is None or row.state is ExportState.READY:
        return None
    job = standing_of(session, job_key(export_id))
    uuid: UUID = row.uuid
    return Order(
        export_id=export_id,
        file_name=row.file_name,
        subject=Subject(row.id, uuid),
        name=row.name,
        locale=row.locale,
        is_last_attempt=job is not None and job.is_last_attempt,
    )


def job_key(export_id: int) -> str:
    """Return what tells the job that makes a copy apart from those that make others."""
    return f"{BUILD_EXPORT}:{export_id}"


def names_in_use(session: Session) -> dict[str, ExportState]:
    """Return what the file of each copy is called that is there or on its way, and which of both.

    Queries: 1
    """
    rows = session.execute(
        select(DataExport.file_name, DataExport.state).where(DataExport.state != ExportState.FAILED)
    )
    return {row.file_name: row.state for row in rows}


def _state_of(session: Session, export_id: int, state: ExportState) -> ExportState:
    if state is not ExportState.WAITING:
        return state
    job = standing_of(session, job_key(export_id))
    return ExportState.FAILED if job is None or job.is_given_up else state
