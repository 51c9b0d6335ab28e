"""``forum retention``: what is over goes, and a dry run says how much it would be and changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from forum import clock
from forum.accounts.leaving import GRACE
from forum.accounts.models import SignInSession
from forum.database.session import Database
from forum.privacy.models import DataExport, ExportState
from forum.privacy.retention import with_jobs
from forum.schedule import SCHEDULE
from tests import cast
from tests.cli.conftest import Run
from tests.moderation.leaving import is_there, leave
from tests.privacy.test_erasure_ledger import copy_out
from tests.row_counts import row_counts


def files(folder: Path) -> dict[str, bytes]:
    """Return every file that holds anything but the database itself, and locks."""
    there = (file for file in folder.rglob("*") if file.is_file())
    return {
        file.name: file.read_bytes()
        for file in there
        if file.suffix in (".jsonl", ".zip") or "exports" in file.parts
    }


def told(output: str) -> dict[str, int]:
    """Return what the table says goes, by the first words of each line: where it breaks depends on the widest word."""
    cells = [line.split("│") for line in output.splitlines() if line.startswith("│")]
    # A long line goes on below without a number.
    return {first_words(cell[1]): int(cell[3]) for cell in cells if cell[3].strip()}


def first_words(what: str) -> str:
    return " ".join(what.split()[:9])


@pytest.fixture
def later(app: Flask, database: Database, settings: Settings) -> Iterator[cast.Someone]:
    """Somebody left, whose days are over; there is a copy whose week is over, and sessions nobody used."""
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    leave(someone)
    copy_out(database, settings)
    with database.transaction() as session:
        session.add(
            DataExport(
                member_id=other.member_id,
                file_name="a" * 32,
                state=ExportState.READY,
                parts_done=1,
                parts=1,
                asked_at=clock.now(),
                finished_at=clock.now(),
                size=3,
            )
        )
    folder = settings.data_folder / "exports"
    folder.mkdir()
    (folder / f"{'a' * 32}.zip").write_bytes(b"zip")
    with time_machine.travel(clock.now() + GRACE + timedelta(days=1)):
        yield someone


@pytest.mark.proves("D15")
def test_a_dry_run_tells_and_touches_nothing(
    database: Database, settings: Settings, later: cast.Someone, run: Run
) -> None:
    before, files_before = row_counts(database), files(settings.data_folder)
    result = run("retention", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Nothing was changed." in result.stdout
    found = told(result.stdout)
    assert (
        found[first_words("A signed-in session, with the kind of your device")]
        == before["sign_in_session"]
        == 2
    )
    assert found[first_words("A copy of your data that you asked for")] == 1
    assert (
        found[first_words("The account of somebody who left, with their posts unless they wanted those kept")]
        == 1
    )
    assert (row_counts(database), files(settings.data_folder)) == (before, files_before)
    # Again it says the same.
    assert told(run("retention", "--dry-run").stdout) == found


@pytest.mark.proves("D15")
def test_it_does_what_it_said(database: Database, settings: Settings, later: cast.Someone, run: Run) -> None:
    would = told(run("retention", "--dry-run").stdout)
    result = run("retention")
    assert result.exit_code == 0, result.output
    assert told(result.stdout) == would
    assert not is_there(later)
    with database.reading() as session:
        for table in (SignInSession, DataExport):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    assert not any(name.endswith(".zip") for name in files(settings.data_folder))
    # Whatever was due is done.
    assert set(told(run("retention", "--dry-run").stdout).values()) == {0}


def test_the_schedule_runs_the_whole_table() -> None:
    names = [entry.name for entry in SCHEDULE]
    assert len(set(names)) == len(names)
    assert {rule.job.name for rule in with_jobs() if rule.job} <= set(names)
