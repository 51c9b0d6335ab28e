"""How somebody leaves through the pages: they open the page, choose, and press the button."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from forum.accounts.leaving import GRACE
from forum.accounts.models import Leaving, Member
from forum.community.models.threads import Post, PostState
from forum.database.session import Database
from forum.permissions.actor import MemberState
from forum.privacy.models import KeptPost
from tests.cast import Someone
from tests.moderation.leaving import run
from tests.pages import Element, read_page

LEAVE = "/settings/leave"
POSTS = "/settings/leave/posts"


def opened(client: FlaskClient, address: str = LEAVE) -> Element:
    """Open a page, and return what stands in the middle of it."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text).one("main")


def numbers(page: Element) -> dict[str, str]:
    """Return the numbers of the preview, by the words beside them."""
    facts = page.one("dl", class_="key-facts")
    return dict(
        zip((one.text for one in facts.all("dt")), (one.text for one in facts.all("dd")), strict=True)
    )


def token(client: FlaskClient, address: str = LEAVE) -> str:
    """Return the token against forged requests of the page at an address."""
    return opened(client, address).all("input", name="csrf_token")[0].attributes["value"]


def press_leave(client: FlaskClient, posts: str = "delete", days: str = "14", **more: str) -> TestResponse:
    """Choose, and leave."""
    fields = {"csrf_token": token(client), "posts": posts, "days": days, **more}
    return client.post(LEAVE, data=fields)


def mark(someone: Someone, *post_ids: int) -> None:
    """Mark posts that are to stay, as rows."""
    with someone.database.transaction() as session:
        rows = [{"post_id": post_id, "member_id": someone.member_id} for post_id in post_ids]
        session.execute(insert(KeptPost), rows)


def erase(database: Database) -> None:
    """Let the days of grace go by, and the job of the night come."""
    run(database, GRACE + timedelta(minutes=1))


def set_state(someone: Someone, state: MemberState) -> None:
    """Let things stand differently with somebody."""
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


def set_post_state(database: Database, post_id: int, state: PostState) -> None:
    """Let things stand differently with a post."""
    with database.transaction() as session:
        session.execute(update(Post).where(Post.id == post_id).values(state=state))


def leaving_of(someone: Someone) -> Leaving | None:
    """Return how somebody leaves, or None."""
    with someone.database.reading() as session:
        return session.get(Leaving, someone.member_id)


def first_post(database: Database, topic_id: int) -> int:
    """Return the number of a topic's first post."""
    with database.reading() as session:
        return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).one()


def shown(app: Flask, topic_id: int) -> str:
    """Return a topic's page as any reader sees it."""
    answer = app.test_client().get(f"/topics/{topic_id}", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text
