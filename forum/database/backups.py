"""Copies of a whole database in one file, made and put back by each database's own means.

Which one it is only ``dialects`` knows. What has to happen after a restore, before anybody is served, is not done here.
"""

import os
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url

from forum.database.dialects import postgresql_backups, sqlite_backups
from forum.database.dialects.backup_failures import BackupFailed

__all__ = ["BackupFailed", "Backups", "backups_of", "create_whole"]


class Backups(Protocol):
    """What each of the two modules offers. Everything raises BackupFailed with a sentence for the operator."""

    # How a file's name ends.
    suffix: str

    def create(self, url: str, file: Path) -> None:
        """Write a copy of the database into a file that is there and empty, and check that it is whole."""

    def revision_of(self, file: Path) -> str:
        """Check that a file is a whole copy of a forum's database, and return which structure it has."""

    def is_in_use(self, url: str) -> bool:
        """Say whether somebody else is connected to the database, as far as it can tell."""

    def restore(self, url: str, file: Path) -> None:
        """Put the copy in the place of the database, whole or not at all."""

    def tidy(self, url: str) -> None:
        """Let go of everything that the database's files still hold of rows that are gone. Nobody else is there."""


def backups_of(url: str) -> Backups:
    """Return how copies of the database at this address are made."""
    if make_url(url).get_backend_name() == "sqlite":
        return sqlite_backups.BACKUPS
    return postgresql_backups.BACKUPS


def create_whole(url: str, file: Path) -> None:
    """Write a copy that only its owner may read. Until it is whole it has another name; raises BackupFailed."""
    part = file.with_name(f"{file.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        backups_of(url).create(url, part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
