"""Signed heads: what was cut off, written anew or forged is found by what is kept outside the database."""

import fcntl
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
import time_machine
from sqlalchemy import delete, event, select

from config import Settings
from forum import clock
from forum.consent import heads, ledger
from forum.consent.heads import Checked, Head, NotOnTheChain
from forum.consent.heads_after_restore import set_heads_aside
from forum.consent.models import ConsentEvent, ConsentRecord
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.schedule import SCHEDULE, errands_of
from tests.consent.test_ledger import append, entry, new_member, tamper

KEYS = ("a key for the heads of these tests",)
OTHER_KEY = "another key for the heads of the tests"


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


def sign(database: Database, folder: Path, keys: tuple[str, ...] = KEYS) -> Head | None:
    """Sign the head."""
    with database.reading() as session:
        return heads.sign_head(session, folder, keys)


def checked(database: Database, folder: Path, keys: tuple[str, ...] = KEYS) -> Checked:
    """Check ledger and heads."""
    with database.reading() as session:
        return heads.check_heads(session, [folder / heads.FILE_NAME], keys)


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return what stands in the file."""
    return [json.loads(line) for line in (folder / heads.FILE_NAME).read_text().splitlines()]


def rewrite(folder: Path, change: Any) -> None:
    """Change the file's bytes."""
    file = folder / heads.FILE_NAME
    file.write_bytes(change(file.read_bytes()))


def test_an_empty_ledger_has_no_head(database: Database, tmp_path: Path) -> None:
    assert sign(database, tmp_path) is None
    assert not (tmp_path / heads.FILE_NAME).exists()
    assert checked(database, tmp_path).holds


def test_a_head_can_be_computed_with_nothing_of_ours(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    (line,) = lines(tmp_path)
    with database.reading() as session:
        newest = session.get_one(ConsentEvent, 2)
    assert (line["sequence"], line["hash"]) == (2, newest.hash)
    signed = {name: line[name] for name in ("hash", "sequence", "signed_at")}
    by_hand = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
    assert line["signature"] == hmac.new(KEYS[0].encode(), by_hand, hashlib.sha256).hexdigest()


def test_only_its_owner_may_read_the_file(database: Database, subject: UUID, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        append(database, entry(subject))
        sign(database, tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / heads.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_head_is_written_only_when_it_moved(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject))
    first = sign(database, tmp_path)
    assert sign(database, tmp_path) == first
    append(database, entry(subject))
    sign(database, tmp_path)
    assert [line["sequence"] for line in lines(tmp_path)] == [1, 2]
    assert checked(database, tmp_path).holds


@pytest.mark.proves("C7")
def test_a_cut_end_is_found(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, *[entry(subject)] * 4)
    sign(database, tmp_path)
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence > 2),
        delete(ConsentEvent).where(ConsentEvent.sequence > 2),
    )
    with database.reading() as session:
        # What is left is a whole chain; only what was kept elsewhere tells.
        assert ledger.verify(session).holds
    found = checked(database, tmp_path)
    assert (found.holds, found.ledger.first_bad) == (False, 3)
    assert "the end is missing: event 4 was signed" in found.ledger.what


@pytest.mark.proves("C7")
def test_an_emptied_ledger_is_found(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject))
    sign(database, tmp_path)
    tamper(database, delete(ConsentRecord), delete(ConsentEvent))
    assert checked(database, tmp_path).ledger.first_bad == 1


@pytest.mark.proves("C7")
def test_a_chain_that_was_written_anew_is_found(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    # Events 3 and 4 go, and others come that hold together just as well.
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence > 2),
        delete(ConsentEvent).where(ConsentEvent.sequence > 2),
    )
    append(database, entry(subject), entry(subject))
    with database.reading() as session:
        assert ledger.verify(session).holds
    found = checked(database, tmp_path)
    assert (found.holds, found.ledger.first_bad) == (False, 4)
    assert "written anew after event 2" in found.ledger.what


@pytest.mark.proves("C7")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda held: held.replace(b'"sequence":2', b'"sequence":3'), "Line 1"),
        (lambda held: held[:-2] + b"\n", "Line 2"),
        (lambda held: held.replace(b'{"hash"', b'{ "hash"', 1), "Line 1"),
        (lambda held: held + b"[]\n", "Line 3"),
        (lambda held: held + b"\xff\n", "Line 3"),
        (lambda held: held + b"[" * 100_000 + b"\n", "Line 3"),
        (lambda held: held + b"\n", "Line 3"),
        (lambda held: held[:-1] + b"\r\n", "Line 2"),
        (
            lambda held: held + held.splitlines()[0].replace(b'"sequence":2', b'"sequence":2.0') + b"\n",
            "Line 3",
        ),
    ],
)
def test_a_line_that_is_no_head_is_named(
    database: Database, subject: UUID, tmp_path: Path, change: Any, says: str
) -> None:
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    append(database, entry(subject))
    sign(database, tmp_path)
    rewrite(tmp_path, change)
    found = checked(database, tmp_path)
    assert not found.holds
    assert found.ledger.holds
    (fault,) = found.heads.faults
    assert fault.startswith(f"{says} of ledger-heads.jsonl")


@pytest.mark.proves("C7")
def test_every_changed_byte_of_a_head_is_found(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject))
    sign(database, tmp_path)
    file = tmp_path / heads.FILE_NAME
    held = file.read_bytes()
    for position in range(len(held) - 1):
        for bit in range(8):
            changed = bytearray(held)
            changed[position] ^= 1 << bit
            file.write_bytes(changed)
            assert heads.read_heads(file, KEYS).faults, (position, bit)


@pytest.mark.proves("C7")
def test_a_head_without_the_key_is_forged(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject))
    sign(database, tmp_path, (OTHER_KEY,))
    found = checked(database, tmp_path)
    assert not found.holds
    assert "signed by none of the keys" in found.heads.faults[0]


def test_any_of_the_keys_is_good_and_the_newest_signs(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    append(database, entry(subject))
    sign(database, tmp_path)
    rotated = (OTHER_KEY, *KEYS)
    assert checked(database, tmp_path, rotated).holds
    # Nothing was added; but from now on the old key can go with its line.
    sign(database, tmp_path, rotated)
    assert [line["sequence"] for line in lines(tmp_path)] == [1, 1]
    sign(database, tmp_path, rotated)
    assert len(lines(tmp_path)) == 2
    rewrite(tmp_path, lambda held: held.splitlines(keepends=True)[1])
    assert checked(database, tmp_path, (OTHER_KEY,)).holds


def test_what_was_cut_is_not_signed(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence > 1),
        delete(ConsentEvent).where(ConsentEvent.sequence > 1),
    )
    with pytest.raises(NotOnTheChain):
        sign(database, tmp_path)
    append(database, entry(subject))
    with pytest.raises(NotOnTheChain):
        sign(database, tmp_path)
    assert len(lines(tmp_path)) == 1


def test_what_a_power_cut_left_of_a_line_is_no_fault_and_goes_with_the_next_one(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    append(database, entry(subject))
    sign(database, tmp_path)
    rewrite(tmp_path, lambda held: held + held[:50])
    assert checked(database, tmp_path).holds
    append(database, entry(subject))
    sign(database, tmp_path)
    assert [line["sequence"] for line in lines(tmp_path)] == [1, 2]
    assert checked(database, tmp_path).holds


@pytest.mark.proves("C7")
def test_a_copy_of_a_head_counts_without_the_end_of_its_line(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    rewrite(tmp_path, bytes.rstrip)
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence > 1),
        delete(ConsentEvent).where(ConsentEvent.sequence > 1),
    )
    assert checked(database, tmp_path).ledger.first_bad == 2


def test_nobody_signs_while_heads_are_set_aside(database: Database, subject: UUID, tmp_path: Path) -> None:
    """A head that was added between reading and replacing would be lost."""
    append(database, entry(subject), entry(subject))
    sign(database, tmp_path)
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence > 1),
        delete(ConsentEvent).where(ConsentEvent.sequence > 1),
    )
    refused: list[bool] = []

    def try_to_hold(*_about: Any) -> None:
        with (tmp_path / f"{heads.FILE_NAME}.lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                refused.append(False)
            except BlockingIOError:
                refused.append(True)

    with database.reading() as session:
        event.listen(database.read_engine, "after_cursor_execute", try_to_hold)
        aside = set_heads_aside(session, tmp_path, KEYS)
    event.remove(database.read_engine, "after_cursor_execute", try_to_hold)
    assert set(refused) == {True}
    assert aside is not None
    assert len(aside.read_text().splitlines()) == 1
    assert lines(tmp_path) == []


def test_many_at_once_write_one_line(database: Database, subject: UUID, tmp_path: Path) -> None:
    append(database, entry(subject))
    together = threading.Barrier(8)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            together.wait()
            sign(database, tmp_path)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write) for _writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(lines(tmp_path)) == 1
    assert checked(database, tmp_path).holds


def test_a_head_of_an_event_that_came_meanwhile_is_no_fault(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    append(database, entry(subject))
    with database.reading() as session:
        assert ledger.length(session) == 1
        append(database, entry(subject))
        # Whatever was signed is read before the ledger is.
        assert heads.check_heads(session, [tmp_path / heads.FILE_NAME], KEYS).holds


def test_the_head_is_signed_every_hour(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        append(database, entry(new_member(database, "quiet-river")))
        (hourly,) = (one for one in SCHEDULE if one.name == "consent.sign_head")
        worker = Worker(database, {}, (hourly,), errands=errands_of(settings, database))
        with time_machine.travel(clock.now(), tick=False) as moment:
            for _hour in range(3):
                moment.shift(timedelta(hours=1))
                worker.run_due(limit=10)
        (line,) = lines(settings.data_folder)
        assert line["sequence"] == 1
        assert checked(database, settings.data_folder, settings.ledger_keys).holds
    finally:
        database.dispose()


def test_a_forged_event_beside_a_forged_head_needs_the_key(
    database: Database, subject: UUID, tmp_path: Path
) -> None:
    """Whoever writes to database and folder, and has no key, can't make both agree."""
    append(database, entry(subject))
    sign(database, tmp_path)
    (line,) = lines(tmp_path)
    tamper(database, delete(ConsentRecord), delete(ConsentEvent))
    append(database, entry(subject))
    with database.reading() as session:
        line["hash"] = session.scalars(select(ConsentEvent.hash)).one()
    (tmp_path / heads.FILE_NAME).write_bytes(rfc8785.dumps(line) + b"\n")
    found = checked(database, tmp_path)
    assert found.ledger.holds
    assert not found.holds
