"""The declarative base of every table, with names for every constraint and keys that are never given out twice."""

from typing import Any

from sqlalchemy import BigInteger, Identity, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)


class Numbered:
    """A table whose key is an integer that is never reused, not even after the newest row was deleted.

    SQLite gives a deleted top row's number out again unless told otherwise, and an address or a ledger that
    names the old row would then name a stranger's.
    """

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"),
        Identity(always=False),
        primary_key=True,
        sort_order=-1,
    )


def numbered(*constraints: Any) -> tuple[Any, ...]:
    """Return ``__table_args__`` for a Numbered table that has constraints or indexes of its own."""
    return (*constraints, {"sqlite_autoincrement": True})
