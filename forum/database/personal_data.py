"""How a feature declares what its tables hold about people: every column, what becomes of it, and why.

The declarations stand in each feature's ``personal_data``; ``forum/privacy`` puts them together. The export, erasing,
the tests and ``docs/personal-data.md`` are all made from them, and a column that nobody declared fails a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement

from forum.database.base import Base


@dataclass(frozen=True, slots=True)
class Subject:
    """The person whose data is meant: their row's number, and the uuid that ledgers know them by."""

    member_id: int
    uuid: UUID


class OnLeaving(StrEnum):
    """What becomes of a column when the member leaves."""

    ERASED = "erased"
    # It names the member, and is emptied; the row stays, for it is others', too.
    UNNAMED = "unnamed"
    KEPT = "kept"
    # It says nothing about anybody.
    NOT_PERSONAL = "not personal"


@dataclass(frozen=True, slots=True)
class Column:
    """What is done with one column. ``why`` says why it is not in the export, or why it is kept."""

    exported: bool
    on_leaving: OnLeaving
    why: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What one table holds about people. ``what`` says it in a few words of English."""

    table: type[Base]
    what: str
    columns: Mapping[str, Column]
    # Which of its rows are about somebody; None where none ever is.
    about: Callable[[Subject], ColumnElement[bool]] | None = None
    # Whether these rows go as wholes when the member leaves. Where they don't, a command of the feature clears them.
    rows_go: bool = False


# In the export, and gone with the member.
EXPORTED = Column(exported=True, on_leaving=OnLeaving.ERASED)
NOT_PERSONAL = Column(exported=False, on_leaving=OnLeaving.NOT_PERSONAL)


def withheld(why: str) -> Column:
    """Return a column that goes with the member and is not in the export: a secret, or what is somebody else's."""
    return Column(exported=False, on_leaving=OnLeaving.ERASED, why=why)


def unnamed(why: str) -> Column:
    """Return a column that names the member and is emptied when they leave."""
    return Column(exported=False, on_leaving=OnLeaving.UNNAMED, why=why)


def kept(why: str, *, exported: bool = True) -> Column:
    """Return a column that stays when the member left."""
    return Column(exported=exported, on_leaving=OnLeaving.KEPT, why=why)
