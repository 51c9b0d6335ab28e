"""The statements behind catch-up. They are large, so each is made once for all who read alike, with parameters.

``anybody_like`` is who stands for a reader in them; ``me`` is then the member, and ``since`` from when on.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from typing import cast as known_as

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.community.models.reading import CategoryWatch, ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.slots import Slot, SlotKind
from forum.community.models.threads import Post, Topic
from forum.community.queries.topics import topic_rows, without_notes
from forum.community.reading import began_after, topic_is_not_muted
from forum.community.visibility import (
    author_is_shown,
    opening_stands,
    post_is_readable,
    topic_is_met,
    topic_is_visible,
)
from forum.database.column_types import UtcDateTime
from forum.database.moments import moment_before_running
from forum.database.rows import AnySelect
from forum.permissions.actor import Actor, MemberId
from forum.text.translate import gettext as _

# What is longer ago is in the topics themselves, and in nobody's mind any more.
LONGEST = timedelta(days=90)
# How many of the newest posts of one topic are looked through, how many of a member's own, how many topics in
# the categories that they follow, and how many words about them.
NEWEST_IN_TOPIC = 60
NEWEST_OWN = 500
NEWEST_IN_ROOMS = 500
NEWEST_SLOTS = 100
# Of how many kinds of readers the statements are kept. Most are of one; whoever blocked somebody is one of their own.
KINDS_OF_READERS = 64
# Made once: an alias of a table works out its columns anew whenever it is made.
_LAST_VISIT, _ME, _STARTER = aliased(Visit), aliased(Member), aliased(Member)
_MARK = aliased(ReadMark)
_MY_ID: BindParameter[int] = bindparam("me", type_=Member.id.type)
_SINCE: BindParameter[datetime] = bindparam("since", type_=UtcDateTime())


class ReplyKind(StrEnum):
    """In what way somebody turned to a member."""

    ANSWER = "answer"
    MENTION = "mention"
    QUOTE = "quote"

    def line(self, name: str) -> str:
        """Return what somebody did."""
        return {
            ReplyKind.ANSWER: _("%(name)s answered you", name=name),
            ReplyKind.MENTION: _("%(name)s mentioned you", name=name),
            ReplyKind.QUOTE: _("%(name)s quoted you", name=name),
        }[self]


# Of a post that does several the one that is nearest to the member's own words is said.
BY_NEARNESS = (ReplyKind.ANSWER, ReplyKind.MENTION, ReplyKind.QUOTE)


def anybody_like(actor: Actor) -> Actor:
    """Return who stands for all members that may see what this one may: their number is a parameter."""
    return Actor(
        member_id=known_as(MemberId, _MY_ID),
        role=actor.role,
        state=actor.state,
        category_ids=actor.category_ids,
        blocks=actor.blocks,
        condition_ids=actor.condition_ids,
        missing_consents=actor.missing_consents,
        is_suspended=actor.is_suspended,
    )


@lru_cache(maxsize=KINDS_OF_READERS)
def replies_statement(actor: Actor, limit: int, *, says_since: bool) -> AnySelect:
    """Return the statement for replies to a member, since their last visit unless a moment is said."""
    last_visit = select(began_after(visit=_LAST_VISIT)).where(_LAST_VISIT.member_id == actor.member_id)
    after = _SINCE if says_since else last_visit.scalar_subquery()
    found = _posts_to(actor, after, limit).subquery()
    # The member comes first, so that the visit is there where no reply is.
    return (
        select(
            began_after().label("since"),
            Visit.last_at.label("visited_at"),
            found.c.post_id,
            found.c.nearness,
            Post.number,
            Post.author_id,
            Post.from_community,
            Post.written_at,
            Member.name.label("author_name"),
            Member.state.label("author_state"),
            Topic.title,
            Topic.author_id.label("starter_id"),
            _STARTER.state.label("starter_state"),
            opening_stands().label("opening_stands"),
            ReadMark.number.label("read_to"),
        )
        .select_from(_ME)
        .outerjoin(Visit, Visit.member_id == _ME.id)
        .outerjoin(found, true())
        .outerjoin(Post, Post.id == found.c.post_id)
        .outerjoin(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .outerjoin(ReadMark, and_(ReadMark.topic_id == Topic.id, ReadMark.member_id == _ME.id))
        .where(_ME.id == actor.member_id)
        .order_by(Post.written_at.desc(), Post.id.desc())
    )


@lru_cache(maxsize=KINDS_OF_READERS)
def followed_statement(actor: Actor, limit: int, *, read: bool, own: bool, without: bool) -> AnySelect:
    """Return the statement for topics that a member follows or wrote in.

    ``read`` is whether those are among them that they read to the end, ``own`` those that they began, and ``without``
    says that those with a content note are not.
    """
    statement = (
        topic_rows(actor)
        .where(
            Topic.last_activity_at > _SINCE,
            Topic.id.in_(_followed_ids(actor)),
            *_of_all(actor, without=without),
            _has_news(actor, read=read),
        )
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(limit)
    )
    return statement if own else statement.where(_not_own(actor))


@lru_cache(maxsize=KINDS_OF_READERS)
def begun_statement(actor: Actor, limit: int, *, read: bool, without: bool) -> AnySelect:
    """Return the statement for topics that others began and the member doesn't follow, the newest first."""
    statement = (
        topic_rows(actor)
        .where(
            *_of_all(actor, without=without),
            Topic.started_at > _SINCE,
            Topic.id.not_in(union(*_own_and_watched(actor))),
            Topic.category_id.not_in(_followed_rooms(actor)),
            _not_own(actor),
            author_is_shown(actor),
            opening_stands(),
        )
        .order_by(Topic.started_at.desc(), Topic.id.desc())
        .limit(limit)
    )
    # Not by the mark that is there for the list anyway: PostgreSQL takes it that hardly any topic is without one.
    marked = exists().where(_MARK.topic_id == Topic.id, _MARK.member_id == actor.member_id)
    return statement if read else statement.where(~marked)


def _of_all(actor: Actor, *, without: bool) -> list[ColumnElement[bool]]:
    of_all = [topic_is_visible(actor), topic_is_met(actor), topic_is_not_muted(actor)]
    return [*of_all, without_notes(actor)] if without else of_all


def _posts_to(actor: Actor, after: ColumnElement[datetime], limit: int) -> AnySelect:
    """Return the newest posts that are replies to a member, each once, with how near it is to their own words."""
    mine = actor.member_id
    about_me = (
        select(Slot.post_id, Slot.kind, Slot.ordinal)
        .where(Slot.member_id == mine)
        .order_by(Slot.post_id.desc())
        .limit(NEWEST_SLOTS)
        .subquery()
    )
    nearness = func.max(
        case(
            (about_me.c.kind == SlotKind.QUOTE, _nearness(ReplyKind.QUOTE)),
            else_=_nearness(ReplyKind.MENTION),
        )
    )
    # Slots stay for earlier versions: who was mentioned in one of those alone isn't any more.
    token = literal("[[") + cast(about_me.c.kind, String) + " " + cast(about_me.c.ordinal, String) + "]]"
    posts = select(Post.id.label("post_id")).join(Topic, Topic.id == Post.topic_id)
    conditions = [
        topic_is_visible(actor),
        topic_is_met(actor),
        topic_is_not_muted(actor),
        post_is_readable(actor),
        Post.written_at > after,
        Post.written_at > moment_before_running(LONGEST),
        or_(Post.author_id.is_(None), Post.author_id != mine),
    ]
    newest = (Post.written_at.desc(), Post.id.desc())
    answers = (
        posts.add_columns(literal(_nearness(ReplyKind.ANSWER)).label("nearness"), Post.written_at)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(
            Topic.author_id == mine,
            Topic.last_activity_at > after,
            Post.number > 1,
            Post.number > Topic.last_number - NEWEST_IN_TOPIC,
            *conditions,
        )
        .order_by(*newest)
        .limit(limit)
        .subquery()
    )
    turned_to_me = (
        posts.add_columns(nearness.label("nearness"), Post.written_at)
        .join(about_me, and_(about_me.c.post_id == Post.id, Post.markdown.contains(token)))
        .outerjoin(Member, Member.id == Post.author_id)
        .where(*conditions)
        .group_by(Post.id, Post.written_at)
        .order_by(*newest)
        .limit(limit)
        .subquery()
    )
    both = union_all(select(answers), select(turned_to_me)).subquery()
    return (
        select(both.c.post_id, func.max(both.c.nearness).label("nearness"))
        .group_by(both.c.post_id, both.c.written_at)
        .order_by(both.c.written_at.desc(), both.c.post_id.desc())
        .limit(limit)
    )


def _nearness(kind: ReplyKind) -> int:
    return BY_NEARNESS.index(kind)


def _followed_ids(actor: Actor) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the topics that a member follows, alone or with their category, or wrote in, as far as any can have news.

    Each arm has an end and an index of its own, so that this doesn't grow with what everybody else writes.
    """
    in_rooms = (
        select(Topic.id)
        .where(
            Topic.category_id.in_(_followed_rooms(actor)),
            # Said only because it stands before the moment in the index.
            Topic.pinned.in_((0, 1)),
            Topic.last_activity_at > _SINCE,
        )
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(NEWEST_IN_ROOMS)
        .correlate(None)
        .subquery()
    )
    return union(*_own_and_watched(actor), select(in_rooms.c.id))


def _own_and_watched(actor: Actor) -> tuple[AnySelect, AnySelect]:
    """Return the topics that a member follows themselves, and those in which they wrote last."""
    mine = actor.member_id
    own = (
        select(Post.topic_id)
        .where(Post.author_id == mine)
        .order_by(Post.written_at.desc(), Post.id.desc())
        .limit(NEWEST_OWN)
        .subquery()
    )
    watched = select(TopicWatch.topic_id).where(
        TopicWatch.member_id == mine, TopicWatch.level == WatchLevel.SITE
    )
    return watched, select(own.c.topic_id)


def _followed_rooms(actor: Actor) -> Select[int]:
    return select(CategoryWatch.category_id).where(
        CategoryWatch.member_id == actor.member_id, CategoryWatch.level == WatchLevel.SITE
    )


def _has_news(actor: Actor, *, read: bool) -> ColumnElement[bool]:
    """Say in which topics somebody else wrote since then what the member can read, and unless ``read`` did not yet."""
    news = (
        select(Post.id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(
            Post.topic_id == Topic.id,
            Post.number > Topic.last_number - NEWEST_IN_TOPIC,
            Post.written_at > _SINCE,
            post_is_readable(actor),
            or_(Post.author_id.is_(None), Post.author_id != actor.member_id),
        )
        .correlate(Topic, ReadMark)
    )
    if not read:
        news = news.where(Post.number > func.coalesce(ReadMark.number, 0))
    return exists(news)


def _not_own(actor: Actor) -> ColumnElement[bool]:
    return or_(Topic.author_id.is_(None), Topic.author_id != actor.member_id)
