"""What most commands begin with: the settings, and the database with everything that follows from events."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

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
    if not migrate.is_current(found.database_url):
        raise click.ClickException(
            "The database doesn't have the structure of this release yet. Run this first: forum db upgrade"
        )
