"""Every job that recurs, on one screen, and those that recurring ones put in.

What each does lives in its feature; how they run, in ``forum/jobs``.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

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
from forum.jobs.worker import Handler, Recurring
from forum.moderation.commands import erasing, notices
from forum.moderation.commands import reports as moderation

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

# What recurring jobs put in for one member each, so that each has its own attempts.
HANDLERS: Mapping[str, Handler] = MappingProxyType({erasing.ERASE_MEMBER: erasing.erase_member})
