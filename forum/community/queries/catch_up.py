"""What changed for a member since they were here: replies to them first, then what they follow, then what began.

Every list has an end, and none a number: it is there for whoever wants it, and whoever passes it by has missed nothing.
What they muted, whom a block keeps apart from them, and what is out of sight is in none of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, true, union, union_all
from sqlalchemy.orm import Session, aliased

from forum import clock
from forum.accounts.models import Member
from forum.community.addresses import permalink, post_address
from forum.community.bylines import face_to_show, name_to_show, title_to_show
from forum.community.models.reading import CategoryWatch, ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.slots import Slot, SlotKind
from forum.community.models.threads import Post, Topic
from forum.community.queries.topics import TopicRow, topic_row, topic_rows, without_notes
from forum.community.reading import began_after, topic_is_not_muted
from forum.community.visibility import (
    author_is_shown,
    opening_stands,
    post_is_readable,
    shows,
    topic_is_met,
    topic_is_visible,
)
from forum.database.rows import AnyRow, AnySelect
from forum.permissions.actor import Actor
from forum.text.translate import gettext as _

REPLIES = 20
TOPICS = 20
# What is longer ago is in the topics themselves, and in nobody's mind any more.
LONGEST = timedelta(days=90)
# How many of the newest posts of one topic are looked through, and how many of a member's own, and words about them.
NEWEST_IN_TOPIC = 60
NEWEST_OWN = 500
NEWEST_SLOTS = 100
# The ways to look back further than the last visit, in days.
WAYS_BACK = (7, 30)
# Made once: an alias of a table works out its columns anew whenever it is made.
_LAST_VISIT, _ME, _STARTER = aliased(Visit), aliased(Member), aliased(Member)


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
_BY_NEARNESS = (ReplyKind.ANSWER, ReplyKind.MENTION, ReplyKind.QUOTE)


@dataclass(frozen=True, slots=True)
class ReplyToYou:
    """A post in which somebody turned to a member, without its words: those stand where they were said."""

    post_id: int
    kind: ReplyKind
    author_name: str | None
    author_face: str
    written_at: datetime
    topic_title: str
    # Whether they had it on a page yet.
    unread: bool

    @property
    def address(self) -> str:
        """Return the address that finds it wherever it was moved."""
        return permalink(self.post_id)

    @property
    def line(self) -> str:
        """Return who did what."""
        return self.kind.line(_("A former member") if self.author_name is None else self.author_name)


@dataclass(frozen=True, slots=True)
class RepliesToYou:
    """Replies to a member since their last visit, the newest first."""

    replies: tuple[ReplyToYou, ...]
    # Whether there are more of them than that.
    more: bool
    # When the visit before this one ended; None for whoever is here for the first time.
    since: datetime | None
    # About when they last opened a page.
    visited_at: datetime | None


@dataclass(frozen=True, slots=True)
class CatchUpPage:
    """What changed for a member."""

    to_you: RepliesToYou
    # Since when all this is; None for whoever is here for the first time.
    since: datetime | None
    # How many days they look back; 0 is since their last visit.
    back: int
    # Whether the reader hides topics with a content note in lists, and whether they ask for them here anyway.
    hides_notes: bool
    shows_notes: bool
    # In topics and categories that they follow, and in topics in which they wrote.
    followed: tuple[TopicRow, ...] = ()
    more_followed: bool = False
    begun: tuple[TopicRow, ...] = ()
    more_begun: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing changed."""
        return not (self.to_you.replies or self.followed or self.begun)


def catch_up_page(
    session: Session, actor: Actor, *, back: int = 0, hides_notes: bool = False, shows_notes: bool = False
) -> CatchUpPage:
    """Return what changed since a member's last visit, or in as many of the last days as they ask for.

    Since the last visit, topics that they read to the end already are left out. Looking back shows those, too.

    Queries: 3, 1 for whoever is here for the first time and doesn't look back
    """
    asked = clock.now() - timedelta(days=back) if back else None
    to_you = replies_to_you(session, actor, REPLIES, asked)
    since = asked or to_you.since
    if since is None:
        return CatchUpPage(to_you, None, back, hides_notes, shows_notes)
    since = max(since, clock.now() - LONGEST)
    of_all = [topic_is_visible(actor), topic_is_met(actor), topic_is_not_muted(actor)]
    if hides_notes and not shows_notes:
        of_all.append(without_notes(actor))
    follows = _is_followed(actor)
    followed = _topics(actor, since).where(*of_all, follows, _has_news(actor, since, read=bool(back)))
    if not to_you.more:
        # What is new in one's own topics stands above.
        followed = followed.where(_not_own(actor))
    begun = _topics(actor, since).where(
        *of_all,
        Topic.started_at > since,
        ~follows,
        _not_own(actor),
        author_is_shown(actor),
        opening_stands(),
    )
    if not back:
        begun = begun.where(ReadMark.number.is_(None))
    on, new = session.execute(followed).all(), session.execute(begun).all()
    return CatchUpPage(
        to_you=to_you,
        followed=tuple(_row(row, actor, back) for row in on[:TOPICS]),
        more_followed=len(on) > TOPICS,
        begun=tuple(_row(row, actor, back) for row in new[:TOPICS]),
        more_begun=len(new) > TOPICS,
        since=since,
        back=back,
        hides_notes=hides_notes,
        shows_notes=shows_notes,
    )


def replies_to_you(session: Session, actor: Actor, limit: int, since: datetime | None = None) -> RepliesToYou:
    """Return what others answered in a member's topics, quoted of them or said to them since their last visit.

    Queries: 1
    """
    moment = clock.now()
    last_visit = select(began_after(moment, _LAST_VISIT)).where(_LAST_VISIT.member_id == actor.member_id)
    after = literal(since, Visit.since.type) if since else last_visit.scalar_subquery()
    found = _posts_to(actor, after, moment - LONGEST, limit + 1).subquery()
    # The member comes first, so that the visit is there where no reply is.
    rows = session.execute(
        select(
            began_after(moment).label("since"),
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
    ).all()
    replies = [_reply(row, actor) for row in rows if row.post_id is not None]
    return RepliesToYou(
        replies=tuple(replies[:limit]),
        more=len(replies) > limit,
        since=rows[0].since if rows else None,
        visited_at=rows[0].visited_at if rows else None,
    )


def _posts_to(actor: Actor, after: ColumnElement[datetime], earliest: datetime, limit: int) -> AnySelect:
    """Return the newest posts that are replies to a member, each once, with how near it is to their own words."""
    mine = actor.member_id
    about_me = (
        select(Slot.post_id, Slot.kind)
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
    posts = select(Post.id.label("post_id")).join(Topic, Topic.id == Post.topic_id)
    conditions = [
        topic_is_visible(actor),
        topic_is_met(actor),
        topic_is_not_muted(actor),
        post_is_readable(actor),
        Post.written_at > after,
        Post.written_at > earliest,
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
        .join(about_me, about_me.c.post_id == Post.id)
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
    return _BY_NEARNESS.index(kind)


def _topics(actor: Actor, since: datetime) -> AnySelect:
    return (
        topic_rows(actor)
        .where(Topic.last_activity_at > since)
        .order_by(Topic.last_activity_at.desc(), Topic.id.desc())
        .limit(TOPICS + 1)
    )


def _is_followed(actor: Actor) -> ColumnElement[bool]:
    """Say which topics a member follows, alone or with their category, or wrote in."""
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
    rooms = select(CategoryWatch.category_id).where(
        CategoryWatch.member_id == mine, CategoryWatch.level == WatchLevel.SITE
    )
    return or_(Topic.id.in_(union(watched, select(own.c.topic_id))), Topic.category_id.in_(rooms))


def _has_news(actor: Actor, since: datetime, *, read: bool) -> ColumnElement[bool]:
    """Say in which topics somebody else wrote since then what the member can read, and unless ``read`` did not yet."""
    news = (
        select(Post.id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(
            Post.topic_id == Topic.id,
            Post.number > Topic.last_number - NEWEST_IN_TOPIC,
            Post.written_at > since,
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


def _row(row: AnyRow, actor: Actor, back: int) -> TopicRow:
    """Return a topic that leads to the first post that the member did not read."""
    shown = topic_row(row, actor)
    if row.read_to is not None and row.read_to < row.last_number:
        shown = replace(shown, address=post_address(shown.address, row.read_to + 1))
    # Since the last visit everything here is new, and need not say so.
    return replace(shown, unread=shown.unread and bool(back))


def _reply(row: AnyRow, actor: Actor) -> ReplyToYou:
    shown = shows(actor, row.author_id, row.author_state)
    starter_shown = shows(actor, row.starter_id, row.starter_state)
    return ReplyToYou(
        post_id=row.post_id,
        kind=_BY_NEARNESS[row.nearness],
        author_name=name_to_show(row.author_name, row.from_community, shown),
        author_face=face_to_show(row.author_name, row.from_community, shown),
        written_at=row.written_at,
        topic_title=title_to_show(row.title, starter_shown and bool(row.opening_stands)),
        unread=row.read_to is None or row.read_to < row.number,
    )
