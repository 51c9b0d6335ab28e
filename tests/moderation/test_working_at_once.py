"""Two moderators at once: real threads, and only one of them acts."""

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.community.models.threads import Topic
from forum.database.session import Database
from forum.errors import Conflict, NotFound
from forum.moderation.commands.working import claim_report, close_report
from forum.moderation.drafts import ClaimDraft, CloseDraft
from forum.moderation.models import ReportOutcome, ReportReason
from tests import cast
from tests.cast import Someone
from tests.community.test_at_once import second_waits
from tests.moderation.conftest import Told, make_room
from tests.moderation.threads import room_id
from tests.moderation.working import entries, notices, report, reports, take
from tests.threads import together


def test_two_who_take_it_on_at_once_never_both_have_it(
    app: Flask, database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id, ReportReason.HARASSMENT)
    report(database, post.id, ReportReason.OTHER)
    actors = [cedar.actor, morgan.actor]

    def claim(number: int) -> str:
        try:
            with database.transaction() as session:
                claim_report(session, actors[number], told, ClaimDraft(0, take_over=False))
        except Conflict as refusal:
            return refusal.reason
        return "taken"

    results = together(2, claim)
    assert results.count("taken") == 1
    winner = actors[results.index("taken")]
    (loser,) = (reason for reason in results if reason != "taken")
    assert loser.startswith(f"{winner.name} was faster")
    assert {one.claimed_by_id for one in reports(database)} == {winner.member_id}
    assert len(entries(database)) == 1


def test_two_who_close_at_once_close_it_once(
    app: Flask, database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id, by=cast.member(app).actor)
    take(cedar.client, told)
    seen = entries(database)[-1].id
    outcomes = (ReportOutcome.ACTED, ReportOutcome.NOTHING_WRONG)
    actor = cedar.actor

    def shut(number: int) -> None:
        with database.transaction() as session:
            close_report(session, actor, told, CloseDraft(seen, outcomes[number], ""))

    together(2, shut)
    assert len(notices(database)) == 1
    assert [entry.action for entry in entries(database)].count("moderation:report:close") == 1
    assert notices(database)[0].outcome is reports(database)[0].outcome


def test_taking_over_and_closing_at_once_never_both_happen(
    app: Flask, database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id)
    take(cedar.client, told)
    seen = entries(database)[-1].id
    holder, other = cedar.actor, morgan.actor

    def act(number: int) -> bool:
        try:
            with database.transaction() as session:
                if number:
                    close_report(session, holder, told, CloseDraft(seen, ReportOutcome.ACTED, ""))
                else:
                    claim_report(session, other, told, ClaimDraft(seen, take_over=True))
        except Conflict:
            return False
        return True

    results = together(2, act)
    assert results.count(True) == 1
    (one,) = reports(database)
    assert (one.closed_at is not None) == results[1]
    assert one.claimed_by_id == (cedar if results[1] else morgan).member_id


def test_a_report_whose_topic_is_moved_meanwhile_is_no_more_that_moderators(
    app: Flask, database: Database, post: Told
) -> None:
    make_room(database, "daily-life")
    told = report(database, post.id)
    alder = cast.category_moderator(app, post.category_id).actor
    elsewhere = room_id(database, "daily-life")

    def move(session: Session) -> None:
        session.execute(update(Topic).where(Topic.id == post.topic_id).values(category_id=elsewhere))

    def claim() -> None:
        with database.transaction() as session:
            claim_report(session, alder, told, ClaimDraft(0, take_over=False))

    with second_waits(database, post.topic_id, move) as pool:
        claimed = pool.submit(claim)
    with pytest.raises(NotFound):
        claimed.result()
    assert reports(database)[0].claimed_by_id is None
    assert entries(database) == []
