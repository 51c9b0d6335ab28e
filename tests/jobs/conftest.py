"""What the tests of jobs share: a database, a clock that stands still, and counts of what was done and waits."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import func, select

from forum.database import page_stamps
from forum.database.session import Database
from forum.jobs.models import Job


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database in which nothing follows from any event."""
    made = Database(database_url, size=8)
    yield made
    made.dispose()


@pytest.fixture
def moment() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until the test moves it."""
    with time_machine.travel(datetime(2026, 3, 14, 10, 30, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def marks(database: Database) -> Callable[[int], int]:
    """How often ``marks.leave_a_mark`` was committed for a topic."""

    def count(topic_id: int) -> int:
        scope = f"topic:{topic_id}"
        with database.reading() as session:
            return page_stamps.read(session, [scope])[scope]

    return count


@pytest.fixture
def waiting(database: Database) -> Callable[[], int]:
    """How many jobs are in the table, whatever their state."""

    def count() -> int:
        with database.reading() as session:
            return session.execute(select(func.count(Job.id))).scalar_one()

    return count
