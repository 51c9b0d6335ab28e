"""``forum backup``: copies of the database, putting one back, and doing again what it doesn't know of."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from forum import clock
from forum.cli import opening, pictures, restored, running
from forum.cli.tables import show_table
from forum.database import migrate
from forum.database.backups import BackupFailed, backups_of, create_whole
from forum.privacy.erasure_file import FILE, Kept
from forum.privacy.models import ErasureKind

_NAME = re.compile(r"alongside-([0-9]{8}T[0-9]{6}Z)\.(?:sqlite3|dump|pictures\.tar)")
# What is left of one that was not made to its end, since the command was killed: half a copy, and its own logs.
_STRAY = re.compile(rf"{_NAME.pattern}(?:\.part)?(?:-wal|-shm|-journal)?")
_STRAYS_KEPT = timedelta(days=1)
# Names say whole seconds.
_SECOND = timedelta(seconds=1)
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
    "picture-removed": "pictures removed again",
    "topic-narrowed": "topics with fewer readers again",
    "profile-narrowed": "profiles that nobody but their owners sees until they look at them",
}


@click.group()
def backup() -> None:
    """Copies of the database."""


@backup.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def create(folder: Path) -> None:
    """Write a copy of the database and of the pictures into FOLDER, and remove those there older than BACKUP_DAYS.

    The forum may run meanwhile. Only you can read the file; keep it as closed as the database, and on another machine.
    What a command that was killed left of a copy goes after a day.
    """
    settings = opening.settings()
    opening.require_current(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for stray in _older_than(folder, _STRAY, _STRAYS_KEPT):
        if not _NAME.fullmatch(stray.name):
            stray.unlink()
            click.echo(f"Removed, not made to its end: {stray}")
    with _in_a_sentence():
        suffix = backups_of(settings.database_url).suffix
        file = folder / f"alongside-{clock.now().strftime(_MOMENT)}{suffix}"
        create_whole(settings.database_url, file)
    click.echo(f"Written and checked: {file}")
    pictures.pack(settings, file)
    for old in _older_than(folder, _NAME, timedelta(days=settings.backup_days)):
        old.unlink()
        click.echo(f"Removed, older than {settings.backup_days} days: {old}")


_without_erasures = click.option(
    "--without-erasures",
    is_flag=True,
    help="Go on although nobody knows all that was deleted since: erasures.jsonl is lost, or doesn't reach back.",
)
_yes = click.option("--yes", is_flag=True, help="Ask nothing.")


@backup.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_without_erasures
@_yes
def restore(file: Path, *, without_erasures: bool, yes: bool) -> None:
    """Put FILE in the place of the database, with the pictures beside it, and delete again what was deleted since.

    The forum must not run. The database that is there now is written over: it is not kept, since it holds words that
    people have deleted by the time somebody would look for it.
    """
    settings = opening.settings()
    with running.held_alone(settings), _in_a_sentence():
        backups = backups_of(settings.database_url)
        if not migrate.knows(backups.revision_of(file)):
            raise click.ClickException(
                f"{file} was made by a newer release than this one. Install that release, and run this again."
            )
        kept = restored.erasures(settings, without_erasures=without_erasures)
        if kept is not None and not without_erasures and _made_at(file) + _SECOND < kept.since:
            raise click.ClickException(
                f"{FILE} knows what was deleted since {_said(kept.since)}, and {file} is older. What was deleted in "
                "between would come back. If you have nothing else: forum backup restore --without-erasures"
            )
        click.echo(f"{file} is of {_said(_made_at(file))}.")
        _tell(kept)
        if not yes:
            question = "The database that is there now is written over, and nothing of it is kept. Go on?"
            click.confirm(question, abort=True)
        if backups.is_in_use(settings.database_url):
            raise click.ClickException("Somebody is connected to the database. End that first.")
        goes_on = restored.begin(settings)
        try:
            backups.restore(settings.database_url, file)
        except BackupFailed:
            # It was put back whole or not at all; what an earlier one brought back is still to be deleted again.
            if not goes_on:
                restored.give_up(settings)
            raise
        pictures.put_back(settings, file)
        _finish(settings, without_erasures=without_erasures, yes=yes)


@backup.command()
@_without_erasures
@_yes
def replay(*, without_erasures: bool, yes: bool) -> None:
    """Delete and hide again what a backup that was put back doesn't know of, and end all sessions.

    A restore does this by itself. It is for a backup that was put back by hand, and for a restore that was broken off.
    """
    settings = opening.settings()
    with running.held_alone(settings), _in_a_sentence():
        _tell(restored.erasures(settings, without_erasures=without_erasures))
        _finish(settings, without_erasures=without_erasures, yes=yes)


def _tell(kept: Kept | None) -> None:
    """Say how far the erasure ledger reaches, so that a copy that is not the newest is noticed."""
    if kept is None:
        click.echo(f"There is no {FILE}.")
        return
    newest = "It has no entry." if kept.newest is None else f"Its newest entry is of {_said(kept.newest)}."
    click.echo(f"{FILE} knows what was deleted since {_said(kept.since)}. {newest}")
    click.echo("If you have a newer copy of it, stop here and bring that: what is not in it comes back.")


def _finish(settings: Settings, *, without_erasures: bool, yes: bool) -> None:
    def ask(done: Counter[ErasureKind]) -> None:
        show_table(
            ("what is done again", "how many"),
            [(_MEANS[kind.value], str(many)) for kind, many in done.items()],
        )
        if not yes and not click.confirm("Nothing of this can be undone. Go on?"):
            raise click.ClickException(
                "Nothing was deleted again. The forum doesn't start before this was done: forum backup replay"
            )

    finished = restored.finish(settings, ask, without_erasures=without_erasures)
    pictures.remove_unknown(settings)
    if not finished.done:
        click.echo("Nothing had to be deleted or hidden again.")
    if finished.heads_aside is not None:
        click.echo(
            f"The consent ledger ends where the backup does; later heads are in {finished.heads_aside}."
        )
    if finished.staff:
        click.echo("Roles are as they were in the backup. Take away what was taken away since:")
        show_table(("who", "role"), [(name, role.value) for name, role in finished.staff])
    click.echo("All sessions have ended. The forum can be started.")


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _made_at(file: Path) -> datetime:
    """Return when a backup was made: by the name that we gave it, else by its file."""
    named = _NAME.fullmatch(file.name)
    if named is not None:
        return _moment_of(named)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _older_than(folder: Path, names: re.Pattern[str], age: timedelta) -> list[Path]:
    """Return the files of these names in a folder, which we made, and that are too old to be kept."""
    found = ((file, names.fullmatch(file.name)) for file in sorted(folder.iterdir()))
    return [file for file, named in found if named is not None and _moment_of(named) < clock.now() - age]


def _moment_of(named: re.Match[str]) -> datetime:
    return datetime.strptime(named.group(1), _MOMENT).replace(tzinfo=UTC)


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    """Let what goes wrong end in one sentence; a database's own words could quote somebody."""
    try:
        yield
    except BackupFailed as failed:
        raise click.ClickException(str(failed)) from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database failed: {type(error).__name__}.") from None
