"""Setting out to leave: out of sight at once and everywhere, and back as before for whoever logs in in time."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import AccountEvent, AccountNotice, Identity, Leaving, Member
from forum.accounts.sign_in_sessions import end_all_sessions, sign_in, sign_in_as
from forum.community.models.threads import Topic
from forum.consent.commands import withdraw
from forum.database.session import Database
from forum.permissions.actor import MemberState, Purpose, Role
from forum.treatments.models import Treatment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import refusal, report
from tests.site.texts import publish_texts
from tests.threads import together

ROOM = "flares-today"
WORDS = "quincunx"
REPLY = "sesquipedal"


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """A member who is about to leave."""
    make_room(database, ROOM)
    return cast.member(app, "Rowan")


def leave(someone: Someone, provider: str = "") -> None:
    with someone.database.transaction() as session:
        begin_leaving(session, someone.member_id, provider)
        end_all_sessions(session, someone.member_id)


def come_back(someone: Someone) -> None:
    with someone.database.transaction() as session:
        sign_in(session, someone.member_id)


def set_state(someone: Someone, state: MemberState) -> None:
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


def state_of(someone: Someone) -> MemberState:
    with someone.database.reading() as session:
        return session.scalars(select(Member.state).where(Member.id == someone.member_id)).one()


def told(someone: Someone) -> list[AccountEvent]:
    with someone.database.reading() as session:
        own = select(AccountNotice.event).where(AccountNotice.member_id == someone.member_id)
        return list(session.scalars(own.order_by(AccountNotice.id)))


@pytest.mark.proves("D9")
def test_what_they_wrote_is_out_of_sight_at_once_and_back_when_they_are(
    app: Flask, database: Database, rowan: Someone
) -> None:
    publish_texts(app)
    other, cedar = cast.member(app, "Marlow"), cast.moderator(app)
    own = start(database, rowan.actor, topic_draft(ROOM, WORDS))
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == own).values(title=f"About {WORDS}", slug=WORDS))
        discussion = session.scalars(select(Treatment.topic_id).where(Treatment.topic_id.is_not(None))).one()
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    assert discussion is not None
    post = reply(database, rowan.actor, theirs, REPLY)
    reply(database, rowan.actor, discussion, REPLY)
    told_of = report(database, post, by=other.actor)
    places = {
        "/": other,
        f"/categories/{ROOM}": other,
        f"/categories/{ROOM}?sort=new": other,
        f"/topics/{own}": other,
        f"/topics/{theirs}": other,
        "/treatments/intrathecal-implants": other,
        f"/search?q={WORDS}": other,
        f"/posts/{post}": other,
        f"/moderation/topics/{own}": cedar,
        f"/moderation/topics/{theirs}": cedar,
        "/moderation/members/Rowan": cedar,
        "/moderation/log": cedar,
        "/moderation": cedar,
    }

    def seen() -> dict[str, tuple[bool, ...]]:
        found = {}
        for place, who in places.items():
            for reader in {who, cedar}:
                text = reader.client.get(place, follow_redirects=True).text.replace(f'value="{WORDS}"', "")
                text = text.replace(f"q={WORDS}", "").replace('value="Rowan"', "")
                found[f"{place} to {reader.name}"] = tuple(
                    words in text for words in ("Rowan", f"About {WORDS}", f"<p>{WORDS}", REPLY)
                )
        return found

    def replies() -> list[int]:
        with database.reading() as session:
            counts = select(Topic.reply_count).where(Topic.id.in_([own, theirs, discussion]))
            return list(session.scalars(counts.order_by(Topic.id)))

    before, counted = seen(), replies()
    assert any(map(any, before.values()))
    leave(rowan)
    hidden = {place: words for place, words in seen().items() if any(words)}
    assert hidden == {}
    assert replies() == [count - (1 if count else 0) for count in counted]
    # What was told about them stays with moderators, as the page of their request says.
    assert REPLY in cedar.client.get(f"/moderation/reports/{told_of}").text
    assert refusal(other.client, f"/posts/{post}") == refusal(other.client, "/posts/999999")
    come_back(rowan)
    assert seen() == before
    assert replies() == counted
    assert told(rowan) == [AccountEvent.LEAVING_BEGUN, AccountEvent.LEAVING_CANCELLED]


@pytest.mark.proves("D9")
@pytest.mark.parametrize("state", [state for state in MemberState if state is not MemberState.LEAVING])
def test_logging_in_brings_things_back_as_they_were(rowan: Someone, state: MemberState) -> None:
    set_state(rowan, state)
    leave(rowan, "facebook")
    assert state_of(rowan) is MemberState.LEAVING
    with rowan.database.transaction() as session:
        issuer, subject = session.execute(select(Identity.issuer, Identity.subject)).one()
        assert sign_in_as(session, issuer, subject) is not None
    assert state_of(rowan) is state
    with rowan.database.reading() as session:
        assert session.scalars(select(Leaving.member_id)).all() == []


@pytest.mark.proves("C11")
def test_a_consent_that_was_taken_back_meanwhile_stays_so(rowan: Someone) -> None:
    leave(rowan)
    with rowan.database.transaction() as session:
        withdraw(session, "Rowan", Purpose.HEALTH_DATA)
    assert state_of(rowan) is MemberState.LEAVING
    come_back(rowan)
    assert state_of(rowan) is MemberState.PAUSED


@pytest.mark.proves("C11")
@pytest.mark.parametrize("many", range(3))
def test_taking_a_consent_back_while_setting_out_to_leave_keeps_both(rowan: Someone, many: int) -> None:
    def work(number: int) -> None:
        if number:
            leave(rowan)
            return
        with rowan.database.transaction() as session:
            withdraw(session, "Rowan", Purpose.HEALTH_DATA)

    together(2, work)
    assert state_of(rowan) is MemberState.LEAVING
    come_back(rowan)
    assert state_of(rowan) is MemberState.PAUSED


@pytest.mark.proves("C11")
@pytest.mark.parametrize("many", range(3))
def test_taking_a_consent_back_while_coming_back_ends_in_rest(rowan: Someone, many: int) -> None:
    leave(rowan)

    def work(number: int) -> None:
        if number:
            come_back(rowan)
            return
        with rowan.database.transaction() as session:
            withdraw(session, "Rowan", Purpose.HEALTH_DATA)

    together(2, work)
    assert state_of(rowan) is MemberState.PAUSED


def test_an_optional_consent_taken_back_meanwhile_changes_nothing_else(rowan: Someone) -> None:
    email = cast.join(rowan.database, "Hazel", given=[*_required(), Purpose.EMAIL])
    with rowan.database.transaction() as session:
        begin_leaving(session, email)
        withdraw(session, "Hazel", Purpose.EMAIL)
        sign_in(session, email)
        assert session.get_one(Member, email).state is MemberState.ACTIVE


def _required() -> list[Purpose]:
    return [Purpose.MEMBERSHIP, Purpose.HEALTH_DATA]


@pytest.mark.proves("D9")
def test_setting_out_twice_does_not_begin_the_days_anew(rowan: Someone) -> None:
    leave(rowan)
    with rowan.database.reading() as session:
        since = session.scalars(select(Leaving.since)).one()
    with time_machine.travel(clock.now() + timedelta(days=5)):
        assert together(3, lambda _number: leave(rowan)) == [None] * 3
    with rowan.database.reading() as session:
        assert session.scalars(select(Leaving.since)).one() == since
    assert told(rowan) == [AccountEvent.LEAVING_BEGUN]
    assert timedelta(days=14) >= GRACE


def test_two_who_begin_at_once_begin_once(rowan: Someone) -> None:
    assert together(4, lambda _number: leave(rowan)) == [None] * 4
    assert told(rowan) == [AccountEvent.LEAVING_BEGUN]


def test_leaving_while_writing_harms_neither(database: Database, rowan: Someone) -> None:
    topic = start(database, rowan.actor, topic_draft(ROOM, WORDS))
    actor = rowan.actor

    def work(number: int) -> None:
        if number:
            reply(database, actor, topic, REPLY)
        else:
            leave(rowan)

    together(4, work)
    come_back(rowan)
    with database.reading() as session:
        assert session.get_one(Topic, topic).reply_count == 3


def test_staff_who_leave_moderate_no_more(app: Flask, database: Database) -> None:
    cedar = cast.member(app, "Cedar", role=Role.MODERATOR)
    assert cedar.client.get("/moderation").status_code == 200
    with database.transaction() as session:
        begin_leaving(session, cedar.member_id)
    # Also where a session had somehow stayed.
    assert not cedar.actor.works_as_staff
    assert cedar.client.get("/moderation").status_code != 200
