"""Every table keeps to the rules of the house: keys never given out twice, names on constraints, keys indexed."""

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)

from tests.architecture.structure import metadata, structure

# Keys that the application counts itself, without gaps, under a lock.
COUNTED_BY_US = {"consent_event", "consent_record"}
TABLES = sorted(metadata().tables.values(), key=lambda table: table.name)


def reuses_numbers(table: Table) -> bool:
    """Say whether a deleted row's integer key could be given to another row."""
    keys = list(table.primary_key.columns)
    if len(keys) != 1 or not isinstance(keys[0].type, Integer) or keys[0].foreign_keys:
        return False
    never_on_sqlite = table.dialect_options["sqlite"]["autoincrement"]
    return not (never_on_sqlite and isinstance(keys[0].identity, Identity))


def unindexed_keys(table: Table) -> set[str]:
    """Return the foreign keys that no index, unique constraint or primary key begins with."""
    starts = [list(table.primary_key.columns)]
    starts += [list(index.columns) for index in table.indexes]
    starts += [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    return {
        "+".join(column.name for column in key.columns)
        for key in table.foreign_key_constraints
        if not any(columns[: len(key.columns)] == list(key.columns) for columns in starts)
    }


def test_there_are_tables() -> None:
    assert len(TABLES) > 15


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_key_is_given_out_twice(table: Table) -> None:
    assert table.name in COUNTED_BY_US or not reuses_numbers(table)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_foreign_key_is_indexed(table: Table) -> None:
    assert unindexed_keys(table) == set()


def test_every_constraint_has_a_name_that_says_its_table(database_url: str) -> None:
    nameless = [
        (name, kind, constraint)
        for name, table in structure(database_url).items()
        for kind, prefix in [("unique", "uq"), ("checks", "ck"), ("foreign", "fk"), ("indexes", "ix")]
        for constraint in table[kind]
        # PostgreSQL lists the index behind a unique constraint, too.
        if not str(constraint).startswith((f"{prefix}_{name}", f"uq_{name}"))
    ]
    assert nameless == []


# --- the walkers see what they look for ------------------------------------------------------------------


def test_a_key_that_would_be_reused_is_seen() -> None:
    plain = Table("plain", MetaData(), Column("id", Integer, primary_key=True))
    half = Table("half", MetaData(), Column("id", BigInteger, Identity(), primary_key=True))
    whole = Table(
        "whole", MetaData(), Column("id", Integer, Identity(), primary_key=True), sqlite_autoincrement=True
    )
    assert (reuses_numbers(plain), reuses_numbers(half), reuses_numbers(whole)) == (True, True, False)


def test_a_foreign_key_without_an_index_is_seen() -> None:
    both = MetaData()
    Table("parent", both, Column("id", Integer, primary_key=True))
    child = Table(
        "child",
        both,
        Column("a", ForeignKey("parent.id")),
        Column("b", ForeignKey("parent.id")),
        Index("ix", "b"),
    )
    assert unindexed_keys(child) == {"a"}
