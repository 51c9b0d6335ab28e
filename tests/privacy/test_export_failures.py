"""Copies that fail, are interrupted, or are no longer wanted: nothing half made is left, and nobody waits in vain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from forum import clock, consequences
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import AccountEvent
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.models import Job, JobId
from forum.privacy import export_files, export_queries, exports
from forum.privacy.models import DataExport, ExportState
from tests import cast
from tests.privacy.copies import (
    ask,
    copy_of,
    fetch,
    files,
    job_of,
    newest,
    page_of,
    settings_of,
    told,
    work,
)


@pytest.fixture
def rowan(app: Flask) -> cast.Someone:
    """Somebody who wants to know what is kept of them."""
    return cast.member(app, "Rowan")


def break_folder(app: Flask) -> Path:
    """Let nothing be written where copies lie."""
    folder = settings_of(app).data_folder / export_files.FOLDER
    folder.write_bytes(b"In the way.")
    return folder


def test_one_that_fails_is_tried_again_from_the_beginning(app: Flask, rowan: cast.Someone) -> None:
    ask(rowan)
    in_the_way = break_folder(app)
    with capture_logs() as logs:
        work(app)
    assert [line["error"] for line in logs if line["event"] == "jobs.failed"] == ["FileExistsError"]
    assert "0 of 7 parts" in page_of(rowan)
    in_the_way.unlink()
    with time_machine.travel(clock.now() + timedelta(seconds=11)):
        work(app)
    assert newest(app).state is ExportState.READY


def test_after_the_last_attempt_it_has_failed_and_can_be_asked_for_again(
    app: Flask, rowan: cast.Someone
) -> None:
    ask(rowan)
    in_the_way = break_folder(app)
    with rowan.database.transaction() as session:
        session.execute(
            update(Job).where(Job.name == "privacy.build_export").values(attempts=queue.MOST_ATTEMPTS - 1)
        )
    work(app)
    failed = newest(app)
    assert failed.state is ExportState.FAILED
    shown = page_of(rowan)
    assert "Nothing of yours is lost" in shown
    assert "care@forum.invalid" in shown
    assert "Make a copy of my data" in shown
    in_the_way.unlink()
    # Whoever runs the server may have it tried once more; the member has asked again meanwhile.
    assert ask(rowan).status_code == 303
    dead = job_of_export(rowan.database, failed.id)
    with rowan.database.transaction() as session:
        queue.retry_dead(session, dead)
    work(app)
    with rowan.database.reading() as session:
        assert set(session.scalars(select(DataExport.state))) == {ExportState.READY}
    assert len(files(app)) == 2


def job_of_export(database: Database, export_id: int) -> JobId:
    with database.reading() as session:
        key = export_queries.job_key(export_id)
        return JobId(session.scalars(select(Job.id).where(Job.unique_key == key)).one())


@pytest.mark.parametrize("how", ["given up", "vanished"])
def test_one_that_nobody_tries_again_has_failed_whatever_its_row_says(
    app: Flask, rowan: cast.Someone, how: str
) -> None:
    """The worker was killed in its last attempt, and could write nothing down."""
    ask(rowan)
    with rowan.database.transaction() as session:
        job = Job.name == "privacy.build_export"
        given_up = update(Job).where(job).values(failed_at=clock.now())
        session.execute(given_up if how == "given up" else delete(Job).where(job))
    assert newest(app).state is ExportState.WAITING
    assert "A copy that did not work" in page_of(rowan)
    assert ask(rowan).status_code == 303


class Interrupting(Database):
    """A database in which the rows of copies are deleted after so many transactions."""

    def __init__(self, url: str, after: int) -> None:
        super().__init__(url, follower=consequences.follow)
        self._left = after

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Do the transaction, and see whether it was the one."""
        with super().transaction() as session:
            yield session
        self._left -= 1
        if self._left == 0:
            with super().transaction() as session:
                session.execute(delete(DataExport))


@pytest.mark.parametrize("part", range(1, export_files.STEPS + 1))
def test_who_is_erased_meanwhile_leaves_no_file(app: Flask, rowan: cast.Someone, part: int) -> None:
    """They go after this part: nothing is finished, and nothing of it stays."""
    ask(rowan)
    # The worker's own transaction, in which it takes the job, comes first.
    interrupting = Interrupting(settings_of(app).database_url, after=1 + part)
    try:
        work(app, interrupting)
    finally:
        interrupting.dispose()
    assert files(app) == []
    assert AccountEvent.EXPORT_READY not in told(rowan)
    assert job_of(app) is None


def test_a_half_of_one_from_before_goes_with_the_next_attempt(app: Flask, rowan: cast.Someone) -> None:
    ask(rowan)
    folder = export_files.folder_in(settings_of(app).data_folder)
    (folder / f"{newest(app).file_name}.{'0' * 16}.part").write_bytes(b"half")
    work(app)
    assert [file.name for file in files(app)] == [f"{newest(app).file_name}.zip"]


def test_done_twice_it_is_told_once(app: Flask, rowan: cast.Someone) -> None:
    """A worker that ended before its job was taken out leaves it to be done again."""
    copy_of(app, rowan)
    export = newest(app)
    with rowan.database.transaction() as session:
        queue.enqueue(session, "privacy.build_export", {"export_id": export.id})
    work(app)
    with rowan.database.transaction() as session:
        assert exports.mark_ready(session, export.id, 1)
        assert not exports.mark_ready(session, 999, 1)
    assert told(rowan).count(AccountEvent.EXPORT_READY) == 1
    assert newest(app).size == export.size


def test_it_is_read_as_of_one_moment(app: Flask, rowan: cast.Someone) -> None:
    """What others write while it is read is in it as a whole or not at all, and nobody waits for anybody."""
    ask(rowan)
    written: list[str] = []

    def let_others_write(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # Who they are is read; when they set out to leave is still to come.
        if not written and "member.warned_inactive_on" in statement:
            written.append(statement)
            with rowan.database.transaction() as session:
                begin_leaving(session, rowan.member_id)

    event.listen(rowan.database.read_engine, "after_cursor_execute", let_others_write)
    try:
        work(app)
    finally:
        event.remove(rowan.database.read_engine, "after_cursor_execute", let_others_write)
    assert written
    data = json.loads(fetch(rowan, newest(app).id).read("data.json"))["tables"]
    assert (data["member"][0]["state"], data["leaving"]) == ("active", [])
    assert [one["event"] for one in data["account_notice"]] == ["export-asked"]
