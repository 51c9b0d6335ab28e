"""``forum consent``: it says that the ledger holds, or which record is the first bad one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import delete, update

from forum import clock
from forum.consent.models import ConsentEvent, ConsentRecord
from forum.database.session import Database
from tests.cli.conftest import Run
from tests.consent.long_ledger import make_long
from tests.consent.test_ledger import append, entry, erase_records_of, new_member, tamper


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    """The database that the commands look at, with three decisions in it."""
    database = Database(database_url, size=2)
    subject = new_member(database, "quiet-river")
    append(database, *[entry(subject)] * 3)
    yield database
    database.dispose()


@pytest.mark.proves("C7")
def test_a_ledger_that_holds(run: Run, opened: Database) -> None:
    assert run("consent", "sign-head").exit_code == 0
    result = run("consent", "verify")
    assert result.exit_code == 0, result.output
    assert "The ledger is as it was written: 3 events, 3 records." in result.output
    assert "the newest is of event 3, signed 20" in result.output


def test_without_a_head_it_says_what_nobody_could_tell(run: Run, opened: Database) -> None:
    result = run("consent", "verify")
    assert result.exit_code == 0
    assert "No head is signed yet" in result.output


@pytest.mark.proves("C7")
def test_a_file_of_heads_that_vanished_is_told(run: Run, opened: Database, tmp_path: Path) -> None:
    signed = run("consent", "sign-head").output
    elsewhere = tmp_path / "elsewhere.jsonl"
    elsewhere.write_text(signed)
    (tmp_path / "ledger-heads.jsonl").unlink()
    with time_machine.travel(clock.now() + timedelta(hours=2, minutes=1)):
        for others in ((), ("--heads", str(elsewhere))):
            result = run("consent", "verify", *others)
            assert result.exit_code == 1
            assert "There is no signed head in " in result.stderr
            assert "then begin again: forum consent sign-head" in result.stderr
        assert run("consent", "sign-head").exit_code == 0
        assert run("consent", "verify").exit_code == 0


def test_what_went_with_its_member_is_no_fault(run: Run, opened: Database) -> None:
    leaver = new_member(opened, "tall-cedar")
    append(opened, entry(leaver))
    erase_records_of(opened, leaver)
    result = run("consent", "verify")
    assert result.exit_code == 0
    assert "4 events, 3 records. The records of 1 went with their members." in result.output


@pytest.mark.proves("C7")
def test_the_first_bad_record_is_named(run: Run, opened: Database) -> None:
    tamper(opened, update(ConsentRecord).where(ConsentRecord.sequence >= 2).values(gpc=True))
    result = run("consent", "verify")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Record 2 is the first bad one: the record was changed")
    assert "Traceback" not in result.output


@pytest.mark.proves("C7")
def test_a_cut_end_is_told(run: Run, opened: Database) -> None:
    run("consent", "sign-head")
    tamper(
        opened,
        delete(ConsentRecord).where(ConsentRecord.sequence == 3),
        delete(ConsentEvent).where(ConsentEvent.sequence == 3),
    )
    result = run("consent", "verify")
    assert result.exit_code == 1
    assert "Record 3 is the first bad one: the end is missing" in result.stderr
    again = run("consent", "sign-head")
    assert again.exit_code == 1
    assert "what is left is not signed" in again.stderr


@pytest.mark.proves("C7")
def test_a_forged_head_is_told(run: Run, opened: Database, tmp_path: Path) -> None:
    run("consent", "sign-head")
    file = tmp_path / "ledger-heads.jsonl"
    file.write_text(file.read_text().replace('"sequence":3', '"sequence":2'))
    result = run("consent", "verify")
    assert result.exit_code == 1
    assert "Line 1 of ledger-heads.jsonl is signed by none of the keys" in result.stderr


@pytest.mark.proves("C7")
def test_a_head_that_was_kept_elsewhere_outlives_the_file(run: Run, opened: Database, tmp_path: Path) -> None:
    signed = run("consent", "sign-head")
    assert json.loads(signed.output)["sequence"] == 3
    elsewhere = tmp_path / "elsewhere.jsonl"
    elsewhere.write_text(signed.output)
    (tmp_path / "ledger-heads.jsonl").unlink()
    assert run("consent", "verify", "--heads", str(elsewhere)).exit_code == 0
    tamper(
        opened,
        delete(ConsentRecord).where(ConsentRecord.sequence == 3),
        delete(ConsentEvent).where(ConsentEvent.sequence == 3),
    )
    assert run("consent", "verify").exit_code == 0
    assert run("consent", "verify", "--heads", str(elsewhere)).exit_code == 1


def test_an_empty_ledger_has_nothing_to_sign(run: Run) -> None:
    result = run("consent", "sign-head")
    assert result.exit_code == 1
    assert "empty" in result.stderr
    assert run("consent", "verify").output == "The ledger is as it was written: 0 events, 0 records.\n"


def test_a_folder_that_is_not_there_is_said_in_a_sentence(run: Run, opened: Database, tmp_path: Path) -> None:
    result = run("consent", "sign-head", set_to={"ALONGSIDE_DATA_FOLDER": str(tmp_path / "gone")})
    assert result.exit_code == 1
    assert "ledger-heads.jsonl.lock: No such file or directory" in result.stderr


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_long_ledger_shows_how_far_it_is_to_whoever_looks_on(run: Run, database_url: str) -> None:
    database = Database(database_url)
    make_long(database, 5000)
    database.dispose()
    assert run("consent", "sign-head").exit_code == 0
    assert "Checking the ledger" not in run("consent", "verify").stderr
    # What the library takes for a terminal.
    result = run("consent", "verify", set_to={"TTY_INTERACTIVE": "1", "FORCE_COLOR": "1"})
    assert "Checking the ledger" in result.stderr
    assert "5000 events" in result.stdout
