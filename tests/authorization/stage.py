"""A database that is filled once, asked whether a request changed it, and put back when one did."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql


class Stage(Protocol):
    """What tests ask of a filled database, whichever it is."""

    def touched(self) -> bool:
        """Say whether anything may be otherwise than when the stage was set. It is quick."""

    def changed(self) -> list[str]:
        """Return the names of the tables that are otherwise than when the stage was set."""

    def put_back(self) -> None:
        """Make every table what it was when the stage was set."""


class SqliteStage:
    """A file and a copy of it in memory."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._copy = sqlite3.connect(":memory:")
        self._file.backup(self._copy)
        self._tables = [
            str(name) for (name,) in self._file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        self._version = self._look()

    def _look(self) -> int:
        # It moves when another connection commits a change, and only then.
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    def touched(self) -> bool:
        """See Stage."""
        return self._look() != self._version

    def changed(self) -> list[str]:
        """See Stage."""
        return [name for name in self._tables if self._rows(self._file, name) != self._rows(self._copy, name)]

    def _rows(self, where: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
        return where.execute(f'SELECT * FROM "{table}"').fetchall()

    def put_back(self) -> None:
        """See Stage."""
        self._copy.backup(self._file)
        self._version = self._look()

    def close(self) -> None:
        """Close both."""
        self._file.close()
        self._copy.close()


class PostgresStage:
    """A database and a copy of its tables in a schema that the forum doesn't know."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        # Replicas fire no triggers: those that guard the ledgers guard them from everybody else.
        connection.execute("SET session_replication_role = replica")
        connection.execute("CREATE SCHEMA stage")
        self._columns = self._plain_columns()
        for table, columns in self._columns.items():
            connection.execute(
                sql.SQL("CREATE TABLE stage.{0} AS SELECT {1} FROM public.{0}").format(
                    sql.Identifier(table), columns
                )
            )
        self._prints = self._look()
        self._newest = self._newest_transaction()

    def _plain_columns(self) -> dict[str, sql.Composed]:
        """Return each table's columns, without those that the database works out itself."""
        rows = self._connection.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'"
            " GROUP BY table_name ORDER BY table_name"
        )
        return {
            str(table): sql.SQL(", ").join(sql.Identifier(str(name)) for name in names)
            for table, names in rows
        }

    def _newest_transaction(self) -> int:
        # Moves when a transaction that wrote or held something began, whatever became of it.
        row = self._connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
        assert row is not None
        return int(row[0])

    def _look(self) -> dict[str, str]:
        """Return how many rows each table has, and which transaction wrote the newest of them."""
        query = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, count(*) || '/' || coalesce(max(xmin::text::bigint), 0) FROM {}").format(
                sql.Literal(table), sql.Identifier("public", table)
            )
            for table in self._columns
        )
        return {str(table): str(found) for table, found in self._connection.execute(query)}

    def touched(self) -> bool:
        """See Stage."""
        return self._newest_transaction() != self._newest

    def changed(self) -> list[str]:
        """See Stage."""
        now = self._look()
        changed = [table for table, found in self._prints.items() if now[table] != found]
        if not changed:
            # A refused request may have held rows.
            self._newest = self._newest_transaction()
        return changed

    def put_back(self) -> None:
        """See Stage."""
        with self._connection.transaction():
            for table in self.changed():
                name, columns = sql.Identifier(table), self._columns[table]
                self._connection.execute(sql.SQL("DELETE FROM public.{0}").format(name))
                self._connection.execute(
                    sql.SQL("INSERT INTO public.{0} ({1}) SELECT {1} FROM stage.{0}").format(name, columns)
                )
        self._prints = self._look()
        self._newest = self._newest_transaction()


@contextmanager
def stage_for(database_url: str) -> Iterator[Stage]:
    """Set the stage: what is in this database now is what it is put back to."""
    if database_url.startswith("sqlite"):
        with closing(SqliteStage(Path(database_url.removeprefix("sqlite:///")))) as stage:
            yield stage
        return
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield PostgresStage(connection)
