"""Every job that recurs, on one screen, and those that recurring ones put in.

What each does lives in its feature; how they run, in ``forum/jobs``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from config import Settings
from forum.consent import heads
from forum.database.session import Database
from forum.jobs.worker import Errand, Handler, Recurring
from forum.privacy import erasing, erasure_ledger, export_building, inactivity, retention

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

SCHEDULE: tuple[Recurring, ...] = (
    # What is kept no longer: how long what is kept stands there, too.
    *retention.RECURRING,
    Recurring("consent.sign_head", HOUR, heads.put_in_signing),
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


def errands_of(settings: Settings, database: Database) -> Mapping[str, Errand]:
    """Return what is done outside any transaction for the jobs that recurring ones and commands put in: files."""
    return MappingProxyType(
        {
            heads.WRITE_HEAD: heads.errand_for(settings.data_folder, settings.ledger_keys),
            **export_building.errands(database, settings.data_folder),
            erasure_ledger.WRITE: erasure_ledger.copying(settings.data_folder, database),
            erasure_ledger.FORGET: erasure_ledger.forgetting(
                settings.data_folder, database, settings.backup_days
            ),
        }
    )
