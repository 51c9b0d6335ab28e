"""What has to happen between putting a backup back and serving it; whoever would serve before is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from config import Settings
from forum import consequences
from forum.cli import opening
from forum.consent.heads_after_restore import set_heads_aside
from forum.database import migrate
from forum.database.backups import backups_of
from forum.database.session import Database
from forum.permissions.actor import Role
from forum.privacy import erasure_file, erasure_ledger, replaying, retention
from forum.privacy.erasure_file import FILE, Damaged, Kept, Missing
from forum.privacy.erasure_ledger import MARK
from forum.privacy.models import ErasureKind
from forum.privacy.replaying import NotFinished

# What is about to be done again; whoever doesn't want that raises.
Asking = Callable[[Counter[ErasureKind]], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """What was done again, who moderates now, and where the heads are that were set aside."""

    done: Counter[ErasureKind]
    staff: list[tuple[str, Role]]
    heads_aside: Path | None


def begin_file(settings: Settings) -> None:
    """Begin the file of the erasure ledger where there is none."""
    if (settings.data_folder / FILE).exists():
        return
    database = Database(settings.database_url, size=1)
    try:
        with database.reading() as session:
            anew = erasure_ledger.kept_anew(session)
    finally:
        database.dispose()
    erasure_file.begin(settings.data_folder, settings.ledger_keys, anew)


def erasures(settings: Settings, *, without_erasures: bool) -> Kept | None:
    """Return what the erasure ledger's file holds. Raises ClickException when it is missing or damaged.

    Without is what the operator may say of one that is missing: then it is None.
    """
    try:
        return erasure_file.read(settings.data_folder, settings.ledger_keys)
    except Damaged as damaged:
        raise click.ClickException(str(damaged)) from None
    except Missing:
        if without_erasures:
            return None
        raise click.ClickException(replaying.missing(settings.data_folder)) from None


def begin(settings: Settings) -> bool:
    """Leave the mark: nobody serves until ``finish`` was through. Say whether an earlier one stood there."""
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = settings.data_folder / MARK
    was_there = mark.exists()
    mark.touch(mode=0o600)
    return was_there


def give_up(settings: Settings) -> None:
    """Take the mark away: nothing was put back."""
    (settings.data_folder / MARK).unlink(missing_ok=True)


def require_finished(settings: Settings) -> None:
    """Raise ClickException while a restored backup may still have what was deleted since it was made."""
    try:
        replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
    except NotFinished as found:
        raise click.ClickException(str(found)) from None


def finish(settings: Settings, ask: Asking, *, without_erasures: bool) -> Finished:
    """Bring what was put back to this release's structure, and delete and hide again what it doesn't know of.

    All sessions end, whatever browsers hold is stale, and what is over by the table of retention goes. Doing it twice
    changes nothing more than that sessions end again. Before anything of it stays, ``ask`` is told what it will be, and
    may raise. Raises ClickException when the erasure ledger is not whole.
    """
    kept = erasures(settings, without_erasures=without_erasures)
    migrate.upgrade(settings.database_url)
    if settings.on_sqlite:
        opening.keep_private(settings)
    follower = consequences.follower_of(consequences.without_letters(consequences.CONSEQUENCES))
    database = Database(settings.database_url, size=1, follower=follower)
    try:
        done, anew = _replay(settings, database, kept, ask, without_erasures=without_erasures)
        if anew is not None:
            erasure_file.begin(settings.data_folder, settings.ledger_keys, anew)
        for rule in retention.with_jobs():
            with database.transaction() as session:
                retention.run(session, rule, settings.backup_days)
        with database.transaction() as session:
            replaying.forget_browsers(session)
        with database.reading() as session:
            aside = set_heads_aside(session, settings.data_folder, settings.ledger_keys)
            staff = replaying.staff(session)
        database.tidy()
    finally:
        database.dispose()
    backups_of(settings.database_url).tidy(settings.database_url)
    give_up(settings)
    return Finished(done, staff, aside)


def _replay(
    settings: Settings, database: Database, kept: Kept | None, ask: Asking, *, without_erasures: bool
) -> tuple[Counter[ErasureKind], Kept | None]:
    """Do again what the file tells; return how much it was, and with what the file begins anew if it had a gap."""
    with database.transaction() as session:
        gap = replaying.gap(session, settings.data_folder, kept)
        if gap is not None and not without_erasures:
            raise click.ClickException(gap)
        lines = [] if kept is None else erasure_ledger.unknown_lines(session, kept)
        done = +replaying.replay(session, lines, settings.ban_keys)
        if done:
            # What was done so far is undone if this raises.
            ask(done)
        if gap is None:
            return done, None
        # What the file had goes on to count, as does what this database saw there.
        had = {} if kept is None else {line.mark: line for line in kept.lines}
        anew = erasure_ledger.kept_anew(session)
        both = {**{line.mark: line for line in anew.lines}, **had}
        return done, replace(anew, lines=tuple(sorted(both.values(), key=lambda line: line.happened_at)))
