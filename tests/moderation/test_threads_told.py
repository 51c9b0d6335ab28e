"""What moderators and authors are told around a decision: nobody's resting words, and who can read what afterwards."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum.community.commands.categories import set_audiences
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Audience, PostState, Topic, TopicState
from forum.database.session import Database
from forum.moderation.models import Notice
from forum.permissions.actor import OPERATOR
from forum.privacy.models import Erasure, ErasureKind
from forum.treatments.models import Treatment
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.community.saying import make_terms
from tests.moderation.threads import (
    Thread,
    decide,
    done,
    entries,
    make_thread,
    notices,
    post_row,
    room_id,
    topic_row,
)
from tests.pages import read_page


@pytest.fixture
def thread(app: Flask, database: Database) -> Thread:
    """A topic with three replies."""
    return make_thread(app, database)


def text_of(answer: TestResponse) -> str:
    """Return what one reads on a page."""
    assert answer.status_code == 200
    return read_page(answer.text).one("main").text


def told_to(thread: Thread, someone: cast.Someone) -> list[Notice]:
    """Return what somebody was told."""
    return [notice for notice in notices(thread.database) if notice.member_id == someone.member_id]


# --- words that rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["hide", "remove"])
def test_a_preview_shows_no_words_of_a_post_whose_author_pauses(
    app: Flask, thread: Thread, word: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    address = f"/moderation/posts/{thread.post_ids[1]}/{word}"
    assert "I hear you." in decide(morgan.client, address, "preview").text
    cast.pause(thread.other)
    shown = text_of(decide(morgan.client, address, "preview"))
    assert "I hear you." not in shown
    assert "Their own words stand there, too, but their account rests" in shown


@pytest.mark.parametrize("word", ["hide", "remove", "merge"])
def test_a_preview_shows_no_words_of_a_topic_whose_author_pauses(
    app: Flask, thread: Thread, word: str
) -> None:
    morgan = cast.moderator(app, "Morgan")
    target = start(thread.database, thread.other.actor, topic_draft("daily-life", "Cats and flares."))
    fields = {"target": str(target)} if word == "merge" else {}
    cast.pause(thread.author)
    shown = text_of(decide(morgan.client, f"{thread.desk}/{word}", "preview", **fields))
    # Both topics have the same title, and the other one's is shown.
    before_the_form = shown.replace("They go to the end of “Flare number nine”.", "")
    assert "bad* today" not in shown
    assert "Flare number nine" not in before_the_form
    # Its author reads them all the same, should they come back.
    done(morgan.client, f"{thread.desk}/{word}", **fields)
    assert "Flare number nine" in told_to(thread, thread.author)[0].their_words


def test_a_post_whose_author_pauses_is_not_split_off_by_its_number(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    cast.pause(thread.other)
    assert "I hear you." not in morgan.client.get(f"{thread.desk}/split").text
    for step in ("preview", "act"):
        answer = decide(
            morgan.client, f"{thread.desk}/split", step, posts=[str(thread.post_ids[1])], title="A topic"
        )
        assert answer.status_code == 409
    assert post_row(thread.database, thread.post_ids[1]).state is PostState.PUBLISHED
    assert post_row(thread.database, thread.post_ids[1]).topic_id == thread.id


# --- who can read it afterwards --------------------------------------------------------------------------


def test_a_merge_that_narrows_the_other_topic_says_so_and_tells_its_author(
    app: Flask, thread: Thread
) -> None:
    morgan = cast.moderator(app, "Morgan")
    members = start(thread.database, thread.other.actor, topic_draft("daily-life", audience=Audience.MEMBERS))
    address = f"/moderation/topics/{members}/merge"
    page = text_of(morgan.client.get(address))
    assert (
        "If the two are open to different people, all of it is then for the fewer. That can't be undone"
        in (page)
    )
    shown = text_of(decide(morgan.client, address, "preview", target=str(thread.id)))
    assert "“Flare number nine” can then be read by members only. This can't be undone." in shown
    assert "2 people will read this" in shown
    done(morgan.client, address, target=str(thread.id))
    assert topic_row(thread.database, thread.id).audience is Audience.MEMBERS
    (entry,) = entries(thread.database, "merge")
    assert (entry.facts["from_audience"], entry.facts["into_audience"], entry.facts["audience"]) == (
        "members",
        "public",
        "members",
    )
    (notice,) = told_to(thread, thread.author)
    assert (notice.topic_id, notice.their_words) == (thread.id, "")
    (own,) = told_to(thread, thread.other)
    assert own.their_words == "Flare number nine"
    for someone, one in ((thread.author, notice), (thread.other, own)):
        told = text_of(someone.client.get(f"/notices/{one.id}"))
        assert "Whoever could not read both topics can't read it any more." in told


def test_a_merge_into_a_narrower_topic_says_so_too_and_leaves_its_author_alone(
    app: Flask, thread: Thread
) -> None:
    morgan = cast.moderator(app, "Morgan")
    members = start(thread.database, thread.other.actor, topic_draft("daily-life", audience=Audience.MEMBERS))
    shown = text_of(decide(morgan.client, f"{thread.desk}/merge", "preview", target=str(members)))
    assert "These posts can then be read by members only. This can't be undone." in shown
    assert "1 person will read this" in shown
    done(morgan.client, f"{thread.desk}/merge", target=str(members))
    assert told_to(thread, thread.other) == []
    alike = start(thread.database, thread.author.actor, topic_draft("daily-life", audience=Audience.MEMBERS))
    shown = text_of(
        decide(morgan.client, f"/moderation/topics/{alike}/merge", "preview", target=str(members))
    )
    assert "can then be read" not in shown


def test_the_discussion_of_a_treatment_is_not_narrowed_by_a_merge(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    with thread.database.transaction() as session:
        session.add(Treatment(slug="implants", pinned=False, topic_id=thread.id))
    members = start(thread.database, thread.other.actor, topic_draft("daily-life", audience=Audience.MEMBERS))
    for step in ("preview", "act"):
        answer = decide(morgan.client, f"/moderation/topics/{members}/merge", step, target=str(thread.id))
        assert answer.status_code == 409
        assert "fewer people could read it" in answer.text
    assert topic_row(thread.database, thread.id).audience is Audience.PUBLIC
    assert topic_row(thread.database, members).state is TopicState.PUBLISHED
    alike = start(thread.database, thread.other.actor, topic_draft("daily-life"))
    done(morgan.client, f"/moderation/topics/{alike}/merge", target=str(thread.id))


def test_moving_a_topic_for_moderators_alone_says_who_can_read_it_then(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    private = start(
        thread.database,
        thread.author.actor,
        topic_draft("flares-today", audience=Audience.MODERATORS_AND_AUTHOR),
    )
    address = f"/moderation/topics/{private}/move"
    opened = "The moderators of “Daily life” can read it then, although only its author and moderators may."
    shown = text_of(decide(morgan.client, address, "preview", category="daily-life"))
    assert opened in shown
    assert opened not in decide(morgan.client, f"{thread.desk}/move", "preview", category="daily-life").text
    for wrong in ("nowhere", "flares-today"):
        assert decide(morgan.client, address, "preview", category=wrong).status_code == 422
    done(morgan.client, address, category="daily-life")
    (notice,) = told_to(thread, thread.author)
    told = text_of(thread.author.client.get(f"/notices/{notice.id}"))
    assert "The moderators of that category can read it now, whoever else may." in told
    # What is for those with the same condition has its moderators among its readers, too.
    make_terms(thread.database)
    with thread.database.transaction() as session:
        shared = {
            "audience": Audience.SAME_CONDITION,
            "condition_id": select(HealthTerm.id).limit(1).scalar_subquery(),
        }
        session.execute(update(Topic).where(Topic.id == private).values(shared))
    shown = text_of(decide(morgan.client, address, "preview", category="flares-today"))
    assert (
        "The moderators of “Flares today” can read it then, beside members who say that they live with"
        in shown
    )
    assert opened not in shown


@pytest.mark.proves("D8")
def test_a_move_into_a_category_with_fewer_readers_narrows_the_topic_and_says_so(
    app: Flask, thread: Thread
) -> None:
    morgan = cast.moderator(app, "Morgan")
    with thread.database.transaction() as session:
        set_audiences(session, OPERATOR, "daily-life", None, Audience.MEMBERS)
    shown = text_of(decide(morgan.client, f"{thread.desk}/move", "preview", category="daily-life"))
    assert "“Daily life” allows fewer readers, so from then on it is for: Members only." in shown
    visitor = cast.visitor(app)
    assert visitor.get(f"/topics/{thread.id}", follow_redirects=True).status_code == 200
    done(morgan.client, f"{thread.desk}/move", category="daily-life")
    assert topic_row(thread.database, thread.id).audience is Audience.MEMBERS
    assert visitor.get(f"/topics/{thread.id}").status_code == 404
    for shown in ("/", "/categories/daily-life"):
        assert "Flare number nine" not in visitor.get(shown).text
    (entry,) = entries(thread.database, "move")
    assert (entry.facts["from_audience"], entry.facts["audience"]) == ("public", "members")
    (notice,) = told_to(thread, thread.author)
    told = text_of(thread.author.client.get(f"/notices/{notice.id}"))
    assert "If that category allows fewer readers than your topic had, it has fewer now." in told
    # A backup from before must not bring the readers back.
    with thread.database.reading() as session:
        (line,) = session.execute(select(Erasure.kind, Erasure.detail, Erasure.post_id)).all()
    assert tuple(line) == (ErasureKind.TOPIC_NARROWED, "members", thread.post_ids[0])
    # Back where more may read: it keeps the fewer, and nothing is said of it.
    shown = text_of(decide(morgan.client, f"{thread.desk}/move", "preview", category="flares-today"))
    assert "allows fewer readers, so" not in shown
    done(morgan.client, f"{thread.desk}/move", category="flares-today")
    assert topic_row(thread.database, thread.id).audience is Audience.MEMBERS


def test_the_discussion_of_a_treatment_is_not_narrowed_by_a_move(app: Flask, thread: Thread) -> None:
    morgan = cast.moderator(app, "Morgan")
    with thread.database.transaction() as session:
        session.add(Treatment(slug="implants", pinned=False, topic_id=thread.id))
        set_audiences(session, OPERATOR, "daily-life", None, Audience.PUBLIC_UNLISTED)
    for step in ("preview", "act"):
        answer = decide(morgan.client, f"{thread.desk}/move", step, category="daily-life")
        assert answer.status_code == 409
        assert "in that category fewer people could read it" in answer.text
    assert topic_row(thread.database, thread.id).audience is Audience.PUBLIC


def test_the_log_of_the_new_category_has_the_move(app: Flask, thread: Thread) -> None:
    here, there = (room_id(thread.database, slug) for slug in ("flares-today", "daily-life"))
    done(cast.moderator(app, "Morgan").client, f"{thread.desk}/move", category="daily-life")
    (entry,) = entries(thread.database, "move")
    assert (entry.category_id, entry.facts["from_category"]) == (there, here)
    alder = cast.category_moderator(app, there)
    for address in ("/moderation/log", thread.desk):
        assert "moved a topic to another category" in alder.client.get(address).text
    # And so the way back is chosen for them, too.
    assert 'value="flares-today" selected' in alder.client.get(f"{thread.desk}/move").text
