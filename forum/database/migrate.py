"""Bring a database to the newest structure, and say whether it is there. Migrations make structure only."""

import functools

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

import config


def _alembic(database_url: str) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(config.MIGRATIONS).replace("%", "%%"))
    alembic.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return alembic


def upgrade(database_url: str, revision: str = "head") -> None:
    """Migrate the database up to a revision."""
    command.upgrade(_alembic(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Migrate the database down to a revision (``base`` empties it)."""
    command.downgrade(_alembic(database_url), revision)


@functools.cache
def _expected() -> frozenset[str]:
    """Return the revisions of this release; its files don't change while it runs."""
    return frozenset(ScriptDirectory(str(config.MIGRATIONS)).get_heads())


def knows(revision: str) -> bool:
    """Say whether this release knows a structure, and so can bring it to its own."""
    known = ScriptDirectory(str(config.MIGRATIONS)).walk_revisions()
    return revision in {one.revision for one in known}


def is_compared(_object: object, name: str | None, kind: str, *_more: object) -> bool:
    """Say whether Alembic compares something with the models: the words of the index are in no model.

    Each database keeps them in its own way, and SQLite in several tables whose names begin alike.
    """
    return not (kind == "table" and (name or "").startswith("search_words"))


def has_structure(connection: Connection) -> bool:
    """Say whether the database at the other end has the structure that this release expects."""
    return frozenset(MigrationContext.configure(connection).get_current_heads()) == _expected()


def is_current(database_url: str) -> bool:
    """Say the same of an address, by a connection of its own."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return has_structure(connection)
    finally:
        engine.dispose()
