"""Posts that stay: under "former member", without their earlier versions, and never what was out of sight."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import PostsFate
from forum.accounts.sign_in_sessions import sign_in
from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostState, PostVersion, Topic, TopicState
from forum.community.what_is_sent import PostEdit
from forum.consent.commands import withdraw
from forum.database.session import Database
from forum.permissions.actor import Purpose
from forum.privacy.models import KeptPost
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, is_there, write
from tests.privacy.leavers import (
    erase,
    first_post,
    mark,
    press_leave,
    set_post_state,
    shown,
)

OUT_OF_SIGHT = (PostState.HELD, PostState.HIDDEN, PostState.REMOVED)


@pytest.fixture
def rowan(app: Flask, database: Database) -> Someone:
    """A member who is about to leave."""
    make_room(database, ROOM)
    return cast.member(app, "Rowan")


@pytest.fixture
def marlow(app: Flask, rowan: Someone) -> Someone:
    """Somebody who answers."""
    return cast.member(app, "Marlow")


def leave(someone: Someone, fate: PostsFate) -> None:
    assert press_leave(someone.client, posts=fate.value).status_code == 200


def edit(someone: Someone, post_id: int, text: str) -> None:
    with someone.database.transaction() as session:
        commands.edit_post(session, someone.actor, post_id, PostEdit(render_post(text)))


@pytest.mark.proves("D6")
def test_kept_posts_stand_under_former_member(
    app: Flask, database: Database, rowan: Someone, marlow: Someone
) -> None:
    answered, alone = write(database, rowan, "Earlier words."), write(database, rowan, "Quiet words.")
    edit(rowan, first_post(database, answered), "Later words.")
    reply(database, marlow.actor, answered, "I hear you.")
    theirs = start(database, marlow.actor, topic_draft(ROOM, "It is good today."))
    reply(database, rowan.actor, theirs, "Glad words.")
    mark(rowan, first_post(database, alone))
    leave(rowan, PostsFate.KEEP)
    for topic in (answered, theirs):
        assert "words." not in shown(app, topic)
    erase(database)
    assert not is_there(rowan)
    for topic, words in ((answered, "Later words."), (alone, "Quiet words."), (theirs, "Glad words.")):
        page = shown(app, topic)
        assert words in page
        assert "Former member" in page
        assert "Rowan" not in page
    assert "The quincunx of it" in shown(app, answered)
    assert "Rowan" not in app.test_client().get("/").text
    with database.reading() as session:
        assert session.scalars(select(PostVersion.id)).all() == []
        assert session.scalars(select(KeptPost.post_id)).all() == []
        assert session.scalars(select(Topic.author_id).where(Topic.id != theirs)).all() == [None, None]
        counts = select(Topic.reply_count).where(Topic.id.in_([answered, alone, theirs])).order_by(Topic.id)
        assert session.scalars(counts).all() == [1, 0, 1]
        assert session.scalars(select(Post.author_id).where(Post.markdown == "Later words.")).all() == [None]


@pytest.mark.proves("D6")
@pytest.mark.proves("D8")
def test_only_those_that_were_marked_stay(
    app: Flask, database: Database, rowan: Someone, marlow: Someone
) -> None:
    kept, untitled, gone = (write(database, rowan, f"Words {number}.") for number in range(3))
    afterthought = reply(database, rowan.actor, untitled, "An afterthought.")
    reply(database, rowan.actor, kept, "One more thing.")
    reply(database, marlow.actor, kept, "I hear you.")
    mark(rowan, first_post(database, kept), afterthought)
    leave(rowan, PostsFate.KEEP_CHOSEN)
    erase(database)
    page = shown(app, kept)
    assert "Words 0." in page
    assert "The quincunx of it" in page
    assert "I hear you." in page
    assert "One more thing." not in page
    # Its first post goes, and with it the title; their own reply stays, so the topic does.
    page = shown(app, untitled)
    assert "An afterthought." in page
    assert "Words 1." not in page
    assert "quincunx" not in page
    assert app.test_client().get(f"/topics/{gone}").status_code == 404
    with database.reading() as session:
        states = session.scalars(select(Topic.state).order_by(Topic.id)).all()
        assert states == [TopicState.PUBLISHED, TopicState.PUBLISHED, TopicState.DELETED]
        assert sorted(session.scalars(select(Post.markdown).where(Post.markdown != ""))) == [
            "An afterthought.",
            "I hear you.",
            "Words 0.",
        ]


@pytest.mark.proves("D6")
@pytest.mark.parametrize("fate", [PostsFate.KEEP, PostsFate.KEEP_CHOSEN])
def test_what_moderators_took_out_of_sight_never_stays(
    app: Flask, database: Database, rowan: Someone, marlow: Someone, fate: PostsFate
) -> None:
    theirs = start(database, marlow.actor, topic_draft(ROOM, "It is good today."))
    posts = [reply(database, rowan.actor, theirs, f"Words {state.value}.") for state in OUT_OF_SIGHT]
    posts.append(reply(database, rowan.actor, theirs, "Words that stay."))
    removed = write(database, rowan, "Words of a removed topic.")
    mark(rowan, *posts, first_post(database, removed))
    leave(rowan, fate)
    # Also what moderators do meanwhile counts.
    for state, post_id in zip(OUT_OF_SIGHT, posts, strict=False):
        set_post_state(database, post_id, state)
    with database.transaction() as session:
        session.get_one(Topic, removed).state = TopicState.REMOVED
    erase(database)
    with database.reading() as session:
        assert sorted(session.scalars(select(Post.markdown).where(Post.markdown != ""))) == [
            "It is good today.",
            "Words that stay.",
        ]
    assert "Words that stay." in shown(app, theirs)


@pytest.mark.proves("D6")
@pytest.mark.proves("C11")
def test_posts_go_where_the_consent_that_they_stand_on_was_taken_back_meanwhile(
    app: Flask, database: Database, rowan: Someone, marlow: Someone
) -> None:
    topic = write(database, rowan, "One.")
    reply(database, marlow.actor, topic, "I hear you.")
    leave(rowan, PostsFate.KEEP)
    with database.transaction() as session:
        withdraw(session, "Rowan", Purpose.HEALTH_DATA)
    erase(database)
    with database.reading() as session:
        assert session.scalars(select(Post.markdown).where(Post.markdown != "")).all() == ["I hear you."]


@pytest.mark.proves("D6")
def test_whoever_comes_back_finds_their_marks_and_their_earlier_words(
    app: Flask, database: Database, rowan: Someone
) -> None:
    post = first_post(database, write(database, rowan, "Earlier."))
    edit(rowan, post, "Later.")
    mark(rowan, post)
    leave(rowan, PostsFate.KEEP_CHOSEN)
    with database.transaction() as session:
        assert sign_in(session, rowan.member_id)
    erase(database)
    assert is_there(rowan)
    with database.reading() as session:
        assert session.scalars(select(KeptPost.post_id)).all() == [post]
        assert session.scalars(select(PostVersion.markdown)).all() == ["Earlier."]
