"""The worker's day: a job that recurs is done at some time from now, and then whatever it puts in."""

from datetime import timedelta

import time_machine

from forum import clock, consequences
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.schedule import SCHEDULE, handlers_of

BAN_KEYS = ("a key for bans that serves these tests alone",)


def do_daily_job(database: Database, name: str, after: timedelta) -> None:
    """Do what recurs under this name, as the worker does: what fails is put back, and the rest goes on."""
    (job,) = (job for job in SCHEDULE if job.name == name)
    with time_machine.travel(clock.now() + after):
        with database.transaction() as session:
            job.begin(session)
        do_jobs(database)


def do_jobs(database: Database) -> None:
    """Do the jobs that are due; there is no mail server."""
    errands = consequences.errands_of(consequences.CONSEQUENCES, None)
    Worker(database, {**consequences.HANDLERS, **handlers_of(BAN_KEYS)}, errands=[errands]).run_due(limit=100)
