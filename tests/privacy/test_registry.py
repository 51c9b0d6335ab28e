"""The registry of personal data: nothing is left out of it, and nothing in it contradicts itself or the tables."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, Table, create_engine, inspect, select

from forum.accounts.models import Leaving, Member
from forum.community.models.threads import Category, Post
from forum.database import migrate
from forum.database.base import Base
from forum.database.personal_data import (
    EXPORTED,
    NOT_PERSONAL,
    Column,
    Held,
    OnLeaving,
    Subject,
    kept,
    unnamed,
    withheld,
)
from forum.database.session import Database
from forum.privacy import documentation, registry
from tests import cast

LEAVING = registry.held_in("leaving")
POST = registry.held_in("post")


@pytest.mark.proves("D1")
def test_every_column_of_every_table_is_declared_and_nothing_contradicts_itself() -> None:
    assert registry.problems(Base.metadata) == []


@pytest.mark.proves("D1")
def test_the_database_has_no_column_that_is_not_declared(database_url: str) -> None:
    engine = create_engine(database_url)
    there = inspect(engine)
    undeclared = {
        f"{table}.{column['name']}"
        for table in there.get_table_names()
        # The words of the index are in no model, and go with the row of theirs that is declared.
        if table != "alembic_version" and migrate.is_compared(None, table, "table")
        for column in there.get_columns(table)
    } - {f"{registry.table_of(held).name}.{name}" for held in registry.HELD for name in held.columns}
    engine.dispose()
    assert undeclared == set()


@pytest.mark.proves("D1")
def test_a_new_table_and_a_new_column_are_missed() -> None:
    metadata = MetaData()
    for table in Base.metadata.tables.values():
        table.to_metadata(metadata)
    Table("wish", metadata)
    assert registry.problems(metadata) == ["wish: declared 0 times, and not once"]
    fewer = {name: column for name, column in LEAVING.columns.items() if name != "posts"}
    assert _problems(columns=fewer) == ["leaving: the column posts is not declared"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"wish": EXPORTED}, "no column wish is there"),
        ({"member_id": NOT_PERSONAL}, "member_id points at a member, and can't outlive them"),
        ({"member_id": unnamed("Because.")}, "member_id names no member, or can't be emptied"),
        ({"until": unnamed("Because.")}, "until names no member, or can't be emptied"),
        ({"until": kept("Because.")}, "until can't stay when its row goes"),
        ({"until": withheld("")}, "until doesn't say why"),
        (
            {"until": Column(exported=True, on_leaving=OnLeaving.NOT_PERSONAL)},
            "until is exported, though it says nothing about anybody",
        ),
    ],
)
def test_a_declaration_that_can_not_be_right_is_seen(change: dict[str, Column], said: str) -> None:
    assert _problems(columns={**LEAVING.columns, **change}) == [f"leaving: {said}"]


def test_a_table_whose_rows_are_nobodys_has_nothing_of_anybodys() -> None:
    said = _problems(about=None)
    assert "leaving: its rows go, and nobody says whose they are" in said
    assert "leaving: until is somebody's, and nobody says whose" in said
    assert _problems(what="") == ["leaving: nobody says what it is"]


def test_a_column_that_stays_says_why() -> None:
    held = replace(POST, columns={**POST.columns, "written_at": kept("")})
    declared = [held if one is POST else one for one in registry.HELD]
    assert registry.problems(Base.metadata, declared) == ["post: written_at doesn't say why"]


def test_a_table_is_declared_once() -> None:
    assert registry.problems(Base.metadata, registry.HELD[1:]) == ["member: declared 0 times, and not once"]
    twice = [*registry.HELD, LEAVING]
    assert registry.problems(Base.metadata, twice) == ["leaving: declared 2 times, and not once"]


def _problems(**changes: Any) -> list[str]:
    """Return what is wrong when the declaration of ``leaving`` is changed like this."""
    changed = replace(LEAVING, **changes)
    return registry.problems(Base.metadata, [changed if held is LEAVING else held for held in registry.HELD])


# --- what is made of it ----------------------------------------------------------------------------------


def test_reasons_are_sentences() -> None:
    said = {column.why for held in registry.HELD for column in held.columns.values() if column.why}
    said |= {held.what for held in registry.HELD}
    assert [why for why in said if len(why.split()) < 3 or not why.endswith(".") or "|" in why] == []


def test_nothing_goes_before_what_points_at_it() -> None:
    going = [registry.table_of(held) for held in registry.rows_that_go()]
    assert going[-1].name == "member"
    for index, table in enumerate(going):
        targets = {key.column.table for key in table.foreign_keys} - {table}
        assert not targets & set(going[:index]), table.name


def test_every_column_that_names_a_member_is_emptied_or_goes() -> None:
    naming = {
        str(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if {key.target_fullname for key in column.foreign_keys} & {"member.id", "member.uuid"}
    }
    emptied = {str(column) for column in registry.names()}
    going = {f"{registry.table_of(held).name}" for held in registry.rows_that_go()}
    assert emptied <= naming
    # What goes by its row is its member's; a note's author is named in somebody else's.
    assert {name.partition(".")[0] for name in naming - emptied} <= going
    assert "member_note.author_id" in emptied


def test_rows_are_told_apart_by_whose_they_are(app: Any, database: Database) -> None:
    rowan, marlow = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    with database.reading() as session:
        for someone, other in ((rowan, marlow), (marlow, rowan)):
            subject = Subject(someone.member_id, someone.uuid)
            held = {
                name: _rows(session, registry.held_in(name), subject) for name in ("member", "consent_record")
            }
            assert [row["name"] for row in held["member"]] == [someone.name]
            assert {row["subject"] for row in held["consent_record"]} == {someone.uuid}
            events = _rows(session, registry.held_in("consent_event"), subject)
            assert len(events) == len(held["consent_record"]) == 6
            assert other.uuid not in {row["subject"] for row in held["consent_record"]}
        nobody = Subject(999_999, UUID(int=0))
        assert [held for held in registry.HELD if held.about and _rows(session, held, nobody)] == []


def _rows(session: Any, held: Held, subject: Subject) -> list[Any]:
    assert held.about is not None
    return list(session.execute(select(registry.table_of(held)).where(held.about(subject))).mappings())


def test_the_copy_holds_no_number_of_a_member_and_no_secret() -> None:
    exported = {str(column) for held in registry.exported() for column in registry.exported_columns(held)}
    assert {"member.uuid", "post.markdown", "consent_record.salt"} <= exported
    for column in exported:
        table, _, name = column.partition(".")
        targets = {key.target_fullname for key in Base.metadata.tables[table].columns[name].foreign_keys}
        assert "member.id" not in targets, column
    assert [column for column in exported if "token" in column or "code_hash" in column] == []
    # Somebody else's words, and what the team says among itself.
    assert not {"report.post_markdown", "member_note.text", "legal_hold.post_markdown"} & exported


@pytest.mark.parametrize(
    ("table", "is_there"), [(Member, True), (Post, True), (Category, False), (Leaving, True)]
)
def test_the_document_tells_tables_about_people_from_others(table: type[Base], is_there: bool) -> None:
    text = documentation.as_markdown()
    people, _, others = text.partition("## Tables that hold nothing about people")
    assert (f"### `{table.__tablename__}`" in people) == is_there
    assert (f"| `{table.__tablename__}` |" in others) != is_there
