"""What the two databases do each in their own way, and must do alike."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Integer, Table, delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from forum.accounts.models import Member
from forum.consent.models import ConsentEvent, ConsentRecord, InterfaceText, PolicyVersion
from forum.database import migrate
from forum.database.base import Base
from forum.database.dialects import tools
from forum.database.session import Database
from forum.jobs.models import Job
from forum.privacy.models import Erasure, ErasureKind
from tests.threads import together

MOMENT = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
WHO = UUID("5d9f4d6e-0000-4000-8000-000000000001")


def job(unique_key: str | None = None, **other: object) -> dict[str, Any]:
    row = {
        "name": "mark",
        "payload": {},
        "due_at": MOMENT,
        "unique_key": unique_key,
        "attempts": 0,
        "created_at": MOMENT,
    }
    return row | other


# --- insert unless there ---------------------------------------------------------------------------------


def put_in(database: Database, row: dict[str, object]) -> bool:
    table = Job.__table__
    assert isinstance(table, Table)
    with database.transaction() as session:
        return tools(session).insert_unless_there(session, table, row)


def test_a_row_is_inserted_unless_its_unique_key_is_taken(database: Database) -> None:
    assert put_in(database, job("tick:1"))
    assert not put_in(database, job("tick:1", name="another"))
    assert put_in(database, job("tick:2"))
    assert put_in(database, job())
    assert put_in(database, job()), "Nothing is no key that could be taken."
    with database.reading() as session:
        assert session.execute(select(Job.name).where(Job.unique_key == "tick:1")).all() == [("mark",)]


def test_of_many_who_insert_the_same_at_once_one_succeeds(database: Database) -> None:
    answers = together(16, lambda number: put_in(database, job("tick", name=f"by-{number}")))
    assert answers.count(True) == 1
    with database.reading() as session:
        assert session.execute(select(Job.name)).all() == [(f"by-{answers.index(True)}",)]


def test_a_broken_rule_that_is_no_taken_key_is_not_passed_over(database: Database) -> None:
    with pytest.raises(DBAPIError):
        put_in(database, job("tick", attempts=-1))


# --- numbers are never given out twice -------------------------------------------------------------------


def test_a_deleted_top_rows_number_is_not_given_to_the_next(database: Database) -> None:
    def add() -> int:
        with database.transaction() as session:
            made = Job(**job())
            session.add(made)
            session.flush()
            return made.id

    first, second = add(), add()
    with database.transaction() as session:
        session.execute(delete(Job).where(Job.id == second))
    third = add()
    with database.transaction() as session:
        session.execute(delete(Job))
    assert first < second < third < add()


def test_every_numbered_table_has_a_counter_of_its_own(database: Database, dialect: str) -> None:
    # The numbers of the index's own tables are those of the documents.
    names = [
        name
        for name in inspect(database.read_engine).get_table_names()
        if migrate.is_compared(None, name, "table")
    ]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'",
        "postgresql": "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES'",
    }[dialect]
    with database.reading() as session:
        counted = set(session.execute(text(query)).scalars())
    numbered = {
        name
        for name in names
        if any(column["name"] == "id" for column in inspect(database.read_engine).get_columns(name))
    }
    assert {"member", "topic", "post"} <= numbered
    assert counted == numbered


def test_a_number_that_the_database_gives_out_is_a_numbered_tables_id() -> None:
    for table in Base.metadata.tables.values():
        key = list(table.primary_key.columns)
        if len(key) == 1 and isinstance(key[0].type, Integer) and not key[0].foreign_keys:
            assert key[0].name == "id" or key[0].autoincrement is False, table.name


# --- ledgers ---------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(database: Database) -> Database:
    """A database in which one person said one thing."""
    with database.transaction() as session:
        session.execute(
            insert(Member).values(
                uuid=WHO, name="Wren", name_key="wren", name_since=MOMENT, locale="en", joined_at=MOMENT
            )
        )
        session.execute(
            insert(PolicyVersion).values(
                kind="terms",
                version=1,
                locale="en",
                title="Terms",
                markdown="Be kind.",
                html="<p>Be kind.</p>",
                sha256="a" * 64,
                material=True,
                published_at=MOMENT,
                effective_at=MOMENT,
            )
        )
        session.execute(
            insert(InterfaceText).values(sha256="b" * 64, locale="en", text="I agree.", first_shown_at=MOMENT)
        )
        session.execute(
            insert(ConsentEvent).values(
                sequence=1, commitment="c" * 64, previous_hash="0" * 64, hash="d" * 64, happened_at=MOMENT
            )
        )
        session.execute(
            insert(ConsentRecord).values(
                sequence=1,
                record_id=WHO,
                schema_version=1,
                subject=WHO,
                purpose="health-data",
                decision="given",
                policies=[],
                happened_at=MOMENT,
                method="consent-step",
                locale="en",
                interface_text_sha256="b" * 64,
                gpc=False,
                app_version="1",
                salt="e" * 64,
            )
        )
    return database


# One statement that a mistake in our own code might send, for each table, and the same in other words.
UPDATES = {
    "consent_event": ["SET hash = 'forged'", "SET sequence = 2", "SET happened_at = happened_at"],
    "interface_text": ["SET text = 'I agree to more.'", "SET locale = 'de'"],
    "policy_version": [
        "SET markdown = 'Be less kind.'",
        "SET effective_at = published_at",
        "SET version = 2",
    ],
    "consent_record": ["SET decision = 'refused'", "SET salt = 'x'", "SET subject = subject"],
}
# The record of a consent goes with its member, of whom nothing says here that they were erased.
NEVER_DELETED = ("consent_event", "consent_record", "interface_text", "policy_version")
REFUSED_UPDATES = [f"UPDATE {table} {change}" for table, changes in UPDATES.items() for change in changes]
REFUSED_DELETES = [f"DELETE FROM {table}" for table in NEVER_DELETED]
REPLACEMENTS = [
    (
        "REPLACE INTO consent_event SELECT sequence, commitment, previous_hash, 'forged', happened_at"
        " FROM consent_event"
    ),
    (
        "INSERT OR REPLACE INTO interface_text SELECT sha256, 'de', 'I agree to more.', first_shown_at"
        " FROM interface_text"
    ),
    (
        "INSERT OR REPLACE INTO policy_version SELECT id + 1, kind, version, locale, title, 'Be less kind.', html,"
        " sha256, material, published_at, effective_at FROM policy_version"
    ),
    (
        "INSERT INTO interface_text SELECT * FROM interface_text WHERE true"
        " ON CONFLICT DO UPDATE SET text = 'I agree to more.'"
    ),
    "UPDATE OR IGNORE consent_event SET hash = 'forged'",
    "UPDATE OR REPLACE consent_event SET hash = 'forged'",
    "UPDATE OR IGNORE policy_version SET markdown = 'Be less kind.'",
]


# What plain connections may send, without our pragma. The hidden row number is a key as well.
REPLACEMENTS_BY_ANYONE = [
    *REPLACEMENTS,
    (
        "INSERT OR REPLACE INTO consent_record SELECT sequence, record_id, schema_version, subject, purpose, 'refused',"
        " policies, happened_at, method, locale, interface_text_sha256, country, gpc, app_version, salt"
        " FROM consent_record"
    ),
    ("REPLACE INTO consent_event SELECT 2, commitment, '0', hash, happened_at FROM consent_event"),
    (
        "INSERT OR REPLACE INTO consent_event (rowid, sequence, commitment, previous_hash, hash, happened_at)"
        " SELECT rowid, 2, commitment, '1', 'forged', happened_at FROM consent_event"
    ),
    (
        "REPLACE INTO policy_version SELECT id, 'privacy', version, locale, title, 'Be less kind.', html,"
        " sha256, material, published_at, effective_at FROM policy_version"
    ),
]


def everything(database: Database) -> list[Any]:
    models = (ConsentEvent, ConsentRecord, InterfaceText, PolicyVersion)
    with database.reading() as session:
        return [tuple(row) for model in models for row in session.execute(select(*model.__table__.columns))]


def refused(database: Database, statement: str) -> None:
    before = everything(database)
    assert len(before) == 4
    with database.writing() as session:
        with pytest.raises(DBAPIError):
            session.execute(text(statement))
        session.commit() if session.is_active else session.rollback()
    assert everything(database) == before


@pytest.mark.proves("C6")
@pytest.mark.parametrize("statement", REFUSED_UPDATES + REFUSED_DELETES)
def test_a_ledger_refuses_to_be_changed(ledger: Database, statement: str) -> None:
    refused(ledger, statement)


@pytest.mark.proves("C6")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", REPLACEMENTS)
def test_a_ledger_refuses_to_be_replaced(ledger: Database, statement: str) -> None:
    refused(ledger, statement)


@pytest.mark.proves("C6")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", REPLACEMENTS_BY_ANYONE)
def test_a_ledger_refuses_to_be_replaced_whoever_opens_the_file(
    ledger: Database, database_url: str, statement: str
) -> None:
    before = everything(ledger)
    connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    try:
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|never updated"):
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
    assert everything(ledger) == before


@pytest.mark.proves("C6")
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        *(f"TRUNCATE {table} CASCADE" for table in NEVER_DELETED),
        "TRUNCATE member, consent_event CASCADE",
        (
            "INSERT INTO interface_text SELECT * FROM interface_text"
            " ON CONFLICT (sha256) DO UPDATE SET text = 'I agree to more.'"
        ),
        "MERGE INTO interface_text t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM policy_version RETURNING id) SELECT count(*) FROM gone",
    ],
)
def test_a_ledger_refuses_to_be_emptied(ledger: Database, statement: str) -> None:
    refused(ledger, statement)


@pytest.mark.proves("C6")
@pytest.mark.parametrize("statement", REFUSED_UPDATES + REFUSED_DELETES)
def test_it_is_the_database_that_refuses_whoever_asks(
    ledger: Database, database_url: str, statement: str
) -> None:
    before = everything(ledger)
    drivers: dict[bool, Callable[[], Any]] = {
        True: lambda: sqlite3.connect(database_url.removeprefix("sqlite:///")),
        False: lambda: psycopg.connect(database_url.replace("+psycopg", "")),
    }
    connection = drivers[database_url.startswith("sqlite")]()
    try:
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException)):
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
    assert everything(ledger) == before


@pytest.mark.proves("C6")
def test_a_mapped_row_of_a_ledger_can_not_be_changed_either(ledger: Database) -> None:
    before = everything(ledger)
    for model, change in ((PolicyVersion, {"title": "New"}), (ConsentRecord, {"gpc": True})):
        with ledger.writing() as session, pytest.raises(DBAPIError):
            session.execute(update(model).values(change))
    with ledger.writing() as session:
        session.delete(session.execute(select(InterfaceText)).scalar_one())
        with pytest.raises(DBAPIError):
            session.flush()
    assert everything(ledger) == before


def test_a_consent_record_goes_with_its_person_and_leaves_the_event(ledger: Database) -> None:
    with ledger.transaction() as session:
        session.add(Erasure(kind=ErasureKind.MEMBER_ERASED, subject=WHO, happened_at=MOMENT))
        session.flush()
        session.execute(delete(ConsentRecord).where(ConsentRecord.subject == WHO))
    with ledger.reading() as session:
        assert session.execute(select(ConsentRecord.sequence)).all() == []
        assert session.execute(select(ConsentEvent.sequence)).all() == [(1,)]


def test_a_ledger_takes_the_next_event_and_no_fork(ledger: Database) -> None:
    def append(previous: str, own: str, sequence: int) -> None:
        with ledger.transaction() as session:
            session.execute(
                insert(ConsentEvent).values(
                    sequence=sequence,
                    commitment="f" * 64,
                    previous_hash=previous,
                    hash=own,
                    happened_at=MOMENT,
                )
            )

    append("d" * 64, "1" * 64, 2)
    with pytest.raises(DBAPIError):
        append("d" * 64, "2" * 64, 3)
    assert len(everything(ledger)) == 5
