"""After a restore: what was deleted or hidden since the backup is so again, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select, update

from config import Settings
from forum import clock, consequences
from forum.accounts.leaving import GRACE, begin_leaving
from forum.accounts.models import AccountNotice, Ban, Leaving, Member, PostsFate, SignInSession, Suspension
from forum.accounts.sign_in_sessions import sign_in
from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostState, PostVersion
from forum.community.purging import purge_earlier_text
from forum.community.what_is_sent import PostEdit
from forum.consent.changing import take_back
from forum.consent.ledger import verify
from forum.consent.models import ConsentMethod, ConsentRecord, Decision
from forum.database import page_stamps
from forum.database.session import Database
from forum.events import SITE
from forum.jobs.models import Job
from forum.permissions.actor import MemberState, Purpose
from forum.privacy import erasure_file, erasure_ledger, replaying
from forum.privacy.erasure_file import FILE, Kept
from forum.privacy.erasure_ledger import MARK
from forum.privacy.models import Erasure, ErasureKind, KeptPost
from forum.privacy.replaying import NotFinished
from forum.privacy.restriction import lift_restriction, restrict_member
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.leaving import MARK as WORD
from tests.moderation.leaving import ROOM, is_there, leave, run
from tests.privacy.conftest import Back
from tests.privacy.test_erasure_ledger import begin, copy_out

# The database goes back to what it was: on SQLite by its file. That PostgreSQL's comes back is proven by the command
# (tests/cli/test_backup.py); what is done afterwards is the same statements on both.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


def is_refused(settings: Settings) -> bool:
    try:
        replaying.require_finished(settings.data_folder, settings.database_url, settings.ledger_keys)
    except NotFinished:
        return True
    return False


def replay(settings: Settings) -> dict[ErasureKind, int]:
    """Do again what the file says, as the command does."""
    follower = consequences.follower_of(consequences.without_letters(consequences.CONSEQUENCES))
    again = Database(settings.database_url, size=1, follower=follower)
    try:
        with again.transaction() as session:
            kept = erasure_file.read(settings.data_folder, settings.ledger_keys)
            unknown = erasure_ledger.unknown_lines(session, kept)
            return dict(+replaying.replay(session, unknown, settings.ban_keys))
    finally:
        again.dispose()


def letters_to_send(database: Database) -> int:
    with database.reading() as session:
        return len([name for name in session.scalars(select(Job.name)) if "letter" in name])


def state_of(someone: Someone) -> MemberState | None:
    with someone.database.reading() as session:
        return session.scalar(select(Member.state).where(Member.id == someone.member_id))


@pytest.fixture
def people(app: Flask, database: Database, settings: Settings) -> tuple[Someone, Someone]:
    make_room(database, ROOM)
    begin(database, settings)
    return cast.member(app, "Rowan"), cast.member(app, "Marlow")


@pytest.mark.proves("D10")
@pytest.mark.proves("D7")
def test_who_was_erased_since_is_erased_again_whatever_was_left_of_their_days(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    start(database, someone.actor, replace(topic_draft(ROOM, f"One {WORD}."), title=f"The {WORD}"))
    with database.transaction() as session:
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=None))
    put_back = taken()
    leave(someone)
    run(database, GRACE + timedelta(minutes=1))
    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1)):
        put_back()
        assert is_there(someone)
        letters = letters_to_send(database)
        assert is_refused(settings)
        assert replay(settings) == {ErasureKind.LEAVING_BEGUN: 1, ErasureKind.MEMBER_ERASED: 1}
        assert not is_refused(settings)
        # Again there is nothing to do.
        assert replay(settings) == {}
    assert not is_there(someone)
    assert is_there(other)
    with database.reading() as session:
        assert session.scalars(select(Post.id).where(Post.markdown.contains(WORD))).all() == []
        # They don't come back as somebody new, either.
        assert session.execute(select(func.count()).select_from(Ban)).scalar_one() == 1
        assert verify(session).holds
        # What it did is in the file already: nothing waits, and no letter goes out once more.
        assert erasure_ledger.waiting_lines(session) == {}
    assert letters_to_send(database) == letters


@pytest.mark.proves("D10")
@pytest.mark.proves("D7")
def test_what_went_with_a_whole_topic_goes_again_though_it_was_answered_at_the_time_of_the_backup(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    topic_id = start(database, someone.actor, topic_draft(ROOM, f"One {WORD}."))
    first = first_of(database, topic_id)
    reply(database, someone.actor, topic_id, f"Another {WORD}.")
    answer = reply(database, other.actor, topic_id, "An answer.")
    elsewhere = first_of(database, start(database, other.actor, topic_draft(ROOM, "Another topic.")))
    put_back = taken()
    with database.transaction() as session:
        # Moderators put it into another topic.
        session.execute(
            update(Post)
            .where(Post.id == answer)
            .values(state=PostState.MOVED, moved_to_id=elsewhere, markdown="", html="")
        )
    with database.transaction() as session:
        commands.delete_post(session, someone.actor, first)
    put_back()
    assert replay(settings) == {ErasureKind.POST_DELETED: 2}
    with database.reading() as session:
        assert session.scalars(select(Post.id).where(Post.markdown.contains(WORD))).all() == []
        assert session.get_one(Post, answer).markdown == "An answer."


@pytest.mark.proves("D10")
@pytest.mark.proves("D9")
def test_who_set_out_to_leave_since_is_hidden_with_what_is_left_of_their_days(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    leave(other)
    put_back = taken()
    with database.transaction() as session:
        begin_leaving(session, someone.member_id, posts=PostsFate.KEEP, grace=timedelta(days=5))
        until = session.scalars(select(Leaving.until).where(Leaving.member_id == someone.member_id)).one()
    with database.transaction() as session:
        sign_in(session, other.member_id)
    # The one who came back had their days over, as far as the backup knows.
    with time_machine.travel(clock.now() + GRACE + timedelta(days=1)):
        put_back()
        assert (state_of(someone), state_of(other)) == (MemberState.ACTIVE, MemberState.LEAVING)
        replay(settings)
        assert (state_of(someone), state_of(other)) == (MemberState.LEAVING, MemberState.ACTIVE)
    with database.reading() as session:
        row = session.execute(select(Leaving.until, Leaving.posts)).one()
        # Which words those were that they wanted to stay, the backup doesn't know.
        assert tuple(row) == (until, PostsFate.DELETE)
        told = select(AccountNotice.id).where(AccountNotice.member_id == someone.member_id)
        assert len(session.scalars(told).all()) == 1


@pytest.mark.proves("D10")
def test_posts_that_were_deleted_since_lose_their_words_again(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    topic = start(database, someone.actor, replace(topic_draft(ROOM, WORD), title=WORD))
    reply(database, other.actor, topic, "I hear you.")
    gone, stays = (reply(database, someone.actor, topic, f"{WORD} {number}") for number in range(2))
    opening = first_of(database, topic)
    put_back = taken()
    later = reply(database, someone.actor, topic, f"{WORD} later")
    with database.transaction() as session:
        for post in (gone, opening, later):
            commands.delete_post(session, someone.actor, post)
    put_back()
    assert replay(settings) == {ErasureKind.POST_DELETED: 2}
    with database.reading() as session:
        left = select(Post.id).where(Post.markdown.contains(WORD))
        assert session.scalars(left).all() == [stays]
        topic_now = session.execute(select(Post.topic_id).where(Post.id == stays)).scalar_one()
        assert topic_now == topic
    assert WORD not in other.client.get("/").text


@pytest.mark.proves("D10")
def test_a_number_that_somebody_elses_post_got_since_is_not_taken_for_the_old_one(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    topic = start(database, someone.actor, topic_draft(ROOM, "It is good today."))
    put_back = taken()
    ids = [reply(database, someone.actor, topic, f"{WORD} {number}") for number in range(2)]
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, ids[1], PostEdit(render_post("Other words")))
        purge_earlier_text(session, someone.actor, ids[1])
        commands.delete_post(session, someone.actor, ids[0])
    put_back()
    # Nobody replayed, and the numbers are given out again.
    anew = [reply(database, other.actor, topic, f"Somebody else's {number}.") for number in range(2)]
    assert anew == ids
    with database.transaction() as session:
        commands.edit_post(session, other.actor, anew[1], PostEdit(render_post("Somebody else's 2.")))
    assert is_refused(settings)
    assert replay(settings) == {}
    with database.reading() as session:
        assert session.get_one(Post, anew[0]).markdown == "Somebody else's 0."
        assert session.get_one(Post, anew[1]).markdown == "Somebody else's 2."
        assert len(session.scalars(select(PostVersion.id)).all()) == 1
    assert not is_refused(settings)


@pytest.mark.proves("D10")
@pytest.mark.proves("D7")
@pytest.mark.parametrize("chosen", [PostsFate.KEEP, PostsFate.KEEP_CHOSEN])
def test_nobody_who_is_erased_again_leaves_a_post_whatever_the_backup_says_they_chose(
    database: Database,
    settings: Settings,
    people: tuple[Someone, Someone],
    taken: Callable[[], Back],
    chosen: PostsFate,
) -> None:
    someone, other = people
    topic = start(database, other.actor, topic_draft(ROOM, "It is good today."))
    edited, unmarked = (reply(database, someone.actor, topic, f"{WORD} {number}") for number in range(2))
    with database.transaction() as session:
        session.add_all(KeptPost(post_id=post, member_id=someone.member_id) for post in (edited, unmarked))
        begin_leaving(session, someone.member_id, posts=chosen)
    put_back = taken()
    # They come back, make of one post something else and want the other one gone with them, and leave once more.
    with database.transaction() as session:
        sign_in(session, someone.member_id)
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, edited, PostEdit(render_post("Fine words")))
        session.execute(delete(KeptPost).where(KeptPost.post_id == unmarked))
    with database.transaction() as session:
        begin_leaving(session, someone.member_id, posts=chosen)
    run(database, GRACE + timedelta(minutes=1))
    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1)):
        put_back()
        assert replay(settings)[ErasureKind.MEMBER_ERASED] == 1
    assert not is_there(someone)
    with database.reading() as session:
        words = session.scalars(select(Post.markdown).where(Post.id.in_([edited, unmarked]))).all()
        assert words == ["", ""]


def first_of(database: Database, topic: int) -> int:
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic, Post.number == 1)).one()


@pytest.mark.proves("D10")
@pytest.mark.proves("D5")
def test_text_that_was_purged_since_is_gone_again_also_where_the_backup_has_it_as_the_present_one(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, _other = people
    topic = start(database, someone.actor, topic_draft(ROOM, "It is good today."))
    edited, untouched = (reply(database, someone.actor, topic, f"{WORD} {number}") for number in range(2))
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, untouched, PostEdit(render_post("Fine words")))
    put_back = taken()
    with database.transaction() as session:
        commands.edit_post(session, someone.actor, edited, PostEdit(render_post("Better words")))
    with database.transaction() as session:
        purge_earlier_text(session, someone.actor, edited)
        purge_earlier_text(session, someone.actor, untouched)
    with database.transaction() as session:
        # Not purged: it is no older text of the kind that was to go.
        commands.edit_post(session, someone.actor, edited, PostEdit(render_post("Best words")))
    put_back()
    replay(settings)
    with database.reading() as session:
        assert session.get_one(Post, edited).state is PostState.DELETED
        assert session.get_one(Post, untouched).markdown == "Fine words"
        assert session.scalars(select(PostVersion.id)).all() == []
        assert session.scalars(select(Post.id).where(Post.markdown.contains(WORD))).all() == []


@pytest.mark.proves("D10")
@pytest.mark.proves("C11")
def test_consents_that_were_taken_back_since_are_again_by_the_operators_hand(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    put_back = taken()
    with database.transaction() as session:
        take_back(session, someone.member_id, Purpose.HEALTH_DATA, ConsentMethod.SETTINGS)
    put_back()
    assert replay(settings) == {ErasureKind.CONSENT_WITHDRAWN: 1}
    assert (state_of(someone), state_of(other)) == (MemberState.PAUSED, MemberState.ACTIVE)
    with database.reading() as session:
        last = session.scalars(
            select(ConsentRecord)
            .where(ConsentRecord.subject == someone.uuid, ConsentRecord.purpose == Purpose.HEALTH_DATA)
            .order_by(ConsentRecord.sequence.desc())
            .limit(1)
        ).one()
        assert (last.decision, last.method) == (Decision.WITHDRAWN, ConsentMethod.OPERATOR)
        assert verify(session).holds


@pytest.mark.proves("D10")
def test_restriction_and_its_end_are_done_again(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, other = people
    with database.transaction() as session:
        restrict_member(session, other.actor)
    put_back = taken()
    with database.transaction() as session:
        restrict_member(session, someone.actor)
        lift_restriction(session, other.actor)
    put_back()
    replay(settings)
    assert (state_of(someone), state_of(other)) == (MemberState.RESTRICTED, MemberState.ACTIVE)


@pytest.mark.proves("D10")
def test_nobody_serves_while_a_restore_is_under_way(
    database: Database, settings: Settings, people: tuple[Someone, Someone]
) -> None:
    begin(database, settings)
    assert not is_refused(settings)
    mark = settings.data_folder / MARK
    mark.touch()
    assert is_refused(settings)
    mark.unlink()
    (settings.data_folder / FILE).write_text("nonsense\n")
    assert is_refused(settings)


@pytest.mark.proves("D10")
def test_without_the_file_nobody_serves_as_soon_as_there_is_anybody_who_could_come_back(
    app: Flask, database: Database, settings: Settings
) -> None:
    assert not is_refused(settings)
    cast.member(app, "Rowan")
    assert is_refused(settings)
    begin(database, settings)
    assert not is_refused(settings)
    # One that was begun for another database doesn't know what was deleted in this one.
    erasure_file.begin(settings.data_folder, settings.ledger_keys, Kept(clock.now(), clock.now()))
    assert is_refused(settings)


@pytest.mark.proves("D10")
def test_waiting_makes_nobody_serve_what_was_deleted_and_a_late_replay_misses_nothing(
    database: Database, settings: Settings, people: tuple[Someone, Someone], taken: Callable[[], Back]
) -> None:
    someone, _other = people
    put_back = taken()
    leave(someone)
    run(database, GRACE + timedelta(minutes=1))
    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1)):
        put_back()
    assert is_there(someone)
    with time_machine.travel(clock.now() + timedelta(days=10 * settings.backup_days)):
        assert is_refused(settings)
        assert replay(settings)[ErasureKind.MEMBER_ERASED] == 1
        assert not is_there(someone)
        assert not is_refused(settings)


def test_a_file_that_lacks_what_the_database_saw_there_is_noticed(
    database: Database, settings: Settings, people: tuple[Someone, Someone]
) -> None:
    leave(people[0])
    copy_out(database, settings)

    def told() -> str | None:
        with database.reading() as session:
            kept = erasure_file.read(settings.data_folder, settings.ledger_keys)
            return replaying.gap(session, settings.data_folder, kept)

    assert told() is None
    then = clock.now() - timedelta(days=1)
    erasure_file.begin(settings.data_folder, settings.ledger_keys, Kept(then, then))
    assert "not whole" in (told() or "")
    # What was left out since nothing needs it any more is no gap.
    erasure_file.begin(settings.data_folder, settings.ledger_keys, Kept(then, clock.now()))
    assert told() is None


@pytest.mark.proves("D10")
def test_browsers_start_anew_and_no_stamp_comes_round_to_a_number_it_had(
    database: Database, people: tuple[Someone, Someone]
) -> None:
    with database.transaction() as session:
        session.execute(update(Member).values(last_seen_on=clock.today()))
        page_stamps.bump(session, [SITE, "topic:1"])
        before = page_stamps.read(session, [SITE, "topic:1"])
    for _time in range(2):
        with database.transaction() as session:
            replaying.forget_browsers(session)
        with database.reading() as session:
            assert session.scalars(select(SignInSession.id)).all() == []
            after = page_stamps.read(session, [SITE, "topic:1"])
        assert all(after[scope] > before[scope] + 1_000_000 for scope in after)
        assert len(set(after.values())) == 1
    with database.reading() as session:
        assert session.scalars(select(Erasure.id)).all() == []
