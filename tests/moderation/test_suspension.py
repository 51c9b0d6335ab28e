"""Suspending members: felt on the next request, ended by the clock, and apart from how else things stand."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts.commands import change_role
from forum.accounts.models import Member, SignInSession, Suspension
from forum.community.commands.writing import publish_post
from forum.database.session import Database
from forum.errors import Conflict, Forbidden, Malformed
from forum.moderation.commands.members import suspend_member, unsuspend_member
from forum.moderation.drafts import MemberDraft, SuspendDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actor import OPERATOR, MemberState, Purpose, Role
from forum.schedule import SCHEDULE
from forum.text.translate import say_moment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, reply_draft
from tests.moderation.conftest import Told, send
from tests.moderation.working import entries, notices, page, press
from tests.threads import together

DESK = "/moderation/members"


@pytest.fixture
def bramble(app: Flask) -> Someone:
    """A member like any other."""
    return cast.member(app, "Bramble")


@pytest.fixture
def moment() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until the test moves it."""
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as travelling:
        yield travelling


def suspend(by: Someone, name: str, length: str = "7", text: str = "") -> int:
    """Suspend a member through the page, and return the status of the answer."""
    address = f"{DESK}/{name}/suspend"
    sent = {"length": length, "reason": "harassment", "text": text, "step": "act"}
    return press(by.client, address, address, **sent).status_code


def lift(by: Someone, name: str) -> int:
    """Lift a suspension through the page, and return the status of the answer."""
    address = f"{DESK}/{name}/lift"
    return press(by.client, address, address, reason="looked-again", text="", step="act").status_code


def is_suspended(someone: Someone) -> bool:
    return someone.actor.is_suspended


def until(database: Database) -> datetime | None:
    with database.reading() as session:
        return session.scalars(select(Suspension.until)).one()


def test_it_is_felt_on_the_very_next_request_and_lifted_as_soon(
    app: Flask, database: Database, post: Told, cedar: Someone, bramble: Someone
) -> None:
    # A part of W11: sessions that can be listed and ended are still to come.
    address = f"/topics/{post.topic_id}/reply"
    assert bramble.client.get(address).status_code == 200
    assert suspend(cedar, "Bramble", text="Please rest.") == 303
    answer = bramble.client.get(address)
    assert answer.status_code == 403
    assert f"until {say_moment(until(database) or clock.now())}" in answer.text
    assert 'href="/notices"' in answer.text
    (notice,) = notices(database)
    assert (notice.action, notice.reason, notice.until) == (
        "moderation:member:suspend",
        ReasonCode.HARASSMENT,
        until(database),
    )
    assert "Please rest." in page(bramble.client, f"/notices/{notice.id}").text
    assert lift(cedar, "Bramble") == 303
    assert bramble.client.get(address).status_code == 200
    assert [entry.action.rsplit(":")[-1] for entry in entries(database)] == ["suspend", "unsuspend"]
    assert {entry.member_uuid for entry in entries(database)} == {bramble.uuid}


def test_what_remains_is_reading_taking_back_telling_settings_and_leaving(
    app: Flask, database: Database, post: Told, cedar: Someone, bramble: Someone
) -> None:
    own = reply(database, bramble.actor, post.topic_id, "Mine.")
    assert suspend(cedar, "Bramble", "until-lifted") == 303
    for address in ("/", "/categories", f"{post.address}/report", "/notices", "/settings/reading"):
        assert bramble.client.get(address).status_code == 200
    topic = bramble.client.get(f"/topics/{post.topic_id}", follow_redirects=True)
    assert topic.status_code == 200
    assert "Your account is suspended" in topic.text
    for address in ("/topics/new", f"/topics/{post.topic_id}/reply", f"/posts/{own}/edit"):
        assert bramble.client.get(address).status_code == 403
    assert send(bramble.client, f"{post.address}/worry", text="")[0] == 303
    assert send(bramble.client, f"/posts/{own}/delete")[0] == 303
    with database.reading() as session:
        # Whoever is signed in stays so.
        found = session.scalars(select(SignInSession).where(SignInSession.member_id == bramble.member_id))
        assert len(found.all()) == 1
    token = page(bramble.client, "/settings/reading").all("input", name="csrf_token")[0].attributes["value"]
    assert bramble.client.post("/log-out", data={"csrf_token": token}).status_code == 303


def test_it_ends_by_the_clock_without_any_job(
    app: Flask,
    database: Database,
    post: Told,
    cedar: Someone,
    bramble: Someone,
    moment: time_machine.Traveller,
) -> None:
    assert suspend(cedar, "Bramble", "3") == 303
    assert until(database) == clock.now() + timedelta(days=3)
    moment.shift(timedelta(days=3) - timedelta(seconds=1))
    assert is_suspended(bramble)
    assert bramble.client.get(f"/topics/{post.topic_id}/reply").status_code == 403
    moment.shift(timedelta(seconds=1))
    assert not is_suspended(bramble)
    assert bramble.client.get(f"/topics/{post.topic_id}/reply").status_code == 200
    assert "Nobody is suspended" in page(cedar.client, f"{DESK}?show=suspended").text
    cast.prove(cedar)
    # The row is still there; that doesn't keep anybody from suspending them again.
    assert suspend(cedar, "Bramble", "1") == 303
    assert is_suspended(bramble)
    moment.shift(timedelta(days=1))
    (sweep,) = (job for job in SCHEDULE if job.name == "accounts.sweep_suspensions")
    with database.transaction() as session:
        sweep.begin(session)
    with database.reading() as session:
        assert session.scalars(select(Suspension)).all() == []


def test_one_that_lasts_is_never_swept_away(
    app: Flask, database: Database, cedar: Someone, bramble: Someone, moment: time_machine.Traveller
) -> None:
    assert suspend(cedar, "Bramble", "until-lifted") == 303
    moment.shift(timedelta(days=4000))
    (sweep,) = (job for job in SCHEDULE if job.name == "accounts.sweep_suspensions")
    with database.transaction() as session:
        sweep.begin(session)
    assert until(database) is None


def test_a_withdrawn_consent_and_a_suspension_hold_both_and_end_alone(
    app: Flask, database: Database, cedar: Someone
) -> None:
    willow = cast.consent_withdrawn(app)
    assert suspend(cedar, "Willow") == 303
    assert (willow.actor.state, willow.actor.is_suspended) == (MemberState.PAUSED, True)
    assert lift(cedar, "Willow") == 303
    assert (willow.actor.state, willow.actor.is_suspended) == (MemberState.PAUSED, False)
    assert willow.actor.missing_consents == {Purpose.HEALTH_DATA}
    assert suspend(cedar, "Willow") == 303
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == willow.member_id).values(state=MemberState.ACTIVE))
    assert (willow.actor.state, willow.actor.is_suspended) == (MemberState.ACTIVE, True)


@pytest.mark.parametrize(
    ("length", "days"), [("1", 1), ("3", 3), ("7", 7), ("30", 30), ("until-lifted", None)]
)
def test_each_length_on_offer_is_what_it_says(
    app: Flask,
    database: Database,
    cedar: Someone,
    bramble: Someone,
    moment: time_machine.Traveller,
    length: str,
    days: int | None,
) -> None:
    offered = page(cedar.client, f"{DESK}/Bramble/suspend").all("input", name="length")
    assert length in {choice.attributes["value"] for choice in offered}
    assert suspend(cedar, "Bramble", length) == 303
    assert until(database) == (None if days is None else clock.now() + timedelta(days=days))
    assert entries(database)[0].facts["days"] == days


def test_a_preview_says_until_when_and_suspends_nobody(
    app: Flask, database: Database, cedar: Someone, bramble: Someone, moment: time_machine.Traveller
) -> None:
    address = f"{DESK}/Bramble/suspend"
    sent = {"length": "7", "reason": "harassment", "text": "Please rest."}
    answer = press(cedar.client, address, address, **sent, step="preview")
    assert answer.status_code == 200
    expected = f"A moderator suspended your account until {say_moment(clock.now() + timedelta(days=7))}."
    assert expected in answer.text
    assert not is_suspended(bramble)
    # The very words of the preview are what they read afterwards.
    assert press(cedar.client, address, address, **sent, step="act").status_code == 303
    assert expected in page(bramble.client, f"/notices/{notices(database)[0].id}").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"length": "365"}, 422),
        ({"length": ""}, 422),
        ({"reason": "wrong-place"}, 422),
        ({"text": "x" * 1001}, 422),
        # Nothing would tell them why.
        ({"text": " "}, 422),
        ({"until": "2030-01-01"}, 400),
        ({"seen": ""}, 400),
        ({"step": "both"}, 400),
    ],
)
def test_what_is_not_on_offer_suspends_nobody(
    app: Flask, database: Database, cedar: Someone, bramble: Someone, changes: dict[str, str], status: int
) -> None:
    address = f"{DESK}/Bramble/suspend"
    sent = {"length": "1", "reason": "other", "text": "Because.", "step": "act", **changes}
    assert press(cedar.client, address, address, **sent).status_code == status
    assert (entries(database), notices(database)) == ([], [])
    assert not is_suspended(bramble)


def test_a_reason_that_does_not_fit_is_refused_by_the_command_too(
    app: Flask, database: Database, cedar: Someone, bramble: Someone
) -> None:
    with database.transaction() as session:
        for draft in (
            SuspendDraft(0, ReasonCode.WRONG_PLACE, "", 1),
            SuspendDraft(0, ReasonCode.OTHER, "", 2),
        ):
            with pytest.raises(Malformed):
                suspend_member(session, cedar.actor, "Bramble", draft)
        with pytest.raises(Malformed):
            unsuspend_member(session, cedar.actor, "Bramble", MemberDraft(0, None, ""))


def test_nobody_suspends_themselves_and_only_administrators_a_moderator(
    app: Flask, database: Database, cedar: Someone, morgan: Someone
) -> None:
    aspen = cast.administrator(app)
    for name in ("Cedar", "Morgan", "Aspen"):
        answer = cedar.client.get(f"{DESK}/{name}/suspend")
        assert answer.status_code == 403
        assert "only an administrator can do it to a moderator" in answer.text
        with database.transaction() as session, pytest.raises(Forbidden):
            suspend_member(session, cedar.actor, name, SuspendDraft(0, ReasonCode.OTHER, "", 1))
    assert aspen.client.get(f"{DESK}/Aspen/suspend").status_code == 403
    assert suspend(aspen, "Morgan") == 303
    answer = morgan.client.get("/moderation/reports")
    assert answer.status_code == 403
    assert "Your account is suspended" in answer.text
    assert "suspended" in page(morgan.client, f"/notices/{notices(database)[0].id}").text
    assert lift(aspen, "Morgan") == 303
    assert morgan.client.get("/moderation").status_code == 200


def test_who_is_suspended_already_stays_so_until_then(
    app: Flask, database: Database, cedar: Someone, morgan: Someone, bramble: Someone
) -> None:
    assert suspend(cedar, "Bramble", "1") == 303
    before = until(database)
    assert suspend(morgan, "Bramble", "30") == 409
    assert until(database) == before
    assert lift(cedar, "Bramble") == 303
    assert lift(morgan, "Bramble") == 409
    assert len(notices(database)) == 2


def test_two_who_suspend_at_once_suspend_once(
    app: Flask, database: Database, cedar: Someone, morgan: Someone, bramble: Someone
) -> None:
    actors = [cedar.actor, morgan.actor]

    def act(number: int) -> str:
        draft = SuspendDraft(0, ReasonCode.HARASSMENT, "", (1, 30)[number])
        try:
            with database.transaction() as session:
                suspend_member(session, actors[number], "Bramble", draft)
        except Conflict as refusal:
            return refusal.reason
        return ""

    reasons = together(2, act)
    assert reasons.count("") == 1
    winner = reasons.index("")
    assert reasons[1 - winner].startswith(f"{actors[winner].name} was faster, and suspended a member")
    assert len(entries(database)) == len(notices(database)) == 1
    assert entries(database)[0].facts["days"] == (1, 30)[winner]


def test_a_role_given_at_the_same_time_is_seen_by_whoever_comes_second(
    app: Flask, database: Database, cedar: Someone, bramble: Someone
) -> None:
    actor = cedar.actor

    def act(number: int) -> bool:
        try:
            with database.transaction() as session:
                if number:
                    change_role(session, OPERATOR, "Bramble", Role.MODERATOR)
                else:
                    suspend_member(session, actor, "Bramble", SuspendDraft(0, ReasonCode.OTHER, "", 1))
        except (Conflict, Forbidden):
            return False
        return True

    done = together(2, act)
    assert done[1]
    # Either the suspension came first, or it was refused: a moderator is never suspended by a moderator.
    actions = [entry.action for entry in entries(database)]
    assert actions == (["moderation:member:suspend"] if done[0] else [])


def test_a_reply_that_was_under_way_is_refused(
    app: Flask, database: Database, post: Told, cedar: Someone, bramble: Someone
) -> None:
    assert suspend(cedar, "Bramble") == 303
    with database.transaction() as session, pytest.raises(Forbidden):
        publish_post(session, bramble.actor, post.topic_id, reply_draft())
