"""Finding topics by the words of their titles, among those that were active last: its cost doesn't grow with the forum.

Those are the last of all topics, whoever may see them. To look for as many that a reader may see would take ever
longer, the more there are that they may not.
The search through whole texts will be a room of its own; this goes by what a reader sees in lists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import category_address, topic_address
from forum.community.models.threads import Category, Topic
from forum.community.visibility import author_is_shown, opening_stands, topic_is_visible
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic whose title has the words."""

    title: str
    address: str
    category_name: str
    category_address: str
    content_note: str
    reply_count: int
    last_activity_at: datetime


def topics_titled(
    session: Session, actor: Actor, fits: Callable[[str], bool], *, among: int, limit: int
) -> tuple[FoundTopic, ...]:
    """Return the topics that the actor may see and whose titles fit, of the ``among`` that were active last.

    The newest ``limit`` come, by their last activity. Titles are compared here and not by the database, because the
    two databases don't agree on what a small letter is outside English.

    Queries: 2, or 1 when nothing fits
    """
    last = (
        select(Topic.id)
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(among)
        .subquery("last_active")
    )
    seen = session.execute(
        select(Topic.id, Topic.title)
        .join(last, last.c.id == Topic.id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .where(topic_is_visible(actor), author_is_shown(actor), opening_stands())
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
    )
    ids = [row.id for row in seen if fits(row.title)][:limit]
    if not ids:
        return ()
    rows = session.execute(
        select(
            Topic.id,
            Topic.title,
            Topic.slug,
            Topic.audience,
            Category.name.label("category_name"),
            Category.slug.label("category_slug"),
            Topic.content_note,
            Topic.reply_count,
            Topic.last_activity_at,
        )
        .join(Category, Category.id == Topic.category_id)
        .where(Topic.id.in_(ids))
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
    )
    return tuple(
        FoundTopic(
            title=row.title,
            address=topic_address(row.id, row.slug, row.audience),
            category_name=row.category_name,
            category_address=category_address(row.category_slug),
            content_note=row.content_note,
            reply_count=row.reply_count,
            last_activity_at=row.last_activity_at,
        )
        for row in rows
    )
