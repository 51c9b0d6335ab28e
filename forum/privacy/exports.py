"""Asking for a copy of everything of one's own, and what becomes of it until it is gone.

Nobody is refused one, however things stand with their account: it is theirs. That somebody asks too often is all that
keeps one from starting. How a copy is made stands in ``export_building``.
"""

from datetime import datetime

from sqlalchemy import delete, func, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent
from forum.database.rows import rows_changed
from forum.errors import NotFound, TooMany
from forum.jobs import queue
from forum.permissions.actor import Actor, MemberId
from forum.privacy import export_files
from forum.privacy.export_queries import BUILD_EXPORT, KEPT_FOR, exports_of, job_key, next_possible
from forum.privacy.models import DataExport, ExportState
from forum.text.translate import gettext as _
from forum.text.translate import say_moment

REMOVE_EXPORT_FILES = "privacy.remove_export_files"


def ask_for_export(session: Session, actor: Actor) -> int:
    """Have a copy of everything of the actor's made, and return its number. They are told, on site and by e-mail.

    Emits: AccountNoticeMade
    Raises: NotFound (they were erased at this moment), TooMany (one is under way, or was made within a day)
    """
    member_id = actor.member_id
    if member_id is None or hold_member(session, member_id) is None:
        raise NotFound
    _check_not_too_often(session, member_id)
    export = DataExport(
        member_id=member_id,
        file_name=export_files.new_name(),
        state=ExportState.WAITING,
        parts_done=0,
        parts=export_files.STEPS,
        asked_at=clock.now(),
    )
    session.add(export)
    session.flush()
    queue.enqueue(session, BUILD_EXPORT, {"export_id": export.id}, unique_key=job_key(export.id))
    # A copy of everything is what somebody would want who is not the member.
    tell(session, member_id, AccountEvent.EXPORT_ASKED)
    return export.id


def mark_progress(session: Session, export_id: int, parts_done: int) -> bool:
    """Write down how many parts of a copy are done; False when nobody wants it any more."""
    wanted = update(DataExport).where(DataExport.id == export_id, DataExport.state != ExportState.READY)
    progress = wanted.values(state=ExportState.WAITING, parts_done=parts_done, finished_at=None)
    return rows_changed(session, progress) == 1


def mark_ready(session: Session, export_id: int, size: int) -> bool:
    """Let the member fetch a copy whose file is there, and tell them; False when nobody wants it any more.

    Doing it twice changes nothing.

    Emits: AccountNoticeMade
    """
    row = session.execute(
        update(DataExport)
        .where(DataExport.id == export_id, DataExport.state != ExportState.READY)
        .values(state=ExportState.READY, parts_done=DataExport.parts, finished_at=clock.now(), size=size)
        .returning(DataExport.member_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return session.get(DataExport, export_id) is not None
    tell(session, MemberId(row.member_id), AccountEvent.EXPORT_READY)
    return True


def mark_failed(session: Session, export_id: int) -> None:
    """Write down that nobody tries again to make a copy; the member can ask for another one at once."""
    given_up = update(DataExport).where(DataExport.id == export_id, DataExport.state == ExportState.WAITING)
    rows_changed(session, given_up.values(state=ExportState.FAILED, finished_at=clock.now()))


def sweep_exports(session: Session) -> int:
    """Forget the copies that were finished, or asked for and never finished, a week ago; return how many.

    Their files go afterwards, by an errand that this puts in.
    """
    old = func.coalesce(DataExport.finished_at, DataExport.asked_at) <= clock.now() - KEPT_FOR
    gone = rows_changed(session, delete(DataExport).where(old))
    remove_files_without_rows(session)
    return gone


def remove_files_without_rows(session: Session) -> None:
    """Have the files removed whose copies are gone: whoever deletes rows of copies calls this."""
    queue.enqueue(session, REMOVE_EXPORT_FILES, {})


def _check_not_too_often(session: Session, member_id: MemberId) -> None:
    lines = exports_of(session, member_id)
    next_at = next_possible(lines)
    if next_at is None:
        return
    if any(line.is_under_way for line in lines):
        reason = _("Your copy is being put together already. Your settings show how far it is.")
    else:
        reason = _(
            "One copy a day is what we can make. You can ask for the next one from %(moment)s on.",
            moment=say_moment(next_at),
        )
    raise TooMany(reason, _seconds_until(next_at))


def _seconds_until(moment: datetime) -> int:
    return max(1, int((moment - clock.now()).total_seconds()) + 1)
