"""Looks at a database's structure as the database itself tells it, and at the models that describe it."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Inspector, MetaData, create_engine, inspect, text

import forum
from forum.database import migrate
from forum.database.base import Base


def metadata() -> MetaData:
    """Return the metadata with every feature's tables, found by walking the package."""
    for room in pkgutil.walk_packages(forum.__path__, "forum."):
        if room.name.split(".")[-1] == "models" or room.name == "forum.database.page_stamps":
            importlib.import_module(room.name)
    return Base.metadata


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open a plain connection for looking, and commit what was done through it."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _types(column: dict[str, Any]) -> str:
    return str(column["type"])


def _table(inspector: Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": {
            c["name"]: (_types(dict(c)), c["nullable"], c["default"], bool(c.get("identity")))
            for c in inspector.get_columns(table)
        },
        "key": (
            inspector.get_pk_constraint(table)["name"],
            inspector.get_pk_constraint(table)["constrained_columns"],
        ),
        "unique": {u["name"]: sorted(u["column_names"]) for u in inspector.get_unique_constraints(table)},
        "checks": {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(table)},
        "foreign": {
            f["name"]: (
                f["constrained_columns"],
                f["referred_table"],
                f["referred_columns"],
                f.get("options"),
            )
            for f in inspector.get_foreign_keys(table)
        },
        "indexes": {i["name"]: (i["column_names"], bool(i["unique"])) for i in inspector.get_indexes(table)},
    }


def structure(url: str) -> dict[str, Any]:
    """Return every table with its columns, constraints and indexes, as the database reports them."""
    with connected(url) as connection:
        inspector = inspect(connection)
        names = [name for name in inspector.get_table_names() if migrate.is_compared(None, name, "table")]
        tables = {name: _table(inspector, name) for name in names}
        if connection.dialect.name == "sqlite":
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
            for name, sql in rows:
                if name in tables:
                    tables[name]["never reused"] = "AUTOINCREMENT" in sql
    tables.pop("alembic_version", None)
    return tables


def triggers(url: str) -> set[str]:
    """Return the names of the triggers that guard tables."""
    with connected(url) as connection:
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.dialect.name == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        return set(connection.execute(text(query)).scalars())
