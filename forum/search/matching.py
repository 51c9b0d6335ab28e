"""Which posts are found: those that have the words, that were asked for otherwise, and that their reader may see.

Who may see a post is said by ``community``'s predicates, inside the statement that finds it: nothing is counted, ranked
or left out afterwards that its reader may not know of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, false, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.accounts.names import name_key, tidy_name
from forum.community.models.threads import Post, Topic
from forum.community.queries.topics import without_notes
from forum.community.visibility import post_is_readable, topic_is_met, topic_is_visible
from forum.database.rows import AnySelect
from forum.permissions.actor import Actor
from forum.search.engine import Words
from forum.search.engines import engine_of
from forum.search.models import SearchDocument
from forum.search.ranking import Match
from forum.search.syntax import Asked

_WAITS = aliased(Topic)
_WAITING = select(_WAITS.id).where(_WAITS.first_reply_at.is_(None), _WAITS.from_community.is_(False))


@dataclass(frozen=True, slots=True)
class Fits:
    """Which posts may be found: what the reader may see, narrowed by what they asked for."""

    actor: Actor
    asked: Asked
    category_ids: frozenset[int]
    notes_are_hidden: bool

    def visible(self) -> list[ColumnElement[bool]]:
        """Return what holds whatever was asked. Needs Topic joined, and Member outer-joined as a post's author."""
        conditions = [topic_is_visible(self.actor), post_is_readable(self.actor), topic_is_met(self.actor)]
        if self.notes_are_hidden:
            conditions.append(without_notes(self.actor))
        return conditions

    def narrowed(self) -> list[ColumnElement[bool]]:
        """Return what was asked for beside words."""
        asked = self.asked
        conditions: list[ColumnElement[bool]] = []
        if asked.is_treatment:
            # Nothing that a member wrote is a treatment page.
            conditions.append(false())
        if self.category_ids:
            conditions.append(Topic.category_id.in_(sorted(self.category_ids)))
        if asked.authors:
            # Nobody has the key of a name that can't be one, and nobody is told why nothing is found.
            conditions.append(Member.name_key.in_([name_key(tidy_name(name)) for name in asked.authors]))
        if asked.before:
            conditions.append(Post.written_at < asked.before)
        if asked.after:
            conditions.append(Post.written_at >= asked.after)
        if asked.is_unanswered:
            # Asked of the topics by themselves, so that the few that wait are looked up first, and not every post.
            conditions.append(Post.topic_id.in_(_WAITING))
        return conditions


def matches(session: Session, fits: Fits, words: Words, among: int) -> list[Match]:
    """Return the newest posts that fit.

    Queries: 1
    """
    rows = session.execute(newest(session, fits.visible() + fits.narrowed(), words).limit(among))
    return [Match(row.id, row.topic_id, row.number, row.written_at, bool(row.in_title)) for row in rows]


def newest(session: Session, conditions: Sequence[ColumnElement[bool]], words: Words) -> AnySelect:
    """Return the posts that have the words and meet the conditions, the newest first.

    Newer posts have documents with higher numbers. The index is asked first, and read from its newest end.
    """
    engine = engine_of(session)
    in_title: ColumnElement[bool] = false()
    place: SQLColumnExpression[int] = Post.id
    statement: AnySelect = select(Post.id, Post.topic_id, Post.number, Post.written_at)
    if words.terms:
        found = engine.found(words)
        in_title, place = found.c.in_title, found.c.document_id
        statement = (
            statement.select_from(found)
            .join(SearchDocument, SearchDocument.id == found.c.document_id)
            .join(Post, Post.id == SearchDocument.post_id)
        )
    elif words.without:
        statement = (
            statement.select_from(Post)
            .join(SearchDocument, SearchDocument.post_id == Post.id)
            .where(engine.lacks(SearchDocument.id, words))
        )
    else:
        statement = statement.select_from(Post)
    return (
        statement.add_columns(in_title.label("in_title"))
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(*conditions)
        .order_by(place.desc())
    )
