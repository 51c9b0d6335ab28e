"""The page of leaving: it says what happens to what, with numbers, and pressing its button lets one leave."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.models import (
    AccountEvent,
    EmailAddress,
    Identity,
    Leaving,
    Member,
    Passkey,
    PostsFate,
    RecoveryCode,
    SignInSession,
    Suspension,
)
from forum.accounts.sign_in_sessions import sign_in
from forum.community.models.threads import Post
from forum.database.session import Database
from forum.permissions.actor import MemberState
from forum.privacy import leaving_queries
from forum.privacy.models import LegalHold
from forum.text.translate import say_moment
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.consent.deciding import publish
from tests.front_door import Browser, Forum
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, is_there, write
from tests.moderation.working import report
from tests.pages import read_page
from tests.privacy.leavers import (
    LEAVE,
    first_post,
    leaving_of,
    mark,
    numbers,
    opened,
    press_leave,
    set_state,
    token,
)
from tests.recorder import recorded


@pytest.fixture
def room(database: Database) -> str:
    """A room to write in."""
    make_room(database, ROOM)
    return ROOM


@pytest.fixture
def rowan(app: Flask, room: str) -> Someone:
    """A member who thinks about leaving."""
    return cast.member(app, "Rowan")


def live(app: Flask, database: Database, someone: Someone) -> None:
    """Let somebody have something of everything that the page counts."""
    other = cast.member(app, "Marlow")
    answered, alone = write(database, someone, "One."), write(database, someone, "Two.")
    reply(database, someone.actor, alone, "And more.")
    reply(database, other.actor, answered, "I hear you.")
    theirs = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    told_of = reply(database, someone.actor, theirs, "Buy pillows.")
    held = reply(database, someone.actor, theirs, "Something else.")
    report(database, told_of, by=other.actor)
    report(database, told_of)
    report(database, first_post(database, theirs), note="Look there.", by=someone.actor)
    now = clock.now()
    with database.transaction() as session:
        session.add_all(
            [
                EmailAddress(member_id=someone.member_id, address="rowan@forum.invalid", verified_at=None),
                RecoveryCode(member_id=someone.member_id, code_hash="0" * 64, made_at=now),
                RecoveryCode(member_id=someone.member_id, code_hash="1" * 64, made_at=now),
                Passkey(
                    member_id=someone.member_id,
                    credential_id="credential",
                    user_handle="handle",
                    public_key=b"key",
                    sign_count=0,
                    name="Phone",
                    added_at=now,
                ),
                LegalHold(
                    post_id=held,
                    post_markdown="Something else.",
                    reason="A court asked.",
                    asked_by=someone.uuid,
                    asked_at=now,
                    confirmed_by=other.uuid,
                    confirmed_at=now,
                    until=now + timedelta(days=30),
                ),
            ]
        )
        tell(session, someone.member_id, AccountEvent.PASSKEY_ADDED)
    mark(someone, told_of)


@pytest.mark.proves("D6")
@pytest.mark.proves("D8")
def test_the_page_says_with_numbers_what_happens_to_what(
    app: Flask, database: Database, rowan: Someone
) -> None:
    live(app, database, rowan)
    page = opened(rowan.client)
    assert numbers(page) == {
        "Your posts, unless you keep some": "5",
        "Topics of yours that nobody else answered: they go whole": "1",
        "Topics of yours that others answered: their words stay": "1",
        "Notices to you": "1",
        "Accounts at Google or Facebook that you log in with": "1",
        "Passkeys": "1",
        "Recovery codes": "2",
        "E-mail addresses": "1",
        "Records of what you agreed to, or took back": "6",
    }
    words = page.text
    # One was told about twice, another is held because the law obliges us.
    assert "Copies of the words of some of your posts, this many: 2." in words
    assert "until then their decision can be questioned" in words
    assert "What you told the moderators about posts of others, this many times: 1." in words
    assert "numbers and dates, no name and no words" in words
    assert "A seal in the chain" in words
    assert "overwritten within 30 days" in words
    assert "quoted or copied" in words
    assert "Marked so far: 1." in words
    # A copy is offered before anything else.
    links = [one.attributes["href"] for one in page.all("a")]
    assert links[0] == "/settings/privacy/export"
    assert "/settings/leave/posts" in links
    chosen = [
        one.attributes["value"] for one in page.all("input", type="radio") if "checked" in one.attributes
    ]
    assert chosen == ["delete", "14"]
    assert "can still tell who wrote it" in words


@pytest.mark.proves("D8")
def test_where_no_case_has_a_copy_the_page_says_when_one_would(rowan: Someone) -> None:
    words = opened(rowan.client).text
    assert "At present there is no such copy." in words
    assert "for six months" in words


def test_the_page_costs_the_same_for_much_and_for_little(
    app: Flask, database: Database, rowan: Someone
) -> None:
    actor = rowan.actor
    with recorded(database) as little, database.reading() as session:
        leaving_queries.what_there_is(session, actor)
    live(app, database, rowan)
    with recorded(database) as much, database.reading() as session:
        leaving_queries.what_there_is(session, actor)
    assert len(little) == len(much) == 1


@pytest.mark.proves("D6")
@pytest.mark.proves("D9")
def test_leaving_logs_out_everywhere_and_says_until_when_one_can_come_back(
    app: Flask, database: Database, rowan: Someone
) -> None:
    topic = write(database, rowan, "One.")
    with database.transaction() as session:
        elsewhere = cast.signed_in(app, sign_in(session, rowan.member_id))
    answer = press_leave(rowan.client)
    assert answer.status_code == 200, answer.text
    leaving = leaving_of(rowan)
    assert leaving is not None
    assert (leaving.posts, leaving.until - leaving.since) == (PostsFate.DELETE, timedelta(days=14))
    page = read_page(answer.text)
    words = page.one("main").text
    assert say_moment(leaving.until) in words
    assert say_moment(leaving.until + timedelta(days=1)) in words
    # It is a visitor's page already, and nobody may store it.
    assert "Rowan" not in page.text
    assert not page.all("form", action="/log-out")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    for client in (rowan.client, elsewhere):
        assert client.get("/my-posts").status_code == 303
        assert client.get(f"/topics/{topic}", follow_redirects=True).text.count("One.") == 0
    with database.reading() as session:
        assert session.scalars(select(SignInSession.id)).all() == []


@pytest.mark.proves("D9")
@pytest.mark.parametrize("days", ["14", "1"])
def test_how_long_one_may_change_ones_mind_is_ones_own_choice(rowan: Someone, days: str) -> None:
    assert press_leave(rowan.client, days=days).status_code == 200
    leaving = leaving_of(rowan)
    assert leaving is not None
    assert leaving.until - leaving.since == timedelta(days=int(days)) <= timedelta(days=14)


@pytest.mark.proves("D9")
@pytest.mark.parametrize("state", [state for state in MemberState if state is not MemberState.LEAVING])
def test_everybody_may_leave_however_things_stand_with_them(rowan: Someone, state: MemberState) -> None:
    write(rowan.database, rowan, "One.")
    set_state(rowan, state)
    can_keep = state is MemberState.ACTIVE
    page = opened(rowan.client)
    assert bool(page.all("input", type="radio", name="posts")) == can_keep
    assert ("nobody may begin to show them again" in page.text) == (not can_keep)
    assert press_leave(rowan.client).status_code == 200
    leaving = leaving_of(rowan)
    assert leaving is not None
    assert leaving.state_before is state


@pytest.mark.proves("D9")
def test_whoever_is_suspended_may_leave_too_and_reads_what_stays_of_that(rowan: Someone) -> None:
    with rowan.database.transaction() as session:
        session.add(Suspension(member_id=rowan.member_id, since=clock.now(), until=None))
    assert "As you are suspended" in opened(rowan.client).text
    assert press_leave(rowan.client).status_code == 200
    assert leaving_of(rowan)


@pytest.mark.proves("D6")
@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.RESTRICTED])
@pytest.mark.parametrize("fate", ["keep", "keep-chosen"])
def test_posts_that_nobody_may_see_can_not_stay(rowan: Someone, state: MemberState, fate: str) -> None:
    mark(rowan, first_post(rowan.database, write(rowan.database, rowan, "One.")))
    set_state(rowan, state)
    answer = press_leave(rowan.client, posts=fate)
    assert answer.status_code == 422
    assert "nobody may begin to show them again" in answer.text
    assert leaving_of(rowan) is None


@pytest.mark.proves("D6")
def test_who_marked_nothing_is_told_so(rowan: Someone) -> None:
    write(rowan.database, rowan, "One.")
    answer = press_leave(rowan.client, posts="keep-chosen")
    assert answer.status_code == 422
    assert "You have marked no post that can stay." in answer.text
    assert leaving_of(rowan) is None
    # What they chose is still chosen.
    page = read_page(answer.text)
    assert "checked" in page.one("input", id="posts-keep-chosen").attributes


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"posts": None}, 422),
        ({"days": None}, 422),
        ({"posts": "burn"}, 422),
        ({"days": "0"}, 422),
        ({"days": "365"}, 422),
        ({"member_id": "1"}, 400),
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    rowan: Someone, changes: dict[str, str | None], status: int
) -> None:
    fields = {"csrf_token": token(rowan.client), "posts": "delete", "days": "14", **changes}
    sent = {name: value for name, value in fields.items() if value is not None}
    assert rowan.client.post(LEAVE, data=sent).status_code == status
    assert leaving_of(rowan) is None
    assert rowan.client.get("/my-posts").status_code == 200


@pytest.mark.proves("W12")
def test_leaving_needs_a_proof_of_the_last_five_minutes(app: Flask, rowan: Someone) -> None:
    with rowan.database.transaction() as session:
        unproven = cast.signed_in(app, sign_in(session, rowan.member_id))
    answer = press_leave(unproven)
    assert answer.status_code == 403
    assert "Show that it is you" in answer.text
    assert leaving_of(rowan) is None
    assert unproven.get("/my-posts").status_code == 200


@pytest.mark.proves("C12")
def test_who_has_to_agree_again_may_leave_first(rowan: Someone) -> None:
    publish(rowan.database, material=True)
    assert rowan.actor.has_to_agree_again
    assert press_leave(rowan.client).status_code == 200
    assert leaving_of(rowan)


def test_an_only_administrator_is_told_so_and_may_leave(app: Flask, database: Database) -> None:
    only = cast.administrator(app, "Aspen")
    assert "You are the only administrator." in opened(only.client).text
    second = cast.administrator(app, "Birch")
    assert "only administrator" not in opened(only.client).text
    set_state(second, MemberState.PAUSED)
    assert "You are the only administrator." in opened(only.client).text
    assert "only administrator" not in opened(cast.member(app, "Rowan").client).text
    assert press_leave(only.client).status_code == 200


def test_sending_it_twice_leaves_once(rowan: Someone) -> None:
    sent = {"csrf_token": token(rowan.client), "posts": "delete", "days": "14"}
    assert rowan.client.post(LEAVE, data=sent).status_code == 200
    # The second sending comes from nobody any more: the first one ended every sign-in session.
    assert rowan.client.post(LEAVE, data={**sent, "days": "1"}).status_code == 401
    leaving = leaving_of(rowan)
    assert leaving is not None
    assert leaving.until - leaving.since == timedelta(days=14)


@pytest.mark.proves("D9")
def test_logging_in_again_brings_everything_back_and_not_after_the_days(forum: Forum) -> None:
    browser = Browser(forum)
    browser.join("Rowan")
    page = browser.get(LEAVE)
    left = browser.submit(page, LEAVE, {"posts": "delete", "days": "14"})
    assert left.status_code == 200
    assert browser.name() is None
    assert "session=;" in left.headers["Set-Cookie"]
    assert browser.sign_in().status_code == 303
    # A notice tells them that they are back.
    assert browser.name() == "Rowannew notice"
    page = browser.get(LEAVE)
    assert browser.submit(page, LEAVE, {"posts": "delete", "days": "1"}).status_code == 200
    with forum.database.transaction() as session:
        session.execute(update(Leaving).values(until=clock.now()))
    late = browser.sign_in()
    assert late.status_code == 409
    assert "the days in which you could come back are over" in late.text
    assert browser.name() is None
    with forum.database.reading() as session:
        assert session.scalars(select(Member.state)).all() == [MemberState.LEAVING]
        assert len(session.scalars(select(Identity.id)).all()) == 1


def test_a_refused_form_changes_nothing(database: Database, rowan: Someone) -> None:
    topic = write(database, rowan, "One.")
    assert press_leave(rowan.client, posts="").status_code == 422
    assert is_there(rowan)
    with database.reading() as session:
        assert session.scalars(select(Post.markdown).where(Post.topic_id == topic)).all() == ["One."]
