"""Everything in the shipped schedule runs against the real tables."""

from datetime import timedelta

from structlog.testing import capture_logs
from time_machine import Traveller

from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.schedule import SCHEDULE


def test_everything_that_recurs_runs(database: Database, moment: Traveller) -> None:
    worker = Worker(database, {}, SCHEDULE)
    assert worker.run_due(limit=100) == 0
    moment.shift(max(entry.every for entry in SCHEDULE) + timedelta(seconds=1))
    with capture_logs() as logs:
        assert worker.run_due(limit=100) == len(SCHEDULE)
    assert {(line["event"], line["name"]) for line in logs} == {
        ("jobs.done", entry.name) for entry in SCHEDULE
    }
