"""Moments come back as they went in, and a closed set stays closed whoever writes."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import Enum, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from forum.accounts.models import Member
from forum.database.base import Base
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from forum.jobs.models import Job
from tests.database.test_dialects import MOMENT, WHO, job

one_database = limits(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


# --- moments ---------------------------------------------------------------------------------------------


@one_database
@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones))  # noqa: DTZ001 - the strategy adds the zone.
@example(moment=datetime(1970, 1, 1, tzinfo=UTC))
@example(moment=datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=timezone(timedelta(hours=1))))
def test_a_moment_comes_back_as_the_same_in_utc(database: Database, moment: datetime) -> None:
    with database.writing() as session:
        session.execute(insert(Job).values(job(due_at=moment)))
        found = session.execute(select(Job.due_at)).scalar_one()
        assert found == moment
        assert found.tzinfo is UTC
        assert session.execute(select(Job.id).where(Job.due_at == moment)).all()
        assert not session.execute(select(Job.id).where(Job.due_at > moment)).all()


def test_moments_sort_as_they_followed_each_other_whatever_their_zone(database: Database) -> None:
    base = datetime(2026, 3, 14, 12, tzinfo=UTC)
    hours = [9, -3, 0, 14, -11]
    with database.writing() as session:
        for attempts, hour in enumerate(hours):
            moment = (base + timedelta(minutes=attempts)).astimezone(timezone(timedelta(hours=hour)))
            session.execute(insert(Job).values(job(due_at=moment, attempts=attempts)))
        assert session.execute(select(Job.attempts).order_by(Job.due_at)).scalars().all() == [0, 1, 2, 3, 4]


class _Undecided(tzinfo):
    """A zone that doesn't say how far from UTC it is."""

    def utcoffset(self, _moment: datetime | None) -> None:
        return None

    def dst(self, _moment: datetime | None) -> None:
        return None

    def tzname(self, _moment: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 3, 14), datetime(2026, 3, 14, tzinfo=_Undecided())],  # noqa: DTZ001 - it is what is refused.
)
def test_a_moment_without_a_zone_is_refused(database: Database, moment: datetime) -> None:
    with database.writing() as session:
        with pytest.raises(StatementError, match="needs its time zone"):
            session.execute(insert(Job).values(job(due_at=moment)))
        session.rollback()
        with pytest.raises(StatementError, match="needs its time zone"):
            session.execute(select(Job.id).where(Job.due_at < moment))


def test_no_moment_stays_no_moment(database: Database) -> None:
    with database.writing() as session:
        session.execute(insert(Job).values(job(failed_at=None)))
        assert session.execute(select(Job.failed_at)).scalar_one() is None


# --- closed sets -----------------------------------------------------------------------------------------


def test_a_foreign_word_is_refused_by_the_database_itself(database: Database) -> None:
    with database.transaction() as session:
        session.execute(
            insert(Member).values(
                uuid=WHO, name="Wren", name_key="wren", name_since=MOMENT, locale="en", joined_at=MOMENT
            )
        )
    for change in ("role = 'king'", "state = 'banned'", "role = ''", "role = 'MEMBER'"):
        with database.writing() as session, pytest.raises(IntegrityError):
            session.execute(text(f"UPDATE member SET {change}"))
    with database.transaction() as session:
        session.execute(text("UPDATE member SET role = 'moderator', state = 'paused'"))


def test_a_foreign_word_is_refused_before_it_is_sent(database: Database) -> None:
    with database.writing() as session, pytest.raises(StatementError, match="king"):
        session.execute(update(Member).values(role="king"))


def test_every_closed_set_is_closed_in_the_database(database: Database) -> None:
    found = inspect(database.read_engine)
    expected = {
        (table.name, f"ck_{table.name}_{column.type.name}")
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    }
    there = {
        (table, constraint["name"])
        for table in found.get_table_names()
        for constraint in found.get_check_constraints(table)
    }
    assert ("member", "ck_member_role") in expected
    assert expected <= there


# --- what text both databases store ----------------------------------------------------------------------


def test_what_one_database_can_not_store_is_refused_with_an_error_and_stored_by_neither(
    database: Database, dialect: str
) -> None:
    # NUL is what PostgreSQL refuses and SQLite takes: forms tidy it away before (tests/text).
    with database.writing() as session:
        statement = insert(PageStamp).values(scope="a\x00b", version=1)
        if dialect == "postgresql":
            with pytest.raises((DBAPIError, ValueError)):
                session.execute(statement)
        else:
            session.execute(statement)
        session.rollback()
