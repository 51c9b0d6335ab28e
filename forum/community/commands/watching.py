"""Following and muting: how closely a member looks at a topic or a category. It says nothing to anybody else."""

from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from forum.community.models.reading import CategoryWatch, TopicWatch, WatchLevel
from forum.community.models.threads import Category
from forum.community.subjects import visible_topic
from forum.database.base import Base
from forum.database.dialects import tools
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require


def watch_topic(session: Session, actor: Actor, topic_id: int, level: WatchLevel | None) -> None:
    """Follow or mute a topic; None is the middle, where it is like any other, and always can be gone back to.

    Emits: nothing
    Raises: NotFound, SignInFirst, Forbidden
    """
    # Nothing of the topic changes, so nobody who writes in it has to wait.
    topic = visible_topic(session, actor, topic_id)
    require(actor, Action.WATCH_END if level is None else Action.TOPIC_WATCH, topic)
    _set(session, TopicWatch, {"member_id": actor.member_id, "topic_id": topic.id}, level)


def watch_category(session: Session, actor: Actor, slug: str, level: WatchLevel | None) -> None:
    """Do the same for a category.

    Emits: nothing
    Raises: NotFound, SignInFirst, Forbidden
    """
    category_id = session.scalar(select(Category.id).where(Category.slug == slug))
    if category_id is None:
        raise NotFound
    require(actor, Action.WATCH_END if level is None else Action.CATEGORY_WATCH)
    _set(session, CategoryWatch, {"member_id": actor.member_id, "category_id": category_id}, level)


def _set(
    session: Session,
    kind: type[TopicWatch | CategoryWatch],
    key: dict[str, Any],
    level: WatchLevel | None,
) -> None:
    if level is None:
        gone = delete(kind).filter_by(**key)
        session.execute(gone.execution_options(synchronize_session=False))
        return
    table: Table = Base.metadata.tables[kind.__tablename__]
    if not tools(session).insert_unless_there(session, table, {**key, "level": level}):
        there = update(kind).filter_by(**key).values(level=level)
        session.execute(there.execution_options(synchronize_session=False))
