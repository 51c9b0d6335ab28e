"""Copies of a PostgreSQL database, by the server's own programs, which have to be installed: pg_dump and its kin.

How to connect is handed to them in their environment: a command line is everybody's to read.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from forum.database.dialects.backup_failures import BackupFailed

# What an address may say, and the variable by which these programs take it (libpq, "Environment Variables").
_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "passfile": "PGPASSFILE",
        "service": "PGSERVICE",
        "options": "PGOPTIONS",
        "application_name": "PGAPPNAME",
        "connect_timeout": "PGCONNECT_TIMEOUT",
        "sslmode": "PGSSLMODE",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcrl": "PGSSLCRL",
        "sslnegotiation": "PGSSLNEGOTIATION",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
        "require_auth": "PGREQUIREAUTH",
        "channel_binding": "PGCHANNELBINDING",
        "gssencmode": "PGGSSENCMODE",
        "krbsrvname": "PGKRBSRVNAME",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
        "client_encoding": "PGCLIENTENCODING",
    }
)
# Everything of ours goes first, also tables that came with a later release than the backup. Its words go with it.
_EMPTY = """
SET client_min_messages = warning;
BEGIN;
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'
    LOOP EXECUTE 'DROP TABLE ' || found.name || ' CASCADE'; END LOOP;
    FOR found IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP EXECUTE 'DROP ROUTINE ' || found.name || ' CASCADE'; END LOOP;
END $$;
"""
_PIECE = 1 << 16
_REVISION = "COPY public.alembic_version (version_num) FROM stdin;"


class _Backups:
    suffix = ".dump"

    def create(self, url: str, file: Path) -> None:
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")
        self.revision_of(file)

    def revision_of(self, file: Path) -> str:
        # The whole of it is read, so that one that was cut off is found before anything is replaced.
        _run("", "pg_restore", "--file=/dev/null", str(file))
        told = _run("", "pg_restore", "--file=-", "--data-only", "--table=alembic_version", str(file))
        _before, found, rest = told.partition(f"{_REVISION}\n")
        if not found:
            raise BackupFailed(f"{file} is no backup of a forum.")
        return rest.partition("\n")[0]

    def is_in_use(self, url: str) -> bool:
        engine = create_engine(url, poolclass=NullPool)
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        with engine.connect() as connection:
            return bool(connection.execute(text(others)).scalar_one())

    def restore(self, url: str, file: Path) -> None:
        """Have psql run what pg_restore writes, within one transaction that empties the database before.

        pg_restore alone would trip over tables that are newer than the backup. Unless it came to its end, the last
        word is never said, and everything stays as it was.
        """
        reading = (_program("pg_restore"), "--file=-", "--no-owner", "--no-privileges", str(file))
        writing = (_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        with (
            subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source,  # noqa: S603 - our own command.
            subprocess.Popen(  # noqa: S603 - our own command.
                writing, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(url)
            ) as target,
        ):
            if source.stdout is None or target.stdin is None:
                raise BackupFailed("The system gave no pipe.")
            try:
                target.stdin.write(_EMPTY.encode())
                while piece := source.stdout.read(_PIECE):
                    target.stdin.write(piece)
                if source.wait() == 0:
                    target.stdin.write(b"\nCOMMIT;\n")
            except BrokenPipeError:
                # psql gave up; why stands below.
                source.kill()
            _out, said = target.communicate()
        if target.returncode != 0 or source.returncode != 0:
            raise BackupFailed(f"psql: {_first_line(said) or 'the backup could not be read to its end'}")

    def tidy(self, url: str) -> None:
        """Write every table anew, without the rows that are gone; what the planner remembers of them is one, too."""
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.execute(text("VACUUM FULL"))


def _run(url: str, name: str, *arguments: str) -> str:
    """Run one of the programs, and return what it wrote; raises BackupFailed with the first line of its complaint."""
    done = subprocess.run(  # noqa: S603 - our own command.
        (_program(name), *arguments),
        env=_environment(url) if url else None,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise BackupFailed(_first_line(done.stderr) or f"{name} failed.")
    return done.stdout.decode("utf-8", "replace")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(
            f"The program {name} is not there. Install PostgreSQL's client programs, of the server's version or newer."
        )
    return found


def _environment(url: str) -> dict[str, str]:
    """Return the environment in which these programs find the database at this address."""
    parts = make_url(url)
    given: dict[str, object] = {
        "host": parts.host,
        "port": parts.port,
        "dbname": parts.database,
        "user": parts.username,
        "password": parts.password,
        **parts.query,
    }
    found = dict(os.environ)
    for name, value in given.items():
        if value is None:
            continue
        if name not in _VARIABLES or not isinstance(value, str | int):
            raise BackupFailed(f"The database's address says {name} in a way that pg_dump can't be told.")
        found[_VARIABLES[name]] = str(value)
    return found


def _first_line(said: bytes) -> str:
    """Return the first line of a complaint: later ones can quote what somebody wrote."""
    return said.decode("utf-8", "replace").strip().partition("\n")[0]


BACKUPS = _Backups()
