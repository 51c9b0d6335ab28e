"""A member's drafts, for themselves alone: the one at a place, and all of them in a list."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.bylines import title_to_show
from forum.community.kept_words import as_typed
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Category, Post, PostState, Topic
from forum.community.unsent import DraftPlace, Unsent
from forum.community.visibility import opening_stands, shows, topic_is_visible
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor
from forum.text.kept_words import neutral

DRAFTS_PER_PAGE = 20
# Enough to know again what one wrote.
_EXCERPT = 300
# Made once: an alias of a table works out its columns anew whenever it is made.
_STARTER = aliased(Member)


@dataclass(frozen=True, slots=True)
class KeptText:
    """A draft as its composer opens it."""

    id: int
    revision: int
    unsent: Unsent
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in the list. ``address`` is where one goes on, or empty where its place isn't open any more.

    Then ``words`` are whole, so that they can be copied; otherwise the first few of them.
    """

    id: int
    name: str
    title: str
    address: str
    words: str
    is_cut: bool
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DraftsPage:
    """A member's drafts, a page of them, the newest first."""

    drafts: tuple[DraftLine, ...]
    newer: str
    older: str


class _Words(Protocol):
    """What a row and a stored draft have in common."""

    words: str
    title: str
    content_note: str
    category_slug: str
    intent: str
    audience: str
    condition: str


def is_at(place: DraftPlace) -> ColumnElement[bool]:
    """Say which of a member's drafts belongs there."""
    if place.post_id is not None:
        return KeptDraft.post_id == place.post_id
    if place.topic_id is not None:
        return KeptDraft.topic_id == place.topic_id
    a_topic = and_(KeptDraft.post_id.is_(None), KeptDraft.topic_id.is_(None))
    if not place.category_slug:
        return and_(a_topic, KeptDraft.category_id.is_(None))
    category = select(Category.id).where(Category.slug == place.category_slug).scalar_subquery()
    return and_(a_topic, KeptDraft.category_id == category)


def unsent_in(session: Session, actor: Actor, place: DraftPlace, row: _Words) -> Unsent:
    """Return what stands in a draft, with the names and the quoted words that the actor may read now.

    Queries: none for words that mention and quote nobody, else 1, and for a post's new text up to 3
    """
    stored = stored_in(row)
    return replace(stored, words=as_typed(session, actor, place, stored.words))


def stored_in(row: _Words) -> Unsent:
    """Return what a draft's row holds. Nobody is named there."""
    return Unsent(
        row.words, row.title, row.content_note, row.category_slug, row.intent, row.audience, row.condition
    )


def draft_at(session: Session, actor: Actor, place: DraftPlace) -> KeptText | None:
    """Return the draft that the actor has there, if any.

    Queries: 1, and up to 3 where it mentions or quotes somebody
    """
    row = session.execute(
        select(
            KeptDraft.id,
            KeptDraft.revision,
            KeptDraft.words,
            KeptDraft.title,
            KeptDraft.content_note,
            KeptDraft.category_slug,
            KeptDraft.intent,
            KeptDraft.audience,
            KeptDraft.condition,
            KeptDraft.saved_at,
        ).where(KeptDraft.member_id == actor.member_id, is_at(place))
    ).one_or_none()
    if row is None:
        return None
    return KeptText(row.id, row.revision, unsent_in(session, actor, place, row), row.saved_at)


def drafts_page(session: Session, actor: Actor, window: Window) -> DraftsPage:
    """Return the drafts of the actor. Raises Malformed for a foreign cursor.

    The title of a topic is its starter's words: it is empty where the actor may not read them. Nobody is named, and no
    quoted words are shown.

    Queries: 1
    """
    statement = (
        select(
            KeptDraft.topic_id,
            KeptDraft.post_id,
            Category.slug.label("begun_in"),
            KeptDraft.words,
            KeptDraft.title.label("own_title"),
            Topic.title,
            Topic.author_id,
            _STARTER.state.label("starter_state"),
            topic_is_visible(actor).label("topic_is_open"),
            Post.state.label("post_state"),
            opening_stands().label("opening_stands"),
            KeptDraft.saved_at,
            KeptDraft.id,
        )
        .outerjoin(Category, Category.id == KeptDraft.category_id)
        .outerjoin(Post, Post.id == KeptDraft.post_id)
        .outerjoin(Topic, Topic.id == func.coalesce(KeptDraft.topic_id, Post.topic_id))
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .where(KeptDraft.member_id == actor.member_id)
    )
    found = slice_of(session, statement, [KeptDraft.saved_at, KeptDraft.id], window, DRAFTS_PER_PAGE)
    return DraftsPage(tuple(_line(actor, row) for row in found.items), found.newer, found.older)


def _line(actor: Actor, row: AnyRow) -> DraftLine:
    place = DraftPlace(row.topic_id, row.post_id, row.begun_in or "")
    is_topic = row.topic_id is None and row.post_id is None
    is_open = is_topic or (bool(row.topic_is_open) and row.post_state in (None, PostState.PUBLISHED))
    title = row.own_title
    if not is_topic:
        shown = shows(actor, row.author_id, row.starter_state) and bool(row.opening_stands)
        title = title_to_show(row.title, shown) if row.topic_is_open else ""
    words = neutral(row.words)
    is_cut = is_open and len(words) > _EXCERPT
    return DraftLine(
        id=row.id,
        name=place.name,
        title=title,
        address=place.composer if is_open else "",
        words=words[:_EXCERPT] if is_cut else words,
        is_cut=is_cut,
        saved_at=row.saved_at,
    )
