"""``forum recount``: what is wrong is named by numbers alone and changed only when asked, and what is right stays."""

from flask import Flask
from sqlalchemy import delete, select, update

from forum.community.commands.reactions import give_reaction
from forum.community.models.reactions import ReactionKind, ReactionTally
from forum.community.models.threads import Post, Topic
from forum.database.page_stamps import PageStamp
from forum.database.session import Database
from tests import cast
from tests.cli.conftest import Run
from tests.moderation.threads import make_thread


def test_what_is_wrong_is_named_and_mended_when_asked(app: Flask, database: Database, run: Run) -> None:
    assert run("recount").exit_code == 0
    thread = make_thread(app, database)
    reader = cast.member(app, "Marlow")
    with database.transaction() as session:
        for post_id in thread.post_ids[:3]:
            give_reaction(session, reader.actor, post_id, ReactionKind.THANK_YOU)
    answer = run("recount")
    assert (answer.exit_code, answer.output) == (
        0,
        "Every count is right: 1 topic and 3 posts with reactions.\n",
    )
    right = state(database)
    first, second, third, fourth = thread.post_ids
    with database.transaction() as session:
        session.execute(update(Topic).values(reply_count=7, first_reply_at=None))
        # One says too much, one is missing, one stands where nobody reacted; the third is right.
        session.execute(update(ReactionTally).where(ReactionTally.post_id == first).values(no_words=2))
        session.execute(delete(ReactionTally).where(ReactionTally.post_id == second))
        session.add(ReactionTally(post_id=fourth, with_you=1, same_here=0, thank_you=0, no_words=0))
    wrong = state(database)
    stamped = stamp(database, thread.id)
    answer = run("recount")
    named = [f"topic {thread.id}", f"post {first}", f"post {second}", f"post {fourth}"]
    assert answer.exit_code == 1
    assert [line for line in answer.output.splitlines() if line.startswith(("topic", "post"))] == named
    assert f"post {third}" not in answer.output
    assert "forum recount --mend" in answer.output
    assert (state(database), stamp(database, thread.id)) == (wrong, stamped)
    mended = run("recount", "--mend")
    assert mended.exit_code == 0
    assert mended.output.splitlines()[:4] == named
    # The row of the one that nobody reacted to stays, and counts nobody.
    assert state(database) == {**right, fourth: (0, 0, 0, 0)}
    assert stamp(database, thread.id) > stamped
    assert run("recount").exit_code == 0


def state(database: Database) -> dict[object, tuple[object, ...]]:
    """Return everything that is counted."""
    with database.reading() as session:
        topics = session.execute(
            select(Topic.id, Topic.reply_count, Topic.last_activity_at, Topic.first_reply_at)
        )
        found: dict[object, tuple[object, ...]] = {("topic", row.id): tuple(row)[1:] for row in topics}
        tallies = session.scalars(select(ReactionTally).join(Post, Post.id == ReactionTally.post_id))
        for row in tallies:
            found[row.post_id] = (row.with_you, row.same_here, row.thank_you, row.no_words)
        return found


def stamp(database: Database, topic: int) -> int:
    """Return how often the topic's page changed."""
    with database.reading() as session:
        return session.get_one(PageStamp, f"topic:{topic}").version
