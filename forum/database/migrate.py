"""Bring a database to the newest structure, and say whether it is there. Migrations make structure only."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

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


def is_current(database_url: str) -> bool:
    """Say whether the database has the structure that this release expects."""
    heads = set(ScriptDirectory.from_config(_alembic(database_url)).get_heads())
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads()) == heads
    finally:
        engine.dispose()
