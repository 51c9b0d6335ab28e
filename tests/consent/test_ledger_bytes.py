"""Whatever is changed in a long ledger, down to one bit of one byte, is found, and its record is named."""

import os
import random
from collections.abc import Iterator

import pytest

from forum.consent import ledger
from forum.consent.models import ConsentEvent, ConsentRecord, InterfaceText
from forum.database.session import Database
from tests.consent.flipping import TABLES, Flipper, Place, flipper_for
from tests.consent.long_ledger import make_long
from tests.soaking import rounds

LENGTH = 10_000
TRIES = rounds(12, soaking=100)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database without an application."""
    made = Database(database_url)
    yield made
    made.dispose()


def test_every_column_is_tried() -> None:
    tables = (ConsentEvent.__table__, ConsentRecord.__table__, InterfaceText.__table__)
    assert {table.name: tuple(table.columns.keys()) for table in tables} == TABLES  # type: ignore[attr-defined]  # A Table has a name.


@pytest.mark.proves("C7")
def test_one_flipped_bit_anywhere_in_ten_thousand_records_is_found_and_named(
    database: Database, database_url: str
) -> None:
    made = make_long(database, LENGTH)
    assert verified(database) == ledger.Verification(made.events, made.records)
    # Another one each time; what failed says which.
    seed = int(os.environ.get("LEDGER_SEED", random.SystemRandom().randrange(2**32)))
    dice = random.Random(seed)  # noqa: S311 - it guards no secret.
    with flipper_for(database_url) as flipper:
        keys = {table: flipper.keys(table) for table in TABLES}
        for number in range(TRIES):
            place = flip_somewhere(flipper, keys, dice)
            found = verified(database)
            flipper.put_back()
            expected = made.first_with[place.key] if place.table == "interface_text" else place.key
            assert (found.first_bad, found.holds) == (expected, False), (
                f"seed {seed}, try {number}: {place}, {found}"
            )
    assert verified(database) == ledger.Verification(made.events, made.records)


def flip_somewhere(flipper: Flipper, keys: dict[str, list[object]], dice: random.Random) -> Place:
    """Flip a bit in a value chosen at random, each column as likely as any other, and say where."""
    columns = [(table, column) for table, names in TABLES.items() for column in names]
    while True:
        table, column = dice.choice(columns)
        place = Place(table, column, dice.choice(keys[table]))
        if flipper.flipped(place, dice):
            return place


def verified(database: Database) -> ledger.Verification:
    """Check the ledger."""
    with database.reading() as session:
        return ledger.verify(session)
