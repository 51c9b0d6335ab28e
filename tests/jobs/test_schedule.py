"""Everything in the shipped schedule runs against the real tables."""

from datetime import timedelta

from structlog.testing import capture_logs
from time_machine import Traveller

from config import Settings
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.schedule import SCHEDULE, errands_of, handlers_of


def test_everything_that_recurs_runs(database: Database, settings: Settings, moment: Traveller) -> None:
    errands = errands_of(settings, database)
    worker = Worker(database, handlers_of(settings.ban_keys), SCHEDULE, errands=errands)
    assert worker.run_due(limit=100) == 0
    moment.shift(max(entry.every for entry in SCHEDULE) + timedelta(seconds=1))
    with capture_logs() as logs:
        assert worker.run_due(limit=100) >= len(SCHEDULE)
    # What an errand says itself, such as that it begins a file, is none of the worker's lines.
    logs = [line for line in logs if line["event"].startswith("jobs.")]
    assert {line["event"] for line in logs} == {"jobs.done"}
    # And, besides, the errands that some of them put in.
    put_in = {name for lane in errands for name in lane}
    assert {line["name"] for line in logs} - put_in == {entry.name for entry in SCHEDULE} - put_in
