"""Legal holds: two administrators, a reason, an end, and a copy that nothing and nobody touches or sees."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from forum import clock
from forum.accounts.leaving import GRACE
from forum.audit_log.models import AuditEntry
from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostState
from forum.community.purging import purge_earlier_text
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.errors import Conflict, Forbidden, Invalid, NotFound, SignInFirst
from forum.permissions.actor import OPERATOR, VISITOR, Actor
from forum.privacy.holds import (
    CONFIRMED_WITHIN,
    LONGEST_HOLD,
    ask_for_hold,
    confirm_hold,
    sweep_holds,
)
from forum.privacy.models import LONGEST_HOLD_REASON, LegalHold
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.moderation.conftest import Told
from tests.moderation.leaving import is_there, leave, run
from tests.moderation.working import page
from tests.threads import together

REASON = "Order 12/2026 of the district court"


@pytest.fixture
def aspen(app: Flask) -> Someone:
    """An administrator."""
    return cast.administrator(app)


@pytest.fixture
def birch(app: Flask) -> Someone:
    """Another administrator."""
    return cast.administrator(app, "Birch")


def ask(database: Database, actor: Actor, post_id: int, **changes: Any) -> int:
    given = {"reason": REASON, "until": clock.now() + timedelta(days=90), **changes}
    with database.transaction() as session:
        return ask_for_hold(session, actor, post_id, **given)


def confirm(database: Database, actor: Actor, hold_id: int) -> None:
    with database.transaction() as session:
        confirm_hold(session, actor, hold_id)


def words_of(database: Database, hold_id: int) -> str | None:
    with database.reading() as session:
        return session.scalar(select(LegalHold.post_markdown).where(LegalHold.id == hold_id))


def words_now(database: Database, post: Told) -> str:
    with database.reading() as session:
        return session.get_one(Post, post.id).markdown


@pytest.mark.proves("D11")
def test_one_asks_another_confirms_and_only_then_words_are_copied(
    database: Database, post: Told, aspen: Someone, birch: Someone
) -> None:
    words = words_now(database, post)
    hold = ask(database, aspen.actor, post.id)
    assert words_of(database, hold) == ""
    with pytest.raises(Forbidden, match="A second administrator"):
        confirm(database, aspen.actor, hold)
    assert words_of(database, hold) == ""
    confirm(database, birch.actor, hold)
    assert words_of(database, hold) == words
    with pytest.raises(Conflict, match="confirmed this already"):
        confirm(database, birch.actor, hold)
    with database.reading() as session:
        kept = session.get_one(LegalHold, hold)
        assert (kept.asked_by, kept.confirmed_by, kept.reason) == (aspen.uuid, birch.uuid, REASON)


@pytest.mark.proves("D11")
def test_only_administrators_may(app: Flask, database: Database, post: Told, aspen: Someone) -> None:
    hold = ask(database, aspen.actor, post.id)
    for actor in (
        cast.member(app).actor,
        cast.moderator(app, "Elder").actor,
        cast.suspended(app).actor,
        OPERATOR,
        VISITOR,
    ):
        for attempt in (lambda who: ask(database, who, post.id), lambda who: confirm(database, who, hold)):
            with pytest.raises((Forbidden, SignInFirst)):
                attempt(actor)
    assert words_of(database, hold) == ""


@pytest.mark.proves("D11")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": " \u202e \n"}, "reason"),
        ({"reason": "x" * (LONGEST_HOLD_REASON + 1)}, "reason"),
        ({"until": timedelta(0)}, "until"),
        ({"until": timedelta(days=-1)}, "until"),
        ({"until": LONGEST_HOLD + timedelta(minutes=1)}, "until"),
    ],
)
def test_it_needs_a_reason_and_an_end(
    database: Database, post: Told, aspen: Someone, changes: dict[str, Any], field: str
) -> None:
    if "until" in changes:
        changes = {"until": clock.now() + changes["until"]}
    with pytest.raises(Invalid) as refusal:
        ask(database, aspen.actor, post.id, **changes)
    assert set(refusal.value.fields) == {field}
    with database.reading() as session:
        assert session.scalars(select(LegalHold.id)).all() == []


@pytest.mark.proves("D11")
@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"confirmed_at": None}, {"confirmed_by": None}, {"confirmed_by": "asked_by"}]
)
def test_the_database_itself_wants_two_people_and_a_reason(
    database: Database, post: Told, aspen: Someone, birch: Someone, wrong: dict[str, str | None]
) -> None:
    hold = ask(database, aspen.actor, post.id)
    confirm(database, birch.actor, hold)
    values = {name: LegalHold.asked_by if value == "asked_by" else value for name, value in wrong.items()}
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(update(LegalHold).values(values))


@pytest.mark.proves("D11")
def test_it_keeps_the_author_from_nothing_and_nothing_touches_the_copy(
    database: Database, post: Told, aspen: Someone, birch: Someone
) -> None:
    words = words_now(database, post)
    hold = ask(database, aspen.actor, post.id)
    confirm(database, birch.actor, hold)
    author = post.author
    with database.transaction() as session:
        commands.edit_post(session, author.actor, post.id, PostEdit(render_post("Other words.")))
        purge_earlier_text(session, author.actor, post.id)
    with database.transaction() as session:
        commands.delete_post(session, author.actor, post.id)
    leave(author)
    run(database, GRACE + timedelta(hours=1))
    assert not is_there(author)
    with database.reading() as session:
        there = session.get_one(Post, post.id)
        assert (there.state, there.markdown, there.author_id) == (PostState.DELETED, "", None)
    assert words_of(database, hold) == words


@pytest.mark.proves("D11")
def test_what_was_taken_back_before_the_second_person_looked_is_gone(
    database: Database, post: Told, aspen: Someone, birch: Someone
) -> None:
    hold = ask(database, aspen.actor, post.id)
    with database.transaction() as session:
        commands.delete_post(session, post.author.actor, post.id)
    with pytest.raises(Conflict, match="no words"):
        confirm(database, birch.actor, hold)
    with pytest.raises(Conflict, match="no words"):
        ask(database, aspen.actor, post.id)
    with pytest.raises(NotFound):
        ask(database, aspen.actor, 999_999)
    with pytest.raises(NotFound):
        confirm(database, birch.actor, 999_999)


@pytest.mark.proves("D11")
def test_it_ends_by_itself_and_a_request_that_nobody_confirms_sooner(
    database: Database, post: Told, aspen: Someone, birch: Someone
) -> None:
    kept, alone = ask(database, aspen.actor, post.id), ask(database, aspen.actor, post.id)
    confirm(database, birch.actor, kept)

    def left(after: timedelta) -> list[int]:
        with time_machine.travel(clock.now() + after), database.transaction() as session:
            sweep_holds(session)
            return list(session.scalars(select(LegalHold.id).order_by(LegalHold.id)))

    with time_machine.travel(clock.now() + CONFIRMED_WITHIN), pytest.raises(NotFound):
        confirm(database, birch.actor, alone)
    assert left(CONFIRMED_WITHIN - timedelta(minutes=1)) == [kept, alone]
    assert left(CONFIRMED_WITHIN) == [kept]
    assert left(timedelta(days=89)) == [kept]
    assert left(timedelta(days=90, minutes=1)) == []


@pytest.mark.proves("D11")
def test_the_log_says_so_without_a_word_and_to_administrators_alone(
    database: Database, post: Told, aspen: Someone, birch: Someone, cedar: Someone
) -> None:
    hold = ask(database, aspen.actor, post.id)
    confirm(database, birch.actor, hold)
    with database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("admin:hold:")).order_by(AuditEntry.id)
        ).all()
        assert [(one.action, one.actor_uuid) for one in entries] == [
            ("admin:hold:ask", aspen.uuid),
            ("admin:hold:confirm", birch.uuid),
        ]
        for one in entries:
            assert one.facts["post"] == post.id
            assert REASON not in str(one.facts)
            # Nothing leads from the post or its author to it.
            assert (one.post_id, one.topic_id, one.member_uuid) == (None, None, None)
    said = "kept because the law obliges us to"
    assert said in page(aspen.client, "/moderation/log").text
    for reader in (cedar, post.author):
        for address in ("/moderation/log", f"/moderation/topics/{post.topic_id}", "/my-posts", "/notices"):
            assert "law obliges" not in reader.client.get(address).text


def test_of_two_who_confirm_at_once_one_does(
    app: Flask, database: Database, post: Told, aspen: Someone, birch: Someone
) -> None:
    hold = ask(database, aspen.actor, post.id)
    actors = (birch.actor, cast.administrator(app, "Elder").actor)

    def work(number: int) -> bool:
        try:
            confirm(database, actors[number], hold)
        except Conflict:
            return False
        return True

    assert sorted(together(2, work)) == [False, True]
