"""What most commands begin with: the settings, and the database with everything that follows from events."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from config import Settings
from forum import consequences
from forum.database import migrate
from forum.database.session import Database


def settings() -> Settings:
    """Return the settings of this environment. Raises SettingsError."""
    return Settings.from_environ()


@contextmanager
def database(found: Settings, size: int = 1) -> Iterator[Database]:
    """Give the migrated database of these settings, and close it. Raises ClickException when it isn't migrated."""
    require_current(found)
    opened = Database(found.database_url, size=size, follower=consequences.follow)
    try:
        yield opened
    finally:
        opened.dispose()


def require_current(found: Settings) -> None:
    """Raise ClickException unless the database has the structure that this release expects."""
    # Looking would make the file, and SQLite's own words would be that it can't open one.
    missing = found.on_sqlite and not sqlite_file(found).exists()
    if missing or not migrate.is_current(found.database_url):
        raise click.ClickException(
            "The database doesn't have the structure of this release yet. Run this first: forum db upgrade"
        )


def keep_private(found: Settings) -> None:
    """Let only the owner read an embedded database that an older release or a careless copy left open to others."""
    file = sqlite_file(found)
    for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        # SQLite takes the two beside the database away whenever its last connection ends.
        with suppress(FileNotFoundError):
            part.chmod(0o600)


def sqlite_file(found: Settings) -> Path:
    """Return where the embedded database is."""
    return Path(make_url(found.database_url).database or "")
