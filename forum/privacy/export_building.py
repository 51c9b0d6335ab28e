"""The errands about copies: one reads everything of a member as of one moment and packs it, one removes files.

Progress is written down in short transactions of its own. Whatever stops in between is begun anew, from the start; what
failed as often as jobs are tried is shown as failed.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from forum import clock
from forum.database.session import Database
from forum.images.store import Store
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand
from forum.privacy import export_files, exports
from forum.privacy.export_data import new_spool, read_everything
from forum.privacy.export_files import Copy
from forum.privacy.export_queries import Order, names_in_use, order_of
from forum.privacy.models import ExportState
from forum.text.translate import speaking


def building(database: Database, data_folder: Path, pictures: Store) -> Errand:
    """Return the errand that makes a copy, which may take long."""
    return partial(_to_build, database, data_folder, pictures)


def removing(data_folder: Path) -> Errand:
    """Return the errand that removes the files that no copy has any more, which takes a moment."""
    return partial(_to_remove_files, data_folder)


def _to_build(
    database: Database, data_folder: Path, pictures: Store, session: Session, payload: Payload
) -> Callable[[], None] | None:
    """Return how to make the copy that a job is about, or None when nobody wants it any more."""
    export_id = payload["export_id"]
    if not isinstance(export_id, int):
        raise TypeError("A copy's id is a number.")
    order = order_of(session, export_id)
    return None if order is None else partial(_build, database, data_folder, pictures, order)


def _build(database: Database, data_folder: Path, pictures: Store, order: Order) -> None:
    try:
        with speaking(order.locale):
            _make(database, export_files.folder_in(data_folder), pictures, order)
    except Exception:
        if order.is_last_attempt:
            with database.transaction() as session:
                exports.mark_failed(session, order.export_id)
        raise


def _make(database: Database, folder: Path, pictures: Store, order: Order) -> None:
    def went_well(parts: int) -> bool:
        with database.transaction() as session:
            return exports.mark_progress(session, order.export_id, parts)

    with new_spool(folder) as rows:
        made_at = clock.now()
        with database.reading() as session:
            read_everything(session, order.subject, rows)
        if not went_well(1):
            return
        copy = Copy(order.subject.uuid, order.name, made_at, rows, pictures)
        size = export_files.pack(folder, order.file_name, copy, lambda parts: went_well(1 + parts))
    if size is None:
        return
    with database.transaction() as session:
        is_wanted = exports.mark_ready(session, order.export_id, size)
    if not is_wanted:
        # They were erased while it was packed.
        export_files.remove(folder, order.file_name)


def _to_remove_files(data_folder: Path, session: Session, _payload: Payload) -> Callable[[], None]:
    """Return how to remove the files that no copy has any more."""
    # First the files, then the rows: a copy has its row before it has a file.
    files = export_files.files_in(export_files.folder_in(data_folder))
    used = names_in_use(session)
    ready = {name for name, state in used.items() if state is ExportState.READY}
    return lambda: _remove(files, ready, used.keys() - ready)


def _remove(files: tuple[Path, ...], ready: set[str], under_way: set[str]) -> None:
    export_files.remove_strays(files, ready, under_way)
