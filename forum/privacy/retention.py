"""How long what is kept: one table, from which the schedule's daily work, the command and the policy's page are made.

What goes with its member, or by itself, has no job. Each row with one is proven with a moved clock. The sentences are
members' to read: they stand on the page of the privacy policy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from forum.accounts import (
    account_notices,
    bans,
    deletion_requests,
    former_names,
    from_providers,
    passkey_commands,
    sign_in_sessions,
    suspensions,
)
from forum.accounts import commands as accounts
from forum.community import reading
from forum.community.commands import drafts
from forum.community.commands import writing as community
from forum.jobs import queue
from forum.jobs.worker import Recurring
from forum.moderation.commands import notices, reports
from forum.privacy import erasing, erasure_ledger, exports, holds, inactivity
from forum.text.translate import lazy_gettext

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One line of the table, as people read it."""

    what: str
    how_long: str
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is kept, and the job that ends it. ``how_long`` may name the days that backups are kept."""

    key: str
    what: str
    how_long: str
    why: str
    job: Recurring | None = None
    # How many would go, where the job itself only puts in others.
    count: Callable[[Session, int], int] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Due:
    """How many of one thing went, or would go."""

    key: str
    what: str
    how_long: str
    many: int


def _daily(name: str, sweep: Callable[[Session], int]) -> Recurring:
    return Recurring(name, DAY, sweep)


_ATTEMPTS = Recurring("accounts.sweep_sign_in_attempts", MINUTE, accounts.sweep_sign_in_attempts)
_CHALLENGES = Recurring(
    "accounts.sweep_passkey_challenges", MINUTE, passkey_commands.sweep_passkey_challenges
)
_REPORTS = _daily("moderation.sweep_reports", reports.sweep_reports)

RULES: tuple[Rule, ...] = (
    Rule(
        "attempts",
        lazy_gettext("A sign-in that was not finished"),
        lazy_gettext("10 minutes"),
        lazy_gettext("So that the provider's answer is taken once, and only in your browser"),
        _ATTEMPTS,
    ),
    Rule(
        "challenges",
        lazy_gettext("A sign-in with a passkey that was not finished"),
        lazy_gettext("5 minutes"),
        lazy_gettext("So that your passkey's answer is taken once, and only in your browser"),
        _CHALLENGES,
    ),
    Rule(
        "joining",
        lazy_gettext("A joining that was not finished"),
        lazy_gettext("15 minutes, and only on your own device"),
        lazy_gettext("So that you can read before you decide"),
    ),
    Rule(
        "sessions",
        lazy_gettext("A signed-in session, with the kind of your device"),
        lazy_gettext("At most 30 days, and at most 14 days after the last day you used it"),
        lazy_gettext("To keep you signed in, and to show you where"),
        _daily("accounts.sweep_sign_in_sessions", sign_in_sessions.sweep_sign_in_sessions),
    ),
    Rule(
        "ways-in",
        lazy_gettext("Ways to log in, also one that sleeps, passkeys, and recovery codes"),
        lazy_gettext("Until you use, replace or remove them, or leave"),
        lazy_gettext("So that you can log in"),
    ),
    Rule(
        "account",
        lazy_gettext("Your name, your language, and what you are trusted with in the community"),
        lazy_gettext("Until that changes, or you leave"),
        lazy_gettext("So that others know you here, and you find it as you like it"),
    ),
    Rule(
        "last-seen",
        lazy_gettext("The last day on which you were here, and which policies you have seen"),
        lazy_gettext("Until you leave"),
        lazy_gettext("To know accounts that nobody uses any more, and to tell you what is new"),
    ),
    Rule(
        "account-notices",
        lazy_gettext("What we told you about your account"),
        lazy_gettext(
            "90 days, or longer if you asked us to restrict the use of your data: until you end that"
        ),
        lazy_gettext("So that you notice if it was not you"),
        _daily("accounts.sweep_account_notices", account_notices.sweep_account_notices),
    ),
    Rule(
        "security-events",
        lazy_gettext("Fingerprints of messages from Google and Facebook"),
        lazy_gettext("90 days"),
        lazy_gettext("So that each counts only once"),
        _daily("accounts.sweep_security_events", from_providers.sweep_security_events),
    ),
    Rule(
        "deletion-requests",
        lazy_gettext("That you asked at Facebook to be deleted"),
        lazy_gettext("90 days, without anything that leads to you once your data is deleted"),
        lazy_gettext("To show you how far it is"),
        _daily("accounts.sweep_deletion_requests", deletion_requests.sweep_deletion_requests),
    ),
    Rule(
        "leaving",
        lazy_gettext("The account of somebody who left, with their posts unless they wanted those kept"),
        lazy_gettext("At most 14 days, hidden. Then we delete it within a day"),
        lazy_gettext("So that you can change your mind"),
        _daily("moderation.erase_left", erasing.erase_left),
    ),
    Rule(
        "turned-away",
        lazy_gettext("An account that was turned away"),
        lazy_gettext("14 days. What it told us about others stays without a name, as long as that case"),
        lazy_gettext("So that you can read why"),
        _daily("moderation.erase_turned_away", erasing.erase_turned_away),
    ),
    Rule(
        "waiting",
        lazy_gettext("An account that waits for a moderator"),
        lazy_gettext("Until a moderator decides, or you leave"),
        lazy_gettext("So that a moderator can decide"),
    ),
    Rule(
        "inactive",
        lazy_gettext(
            "An account that nobody uses. Not one of a moderator or an administrator, nor of somebody who asked us to"
            " restrict the use of their data"
        ),
        lazy_gettext(
            "Until 700 days, almost two years, after your last visit. Then we tell you, by e-mail if we have your"
            " address and on your page of notices. Without an address you do not hear of it unless you come by"
        ),
        lazy_gettext("What nobody needs any more should not lie about"),
        Recurring("privacy.have_inactive_warned", DAY, inactivity.have_warned),
    ),
    Rule(
        "inactive-warned",
        lazy_gettext("An account of which we told you that nobody uses it"),
        lazy_gettext("30 days. Then it is treated as if you had set out to leave"),
        lazy_gettext("So that you can come back: logging in once is enough"),
        Recurring("privacy.have_inactive_left", DAY, inactivity.have_left),
    ),
    Rule(
        "posts",
        lazy_gettext("Topics, posts, and their earlier versions"),
        lazy_gettext("Until you delete them or leave. Earlier versions also go alone, when you ask for it"),
        lazy_gettext("So that others can read them"),
    ),
    Rule(
        "drafts",
        lazy_gettext("What you were writing and did not send, with its pictures"),
        lazy_gettext("90 days after you last wrote in it, or until you throw it away"),
        lazy_gettext("So that no words are lost"),
        _daily("community.sweep_drafts", drafts.sweep_drafts),
    ),
    Rule(
        "pictures",
        lazy_gettext("Pictures in your posts"),
        lazy_gettext("Until you remove them, or their post is deleted. Without its post, none stays"),
        lazy_gettext("So that others can see them"),
    ),
    Rule(
        "slots",
        lazy_gettext("Whom a post mentions, and what it quotes"),
        lazy_gettext(
            "As long as that post, or its earlier version. Your name and your words go from it when you leave or delete"
            " them"
        ),
        lazy_gettext("So that both show what is so now"),
    ),
    Rule(
        "reactions",
        lazy_gettext("Reactions that you gave"),
        lazy_gettext("Until you take them back, the post is deleted, or you leave"),
        lazy_gettext("So that somebody knows they were heard"),
    ),
    Rule(
        "read-marks",
        lazy_gettext("How far you read in a topic"),
        lazy_gettext("Until nobody wrote there for 365 days, or you leave"),
        lazy_gettext("So that you go on where you stopped"),
        _daily("community.sweep_read_marks", reading.sweep_read_marks),
    ),
    Rule(
        "visits",
        lazy_gettext("When you were last here, and the time before that"),
        lazy_gettext("Until your next visit, or you leave. Only the two last ones are kept"),
        lazy_gettext("To show you what changed since"),
    ),
    Rule(
        "bookmarks",
        lazy_gettext("Posts that you keep at hand, with your notes"),
        lazy_gettext("Until you remove them or leave"),
        lazy_gettext("So that you find them again"),
    ),
    Rule(
        "watches",
        lazy_gettext("Which topics and categories you follow or muted"),
        lazy_gettext("Until you change it or leave"),
        lazy_gettext("To show you what you want to see, and to leave out the rest"),
    ),
    Rule(
        "profile",
        lazy_gettext("What you say about yourself: your words, your country, about how old you are"),
        lazy_gettext("Until you take it out, or leave"),
        lazy_gettext("So that those you chose know who they talk with"),
    ),
    Rule(
        "health-terms",
        lazy_gettext("Conditions and treatments that you say are yours"),
        lazy_gettext("Until you take them out, take back your yes to health data, or leave"),
        lazy_gettext(
            "So that those you show them to see them, also in the list of members, and that you read topics for the"
            " same condition"
        ),
    ),
    Rule(
        "search",
        lazy_gettext("The words of your posts in the index of the search"),
        lazy_gettext(
            "As long as they stand in the post. Leftovers that nobody finds go in the following night"
        ),
        lazy_gettext("So that whoever may read a post finds it"),
    ),
    Rule(
        "blocks",
        lazy_gettext("Whom you blocked, and since which day"),
        lazy_gettext("Until you end it, or one of you leaves"),
        lazy_gettext("So that you need not meet"),
    ),
    Rule(
        "submission-keys",
        lazy_gettext("A random number for each topic or reply that you sent"),
        lazy_gettext("2 days"),
        lazy_gettext("So that what is sent twice appears once"),
        _daily("community.sweep_submission_keys", community.sweep_submission_keys),
    ),
    Rule(
        "email",
        lazy_gettext("Your e-mail address"),
        lazy_gettext("Until you take back your yes, or leave"),
        lazy_gettext("To write to you"),
    ),
    Rule(
        "consents",
        lazy_gettext("The record of your consents"),
        lazy_gettext(
            "As long as you are a member, then deleted with your data. A seal without a name stays for good"
        ),
        lazy_gettext("To prove your choice, and that nobody changed the list"),
    ),
    Rule(
        "exports",
        lazy_gettext("A copy of your data that you asked for"),
        lazy_gettext("7 days"),
        lazy_gettext("So that you can fetch it"),
        _daily("privacy.sweep_exports", exports.sweep_exports),
    ),
    Rule(
        "former-names",
        lazy_gettext("A fingerprint of a name that you gave up, or had when you left"),
        lazy_gettext("A year, and until the month after it begins"),
        lazy_gettext("So that nobody is taken for you"),
        _daily("accounts.sweep_former_names", former_names.sweep_former_names),
    ),
    Rule(
        "worries",
        lazy_gettext("Records about care in a crisis"),
        lazy_gettext("At most 90 days"),
        lazy_gettext("So that help can be followed up"),
        _REPORTS,
    ),
    Rule(
        "reports",
        lazy_gettext(
            "Reports, with the reported words copied into the case, also if you delete them or leave"
        ),
        lazy_gettext("Six months after the report, also if we decided late"),
        lazy_gettext("So that a decision can be looked at again"),
        _REPORTS,
    ),
    Rule(
        "notices",
        lazy_gettext("Words in notices to you"),
        lazy_gettext(
            "Six months, or longer if you asked us to restrict the use of your data: until you end that. After that,"
            " only a code for the decision stays with your account"
        ),
        lazy_gettext("So that you know what was decided, and can appeal"),
        _daily("moderation.sweep_notices", notices.sweep_notices),
    ),
    Rule(
        "member-notes",
        lazy_gettext("Moderators' notes on a member"),
        lazy_gettext("Until a moderator deletes them or the member leaves"),
        lazy_gettext("So that moderators need not ask again"),
    ),
    Rule(
        "suspensions",
        lazy_gettext("That you may not write for a while"),
        lazy_gettext("Until that time is over. The log of decisions still has it"),
        lazy_gettext("To keep the community safe"),
        _daily("accounts.sweep_suspensions", suspensions.sweep_suspensions),
    ),
    Rule(
        "bans",
        lazy_gettext(
            "Of somebody who left while they could not write: fingerprints of their Google or Facebook number"
        ),
        lazy_gettext("Until that time would be over, at most two years"),
        lazy_gettext("So that nobody comes back as somebody new to write all the same"),
        _daily("accounts.sweep_bans", bans.sweep_bans),
    ),
    Rule(
        "decisions",
        lazy_gettext("The log of decisions"),
        lazy_gettext(
            "For good. It holds numbers and codes, no words and no names. A random number stands for a member"
        ),
        lazy_gettext("So that decisions can be answered for"),
    ),
    Rule(
        "holds",
        lazy_gettext("A copy of words that the law obliges us to keep"),
        lazy_gettext("Until the end that two administrators set, at most two years"),
        lazy_gettext("Our legal duty"),
        _daily("privacy.sweep_holds", holds.sweep_holds),
    ),
    Rule(
        "security-log",
        lazy_gettext("The security log"),
        lazy_gettext("90 days"),
        lazy_gettext("To find attacks and faults"),
    ),
    Rule(
        "failed-jobs",
        lazy_gettext("Work of the server that failed: its name and numbers, no words"),
        lazy_gettext("90 days"),
        lazy_gettext("So that somebody can look why"),
        _daily("jobs.sweep_dead_letters", queue.sweep_dead_letters),
    ),
    Rule(
        "backups",
        lazy_gettext("Backups"),
        lazy_gettext("At most {days} days"),
        lazy_gettext("So that a broken disk does not take everything away"),
    ),
    Rule(
        "erasures",
        lazy_gettext("What was deleted, hidden or taken back, by random numbers alone"),
        lazy_gettext("As long as backups: {days} days"),
        lazy_gettext("So that a backup that is put back does not bring it back"),
        Recurring("privacy.have_erasures_forgotten", DAY, erasure_ledger.have_forgotten),
        erasure_ledger.old_erasures,
    ),
)

# Of two rows that one job ends, the first has its place.
RECURRING: tuple[Recurring, ...] = tuple(
    {rule.job.name: rule.job for rule in RULES if rule.job is not None}.values()
)


def retention_rows(backup_days: int) -> tuple[RetentionRow, ...]:
    """Return the table for a page, in the reader's language."""
    return tuple(RetentionRow(str(rule.what), _how_long(rule, backup_days), str(rule.why)) for rule in RULES)


def run(session: Session, rule: Rule, backup_days: int) -> Due:
    """Do what ends one row, in this transaction, and return how many went or will go by a job that it put in.

    Whoever only wants to know rolls back.
    """
    counted = 0 if rule.count is None else rule.count(session, backup_days)
    done = 0 if rule.job is None else rule.job.begin(session)
    return Due(
        rule.key,
        str(rule.what),
        _how_long(rule, backup_days),
        counted if rule.count is not None or not isinstance(done, int) else done,
    )


def with_jobs() -> tuple[Rule, ...]:
    """Return the rows that a job ends, each job once."""
    found: dict[str, Rule] = {}
    for rule in RULES:
        if rule.job is not None:
            found.setdefault(rule.job.name, rule)
    return tuple(found.values())


def _how_long(rule: Rule, backup_days: int) -> str:
    return str(rule.how_long).replace("{days}", str(backup_days))
