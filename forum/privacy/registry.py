"""Everything that is held about people: what each feature declared of its own tables, and what to make of it.

What the declarations mean stands in ``forum/database/personal_data``. ``problems`` says what is wrong with them; a
test holds it against every table there is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, MetaData, Table, Uuid

from forum.accounts import personal_data as accounts
from forum.audit_log import personal_data as audit_log
from forum.community import personal_data as community
from forum.community.models.people import HealthTerm
from forum.community_settings import personal_data as community_settings
from forum.consent import personal_data as consent
from forum.database.base import Base
from forum.database.page_stamps import PageStamp
from forum.database.personal_data import NOT_PERSONAL, Column, Held, OnLeaving, Subject
from forum.jobs import personal_data as jobs
from forum.moderation import personal_data as moderation
from forum.privacy import personal_data as privacy
from forum.search import personal_data as search
from forum.treatments import personal_data as treatments

# The one table that is no feature's.
_PAGE_STAMP = Held(
    PageStamp,
    "How often what a page shows has changed: a count, by the number of a topic or a room.",
    dict.fromkeys(("scope", "version"), NOT_PERSONAL),
)

# In the order in which a member's copy tells it: who they are first, then what they wrote.
HELD: tuple[Held, ...] = (
    *accounts.HELD,
    *community.HELD,
    *consent.HELD,
    *moderation.HELD,
    *privacy.HELD,
    *audit_log.HELD,
    *community_settings.HELD,
    *treatments.HELD,
    *search.HELD,
    *jobs.HELD,
    _PAGE_STAMP,
)


def table_of(held: Held) -> Table:
    """Return the table that is declared."""
    table = held.table.__table__
    assert isinstance(table, Table)  # noqa: S101 - tells the type checker what the mapping guarantees.
    return table


def held_in(table: str) -> Held:
    """Return what is declared of the table of this name."""
    return _by_table()[table]


def exported() -> tuple[Held, ...]:
    """Return the tables with something in a member's copy, in the order of the copy."""
    return tuple(held for held in HELD if any(column.exported for column in held.columns.values()))


def exported_columns(held: Held) -> tuple[TableColumn[Any], ...]:
    """Return the columns of a table that are in a member's copy, in the table's own order."""
    return tuple(column for column in table_of(held).columns if held.columns[column.name].exported)


def is_a_term(column: TableColumn[Any]) -> bool:
    """Say whether a column points at the list of conditions and treatments: a copy has its word, and not its number."""
    return any(key.column.table.name == HealthTerm.__tablename__ for key in column.foreign_keys)


def rows_that_go() -> tuple[Held, ...]:
    """Return the tables whose rows go as wholes, in an order in which none is deleted that another points at."""
    order = [table.name for table in reversed(Base.metadata.sorted_tables)]
    going = (held for held in HELD if held.rows_go)
    return tuple(sorted(going, key=lambda held: order.index(table_of(held).name)))


def names() -> tuple[TableColumn[Any], ...]:
    """Return every column that names a member and is emptied when they leave; its row is others', too."""
    return tuple(
        table_of(held).columns[name]
        for held in HELD
        for name, column in held.columns.items()
        if column.on_leaving is OnLeaving.UNNAMED
    )


def is_named(column: TableColumn[Any], subject: Subject) -> ColumnElement[bool]:
    """Say in which rows one of ``names`` names this member: by the row's number, or by the uuid."""
    return column == (subject.uuid if isinstance(column.type, Uuid) else subject.member_id)


def problems(metadata: MetaData, declared: Sequence[Held] = HELD) -> list[str]:
    """Return a sentence for everything that is missing in these declarations, or doesn't fit."""
    found = [*_undeclared(metadata, declared)]
    for held in declared:
        found += [f"{table_of(held).name}: {problem}" for problem in _problems_of(held)]
    return found


@cache
def _by_table() -> dict[str, Held]:
    return {table_of(held).name: held for held in HELD}


def _undeclared(metadata: MetaData, declared: Iterable[Held]) -> Iterator[str]:
    times = Counter(table_of(held).name for held in declared)
    for name in metadata.tables:
        if times[name] != 1:
            yield f"{name}: declared {times[name]} times, and not once"
    for name in times.keys() - metadata.tables.keys():
        yield f"{name}: no such table"


def _problems_of(held: Held) -> Iterator[str]:
    columns = table_of(held).columns
    for name in columns.keys() - held.columns.keys():
        yield f"the column {name} is not declared"
    for name in held.columns.keys() - columns.keys():
        yield f"no column {name} is there"
    if not held.what:
        yield "nobody says what it is"
    if held.about is None and held.rows_go:
        yield "its rows go, and nobody says whose they are"
    for name, column in held.columns.items():
        if name in columns:
            yield from (f"{name} {problem}" for problem in _problems_with(held, columns[name], column))


def _problems_with(held: Held, column: TableColumn[Any], declared: Column) -> Iterator[str]:
    yield from _problems_on_leaving(held, column, declared.on_leaving)
    if declared.exported and declared.on_leaving is OnLeaving.NOT_PERSONAL:
        yield "is exported, though it says nothing about anybody"
    if held.about is None and (declared.exported or declared.on_leaving is OnLeaving.ERASED):
        yield "is somebody's, and nobody says whose"
    if not declared.why and not _speaks_for_itself(declared):
        yield "doesn't say why"


def _problems_on_leaving(held: Held, column: TableColumn[Any], on_leaving: OnLeaving) -> Iterator[str]:
    names_members = {key.target_fullname for key in column.foreign_keys} & {"member.id", "member.uuid"}
    if names_members and on_leaving in (OnLeaving.KEPT, OnLeaving.NOT_PERSONAL):
        yield "points at a member, and can't outlive them"
    if on_leaving is OnLeaving.KEPT and held.rows_go:
        yield "can't stay when its row goes"
    if on_leaving is OnLeaving.UNNAMED and not (names_members and column.nullable):
        yield "names no member, or can't be emptied"


def _speaks_for_itself(declared: Column) -> bool:
    """Say whether a column needs no reason: it is in the copy and goes, or it says nothing about anybody."""
    if declared.on_leaving is OnLeaving.ERASED:
        return declared.exported
    return declared.on_leaving is OnLeaving.NOT_PERSONAL
