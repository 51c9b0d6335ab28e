"""``forum db``: bring the database to this release's structure, and check that it is there."""

import click

from forum.cli import opening, restored
from forum.cli.search import fill
from forum.database import migrate


@click.group()
def db() -> None:
    """The database's structure."""


@db.command()
def upgrade() -> None:
    """Bring the database to the structure of this release. Running it again changes nothing."""
    settings = opening.settings()
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.on_sqlite:
        # Else SQLite's own words would be that it can't open the file.
        opening.sqlite_file(settings).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_older = not migrate.is_current(settings.database_url)
    migrate.upgrade(settings.database_url)
    if is_older:
        # On a database that has its structure already a missing file was lost, and must not look like an empty one.
        restored.begin_file(settings)
    if settings.on_sqlite:
        opening.keep_private(settings)
    # What was written before there was an index is found from now on, too.
    with opening.database(settings) as database:
        fill(database)
    click.echo("The database has the structure of this release.")


@db.command()
def check() -> None:
    """Say whether the database has the structure of this release; status 1 when it hasn't."""
    opening.require_current(opening.settings())
    click.echo("The database has the structure of this release.")
