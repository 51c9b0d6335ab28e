"""Accounts that nobody uses: told, left a month later, and erased; and whoever is seen, or must stay, is left alone."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from config import Settings
from forum import clock
from forum.accounts.leaving import GRACE
from forum.accounts.models import AccountEvent, AccountNotice, Member
from forum.accounts.sign_in_sessions import sign_in
from forum.database.session import Database
from forum.permissions.actor import MemberState
from forum.privacy import inactivity
from forum.privacy.inactivity import TIME_TO_COME_BACK, WARNED_AFTER
from forum.privacy.restriction import restrict_member
from tests import cast
from tests.cast import Someone
from tests.moderation.leaving import is_there
from tests.privacy.test_erasure_ledger import work

DAY = timedelta(days=1)


def a_night(database: Database, settings: Settings, after: timedelta) -> None:
    """Do what the night's jobs do about inactive accounts, some time from now."""
    with time_machine.travel(clock.now() + after):
        with database.transaction() as session:
            inactivity.have_warned(session)
            inactivity.have_left(session)
        # As often as one batch leaves the rest to the next.
        for _time in range(3):
            work(database, settings)


def told(database: Database) -> list[int]:
    with database.reading() as session:
        return list(
            session.scalars(
                select(AccountNotice.member_id)
                .where(AccountNotice.event == AccountEvent.INACTIVE)
                .order_by(AccountNotice.id)
            )
        )


def member(someone: Someone) -> Member:
    with someone.database.reading() as session:
        return session.get_one(Member, someone.member_id)


@pytest.mark.proves("D15")
def test_who_is_not_seen_for_two_years_is_told_leaves_and_is_erased(
    app: Flask, database: Database, settings: Settings
) -> None:
    someone = cast.member(app, "Rowan")
    a_night(database, settings, WARNED_AFTER - DAY)
    assert told(database) == []
    a_night(database, settings, WARNED_AFTER)
    a_night(database, settings, WARNED_AFTER + DAY)
    # Once.
    assert told(database) == [someone.member_id]
    a_night(database, settings, WARNED_AFTER + TIME_TO_COME_BACK - DAY)
    assert member(someone).state is MemberState.ACTIVE
    a_night(database, settings, WARNED_AFTER + TIME_TO_COME_BACK)
    assert member(someone).state is MemberState.LEAVING
    # Coming back is still possible, as for anybody who leaves.
    with time_machine.travel(clock.now() + WARNED_AFTER + TIME_TO_COME_BACK + GRACE - DAY):
        with database.transaction() as session:
            sign_in(session, someone.member_id)
        back = member(someone)
        assert (back.state, back.last_seen_on) == (MemberState.ACTIVE, clock.today())
        assert back.warned_inactive_on is None
    assert is_there(someone)


@pytest.mark.proves("D15")
def test_being_seen_ends_it(app: Flask, database: Database, settings: Settings) -> None:
    someone = cast.member(app, "Rowan")
    a_night(database, settings, WARNED_AFTER)
    assert told(database) == [someone.member_id]
    with time_machine.travel(clock.now() + WARNED_AFTER + DAY):
        with database.transaction() as session:
            sign_in(session, someone.member_id)
        assert member(someone).warned_inactive_on is None
    a_night(database, settings, WARNED_AFTER + TIME_TO_COME_BACK + DAY)
    assert member(someone).state is MemberState.ACTIVE
    # And two years later it begins anew.
    a_night(database, settings, 2 * WARNED_AFTER + DAY)
    assert told(database) == [someone.member_id] * 2


def test_a_page_that_somebody_opens_is_a_day_on_which_they_were_here(
    app: Flask, database: Database, settings: Settings
) -> None:
    someone = cast.member(app, "Rowan")
    with database.transaction() as session:
        session.execute(update(Member).values(warned_inactive_on=clock.today() - DAY))
    with time_machine.travel(clock.now() + 3 * DAY):
        assert someone.client.get("/", base_url=settings.base_url).status_code == 200
        app.extensions["soft_writes"].flush()
        now = member(someone)
        assert (now.last_seen_on, now.warned_inactive_on) == (clock.today(), None)


@pytest.mark.proves("D15")
@pytest.mark.proves("D13")
def test_staff_and_whoever_asked_to_be_kept_are_left_alone(
    app: Flask, database: Database, settings: Settings
) -> None:
    cast.moderator(app, "Cedar")
    restricted, ordinary = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    with database.transaction() as session:
        restrict_member(session, restricted.actor)
    a_night(database, settings, WARNED_AFTER + DAY)
    assert told(database) == [ordinary.member_id]
    # Whoever asked for it after they were told, too.
    with time_machine.travel(clock.now() + WARNED_AFTER + DAY), database.transaction() as session:
        session.execute(
            update(Member).where(Member.id == ordinary.member_id).values(state=MemberState.RESTRICTED)
        )
    a_night(database, settings, WARNED_AFTER + 2 * TIME_TO_COME_BACK)
    assert member(ordinary).state is MemberState.RESTRICTED


def test_many_are_told_in_batches_and_none_is_left_out(
    app: Flask, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inactivity, "BATCH", 2)
    everybody = [cast.join(database, name) for name in ("Rowan", "Marlow", "Hazel", "Alder", "Cedar")]
    a_night(database, settings, WARNED_AFTER)
    assert told(database) == sorted(everybody)


def test_whoever_came_after_the_job_was_put_in_stays(
    app: Flask, database: Database, settings: Settings
) -> None:
    someone = cast.member(app, "Rowan")
    a_night(database, settings, WARNED_AFTER)
    with time_machine.travel(clock.now() + WARNED_AFTER + TIME_TO_COME_BACK):
        with database.transaction() as session:
            assert inactivity.have_left(session) == 1
        with database.transaction() as session:
            sign_in(session, someone.member_id)
        work(database, settings)
    assert member(someone).state is MemberState.ACTIVE
