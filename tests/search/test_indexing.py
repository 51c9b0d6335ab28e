"""What keeping the index costs: few statements, however many posts it is about."""

from flask import Flask
from sqlalchemy import delete, select

from forum.community.models.threads import Post
from forum.database.session import Database
from forum.events import PostPublished
from forum.search.indexing import add_post, put_posts
from forum.search.models import SearchDocument
from forum.search.whole_index import wrong_among
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.moderation.conftest import make_room
from tests.recorder import recorded
from tests.search.on_pages import ROOM, answer


def test_many_posts_cost_what_one_costs(app: Flask, database: Database) -> None:
    make_room(database, ROOM)
    rowan = cast.member(app, "Rowan")
    topic_id = start(database, rowan.actor, topic_draft(ROOM, "A quokka."))
    ids = [answer(database, rowan, topic_id, f"Number {n}.") for n in range(9)]

    def cost(missing: list[int], anew: list[int]) -> int:
        with database.transaction() as session:
            session.execute(delete(SearchDocument).where(SearchDocument.post_id.in_(missing)))
            with recorded(database) as statements:
                put_posts(session, anew)
            assert wrong_among(session, ids) == []
        return len(statements)

    # Some that are known already, and some that aren't.
    assert cost([], ids[:1]) == cost([], ids[:8]) <= 4
    assert cost(ids[:1], ids[:1]) == cost(ids[:8], ids[:8]) == 4
    assert cost(ids[:1], ids[:2]) == cost(ids[:4], ids[:8]) <= 6
    with database.reading() as session:
        # Newer posts have documents with higher numbers, however many were put in at once.
        several = select(SearchDocument.post_id).where(SearchDocument.post_id.in_(ids[:4]))
        assert session.scalars(several.order_by(SearchDocument.id)).all() == ids[:4]


def test_a_new_post_costs_one_statement_less(app: Flask, database: Database) -> None:
    make_room(database, ROOM)
    rowan = cast.member(app, "Rowan")
    topic_id = start(database, rowan.actor, topic_draft(ROOM, "A quokka."))
    with database.transaction() as session:
        post = session.execute(select(Post.id, Post.topic_id)).one()
        session.execute(delete(SearchDocument))
        with recorded(database) as statements:
            add_post(session, PostPublished(topic_id=topic_id, category_id=1, post_id=post.id))
        assert len(statements) == 3
        assert wrong_among(session, [post.id]) == []
