"""Earlier versions of a post: its author reads how many are kept and deletes them, whatever became of the post."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member, Suspension
from forum.community.commands import writing as commands
from forum.community.models.threads import Post, PostState, PostVersion
from forum.community.purging import earlier_versions
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.moderation.models import Report
from forum.permissions.actor import MemberState
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import fields_of, page, press, report
from tests.recorder import recorded

EARLY, LATER, NOW = "The first words.", "The second words.", "The words that stay."


@pytest.fixture
def database(app: Flask) -> Database:
    """The application's database, with a room in it."""
    made: Database = app.extensions["alongside"].database
    make_room(made, "flares-today")
    return made


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """A member who writes."""
    return cast.member(app, "Juniper")


@pytest.fixture
def post_id(database: Database, juniper: Someone) -> int:
    """A post of hers that she edited twice."""
    topic = start(database, juniper.actor, topic_draft("flares-today", EARLY))
    with database.reading() as session:
        post_id = session.scalars(select(Post.id).where(Post.topic_id == topic)).one()
    for words in (LATER, NOW):
        with database.transaction() as session:
            commands.edit_post(session, juniper.actor, post_id, PostEdit(render_post(words)))
    return post_id


def kept(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(PostVersion.markdown).order_by(PostVersion.id)))


def purge(someone: Someone, post_id: int, **fields: str) -> TestResponse:
    token = fields_of(someone.client, "/settings/reading", "/settings/reading")["csrf_token"]
    return someone.client.post(f"/posts/{post_id}/purge-earlier", data={"csrf_token": token, **fields})


@pytest.mark.proves("D5")
def test_the_author_deletes_earlier_versions_and_the_post_stays(
    database: Database, juniper: Someone, post_id: int
) -> None:
    edit = f"/posts/{post_id}/edit"
    with database.reading() as session:
        edited_at = session.get_one(Post, post_id).edited_at
    assert kept(database) == [EARLY, LATER]
    assert "2 earlier versions of this post are kept." in page(juniper.client, edit).text
    answer = press(juniper.client, edit, f"/posts/{post_id}/purge-earlier")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#post-1")
    assert kept(database) == []
    with database.reading() as session:
        post = session.get_one(Post, post_id)
        assert (post.markdown, post.edited_at, post.state) == (NOW, edited_at, PostState.PUBLISHED)
    # There is nothing to delete any more, and it isn't offered.
    main = page(juniper.client, edit)
    assert "earlier version" not in main.text
    assert not main.all("form", action=f"/posts/{post_id}/purge-earlier")
    assert purge(juniper, post_id).status_code == 303


@pytest.mark.proves("D5")
@pytest.mark.parametrize("became", ["held", "hidden", "removed", "paused", "restricted", "suspended"])
def test_it_works_whatever_became_of_the_post_or_its_author(
    database: Database, juniper: Someone, post_id: int, became: str
) -> None:
    with database.transaction() as session:
        if became in set(PostState):
            session.execute(update(Post).where(Post.id == post_id).values(state=PostState(became)))
        elif became == "suspended":
            session.add(Suspension(member_id=juniper.member_id, since=clock.now(), until=None))
        else:
            session.execute(
                update(Member).where(Member.id == juniper.member_id).values(state=MemberState(became))
            )
    # Where the post can't be edited, the page on which it is taken back offers it.
    address = f"/posts/{post_id}/delete"
    assert press(juniper.client, address, f"/posts/{post_id}/purge-earlier").status_code == 303
    assert kept(database) == []
    with database.reading() as session:
        assert session.get_one(Post, post_id).markdown == NOW


@pytest.mark.proves("D5")
def test_nobody_else_can(app: Flask, database: Database, post_id: int) -> None:
    for someone in (cast.member(app, "Marlow"), cast.moderator(app), cast.administrator(app)):
        assert purge(someone, post_id).status_code == 403
    stranger = cast.member(app, "Willow")
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(state=PostState.HIDDEN))
    assert purge(stranger, post_id).status_code == 404
    assert kept(database) == [EARLY, LATER]


def test_of_a_post_that_was_taken_back_nothing_is_left_to_delete(
    database: Database, juniper: Someone, post_id: int
) -> None:
    with database.transaction() as session:
        commands.delete_post(session, juniper.actor, post_id)
    assert purge(juniper, post_id).status_code == 404
    assert kept(database) == []


def test_a_copy_that_moderators_work_with_is_not_touched(
    database: Database, juniper: Someone, post_id: int
) -> None:
    told = report(database, post_id)
    purge(juniper, post_id)
    with database.reading() as session:
        assert session.get_one(Report, told).post_markdown == NOW


def test_other_posts_keep_their_versions(database: Database, juniper: Someone, post_id: int) -> None:
    topic = start(database, juniper.actor, topic_draft("flares-today", "Elsewhere."))
    with database.transaction() as session:
        other = session.scalars(select(Post.id).where(Post.topic_id == topic)).one()
        commands.edit_post(session, juniper.actor, other, PostEdit(render_post("Changed.")))
    purge(juniper, post_id)
    assert kept(database) == ["Elsewhere."]


def test_a_strange_field_is_no_form_of_ours(database: Database, juniper: Someone, post_id: int) -> None:
    assert purge(juniper, post_id, version="1").status_code == 400
    assert kept(database) == [EARLY, LATER]


def test_counting_them_takes_one_statement(database: Database, post_id: int) -> None:
    with recorded(database) as statements, database.reading() as session:
        assert earlier_versions(session, post_id) == 2
    assert len(statements) == 1
