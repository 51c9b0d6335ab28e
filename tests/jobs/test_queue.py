"""The queue: what may be put in, who gets what is in it, and what becomes of work that fails."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from time_machine import Traveller

from forum import clock
from forum.database.keyset import Window
from forum.database.session import Database
from forum.errors import NotFound
from forum.jobs import queue
from forum.jobs.models import Job, JobId
from forum.jobs.queue import MOST_ATTEMPTS, ClaimedJob

LEASE = timedelta(minutes=2)
HOUR = timedelta(hours=1)


def put_in(database: Database, name: str = "mark", topic_id: int = 1) -> None:
    with database.transaction() as session:
        assert queue.enqueue(session, name, {"topic_id": topic_id})


def claimed(database: Database) -> ClaimedJob | None:
    with database.transaction() as session:
        return queue.claim(session, LEASE, clock.now())


def surely_claimed(database: Database) -> ClaimedJob:
    job = claimed(database)
    assert job is not None
    return job


def failed(database: Database, job: ClaimedJob, error: str = "OSError") -> bool:
    with database.transaction() as session:
        return queue.fail(session, job, error, clock.now())


def buried(database: Database, moment: Traveller, topic_id: int = 1) -> None:
    """Put a job in and let every attempt fail."""
    put_in(database, topic_id=topic_id)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert failed(database, surely_claimed(database))
        moment.shift(queue.pause_after(attempt))


def test_a_job_goes_with_the_transaction_that_caused_it(
    database: Database, waiting: Callable[[], int]
) -> None:
    with database.writing() as session:
        assert queue.enqueue(session, "mark", {"topic_id": 1})
        session.rollback()
    assert waiting() == 0
    put_in(database)
    assert waiting() == 1


@pytest.mark.parametrize("text", ["I can't sleep for the pain", "", "a@example.org", "x" * 65, "naïve"])
def test_a_payload_holds_no_text(database: Database, waiting: Callable[[], int], text: str) -> None:
    with database.transaction() as session:
        with pytest.raises(ValueError, match="text") as refused:
            queue.enqueue(session, "mark", {"words": text})
        assert not text or text not in str(refused.value)
        with pytest.raises(ValueError, match="list"):
            queue.enqueue(session, "mark", {"words": [text]})  # type: ignore[dict-item]  # That is the point.
    assert waiting() == 0


def test_a_unique_key_is_taken_until_its_job_is_done(database: Database, waiting: Callable[[], int]) -> None:
    with database.transaction() as session:
        assert queue.enqueue(session, "mark", {"topic_id": 1}, unique_key="once")
        assert not queue.enqueue(session, "mark", {"topic_id": 2}, unique_key="once")
        assert queue.enqueue(session, "mark", {"topic_id": 3})
        assert queue.enqueue(session, "mark", {"topic_id": 3})
    assert waiting() == 3
    job = surely_claimed(database)
    assert job.payload == {"topic_id": 1}
    with database.transaction() as session:
        assert not queue.enqueue(session, "mark", {"topic_id": 4}, unique_key="once")
        assert queue.complete(session, job)
    with database.transaction() as session:
        assert queue.enqueue(session, "mark", {"topic_id": 5}, unique_key="once")


def test_the_longest_waiting_job_comes_first_and_none_before_its_time(
    database: Database, moment: Traveller
) -> None:
    now = clock.now()
    with database.transaction() as session:
        queue.enqueue(session, "mark", {"topic_id": 1}, due_at=now + HOUR)
        queue.enqueue(session, "mark", {"topic_id": 2}, due_at=now)
        queue.enqueue(session, "mark", {"topic_id": 3}, due_at=now - HOUR)
        queue.enqueue(session, "mark", {"topic_id": 4}, due_at=now)
    in_order = [surely_claimed(database).payload["topic_id"] for _ in range(3)]
    assert in_order == [3, 2, 4]
    assert claimed(database) is None
    moment.shift(HOUR - timedelta(microseconds=1))
    # The three leases are long over by then, so that only the fourth job tells whether its time has come.
    again = [surely_claimed(database).payload["topic_id"] for _ in range(3)]
    assert again == [3, 2, 4]
    assert claimed(database) is None
    moment.shift(timedelta(microseconds=1))
    assert surely_claimed(database).payload["topic_id"] == 1


def test_a_lease_keeps_others_away_until_it_is_over(database: Database, moment: Traveller) -> None:
    put_in(database)
    first = surely_claimed(database)
    moment.shift(LEASE - timedelta(seconds=1))
    assert claimed(database) is None
    moment.shift(timedelta(seconds=1))
    second = surely_claimed(database)
    assert (second.id, second.attempt) == (first.id, 2)
    with database.transaction() as session:
        assert not queue.complete(session, first)
        assert not queue.fail(session, first, "OSError", clock.now())
    with database.transaction() as session:
        assert queue.complete(session, second)
        assert not queue.complete(session, second)


def test_many_threads_claim_each_job_once(database: Database) -> None:
    """More jobs than a claim looks at in one go, and more claimers than it can avoid."""
    wanted = set(range(60))
    with database.transaction() as session:
        for number in wanted:
            queue.enqueue(session, "mark", {"topic_id": number})
    got: list[int | str | None] = []
    all_there = threading.Barrier(8)

    def take() -> None:
        all_there.wait(timeout=30)
        while (job := claimed(database)) is not None:
            got.append(job.payload["topic_id"])

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(got) == len(wanted)
    assert set(got) == wanted


def test_failed_work_rests_longer_each_time_and_ends_as_a_dead_letter(
    database: Database, moment: Traveller, waiting: Callable[[], int]
) -> None:
    put_in(database)
    pauses = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        job = surely_claimed(database)
        assert job.attempt == attempt
        assert failed(database, job)
        assert claimed(database) is None
        pause = queue.pause_after(attempt)
        pauses.append(pause.total_seconds())
        moment.shift(pause - timedelta(microseconds=1))
        assert claimed(database) is None
        moment.shift(timedelta(microseconds=1))
    assert pauses[:4] == [10, 40, 160, 640]
    moment.shift(timedelta(days=365))
    assert claimed(database) is None
    assert waiting() == 1
    with database.reading() as session:
        (letter,) = queue.dead_letters(session).letters.items
    assert (letter.name, letter.payload, letter.error) == ("mark", {"topic_id": 1}, "OSError")
    assert letter.attempts == MOST_ATTEMPTS
    assert letter.created_at < letter.failed_at < clock.now()


def test_a_long_name_of_an_error_is_cut(database: Database, moment: Traveller) -> None:
    put_in(database)
    assert failed(database, surely_claimed(database), "E" * 500)


def test_work_that_kills_its_worker_each_time_is_given_up(database: Database, moment: Traveller) -> None:
    put_in(database, topic_id=1)
    put_in(database, topic_id=2)
    for _ in range(MOST_ATTEMPTS):
        surely_claimed(database)
        surely_claimed(database)
        moment.shift(LEASE)
    put_in(database, topic_id=3)
    assert surely_claimed(database).payload == {"topic_id": 3}
    with database.reading() as session:
        letters = queue.dead_letters(session).letters.items
    assert {(letter.payload["topic_id"], letter.error) for letter in letters} == {
        (1, "WorkerVanished"),
        (2, "WorkerVanished"),
    }


def test_a_dead_letter_can_be_retried(database: Database, moment: Traveller) -> None:
    buried(database, moment)
    with database.reading() as session:
        (letter,) = queue.dead_letters(session).letters.items
    with database.transaction() as session:
        queue.retry_dead(session, letter.id)
    with database.transaction() as session, pytest.raises(NotFound):
        queue.retry_dead(session, letter.id)
    with database.transaction() as session, pytest.raises(NotFound):
        queue.retry_dead(session, JobId(letter.id + 1))
    with database.reading() as session:
        assert queue.dead_letters(session).letters.items == ()
    assert surely_claimed(database).attempt == 1


def test_dead_letters_come_in_pages_the_latest_first(
    database: Database, moment: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_DEAD_LETTERS_A_PAGE", 2)
    for topic_id in (1, 2, 3):
        buried(database, moment, topic_id)
    put_in(database, topic_id=4)
    with database.reading() as session:
        first = queue.dead_letters(session).letters
        second = queue.dead_letters(session, Window(older=first.older)).letters
    assert [letter.payload["topic_id"] for letter in first.items] == [3, 2]
    assert [letter.payload["topic_id"] for letter in second.items] == [1]
    assert second.older == ""


def test_the_oldest_due_job_is_what_health_asks_for(database: Database, moment: Traveller) -> None:
    def oldest() -> float | None:
        with database.reading() as session:
            due = queue.oldest_due(session)
        return None if due is None else (clock.now() - due).total_seconds()

    assert oldest() is None
    buried(database, moment, topic_id=9)
    assert oldest() is None, "A dead letter waits for nobody."
    with database.transaction() as session:
        queue.enqueue(session, "mark", {"topic_id": 1}, due_at=clock.now() + HOUR)
    assert oldest() is None, "Its time has not come."
    moment.shift(HOUR + timedelta(minutes=6))
    assert oldest() == 360
    surely_claimed(database)
    assert oldest() is None, "A worker has it in hand."
    moment.shift(LEASE)
    assert oldest() == 360 + LEASE.total_seconds(), "Its worker has vanished."


def test_the_database_refuses_half_a_lease(database: Database) -> None:
    put_in(database)
    with pytest.raises(IntegrityError, match="lease_is_whole"), database.transaction() as session:
        session.execute(update(Job).values(lease_token="token"))
