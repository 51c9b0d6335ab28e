"""Fixtures that give each test a database of its own, on SQLite and on PostgreSQL alike.

Both databases are migrated once a run into a template; a test gets a copy of it, or an earlier test's copy
that was emptied. With xdist the first worker
that needs a template makes it, and the others wait for it. What lives here is about databases only: the
application is made in ``conftest.py``.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from forum.database import migrate
from tests.servers import postgres

ROOT = Path(__file__).resolve().parents[1]
DIALECTS = ("sqlite", "postgresql")
_run = pytest.StashKey[Path]()
_lock = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the whole run shares, or find the one that xdist's controller made, and hold it."""
    shared = getattr(config, "workerinput", {}).get("run_folder")
    folder = Path(shared or tempfile.mkdtemp(prefix="alongside-"))
    # PostgreSQL runs as another user when the tests run as root, and has to reach its own folder inside.
    folder.chmod(0o755)
    config.stash[_run] = folder
    config.stash[_lock] = os.open(folder / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(config.stash[_lock], fcntl.LOCK_SH)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each of xdist's workers where the run's folder is."""
    node.workerinput["run_folder"] = str(node.config.stash[_run])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the run's folder and remove it; a server that runs in it ends then, and removes it itself."""
    os.close(config.stash[_lock])
    folder = config.stash[_run]
    if not hasattr(config, "workerinput") and not (folder / "server").exists():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the right to make a template; the other workers wait here."""
    with (folder / "templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """Return the folder that all workers of this run share."""
    return pytestconfig.stash[_run]


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """Return a migrated, empty SQLite file. Copy it; never open it."""
    template, making = run_folder / "template.sqlite3", run_folder / "making.sqlite3"
    with _alone(run_folder):
        if not template.exists():
            migrate.upgrade(f"sqlite:///{making}")
            making.rename(template)
    return template


class PostgresClones:
    """Makes and drops databases on the run's one PostgreSQL server."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._names = (f"{worker}_{number}" for number in count())
        self._admin = psycopg.connect(
            host=str(folder), user=postgres.OWNER, dbname="postgres", autocommit=True
        )
        self._drop_later = ExitStack()
        self._last: _Reused | None = None

    @contextmanager
    def clone(self, template: str) -> Iterator[str]:
        """Give the address of a new database copied from ``template``, and drop it at the end."""
        name = next(self._names)
        # Copying files is quicker than logging them; a crash of this server matters to nobody.
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield postgres.url(self._folder, name)
        finally:
            self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def emptied(self) -> Iterator[str]:
        """Give the address of a migrated database without rows: this worker's last one, when it is still good.

        Deleting a test's few rows takes a millisecond, and a copy of the template a hundred of them.
        """
        if self._last is None:
            self._last = _Reused(self._drop_later.enter_context(self.clone("template")))
        yield self._last.url
        if not self._last.empty():
            self._last.close()
            self._last = None

    def close(self) -> None:
        """Drop what is left and close the connection that makes databases."""
        if self._last is not None:
            self._last.close()
        self._drop_later.close()
        self._admin.close()


class _Reused:
    """A database that one test after the other gets, emptied in between by a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        # Replicas fire no triggers: those that guard the ledgers guard them from everybody else.
        self._connection.execute("SET session_replication_role = replica")
        tables = self._column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        counters = self._column("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        self._empty = "; ".join(
            [f'DELETE FROM "{table}"' for table in tables if table != "alembic_version"]
            + [f"SELECT setval('\"{counter}\"', 1, false)" for counter in counters]
        )
        self._structure = self._look()

    def _column(self, query: LiteralString) -> list[str]:
        return [str(row[0]) for row in self._connection.execute(query)]

    def _look(self) -> list[str]:
        return self._column(
            "SELECT (SELECT max(oid) FROM pg_class)::text || (SELECT count(*) FROM pg_class)"
            " || '/' || (SELECT count(*) FROM pg_attribute) || '/' || (SELECT max(oid) FROM pg_constraint)"
            " || '/' || (SELECT max(oid) FROM pg_trigger) || '/' || (SELECT max(oid) FROM pg_proc)"
            # A trigger that is gone leaves the newest one as it was.
            " || '/' || (SELECT count(*) FROM pg_trigger) || '/' || (SELECT count(*) FROM pg_proc)"
        )

    def empty(self) -> bool:
        """Delete every row, and say whether the structure is still what it was."""
        if self._look() != self._structure:
            return False
        self._connection.execute(self._empty.encode())
        return True

    def close(self) -> None:
        """Close the connection that empties."""
        self._connection.close()


@pytest.fixture(scope="session")
def postgres_clones(run_folder: Path) -> Iterator[PostgresClones]:
    """Return the run's PostgreSQL server, started when nobody did yet, with a database called ``template``."""
    folder = run_folder / "server"
    with _alone(run_folder):
        if not (folder / "migrated").exists():
            _start_postgres(run_folder, folder)
            (folder / "migrated").touch()
    clones = PostgresClones(folder, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    yield clones
    clones.close()


def _start_postgres(run_folder: Path, folder: Path) -> None:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.servers.postgres", str(run_folder), str(folder)]
    # Not waited for: it outlives this worker, and ends by itself when the last one has.
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert server.stdout is not None
    with server.stdout as said:
        assert said.readline() == b"ready\n", "PostgreSQL did not start; what it said stands above."
    server.returncode = 0  # Else Python warns that the process still runs, which is what we want.
    with psycopg.connect(
        host=str(folder), user=postgres.OWNER, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE template")
    migrate.upgrade(postgres.url(folder, "template"))


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Return which database this test runs on: each test that asks runs once on each."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a migrated database without rows, this test's own."""
    if dialect == "sqlite":
        file = tmp_path / "forum.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    clones: PostgresClones = request.getfixturevalue("postgres_clones")
    with clones.emptied() as url:
        yield url


@pytest.fixture
def empty_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database that no migration has touched yet, this test's own."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    clones: PostgresClones = request.getfixturevalue("postgres_clones")
    with clones.clone("template0") as url:
        yield url
