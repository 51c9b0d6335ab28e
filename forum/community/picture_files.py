"""The files of pictures: where this forum keeps them, how one gets there, and the errand that removes leftovers.

A row says that a file is about to be stored before it is. So whatever stops in between, a process that is killed or a
place that can't be reached, leaves a row that the errand finds.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config import Settings
from forum import clock
from forum.community.commands.images import PictureDraft, announce_file
from forum.community.models.images import ImageFile
from forum.community.pictures import REMOVE_FILES, UNCLAIMED
from forum.database.rows import rows_changed
from forum.database.session import Database
from forum.images.decoding import clean_picture
from forum.images.store import FOLDER, Bucket, Folder, Store, new_name
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand

__all__ = ["REMOVE_FILES", "local_folder", "removing", "store_of", "take_in"]

# Of what is left over, how many files go in one turn of the errand; the others have their turn within the hour.
_AT_ONCE = 500


def store_of(settings: Settings) -> Store:
    """Return where this forum keeps its pictures: in a bucket, if the operator named one."""
    if settings.s3_bucket:
        return Bucket(
            endpoint=settings.s3_endpoint,
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            key_id=settings.s3_key_id,
            secret=settings.s3_secret,
        )
    return Folder(settings.data_folder / FOLDER)


def local_folder(settings: Settings) -> Folder | None:
    """Return the folder of this machine in which the pictures lie, if they do."""
    store = store_of(settings)
    return store if isinstance(store, Folder) else None


def take_in(database: Database, store: Store, sent: bytes, alt: str) -> PictureDraft:
    """Draw what somebody sent anew, store it, and return what can be added to a draft. No transaction may be open.

    Raises Unusable, Unavailable.
    """
    picture = clean_picture(sent)
    name = new_name()
    with database.transaction() as session:
        announce_file(session, name)
    store.write(name, picture.content)
    return PictureDraft(name, alt, picture.width, picture.height, len(picture.content))


def removing(database: Database, store: Store) -> Errand:
    """Return the errand that removes the files without a picture, and then forgets them."""
    return partial(_to_remove, database, store)


def _to_remove(
    database: Database, store: Store, session: Session, _payload: Payload
) -> Callable[[], None] | None:
    # What somebody is sending at this moment has no picture yet, either.
    left_over = select(ImageFile.name).where(
        ImageFile.image_id.is_(None), ImageFile.stored_at <= clock.now() - UNCLAIMED
    )
    names = session.scalars(left_over.order_by(ImageFile.stored_at).limit(_AT_ONCE)).all()
    return partial(_remove, database, store, names) if names else None


def _remove(database: Database, store: Store, names: Sequence[str]) -> None:
    for name in names:
        store.remove(name)
    with database.transaction() as session:
        gone = delete(ImageFile).where(ImageFile.name.in_(names), ImageFile.image_id.is_(None))
        rows_changed(session, gone)
