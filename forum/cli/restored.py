"""What has to happen between putting a backup back and serving it; whoever would serve before is told."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from config import Settings
from forum import consequences
from forum.cli import opening
from forum.consent.heads_after_restore import set_heads_aside
from forum.database import migrate
from forum.database.backups import backups_of
from forum.database.session import Database
from forum.privacy import replaying, retention
from forum.privacy.erasure_ledger import FILE, Damaged
from forum.privacy.models import ErasureKind
from forum.privacy.replaying import MARK, NotFinished


@dataclass(frozen=True, slots=True)
class Finished:
    """What was done again, and where the heads are that were set aside."""

    done: Counter[ErasureKind]
    swept: int
    heads_aside: Path | None


def begin(settings: Settings) -> None:
    """Leave the mark: from now on nobody serves until ``finish`` was through."""
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.data_folder / MARK).touch(mode=0o600)


def give_up(settings: Settings) -> None:
    """Take the mark away: nothing was put back."""
    (settings.data_folder / MARK).unlink(missing_ok=True)


def require_finished(settings: Settings) -> None:
    """Raise ClickException while a restored backup still has what was deleted since it was made."""
    try:
        replaying.require_finished(settings.data_folder, settings.database_url, settings.backup_days)
    except NotFinished as found:
        raise click.ClickException(str(found)) from None


def finish(settings: Settings, *, without_erasures: bool) -> Finished:
    """Bring what was put back to this release's structure, and delete and hide again what it doesn't know of.

    All sessions end, whatever browsers hold is stale, and what is over by the table of retention goes. Doing it twice
    changes nothing more than that sessions end again. Raises ClickException when the erasure ledger is not whole.
    """
    migrate.upgrade(settings.database_url)
    if settings.on_sqlite:
        opening.keep_private(settings)
    follower = consequences.follower_of(consequences.without_letters(consequences.CONSEQUENCES))
    database = Database(settings.database_url, size=1, follower=follower)
    try:
        done = _replay(settings, database, without_erasures=without_erasures)
        swept = 0
        for rule in retention.with_jobs():
            with database.transaction() as session:
                swept += retention.run(session, rule, settings.backup_days).many
        with database.transaction() as session:
            replaying.forget_browsers(session)
        with database.reading() as session:
            aside = set_heads_aside(session, settings.data_folder, settings.ledger_keys)
        database.tidy()
    finally:
        database.dispose()
    backups_of(settings.database_url).tidy(settings.database_url)
    give_up(settings)
    return Finished(done, swept, aside)


def _replay(settings: Settings, database: Database, *, without_erasures: bool) -> Counter[ErasureKind]:
    folder, days = settings.data_folder, settings.backup_days
    try:
        with database.transaction() as session:
            if not without_erasures and replaying.file_lacks_some(session, folder, days):
                raise click.ClickException(
                    f"{folder / FILE} is missing or not whole: this database saw entries there that are gone, so "
                    "nobody can say what else was deleted since the backup. Bring back your copy of the file, and run: "
                    "forum backup replay. If there is none: forum backup replay --without-erasures"
                )
            unknown = replaying.unknown_lines(session, folder, days)
            return replaying.replay(session, unknown, settings.ban_keys)
    except Damaged as damaged:
        raise click.ClickException(str(damaged)) from None

