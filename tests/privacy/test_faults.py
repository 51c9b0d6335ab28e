"""All or nothing: taking a consent back, setting out to leave, coming back and being erased, whichever statement fails.

The same for joining stands with the consent step, where whoever joins is told what happened.
"""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving, cancel_leaving
from forum.accounts.models import EmailAddress, Leaving, Member, PostsFate
from forum.consent.commands import withdraw
from forum.consent.models import ConsentRecord, Decision
from forum.database.session import Database
from forum.permissions.actor import MemberState, Purpose
from forum.privacy.erasing import ERASE_MEMBER
from forum.schedule import handlers_of
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.daily import BAN_KEYS
from tests.faults import all_or_nothing
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, write
from tests.privacy import markers


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """A member who agreed to everything, with rows in every table, in a conversation with others."""
    make_room(database, ROOM)
    rowan, marlow = cast.member(app, "Rowan", given=Purpose), cast.member(app, "Marlow")
    answered = write(database, rowan, "A heron stood there.")
    reply(database, marlow.actor, answered, "I saw it too.")
    write(database, rowan, "A walk by the sea.")
    markers.seed(rowan, "quokka")
    return rowan


def name_of(someone: Someone) -> str:
    with someone.database.reading() as session:
        return session.scalars(select(Member.name).where(Member.id == someone.member_id)).one()


@pytest.mark.proves("C11")
@pytest.mark.parametrize("purpose", Purpose)
def test_taking_a_consent_back_happens_whole_or_not_at_all(
    database: Database, rowan: Someone, purpose: Purpose
) -> None:
    name = name_of(rowan)

    def deed(session: Session) -> None:
        withdraw(session, name, purpose)

    assert all_or_nothing(database, deed) > 5
    with database.reading() as session:
        last = session.scalars(
            select(ConsentRecord.decision)
            .where(ConsentRecord.subject == rowan.uuid, ConsentRecord.purpose == purpose)
            .order_by(ConsentRecord.sequence.desc())
        ).first()
        addresses = session.scalars(select(EmailAddress.member_id)).all()
    assert last is Decision.WITHDRAWN
    assert addresses == ([] if purpose is Purpose.EMAIL else [rowan.member_id])


@pytest.mark.proves("D9")
@pytest.mark.parametrize("posts", PostsFate)
def test_setting_out_to_leave_happens_whole_or_not_at_all(
    database: Database, rowan: Someone, posts: PostsFate
) -> None:
    all_or_nothing(database, lambda session: begin_leaving(session, rowan.member_id, posts=posts))
    with database.reading() as session:
        assert session.get_one(Member, rowan.member_id).state is MemberState.LEAVING
        assert session.get_one(Leaving, rowan.member_id).posts is posts


@pytest.mark.proves("D9")
def test_coming_back_happens_whole_or_not_at_all(database: Database, rowan: Someone) -> None:
    with database.transaction() as session:
        begin_leaving(session, rowan.member_id)
    all_or_nothing(database, lambda session: cancel_leaving(session, rowan.member_id))
    with database.reading() as session:
        assert session.get_one(Member, rowan.member_id).state is MemberState.ACTIVE


@pytest.mark.proves("D6")
@pytest.mark.proves("D7")
@pytest.mark.parametrize("posts", PostsFate)
def test_erasing_happens_whole_or_not_at_all(database: Database, rowan: Someone, posts: PostsFate) -> None:
    with database.transaction() as session:
        begin_leaving(session, rowan.member_id, posts=posts)
    erase = handlers_of(BAN_KEYS)[ERASE_MEMBER]
    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1)):
        number = all_or_nothing(database, lambda session: erase(session, {"member_id": rowan.member_id}))
    assert number > 30
    with database.reading() as session:
        assert session.get(Member, rowan.member_id) is None
