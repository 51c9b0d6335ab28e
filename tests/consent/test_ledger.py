"""The consent ledger on its own: it grows by one chain, finds what was changed, and forgets people."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from forum import clock
from forum.accounts.models import Member
from forum.consent import ledger
from forum.consent.ledger import BEFORE_THE_FIRST, Entry
from forum.consent.models import (
    ConsentEvent,
    ConsentMethod,
    ConsentRecord,
    Decision,
    InterfaceText,
    PolicyVersion,
)
from forum.consent.queries import decision_in_force
from forum.database.dialects import tools_for
from forum.database.session import Database
from forum.permissions.actor import Purpose
from forum.privacy import erasure_ledger
from forum.privacy.models import Erasure, ErasureKind
from tests.cast import publish_policies


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a database without an application."""
    made = Database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def subject(database: Database) -> UUID:
    """Return a member's uuid."""
    return new_member(database, "quiet-river")


def new_member(database: Database, name: str) -> UUID:
    """Make a bare member and return the uuid."""
    uuid, now = uuid4(), clock.now()
    with database.transaction() as session:
        session.add(Member(uuid=uuid, name=name, name_key=name, name_since=now, locale="en", joined_at=now))
    return uuid


def entry(subject: UUID, **changes: Any) -> Entry:
    """Return a decision to record."""
    given: dict[str, Any] = {
        "subject": subject,
        "purpose": Purpose.EMAIL,
        "decision": Decision.GIVEN,
        "policies": ({"kind": "privacy", "version": 1, "locale": "en", "sha256": "0" * 64},),
        "interface_text": "Send me e-mail.\noptional",
        "method": ConsentMethod.CONSENT_STEP,
        "locale": "en",
        "gpc": False,
        "app_version": "0.1.0",
    }
    return Entry(**{**given, **changes})


def append(database: Database, *entries: Entry) -> list[int]:
    """Append in a transaction of its own."""
    with database.transaction() as session:
        return ledger.append(session, list(entries))


def verified(database: Database) -> ledger.Verification:
    """Check the ledger."""
    with database.reading() as session:
        return ledger.verify(session)


def tamper(database: Database, *statements: Any) -> None:
    """Change rows as somebody could who owns the database: without the triggers."""
    with database.write_engine.begin() as connection:
        for table in ("consent_event", "consent_record", "interface_text"):
            tools_for(connection.dialect.name).allow_changes(connection, table)
        for statement in statements:
            connection.execute(statement)


def erase_records_of(database: Database, subject: UUID) -> None:
    """Delete somebody's records as erasing does, and leave the member be."""
    with database.transaction() as session:
        erasure_ledger.note(session, ErasureKind.MEMBER_ERASED, subject=subject)
        session.execute(delete(ConsentRecord).where(ConsentRecord.subject == subject))


def test_an_empty_ledger_holds(database: Database) -> None:
    assert verified(database) == ledger.Verification(events=0, records=0)


def test_events_form_one_chain_without_gaps(database: Database, subject: UUID) -> None:
    assert append(database, entry(subject), entry(subject, purpose=Purpose.MATCHING)) == [1, 2]
    assert append(database, entry(subject, decision=Decision.WITHDRAWN)) == [3]
    with database.reading() as session:
        events = session.scalars(select(ConsentEvent).order_by(ConsentEvent.sequence)).all()
    assert events[0].previous_hash == BEFORE_THE_FIRST
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert verified(database) == ledger.Verification(events=3, records=3)


def test_the_same_decision_twice_commits_to_two_things(database: Database, subject: UUID) -> None:
    append(database, entry(subject), entry(subject))
    with database.reading() as session:
        commitments = session.scalars(select(ConsentEvent.commitment)).all()
        texts = session.scalars(select(InterfaceText.text)).all()
    assert len(set(commitments)) == 2
    assert texts == ["Send me e-mail.\noptional"]


def test_the_last_decision_is_the_one_in_force(database: Database, subject: UUID) -> None:
    other = new_member(database, "tall-cedar")
    append(database, entry(subject), entry(other, decision=Decision.REFUSED))
    append(database, entry(subject, decision=Decision.WITHDRAWN), entry(subject, purpose=Purpose.MATCHING))
    statement = select(Member.name, decision_in_force(Member.uuid, Purpose.EMAIL)).order_by(Member.name)
    with database.reading() as session:
        assert [tuple(row) for row in session.execute(statement)] == [
            ("quiet-river", Decision.WITHDRAWN),
            ("tall-cedar", Decision.REFUSED),
        ]


@pytest.mark.proves("C7")
@pytest.mark.parametrize(
    ("statement", "first_bad", "what"),
    [
        (update(ConsentRecord).where(ConsentRecord.sequence == 2).values(decision="refused"), 2, "record"),
        (update(ConsentRecord).where(ConsentRecord.sequence == 2).values(gpc=True), 2, "record"),
        (update(ConsentRecord).where(ConsentRecord.sequence == 2).values(salt="0" * 64), 2, "record"),
        (update(ConsentRecord).where(ConsentRecord.sequence == 2).values(policies=[]), 2, "record"),
        (update(ConsentRecord).where(ConsentRecord.sequence == 3).values(purpose="matching"), 3, "record"),
        (update(ConsentEvent).where(ConsentEvent.sequence == 2).values(commitment="1" * 64), 2, "event"),
        (update(ConsentEvent).where(ConsentEvent.sequence == 2).values(hash="1" * 64), 2, "event"),
        (update(ConsentEvent).where(ConsentEvent.sequence == 3).values(previous_hash="1" * 64), 3, "follow"),
        (update(InterfaceText).values(text="Send me nothing."), 1, "text"),
    ],
)
def test_whatever_is_changed_is_found_and_named(
    database: Database, subject: UUID, statement: Any, first_bad: int, what: str
) -> None:
    append(database, entry(subject), entry(subject), entry(subject), entry(subject))
    assert verified(database).holds
    tamper(database, statement)
    found = verified(database)
    assert not found.holds
    assert found.first_bad == first_bad
    assert what in found.what


@pytest.mark.proves("C7")
def test_a_moment_that_was_moved_is_found(database: Database, subject: UUID) -> None:
    append(database, entry(subject), entry(subject))
    moved = clock.now() - timedelta(days=1)
    tamper(
        database,
        update(ConsentEvent).where(ConsentEvent.sequence == 2).values(happened_at=moved),
        update(ConsentRecord).where(ConsentRecord.sequence == 2).values(happened_at=moved),
    )
    assert verified(database).first_bad == 2


@pytest.mark.proves("C7")
def test_an_event_that_was_taken_out_is_found(database: Database, subject: UUID) -> None:
    append(database, entry(subject), entry(subject), entry(subject))
    tamper(
        database,
        delete(ConsentRecord).where(ConsentRecord.sequence == 2),
        delete(ConsentEvent).where(ConsentEvent.sequence == 2),
    )
    assert verified(database).first_bad == 2


@pytest.mark.proves("C7")
def test_a_person_can_be_forgotten_and_the_chain_still_holds(database: Database, subject: UUID) -> None:
    other = new_member(database, "tall-cedar")
    append(database, entry(subject), entry(other), entry(subject))
    erase_records_of(database, subject)
    assert verified(database) == ledger.Verification(events=3, records=1)


@pytest.mark.proves("C6")
@pytest.mark.parametrize(
    "noted",
    [
        None,
        Erasure(kind=ErasureKind.MEMBER_ERASED, happened_at=datetime(2026, 3, 14, tzinfo=UTC)),
        Erasure(kind=ErasureKind.LEAVING_BEGUN, happened_at=datetime(2026, 3, 14, tzinfo=UTC)),
    ],
    ids=["nothing", "somebody else's erasure", "that they set out to leave"],
)
def test_that_a_consent_was_taken_back_can_not_be_deleted(
    database: Database, subject: UUID, noted: Erasure | None
) -> None:
    append(database, entry(subject), entry(subject, decision=Decision.WITHDRAWN))
    if noted is not None:
        whose = subject if noted.kind is ErasureKind.LEAVING_BEGUN else new_member(database, "tall-cedar")
        with database.transaction() as session:
            session.add(Erasure(kind=noted.kind, subject=whose, happened_at=noted.happened_at))
    with (
        pytest.raises(DBAPIError, match="goes with its member alone"),
        database.write_engine.begin() as connection,
    ):
        connection.execute(delete(ConsentRecord).where(ConsentRecord.sequence == 2))
    assert verified(database) == ledger.Verification(events=2, records=2)
    with database.reading() as session:
        decided = session.scalar(
            select(decision_in_force(Member.uuid, Purpose.EMAIL)).where(Member.uuid == subject)
        )
    assert decided is Decision.WITHDRAWN


@pytest.mark.proves("C6")
def test_who_was_erased_takes_their_own_records_along_and_no_others(
    database: Database, subject: UUID
) -> None:
    other = new_member(database, "tall-cedar")
    append(database, entry(subject), entry(other))
    erase_records_of(database, subject)
    with pytest.raises(DBAPIError), database.write_engine.begin() as connection:
        connection.execute(delete(ConsentRecord))
    assert verified(database) == ledger.Verification(events=2, records=1)


@pytest.mark.proves("C6")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_event SET commitment = hash",
        "DELETE FROM consent_event",
        "UPDATE policy_version SET html = 'other words'",
        "DELETE FROM policy_version",
        "UPDATE interface_text SET text = 'other words'",
        "DELETE FROM interface_text",
        "UPDATE consent_record SET decision = 'refused'",
        "DELETE FROM consent_record",
    ],
)
def test_the_database_refuses_to_change_what_was_agreed_to(
    database: Database, subject: UUID, statement: str
) -> None:
    publish_policies(database)
    append(database, entry(subject))
    if "consent_record" not in statement:
        # What would refuse a deletion anyway, a record that points there, is not what is tested.
        erase_records_of(database, subject)
    with (
        pytest.raises(DBAPIError, match=r"append-only|never updated|member alone"),
        database.write_engine.begin() as connection,
    ):
        connection.execute(text(statement))
    with database.reading() as session:
        assert session.scalars(select(ConsentEvent.sequence)).all() == [1]
        assert len(session.scalars(select(PolicyVersion.id)).all()) == 4


# SQLite has no TRUNCATE: there, a DELETE without WHERE asks its trigger.
@pytest.mark.proves("C6")
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["consent_event", "consent_record", "policy_version", "interface_text"])
def test_nothing_is_emptied_at_one_go(database: Database, subject: UUID, table: str) -> None:
    append(database, entry(subject))
    with (
        pytest.raises(DBAPIError, match=r"append-only|member alone"),
        database.write_engine.begin() as connection,
    ):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
    assert verified(database) == ledger.Verification(events=1, records=1)


@pytest.mark.proves("C8")
def test_appending_at_once_makes_one_chain(database: Database, subject: UUID) -> None:
    writers, rounds = 16, 3
    together = threading.Barrier(writers)
    numbers: list[int] = []
    failures: list[BaseException] = []

    def write() -> None:
        try:
            together.wait()
            for _round in range(rounds):
                numbers.extend(append(database, entry(subject), entry(subject)))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write) for _writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    total = writers * rounds * 2
    assert sorted(numbers) == list(range(1, total + 1))
    assert verified(database) == ledger.Verification(events=total, records=total)


@pytest.mark.proves("C8")
def test_a_fork_cannot_even_be_stored(database: Database, subject: UUID) -> None:
    append(database, entry(subject), entry(subject))
    with database.reading() as session:
        second = session.scalars(select(ConsentEvent).where(ConsentEvent.sequence == 2)).one()
    fork = insert(ConsentEvent).values(
        sequence=3,
        commitment="2" * 64,
        previous_hash=second.previous_hash,
        hash="3" * 64,
        happened_at=clock.now(),
    )
    with pytest.raises(DBAPIError, match="previous_hash"), database.write_engine.begin() as connection:
        connection.execute(fork)
