"""Every job that recurs, on one screen, and those that recurring ones put in.

What each does lives in its feature; how they run, in ``forum/jobs``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from config import Settings
from forum.accounts import (
    account_notices,
    deletion_requests,
    from_providers,
    passkey_commands,
    sign_in_sessions,
    suspensions,
)
from forum.accounts import commands as accounts
from forum.community import commands as community
from forum.database.session import Database
from forum.jobs.worker import Errand, Handler, Recurring
from forum.moderation.commands import notices
from forum.moderation.commands import reports as moderation
from forum.privacy import erasing

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

SCHEDULE: tuple[Recurring, ...] = (
    Recurring("accounts.sweep_sign_in_attempts", MINUTE, accounts.sweep_sign_in_attempts),
    Recurring("accounts.sweep_passkey_challenges", MINUTE, passkey_commands.sweep_passkey_challenges),
    Recurring("accounts.sweep_sign_in_sessions", DAY, sign_in_sessions.sweep_sign_in_sessions),
    Recurring("accounts.sweep_account_notices", DAY, account_notices.sweep_account_notices),
    Recurring("accounts.sweep_suspensions", DAY, suspensions.sweep_suspensions),
    Recurring("accounts.sweep_security_events", DAY, from_providers.sweep_security_events),
    Recurring("accounts.sweep_deletion_requests", DAY, deletion_requests.sweep_deletion_requests),
    Recurring("community.sweep_submission_keys", DAY, community.sweep_submission_keys),
    Recurring("moderation.sweep_reports", DAY, moderation.sweep_reports),
    Recurring("moderation.sweep_notices", DAY, notices.sweep_notices),
    Recurring("moderation.erase_turned_away", DAY, erasing.erase_turned_away),
    Recurring("moderation.erase_left", DAY, erasing.erase_left),
)


def handlers_of(ban_keys: Sequence[str]) -> Mapping[str, Handler]:
    """Return what is done for the jobs that recurring ones put in, for one member each: each has its own attempts."""
    del ban_keys
    return MappingProxyType({erasing.ERASE_MEMBER: erasing.erase_member})


def errands_of(settings: Settings, database: Database) -> Mapping[str, Errand]:
    """Return what is done outside any transaction for the jobs that recurring ones and commands put in: files."""
    del settings, database
    return MappingProxyType({})
