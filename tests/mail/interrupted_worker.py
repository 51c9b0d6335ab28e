"""A worker for a test to kill: it has sent its letter, has not written that down, and waits."""

import sys
from datetime import timedelta

from forum.consequences import CONSEQUENCES, errands_of
from forum.database.session import Database
from forum.jobs.worker import Worker
from forum.mail.message import Letter
from tests.mail.post import post_to


def send_and_wait(letter: Letter, key: str) -> None:
    post_to(int(port))(letter, key)
    sys.stdout.write("sent\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    url, port, lease_seconds = sys.argv[1:]
    errands = errands_of(CONSEQUENCES, send_and_wait)
    Worker(Database(url), {}, errands=[errands], lease=timedelta(seconds=int(lease_seconds))).run_due(1)
