"""Every job that recurs, on one screen, and those that recurring ones put in.

What each does lives in its feature; how they run, in ``forum/jobs``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from config import Settings
from forum.community import picture_files
from forum.consent import heads
from forum.database.session import Database
from forum.jobs.worker import Handler, Lane, Recurring
from forum.privacy import erasing, erasure_ledger, export_building, exports, inactivity, retention
from forum.privacy.export_queries import BUILD_EXPORT
from forum.search import whole_index

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

SCHEDULE: tuple[Recurring, ...] = (
    # What is kept no longer: how long what is kept stands there, too.
    *retention.RECURRING,
    Recurring(heads.SIGN_HEAD, HOUR),
    Recurring(picture_files.REMOVE_FILES, HOUR),
    Recurring(whole_index.TIDY, whole_index.TIDY_EVERY),
    Recurring("privacy.have_erasures_copied", MINUTE, erasure_ledger.have_copied),
)


def handlers_of(ban_keys: Sequence[str]) -> Mapping[str, Handler]:
    """Return what is done for the jobs that recurring ones put in: mostly one member each, with their own attempts."""
    return MappingProxyType(
        {
            erasing.ERASE_MEMBER: partial(erasing.erase_member, ban_keys=tuple(ban_keys)),
            inactivity.WARN: inactivity.warn_batch,
            inactivity.LEAVE: inactivity.leave_inactive,
        }
    )


def errands_of(settings: Settings, database: Database) -> tuple[Lane, ...]:
    """Return what is done outside any transaction, in lanes: files, where nothing short waits for a large copy."""
    folder, keys = settings.data_folder, settings.ledger_keys
    short: Lane = {
        heads.SIGN_HEAD: heads.errand_for(folder, keys),
        erasure_ledger.WRITE: erasure_ledger.copying(folder, database, keys),
        erasure_ledger.FORGET: erasure_ledger.forgetting(folder, database, settings.backup_days, keys),
        exports.REMOVE_EXPORT_FILES: export_building.removing(folder),
    }
    pictures = picture_files.store_of(settings)
    # A bucket is somebody else's server: nothing that only writes files waits for it.
    leftovers: Lane = {
        picture_files.REMOVE_FILES: picture_files.removing(database, pictures),
        whole_index.TIDY: whole_index.tidying(database),
    }
    return short, leftovers, {BUILD_EXPORT: export_building.building(database, folder, pictures)}
