"""Makes one plausible row for any table, from nothing but its columns: for migrations that must not lose it."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Enum, MetaData, Table, TypeDecorator, insert

# A row stands in one place alone, and this is another one than ours does.
_ELSEWHERE = frozenset(
    {
        "image.draft_id",
        "search_document.treatment_version_id",
        "topic.condition_id",
        "kept_draft.category_id",
        "kept_draft.topic_id",
        "slot.source_post_id",
    }
)


def _value(column: Column[Any]) -> Any:
    if isinstance(column.type, Enum):
        return next(iter(column.type.enum_class or column.type.enums))
    if isinstance(column.type, JSON):
        return {}
    kind = (column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type).python_type
    plain: dict[type, Any] = {
        bool: False,
        bytes: b"1",
        date: date(2026, 11, 22),
        datetime: datetime(2026, 11, 22, 3, tzinfo=UTC),
        float: 1.0,
        int: 1,
        str: "1",
        uuid.UUID: uuid.UUID(int=1),
    }
    return plain[kind]


def _row(table: Table, made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        keys = list(column.foreign_keys)
        if str(column) in _ELSEWHERE:
            continue
        if keys:
            target = keys[0].column
            # A table that points at itself, or at one made later, does so from a column that may be empty.
            if target.table.name in made:
                row[column.name] = made[target.table.name][target.name]
        elif not column.nullable:
            row[column.name] = _value(column)
    return row


def fill(connection: Connection, metadata: MetaData) -> None:
    """Put one row into every table, parents first."""
    made: dict[str, dict[str, Any]] = {}
    for table in metadata.sorted_tables:
        row = _row(table, made)
        connection.execute(insert(table).values(row))
        made[table.name] = row


def counts(connection: Connection, tables: list[str]) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {
        table: connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one() for table in tables
    }
