"""Drafts as rows: what is kept, what isn't written over, and what goes when."""

import pytest
from sqlalchemy import func, select

from forum.community.commands import drafts as commands
from forum.community.commands import writing
from forum.community.commands.drafts import LONGEST_DRAFT, SavedElsewhere
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Audience, Post, PostState
from forum.community.queries.drafts import draft_at, drafts_page
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.database.keyset import Window
from forum.database.session import Database
from forum.errors import Invalid, NotFound
from forum.permissions.actor import Actor
from tests.community.conftest import People, new_key, reply, reply_draft, start, topic_draft
from tests.recorder import recorded


def keep(
    database: Database,
    actor: Actor,
    place: DraftPlace,
    words: str,
    revision: int = 0,
    unanswered: str = "",
    key: str = "",
) -> int:
    """Save a draft as a page does, and return its revision."""
    with database.transaction() as session:
        known = Known(revision, unanswered, key)
        return commands.keep_draft(session, actor, place, Unsent(words), known)[1]


def words_at(database: Database, actor: Actor, place: DraftPlace) -> str | None:
    """Return what the composer would open with."""
    with database.reading() as session, recorded(database) as statements:
        found = draft_at(session, actor, place)
    assert len(statements) == 1
    return found.unsent.words if found else None


def drafts(database: Database) -> int:
    """Return how many drafts there are."""
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(KeptDraft)).scalar_one()


def test_a_draft_is_kept_for_its_place_and_its_member_alone(
    database: Database, people: People, topic_id: int, room: str
) -> None:
    mine = reply(database, people.author, topic_id)
    places = [
        DraftPlace(topic_id=topic_id),
        DraftPlace(post_id=mine),
        DraftPlace(category_slug=room),
        DraftPlace(),
    ]
    for place in places:
        assert keep(database, people.author, place, f"Words for {place}") == 1
    for place in places:
        assert words_at(database, people.author, place) == f"Words for {place}"
        assert words_at(database, people.other, place) is None
    with database.reading() as session, recorded(database) as statements:
        page = drafts_page(session, people.author, Window())
        assert drafts_page(session, people.other, Window()).drafts == ()
    assert len(statements) == 2
    assert {one.address for one in page.drafts} == {place.composer for place in places}
    assert {one.title for one in page.drafts} == {"Flare number nine", ""}


def test_what_another_device_saved_later_is_not_written_over(
    database: Database, people: People, topic_id: int
) -> None:
    place = DraftPlace(topic_id=topic_id)
    laptop = keep(database, people.author, place, "From the laptop")
    phone = keep(database, people.author, place, "From the laptop, then the phone", laptop)
    with pytest.raises(SavedElsewhere) as refusal:
        keep(database, people.author, place, "From the laptop again", laptop)
    assert refusal.value.unsent.words == "From the laptop, then the phone"
    assert refusal.value.revision == phone
    # Nor by a page that opened before there was a draft, nor by one that was emptied.
    for words in ("Just begun", ""):
        with pytest.raises(SavedElsewhere):
            keep(database, people.author, place, words)
    assert words_at(database, people.author, place) == "From the laptop, then the phone"
    # What has arrived without an answer is no other device's: the same words, or the ones after them.
    assert keep(database, people.author, place, "From the laptop, then the phone", laptop) == phone
    after = keep(database, people.author, place, "And more", laptop, "From the laptop, then the phone")
    assert after == phone + 1
    # A reply from the laptop doesn't take the phone's words along.
    with database.transaction() as session:
        post_id = writing.publish_post(session, people.author, topic_id, reply_draft("From the laptop"))
        commands.take_along(session, people.author, place, Unsent("From the laptop"), Known(laptop), post_id)
    assert words_at(database, people.author, place) == "And more"


def test_nothing_is_kept_of_nothing_of_what_was_sent_or_of_far_too_much(
    database: Database, people: People, topic_id: int
) -> None:
    place, key = DraftPlace(topic_id=topic_id), new_key()
    assert keep(database, people.author, place, " \n ") == 0
    revision = keep(database, people.author, place, "Half a sent", key=key)
    with database.transaction() as session:
        sent = reply_draft("Half a sentence", key)
        post_id = writing.publish_post(session, people.author, topic_id, sent)
        commands.take_along(
            session, people.author, place, Unsent("Half a sentence"), Known(revision), post_id
        )
    assert drafts(database) == 0
    # A saving that was on its way when the form was sent.
    assert keep(database, people.author, place, "Half a sente", revision, key=key) == 0
    with pytest.raises(Invalid):
        keep(database, people.author, place, "x" * (LONGEST_DRAFT + 1))
    revision = keep(database, people.author, place, "x" * LONGEST_DRAFT)
    assert keep(database, people.author, place, "", revision) == 0
    assert drafts(database) == 0


def test_nobody_keeps_anything_where_they_could_not_write(
    database: Database, people: People, topic_id: int, room: str
) -> None:
    closed = start(database, people.author, topic_draft(room, audience=Audience.MODERATORS_AND_AUTHOR))
    theirs = reply(database, people.author, topic_id)
    for place in (
        DraftPlace(topic_id=closed),
        DraftPlace(topic_id=9999),
        DraftPlace(post_id=theirs),
        DraftPlace(category_slug="no-such-room"),
    ):
        with pytest.raises(NotFound):
            keep(database, people.other, place, "Words")
    assert drafts(database) == 0


def test_a_draft_outlives_its_place_and_its_words_can_be_copied(
    database: Database, people: People, topic_id: int
) -> None:
    place, words = DraftPlace(topic_id=topic_id), "What I still wanted to say. " * 40
    revision = keep(database, people.other, place, words)
    with database.transaction() as session:
        opening = session.execute(select(Post.id).where(Post.topic_id == topic_id)).scalar_one()
        assert writing.delete_post(session, people.author, opening) is None
    with database.reading() as session:
        (line,) = drafts_page(session, people.other, Window()).drafts
        assert session.execute(select(Post.state)).scalar_one() is PostState.DELETED
    assert (line.address, line.words, line.title) == ("", words, "")
    # Also what was typed since is still kept.
    assert keep(database, people.other, place, words + "More.", revision) == revision + 1


def test_a_draft_is_thrown_away_by_its_member_alone(
    database: Database, people: People, topic_id: int
) -> None:
    keep(database, people.author, DraftPlace(topic_id=topic_id), "Words")
    with database.reading() as session:
        draft_id = session.execute(select(KeptDraft.id)).scalar_one()
    with pytest.raises(NotFound), database.transaction() as session:
        commands.forget_draft(session, people.other, draft_id)
    assert drafts(database) == 1
    with database.transaction() as session:
        commands.forget_draft(session, people.author, draft_id)
    assert drafts(database) == 0
