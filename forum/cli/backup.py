"""``forum backup``: copies of the database, putting one back, and doing again what it doesn't know of."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from forum import clock
from forum.cli import opening, restored, running
from forum.cli.tables import show_table
from forum.database import migrate
from forum.database.backups import BackupFailed, backups_of, create_whole

_NAME = re.compile(r"alongside-([0-9]{8}T[0-9]{6}Z)\.(?:sqlite3|dump)")
_MOMENT = "%Y%m%dT%H%M%SZ"
_MEANS = {
    "member-erased": "members erased again",
    "leaving-begun": "members leaving, and hidden, again",
    "leaving-cancelled": "members who had come back, back again",
    "post-deleted": "posts deleted again",
    "earlier-text-purged": "posts whose earlier text is gone again",
    "consent-withdrawn": "consents taken back again",
    "restricted": "members restricted again",
    "restriction-lifted": "restrictions lifted again",
}


@click.group()
def backup() -> None:
    """Copies of the database."""


@backup.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def create(folder: Path) -> None:
    """Write a copy of the database into FOLDER, and remove those there that are older than BACKUP_DAYS.

    The forum may run meanwhile. Only you can read the file; keep it as closed as the database, and on another machine.
    """
    settings = opening.settings()
    opening.require_current(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _in_a_sentence():
        suffix = backups_of(settings.database_url).suffix
        file = folder / f"alongside-{clock.now().strftime(_MOMENT)}{suffix}"
        create_whole(settings.database_url, file)
    click.echo(f"Written and checked: {file}")
    for old in _older_than(folder, settings.backup_days):
        old.unlink()
        click.echo(f"Removed, older than {settings.backup_days} days: {old}")


@backup.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="The database that is there now may be written over.")
@click.option("--however-old", is_flag=True, help="Even if what was deleted since can't be known any more.")
def restore(file: Path, *, yes: bool, however_old: bool) -> None:
    """Put FILE in the place of the database, and delete again what was deleted since it was made.

    The forum must not run. The database that is there now is written over: it is not kept, since it holds words that
    people have deleted by the time somebody would look for it.
    """
    settings = opening.settings()
    if not yes:
        raise click.ClickException(
            "This writes over the database that is there now, and nothing of it is kept. "
            "If that is what you want, add --yes."
        )
    if not however_old and _made_at(file) < clock.now() - timedelta(days=settings.backup_days):
        raise click.ClickException(
            f"{file} is older than {settings.backup_days} days. What was deleted since then is not known any more, and "
            "would come back. If you have nothing else, add --however-old."
        )
    with running.held_alone(settings), _in_a_sentence():
        backups = backups_of(settings.database_url)
        if not migrate.knows(backups.revision_of(file)):
            raise click.ClickException(
                f"{file} was made by a newer release than this one. Install that release, and run this again."
            )
        if backups.is_in_use(settings.database_url):
            raise click.ClickException("Somebody is connected to the database. End that first.")
        restored.begin(settings)
        try:
            backups.restore(settings.database_url, file)
        except BackupFailed:
            # It was put back whole or not at all.
            restored.give_up(settings)
            raise
        _finish(settings, without_erasures=False)


@backup.command()
@click.option("--without-erasures", is_flag=True, help="Go on although erasures.jsonl is lost.")
def replay(*, without_erasures: bool) -> None:
    """Delete and hide again what a backup that was put back doesn't know of, and end all sessions.

    A restore does this by itself. It is for a backup that was put back by hand, and for a restore that was broken off.
    """
    settings = opening.settings()
    with running.held_alone(settings), _in_a_sentence():
        _finish(settings, without_erasures=without_erasures)


def _finish(settings: Settings, *, without_erasures: bool) -> None:
    finished = restored.finish(settings, without_erasures=without_erasures)
    if finished.done:
        show_table(
            ("what was done again", "how many"),
            [(_MEANS[kind.value], str(many)) for kind, many in finished.done.items()],
        )
    else:
        click.echo("Nothing had to be deleted or hidden again.")
    if finished.heads_aside is not None:
        click.echo(
            f"The consent ledger ends where the backup does; later heads are in {finished.heads_aside}."
        )
    click.echo("All sessions have ended. The forum can be started.")


def _made_at(file: Path) -> datetime:
    """Return when a backup was made: by the name that we gave it, else by its file."""
    named = _NAME.fullmatch(file.name)
    if named is not None:
        return datetime.strptime(named.group(1), _MOMENT).replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _older_than(folder: Path, days: int) -> list[Path]:
    """Return the backups in a folder that we made, and that are too old to be kept."""
    ours = (file for file in sorted(folder.iterdir()) if _NAME.fullmatch(file.name))
    return [file for file in ours if _made_at(file) < clock.now() - timedelta(days=days)]


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    """Let what goes wrong end in one sentence; a database's own words could quote somebody."""
    try:
        yield
    except BackupFailed as failed:
        raise click.ClickException(str(failed)) from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database failed: {type(error).__name__}.") from None
