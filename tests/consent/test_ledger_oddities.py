"""What no type can read, what reads the same and was written otherwise, and what is not in its place: all is found."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import text, update

from forum import clock
from forum.consent import as_stored, ledger
from forum.consent.models import ConsentEvent, ConsentRecord, InterfaceText
from forum.database.session import Database
from tests.consent.test_ledger import append, entry, new_member, tamper, verified
from tests.recorder import recorded


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database without an application."""
    made = Database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def subject(database: Database) -> UUID:
    """Return a member's uuid."""
    return new_member(database, "quiet-river")


def loosen(database: Database) -> None:
    """Take away what else keeps rows right: keys between tables, and checks."""
    with database.write_engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                connection.connection.dbapi_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]  # It is open.
            return
        for table, name in connection.execute(
            text(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('f', 'c')"
                " AND conrelid::regclass::text LIKE 'consent%'"
            )
        ).all():
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        connection.commit()


# The other database refuses such values by itself.
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@pytest.mark.proves("C7")
@pytest.mark.parametrize(
    "changed",
    [
        "UPDATE consent_record SET purpose = 'fame' WHERE sequence = 2",
        "UPDATE consent_record SET policies = '[ ]' WHERE sequence = 2",
        "UPDATE consent_record SET policies = replace(CAST(policies AS TEXT), ': ', ':') WHERE sequence = 2",
        "UPDATE consent_record SET salt = upper(salt) WHERE sequence = 2",
        "UPDATE consent_record SET salt = '' WHERE sequence = 2",
        "UPDATE consent_record SET country = '' WHERE sequence = 2",
        "UPDATE consent_record SET schema_version = 1 WHERE sequence = 2",
        "UPDATE consent_event SET happened_at = '2026-11-22 17:00:00.000000' WHERE sequence = 2",
        "UPDATE consent_event SET sequence = -7 WHERE sequence = 2",
        "UPDATE consent_event SET sequence = 900 WHERE sequence = 2",
        "UPDATE consent_event SET hash = upper(hash) WHERE sequence = 2",
        "UPDATE consent_record SET sequence = 900 WHERE sequence = 2",
        "UPDATE consent_record SET sequence = -900 WHERE sequence = 2",
    ],
)
def test_whatever_the_types_let_be_is_found(database: Database, subject: UUID, changed: str) -> None:
    append(database, *[entry(subject)] * 4)
    loosen(database)
    if database.write_engine.dialect.name == "postgresql":
        changed = changed.replace("SET policies = replace", "SET policies = (replace").replace(
            "':')", "':'))::json"
        )
        changed = changed.replace("'[ ]'", "'[ ]'::json")
    tamper(database, text(changed.replace(": ", "\\: ").replace("':'", "'\\:'")))
    assert verified(database).first_bad == 2


@on_sqlite
@pytest.mark.proves("C7")
@pytest.mark.parametrize("table", ["consent_event", "consent_record", "interface_text"])
@pytest.mark.parametrize(
    "value",
    ["NULL", "x'ff'", "CAST(x'ff' AS TEXT)", "CAST(x'' AS TEXT)", "7", "1.5", "'[[['", "zeroblob(9)"],
)
def test_what_sqlite_keeps_in_any_column_is_found_and_never_an_error(
    database: Database, subject: UUID, table: str, value: str
) -> None:
    append(database, *[entry(subject, interface_text=f"Question {number}") for number in range(4)])
    loosen(database)
    tables: dict[str, Any] = {
        "consent_event": ConsentEvent,
        "consent_record": ConsentRecord,
        "interface_text": InterfaceText,
    }
    with database.write_engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table' AND name = ?",
            (table,),
        )
        raw.execute("PRAGMA writable_schema = RESET")
    tamper(database)
    for column in (one.name for one in tables[table].__table__.columns):
        with database.write_engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            held, kind = raw.execute(
                f"SELECT {column}, typeof({column}) FROM {table} WHERE rowid = 2"
            ).fetchone()
            if kind == "null" and value == "NULL":
                continue
            raw.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = 2")
            found = verified(database)
            raw.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = 2", (held,))
        assert found.first_bad == 2, (column, found)
    assert verified(database).holds


@on_postgresql
@pytest.mark.proves("C7")
@pytest.mark.parametrize("moment", ["20000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC", "infinity"])
def test_moments_that_only_postgresql_knows_are_found(database: Database, subject: UUID, moment: str) -> None:
    append(database, entry(subject, interface_text="One"), entry(subject, interface_text="Two"))
    shifted = text(
        f"UPDATE consent_event SET happened_at = '{moment}' WHERE sequence = 2".replace(":", "\\:")
    )
    tamper(database, shifted)
    assert verified(database).first_bad == 2


@on_postgresql
@pytest.mark.proves("C7")
def test_the_same_day_before_christ_is_another_one(database: Database, subject: UUID) -> None:
    append(database, entry(subject))
    tamper(
        database,
        text(
            "UPDATE consent_event SET happened_at = (to_char(happened_at AT TIME ZONE 'UTC',"
            " 'YYYY-MM-DD HH24\\:MI\\:SS.US') || '+00 BC')\\:\\:timestamptz"
        ),
    )
    assert verified(database).first_bad == 1


@pytest.mark.proves("C7")
@pytest.mark.parametrize(
    "change",
    [
        {"locale": "de"},
        {"text": "Send me everything."},
        {"sha256": "0" * 64},
        {"first_shown_at": clock.now()},
    ],
)
def test_every_column_of_the_words_is_covered_also_when_the_first_record_is_gone(
    database: Database, subject: UUID, change: dict[str, Any]
) -> None:
    append(database, entry(subject), entry(subject, interface_text="Other words"), entry(subject))
    loosen(database)
    sha256 = ledger.hash_of_text("Send me e-mail.\noptional")
    tamper(
        database,
        text("DELETE FROM consent_record WHERE sequence = 1"),
        update(InterfaceText).where(InterfaceText.sha256 == sha256).values(**change),
    )
    assert verified(database).first_bad == 3


def test_words_that_no_record_names_are_still_held_against_their_hash(
    database: Database, subject: UUID
) -> None:
    append(database, entry(subject))
    tamper(
        database,
        text("DELETE FROM consent_record"),
        update(InterfaceText).values(text="Send me everything."),
    )
    found = verified(database)
    assert (found.holds, found.first_bad) == (False, 1)
    assert "no record names" in found.what


@pytest.mark.proves("C7")
def test_two_records_that_changed_places_are_found(database: Database, subject: UUID) -> None:
    append(database, *[entry(subject)] * 4)
    loosen(database)
    tamper(
        database,
        *(
            update(ConsentRecord).where(ConsentRecord.sequence == old).values(sequence=new)
            for old, new in ((2, 900), (3, 2), (900, 3))
        ),
    )
    assert verified(database).first_bad == 2


def test_checking_asks_few_questions(database: Database, subject: UUID) -> None:
    append(database, *[entry(subject, interface_text=f"Question {number}") for number in range(20)])
    with recorded(database) as statements:
        assert verified(database).holds
    assert len([one for one in statements if "FETCH" not in one]) == 3


def test_how_far_it_is_can_be_told(
    database: Database, subject: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_stored, "AT_A_TIME", 3)
    append(database, *[entry(subject)] * 7)
    told: list[int] = []
    with database.reading() as session:
        assert ledger.verify(session, progress=told.append).holds
    assert told == [3, 6]


_WORDS = some.text(max_size=20)
_NUMBERS = some.integers(-(2**53) + 1, 2**53 - 1)
_POLICY = some.fixed_dictionaries({"kind": _WORDS, "version": _NUMBERS, "locale": _WORDS, "sha256": _WORDS})


@given(
    some.dictionaries(
        some.text(alphabet="abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1),
        some.none()
        | some.booleans()
        | some.integers(-(2**53) + 1, 2**53 - 1)
        | _WORDS
        | some.lists(_POLICY, max_size=3),
    )
)
@settings(max_examples=300, deadline=None)
def test_the_quick_way_writes_what_the_library_writes(value: dict[str, Any]) -> None:
    assert ledger._quickly(value) == rfc8785.dumps(value)


def test_the_quick_way_writes_control_characters_and_far_letters_alike() -> None:
    everything = {
        "all": "".join(map(chr, [*range(0x2100), *range(0xE000, 0xE100), *range(0x1F300, 0x1F700)]))
    }
    assert ledger._quickly(everything) == rfc8785.dumps(everything)
    assert json.loads(ledger._quickly(everything)) == everything
