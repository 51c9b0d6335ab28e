"""What follows from an event: at once, later, or at once and else later; and the table that says so."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from config import Settings
from forum import consequences, schedule
from forum.consequences import (
    CONSEQUENCES,
    Now,
    Table,
    errands_of,
    event_from,
    follower_of,
    handlers_of,
    later,
    mailed,
    now,
    payload_of,
)
from forum.database import page_stamps
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.events import Event, PostPublished, ReportRaised, emit
from forum.jobs.worker import Worker
from forum.mail.message import Letter
from forum.schedule import SCHEDULE

PUBLISHED = PostPublished(topic_id=11, category_id=12, post_id=13)
SECRET = "what somebody wrote"
seen: list[Event] = []


def note(session: Session, event: Event) -> None:
    seen.append(event)


def mark(session: Session, event: PostPublished) -> None:
    page_stamps.bump(session, [f"topic:{event.post_id}"])


def mark_and_fall(session: Session, event: PostPublished) -> None:
    mark(session, event)
    raise LookupError(SECRET)


def violate(session: Session, event: PostPublished) -> None:
    """Fail inside the database, which on PostgreSQL leaves a transaction unusable but for its savepoints."""
    for _ in range(2):
        session.add(PageStamp(scope="twice", version=1))
        session.flush()
        session.expunge_all()


@pytest.fixture
def with_table(database_url: str) -> Any:
    made: list[Database] = []
    seen.clear()

    def build(table: Table) -> Database:
        made.append(Database(database_url, follower=follower_of(table)))
        return made[-1]

    yield build
    for database in made:
        database.dispose()


WithTable = Callable[[Table], Database]


def test_now_runs_in_the_transaction_and_fails_with_it(
    with_table: WithTable, marks: Callable[[int], int]
) -> None:
    database = with_table({PostPublished: (now(mark), now(note))})
    with database.transaction() as session:
        emit(session, PUBLISHED)
        assert seen == [PUBLISHED]
    assert marks(13) == 1
    database = with_table({PostPublished: (now(mark), now(mark_and_fall), now(note))})
    with pytest.raises(LookupError), database.transaction() as session:
        emit(session, PUBLISHED)
    assert marks(13) == 1
    assert seen == [PUBLISHED], "What stands behind the failed one was not carried out."


def test_later_leaves_a_job_that_the_worker_does(
    with_table: WithTable, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    table: Table = {PostPublished: (later(mark), later(note)), ReportRaised: (later(note),)}
    database = with_table(table)
    with database.transaction() as session:
        emit(session, PUBLISHED)
        emit(session, ReportRaised(report_id=5))
    assert waiting() == 3
    assert (marks(13), seen) == (0, [])
    assert Worker(database, handlers_of(table)).run_due(limit=10) == 3
    assert marks(13) == 1
    assert seen == [PUBLISHED, ReportRaised(report_id=5)]


def test_nothing_follows_later_from_what_was_rolled_back(
    with_table: WithTable, waiting: Callable[[], int]
) -> None:
    database = with_table({PostPublished: (later(mark),)})
    with database.writing() as session:
        emit(session, PUBLISHED)
        session.rollback()
    assert waiting() == 0


@pytest.mark.parametrize("handler", [mark_and_fall, violate])
def test_now_or_else_later_never_fails_the_command(
    with_table: WithTable,
    marks: Callable[[int], int],
    waiting: Callable[[], int],
    handler: Callable[[Session, PostPublished], None],
) -> None:
    table: Table = {PostPublished: (now(handler, or_else=later(mark)), now(note))}
    database = with_table(table)
    with capture_logs() as logs, database.transaction() as session:
        page_stamps.bump(session, ["topic:1"])
        emit(session, PUBLISHED)
        page_stamps.bump(session, ["topic:2"])
    assert (marks(1), marks(2)) == (1, 1), "The command's own changes stand."
    assert marks(13) == 0, "What the failed handler did is undone."
    assert seen == [PUBLISHED], "The rest of the table was carried out."
    assert waiting() == 1
    assert SECRET not in str(logs)
    assert [line["event"] for line in logs] == ["consequences.put_off"]
    assert Worker(database, handlers_of(table)).run_due(limit=10) == 1
    assert marks(13) == 1


def test_now_or_else_later_leaves_no_job_when_now_went_well(
    with_table: WithTable, marks: Callable[[int], int], waiting: Callable[[], int]
) -> None:
    database = with_table({PostPublished: (now(mark, or_else=later(note)),)})
    with database.transaction() as session:
        emit(session, PUBLISHED)
    assert (marks(13), waiting()) == (1, 0)


def test_the_commands_own_mistake_is_not_taken_for_the_handlers(
    with_table: WithTable, waiting: Callable[[], int]
) -> None:
    """A pending row that the database refuses fails the command, although the savepoint would flush it."""
    database = with_table({PostPublished: (now(mark, or_else=later(mark)),)})
    with database.transaction() as session:
        session.add(PageStamp(scope="site", version=1))
    with database.writing() as session:
        session.add(PageStamp(scope="site", version=1))
        with pytest.raises(IntegrityError):
            emit(session, PUBLISHED)
    assert waiting() == 0


def test_two_consequences_cannot_share_a_job_name() -> None:
    with pytest.raises(ValueError, match=r"PostPublished\.mark"):
        handlers_of({PostPublished: (later(mark), now(note, or_else=later(mark)))})
    assert set(handlers_of({PostPublished: (later(mark), now(note)), ReportRaised: (later(note),)})) == {
        "PostPublished.mark",
        "ReportRaised.note",
    }
    with pytest.raises(ValueError, match=r"PostPublished\.write"):
        errands_of({PostPublished: (mailed(write), mailed(write))}, None)


LETTER = Letter(
    to="wren@members.example",
    subject="About something",
    paragraphs=("It happened.",),
    link_words="More",
    link_path="/",
    locale="en",
)


def write(session: Session, event: PostPublished) -> Letter | None:
    return LETTER if event.post_id == 13 else None


def test_mailed_leaves_an_errand_that_is_run_after_the_commit(
    with_table: WithTable, waiting: Callable[[], int]
) -> None:
    table: Table = {PostPublished: (mailed(write), now(note))}
    database = with_table(table)
    posted: list[tuple[Letter, str]] = []
    with database.transaction() as session:
        emit(session, PUBLISHED)
        emit(session, PostPublished(topic_id=11, category_id=12, post_id=14))
    assert (waiting(), posted) == (2, [])
    assert handlers_of(table) == {}
    errands = errands_of(table, lambda letter, key: posted.append((letter, key)))
    assert Worker(database, {}, errands=[errands]).run_due(limit=10) == 2
    assert posted == [(LETTER, "PostPublished.write(category_id=12,post_id=13,topic_id=11)")]
    assert waiting() == 0


def test_mailed_without_a_mail_server_reads_and_does_nothing(
    with_table: WithTable, waiting: Callable[[], int]
) -> None:
    def fall(session: Session, event: PostPublished) -> Letter | None:
        raise LookupError(SECRET)

    table: Table = {PostPublished: (mailed(fall),)}
    database = with_table(table)
    with database.transaction() as session:
        emit(session, PUBLISHED)
    assert Worker(database, {}, errands=[errands_of(table, None)]).run_due(limit=10) == 1
    assert waiting() == 0


def all_events() -> list[type[Event]]:
    found: list[type[Event]] = []
    kinds: list[type[Event]] = [Event]
    while kinds:
        kind = kinds.pop()
        below = [sub for sub in kind.__subclasses__() if sub.__module__ in ("forum.events", __name__)]
        kinds.extend(below)
        # dataclass(slots=True) makes the class anew: the one without slots is left over and never used.
        found.extend(sub for sub in below if "__slots__" in vars(sub))
    return found


# SQLite's and PostgreSQL's largest key.
ids = st.integers(min_value=1, max_value=2**63 - 1)


@given(st.data())
def test_every_event_comes_back_from_its_payload_as_it_was(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(all_events()))
    event = kind(**{field.name: data.draw(ids) for field in fields(kind)})
    assert event_from(kind, payload_of(event)) == event


def test_the_round_trip_goes_through_the_database_as_well(with_table: WithTable) -> None:
    table: Table = {PostPublished: (later(note),)}
    database = with_table(table)
    event = PostPublished(topic_id=2**63 - 1, category_id=1, post_id=2)
    with database.transaction() as session:
        emit(session, event)
    assert Worker(database, handlers_of(table)).run_due(limit=10) == 1
    assert seen == [event]


def test_an_event_with_text_can_leave_no_job(with_table: WithTable, waiting: Callable[[], int]) -> None:
    @dataclass(frozen=True, slots=True)
    class Said(Event):
        words: str

    database = with_table({Said: (later(note),)})
    with pytest.raises(TypeError, match="holds ids"), database.transaction() as session:
        emit(session, Said(words="ok"))
    assert waiting() == 0


@pytest.mark.parametrize("payload", [{}, {"report_id": 1, "more": 2}, {"report": 1}])
def test_a_payload_of_another_release_is_refused(payload: dict[str, int | str | None]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        event_from(ReportRaised, payload)


def test_every_handler_in_the_table_takes_its_event() -> None:
    """The table's type can't say so, hence this does."""
    for kind, entries in CONSEQUENCES.items():
        for entry in entries:
            handlers = [entry.handler]
            if isinstance(entry, Now) and entry.or_else is not None:
                handlers.append(entry.or_else.handler)
            for handler in handlers:
                _session, event = inspect.signature(handler).parameters
                taken = get_type_hints(handler)[event]
                assert issubclass(kind, taken), f"{handler.__name__} takes {taken}, not {kind.__name__}"


def test_the_shipped_tables_fit_together(database: Database, settings: Settings) -> None:
    """What the application hands its worker: no name twice, neither in one table nor across both."""
    in_schedule = schedule.handlers_of(("key",))
    assert not set(consequences.HANDLERS) & set(in_schedule)
    handlers = {**consequences.HANDLERS, **in_schedule}
    letters = errands_of(CONSEQUENCES, None)
    Worker(database, handlers, SCHEDULE, errands=[letters, *schedule.errands_of(settings, database)])
    assert set(consequences.HANDLERS) == set(handlers_of(CONSEQUENCES))
