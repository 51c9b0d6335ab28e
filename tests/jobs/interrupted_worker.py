"""A worker for a test to kill: it has brought its job's effects about, has not committed them, and waits."""

import sys
from datetime import timedelta

from sqlalchemy.orm import Session

from forum.database.session import Database
from forum.jobs.queue import Payload
from forum.jobs.worker import Worker
from tests.jobs.marks import leave_a_mark


def leave_a_mark_and_wait(session: Session, payload: Payload) -> None:
    leave_a_mark(session, payload)
    sys.stdout.write("midway\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    url, lease_seconds = sys.argv[1:]
    database = Database(url)
    Worker(database, {"mark": leave_a_mark_and_wait}, lease=timedelta(seconds=int(lease_seconds))).run_due(1)
