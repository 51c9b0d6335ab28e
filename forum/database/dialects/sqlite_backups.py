"""Copies of an SQLite file, by SQLite's own online backup: good beside a running server, which a plain copy isn't."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from forum.database.dialects.backup_failures import BackupFailed


class _Backups:
    suffix = ".sqlite3"

    def create(self, url: str, file: Path) -> None:
        with _said("The backup can't be made"), _opened(_file_of(url)) as source:
            with _opened(file) as copy:
                source.backup(copy)
                # One file, with no log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
            self.revision_of(file)

    def revision_of(self, file: Path) -> str:
        with _said("This is no backup of a forum"), _opened(file) as copy:
            whole = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            if not whole or copy.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise BackupFailed(f"{file} is broken: what stands in it doesn't fit together.")
            (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
            return str(revision)

    def is_in_use(self, url: str) -> bool:
        file = _file_of(url)
        if not file.exists():
            return False
        try:
            with _opened(file) as database:
                # Nobody can leave this mode while anybody else has the file open.
                (mode,) = database.execute("PRAGMA journal_mode = DELETE").fetchone()
                return bool(mode != "delete")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError as error:
            raise BackupFailed(
                f"{file} is no database any more ({error}). Take it away with its -wal and -shm files, "
                "and run this again."
            ) from None

    def restore(self, url: str, file: Path) -> None:
        target = _file_of(url)
        target.touch(mode=0o600)
        with _said("The backup can't be put back"), _opened(file) as copy, _opened(target) as database:
            copy.backup(database)

    def tidy(self, url: str) -> None:
        """Write the file anew without what is free in it, and empty the log."""
        with _said("The database can't be tidied"), _opened(_file_of(url)) as database:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that is there, for everything but making one."""
    uri = f"{file.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        yield connection


@contextmanager
def _said(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFailed(f"{what}: {error}.") from None


BACKUPS = _Backups()
