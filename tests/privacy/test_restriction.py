"""Restriction: what is a member's is kept and shown nowhere, and comes back as it was, as far as they agree."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import AccountEvent, AccountNotice, Member
from forum.accounts.sign_in_sessions import sign_in
from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostVersion, Topic
from forum.community.what_is_sent import PostEdit
from forum.consent.commands import withdraw
from forum.database.session import Database
from forum.errors import Conflict
from forum.moderation.commands.threads import decide_on_post
from forum.moderation.drafts import ThreadDraft
from forum.moderation.models import Notice, ReasonCode
from forum.permissions.actions import Action
from forum.permissions.actor import MemberState, Purpose
from forum.privacy.restriction import lift_restriction, restrict_member
from forum.schedule import SCHEDULE
from forum.text.markdown import render_post
from forum.treatments.models import Treatment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.daily import do_jobs
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, refusal
from tests.site.texts import publish_texts
from tests.threads import together

ROOM = "flares-today"
WORDS = "quincunx"
REPLY = "sesquipedal"
RESTRICT, LIFT = "/settings/privacy/restrict", "/settings/privacy/lift-restriction"


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """A member who wants what is theirs kept and not used."""
    make_room(database, ROOM)
    return cast.member(app, "Rowan")


def send(someone: Someone, action: str, **fields: str) -> TestResponse:
    token = fields_of(someone.client, "/settings/reading", "/settings/reading")["csrf_token"]
    return someone.client.post(action, data={"csrf_token": token, **fields})


def state_of(someone: Someone) -> MemberState:
    with someone.database.reading() as session:
        return session.scalars(select(Member.state).where(Member.id == someone.member_id)).one()


def set_state(someone: Someone, state: MemberState) -> None:
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


def take_back(someone: Someone, purpose: Purpose = Purpose.HEALTH_DATA) -> None:
    with someone.database.transaction() as session:
        withdraw(session, someone.name, purpose)


@pytest.mark.proves("D13")
def test_nothing_of_theirs_is_shown_found_or_counted_until_they_end_it(
    app: Flask, database: Database, rowan: Someone
) -> None:
    publish_texts(app)
    other, cedar, visitor = cast.member(app, "Marlow"), cast.moderator(app), cast.visitor(app)
    own = start(database, rowan.actor, topic_draft(ROOM, WORDS))
    with database.transaction() as session:
        session.execute(update(Topic).where(Topic.id == own).values(title=f"About {WORDS}", slug=WORDS))
        discussion = session.scalars(select(Treatment.topic_id).where(Treatment.topic_id.is_not(None))).one()
    assert discussion is not None
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    post = reply(database, rowan.actor, theirs, REPLY)
    reply(database, rowan.actor, discussion, REPLY)
    places = (
        "/",
        f"/categories/{ROOM}",
        f"/categories/{ROOM}?sort=new",
        f"/topics/{own}",
        f"/topics/{theirs}",
        "/treatments/intrathecal-implants",
        f"/search?q={WORDS}",
        f"/posts/{post}",
        "/feeds/latest.atom",
        f"/feeds/topics/{theirs}.atom",
    )

    def seen() -> dict[str, tuple[bool, ...]]:
        found = {}
        for place in places:
            for reader, client in (
                ("visitor", visitor),
                ("member", other.client),
                ("moderator", cedar.client),
            ):
                text = client.get(place, follow_redirects=True).text.replace(f'value="{WORDS}"', "")
                text = text.replace(f"q={WORDS}", "")
                found[f"{place} to a {reader}"] = tuple(
                    words in text for words in ("Rowan", f"About {WORDS}", f"<p>{WORDS}", REPLY)
                )
        return found

    def replies() -> list[int]:
        with database.reading() as session:
            counts = select(Topic.reply_count).where(Topic.id.in_([own, theirs, discussion]))
            return list(session.scalars(counts.order_by(Topic.id)))

    def found() -> list[bool]:
        readers = (visitor, other.client, cedar.client)
        return [
            "<mark>" in client.get(f"/search?q={words}").text
            for words in (WORDS, REPLY)
            for client in readers
        ]

    assert found() == [True] * 6
    before, counted = seen(), replies()
    assert all(any(words) for place, words in before.items() if f"/topics/{own} " in place)
    assert send(rowan, RESTRICT).status_code == 303
    assert {place: words for place, words in seen().items() if any(words)} == {}
    assert found() == [False] * 6
    assert replies() == [count - (1 if count else 0) for count in counted]
    assert refusal(other.client, f"/posts/{post}") == refusal(other.client, "/posts/999999")
    assert refusal(other.client, "/members/Rowan") == refusal(other.client, "/members/Nobody")
    # Everything is kept as it was.
    with database.reading() as session:
        words = session.scalars(select(Post.markdown).where(Post.author_id == rowan.member_id)).all()
    assert sorted(words) == sorted([WORDS, REPLY, REPLY])
    assert send(rowan, LIFT).status_code == 303
    assert (seen(), replies(), found()) == (before, counted, [True] * 6)


@pytest.mark.proves("D13")
def test_they_read_on_see_what_is_theirs_and_cannot_write(app: Flask, rowan: Someone) -> None:
    topic = start(rowan.database, rowan.actor, topic_draft(ROOM, WORDS))
    theirs = start(rowan.database, cast.member(app, "Marlow").actor, topic_draft(ROOM, "It is good today."))
    send(rowan, RESTRICT)
    assert "It is good today." in page(rowan.client, f"/topics/{theirs}/flare-number-nine").text
    for address in ("/my-topics", "/my-posts"):
        assert "You asked that what is yours be kept and not used" in page(rowan.client, address).text
    assert WORDS in page(rowan.client, "/my-posts").text
    assert "kept and not used" in page(rowan.client, "/settings").text
    answer = rowan.client.get(f"/topics/{theirs}/reply")
    assert answer.status_code == 403
    assert "You asked that what is yours be kept and not used" in answer.text
    # Taking one's own words back is no use of them.
    with rowan.database.reading() as session:
        post = session.scalars(select(Post.id).where(Post.topic_id == topic)).one()
    assert send(rowan, f"/posts/{post}/delete").status_code == 303


def test_moderators_read_how_things_stand(app: Flask, rowan: Someone) -> None:
    send(rowan, RESTRICT)
    main = page(cast.moderator(app).client, "/moderation/members/Rowan")
    assert "Restricted: nothing of theirs is shown or used" in main.text


def test_staff_who_restrict_what_is_theirs_moderate_no_more(app: Flask) -> None:
    cedar = cast.moderator(app)
    assert send(cedar, RESTRICT).status_code == 303
    assert not cedar.actor.works_as_staff
    assert cedar.client.get("/moderation").status_code == 403


@pytest.mark.proves("D13")
def test_doing_either_twice_changes_nothing(rowan: Someone) -> None:
    assert send(rowan, LIFT).status_code == 303
    assert state_of(rowan) is MemberState.ACTIVE
    for _time in range(2):
        assert send(rowan, RESTRICT).status_code == 303
        assert state_of(rowan) is MemberState.RESTRICTED
    for _time in range(2):
        assert send(rowan, LIFT).status_code == 303
        assert state_of(rowan) is MemberState.ACTIVE
    assert send(rowan, RESTRICT, state="active").status_code == 400


@pytest.mark.parametrize("state", [MemberState.WAITING, MemberState.TURNED_AWAY])
def test_whoever_was_never_let_in_has_nothing_to_restrict(rowan: Someone, state: MemberState) -> None:
    set_state(rowan, state)
    answer = send(rowan, RESTRICT)
    assert answer.status_code == 409
    assert "there is nothing to restrict" in answer.text
    assert send(rowan, LIFT).status_code == 303
    assert state_of(rowan) is state


# --- and what else can happen meanwhile ---------------------------------------------------------------------


@pytest.mark.proves("D13", "C11")
def test_an_account_that_rested_before_rests_afterwards(rowan: Someone) -> None:
    take_back(rowan)
    assert state_of(rowan) is MemberState.PAUSED
    send(rowan, RESTRICT)
    assert state_of(rowan) is MemberState.RESTRICTED
    send(rowan, LIFT)
    assert state_of(rowan) is MemberState.PAUSED


@pytest.mark.proves("D13", "C11")
@pytest.mark.parametrize("purpose", [Purpose.HEALTH_DATA, Purpose.MEMBERSHIP])
def test_a_consent_that_was_taken_back_meanwhile_stays_so(rowan: Someone, purpose: Purpose) -> None:
    send(rowan, RESTRICT)
    take_back(rowan, purpose)
    # It is neither lifted by that nor forgotten.
    assert state_of(rowan) is MemberState.RESTRICTED
    send(rowan, LIFT)
    assert state_of(rowan) is MemberState.PAUSED


@pytest.mark.proves("D13", "D9")
@pytest.mark.parametrize("withdraws", [False, True])
def test_leaving_meanwhile_and_coming_back_keeps_it(rowan: Someone, withdraws: bool) -> None:
    send(rowan, RESTRICT)
    with rowan.database.transaction() as session:
        begin_leaving(session, rowan.member_id)
    assert state_of(rowan) is MemberState.LEAVING
    if withdraws:
        take_back(rowan)
    with rowan.database.transaction() as session:
        sign_in(session, rowan.member_id)
    assert state_of(rowan) is MemberState.RESTRICTED
    send(rowan, LIFT)
    assert state_of(rowan) is (MemberState.PAUSED if withdraws else MemberState.ACTIVE)


@pytest.mark.proves("D13", "C11")
@pytest.mark.parametrize("many", range(3))
def test_taking_a_consent_back_while_it_is_lifted_ends_in_rest(rowan: Someone, many: int) -> None:
    send(rowan, RESTRICT)
    actor = rowan.actor

    def work(number: int) -> None:
        if number:
            take_back(rowan)
            return
        with rowan.database.transaction() as session:
            lift_restriction(session, actor)

    together(2, work)
    assert state_of(rowan) is MemberState.PAUSED


@pytest.mark.proves("D13")
@pytest.mark.parametrize("many", range(3))
def test_leaving_while_restricting_keeps_the_leaving(rowan: Someone, many: int) -> None:
    actor = rowan.actor

    def work(number: int) -> None:
        with rowan.database.transaction() as session:
            if number:
                begin_leaving(session, rowan.member_id)
                return
            with suppress(Conflict):
                restrict_member(session, actor)

    together(2, work)
    assert state_of(rowan) is MemberState.LEAVING


@pytest.mark.proves("D13")
def test_no_job_deletes_what_is_theirs_however_long_it_takes(
    app: Flask, database: Database, rowan: Someone
) -> None:
    topic = start(database, rowan.actor, topic_draft(ROOM, WORDS))
    with database.transaction() as session:
        post = session.scalars(select(Post.id).where(Post.topic_id == topic)).one()
        commands.edit_post(session, rowan.actor, post, PostEdit(render_post(REPLY)))
        tell(session, rowan.member_id, AccountEvent.CODES_MADE)
    cedar = cast.moderator(app)
    with database.transaction() as session:
        draft = ThreadDraft(seen=0, reason=ReasonCode.OFF_TOPIC, message="Elsewhere.")
        decide_on_post(session, cedar.actor, post, Action.POST_HIDE, draft)
    send(rowan, RESTRICT)
    for years in (1, 2, 3, 4):
        with time_machine.travel(clock.now() + timedelta(days=366 * years)):
            for job in SCHEDULE:
                with database.transaction() as session:
                    job.begin(session)
            do_jobs(database)
    assert state_of(rowan) is MemberState.RESTRICTED
    with database.reading() as session:
        assert session.get_one(Post, post).markdown == REPLY
        assert session.scalars(select(PostVersion.markdown)).one() == WORDS
        assert session.scalars(select(AccountNotice.event)).one() is AccountEvent.CODES_MADE
        assert session.scalars(select(Notice.their_words)).one() == REPLY
