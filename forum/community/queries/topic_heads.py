"""A topic without its posts, read: what its page and the composer of a reply say of it, and where a member stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import category_address, topic_address
from forum.community.audiences import readers_explained
from forum.community.bylines import title_to_show
from forum.community.kept_words import as_typed
from forum.community.models.images import Image
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.people import HealthTerm
from forum.community.models.reading import ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.threads import Audience, Category, Intent, Post, Topic
from forum.community.pictures import address_of
from forum.community.queries.images import PictureLine
from forum.community.unsent import DraftPlace
from forum.community.visibility import opening_stands, shows, topic_is_visible
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor

# Made once: an alias of a table works out its columns anew whenever it is made.
_READ = aliased(Post)
# When the last post was written that a member had on a page. Needs Topic and ReadMark.
READ_UNTIL = (
    select(_READ.written_at)
    .where(_READ.topic_id == Topic.id, _READ.number == ReadMark.number)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands with a topic: what they follow, how far they read, and what they were writing."""

    watch: WatchLevel | None
    # The highest number of a post that they had on a page; 0 where they never opened it.
    read_to: int
    # Their reply on its way, and how often it was saved.
    draft: str
    draft_revision: int
    # About when they last opened a page before this one.
    visited_at: datetime | None = None
    # Whether somebody wrote after what they read.
    has_more: bool = False
    # Those of the draft.
    pictures: tuple[PictureLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    """What a reply's composer says of the topic for which it is meant."""

    id: int
    title: str
    address: str
    category_id: int
    category_name: str
    category_address: str
    author_id: int | None
    intent: Intent
    audience: Audience
    # What its readers share, where it is for those with the same condition, else "".
    condition: str
    locked: bool
    # None for whoever is not signed in.
    standing: Standing | None

    @property
    def readers(self) -> str:
        """Return the sentence that says who will read the reply."""
        return readers_explained(self.audience, self.condition)


def reply_place(session: Session, actor: Actor, topic_id: int) -> ReplyPlace:
    """Return what a reply's composer needs of its topic. Raises NotFound for one that isn't there for the actor.

    Queries: 1, and up to 4 where there is a draft that mentions or quotes
    """
    rows = session.execute(one_topic(actor, topic_id)).all()
    if not rows:
        raise NotFound
    row = rows[0]
    shown = shows(actor, row.author_id, row.author_state) and bool(row.opening_stands)
    return ReplyPlace(
        id=topic_id,
        title=title_to_show(row.title, shown),
        address=topic_address(topic_id, row.slug if shown else "", row.audience),
        category_id=row.category_id,
        category_name=row.name,
        category_address=category_address(row.category_slug),
        author_id=row.author_id,
        intent=row.intent,
        audience=row.audience,
        condition=row.condition or "",
        locked=row.locked,
        standing=standing_in(session, actor, topic_id, rows) if actor.is_member else None,
    )


def one_topic(actor: Actor, topic_id: int) -> AnySelect:
    """Return what a topic's page shows of the topic; for a member with where they stand, in the same statement.

    It gives a row for each picture of the member's draft, else one.
    """
    statement: AnySelect = (
        select(
            Topic.title,
            Topic.slug,
            Topic.category_id,
            Category.name,
            Category.slug.label("category_slug"),
            Topic.author_id,
            Topic.from_community,
            Member.name.label("author_name"),
            Member.state.label("author_state"),
            Topic.intent,
            Topic.content_note,
            Topic.audience,
            HealthTerm.name.label("condition"),
            Topic.locked,
            Topic.pinned,
            Topic.started_at,
            Topic.last_activity_at,
            Topic.reply_count,
            Topic.last_number,
            opening_stands().label("opening_stands"),
        )
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .outerjoin(HealthTerm, HealthTerm.id == Topic.condition_id)
        .where(Topic.id == topic_id, topic_is_visible(actor))
    )
    if not actor.is_member:
        return statement
    mine = actor.member_id
    return (
        statement.add_columns(
            ReadMark.number.label("read_to"),
            TopicWatch.level.label("watch"),
            KeptDraft.words.label("draft"),
            KeptDraft.revision.label("draft_revision"),
            READ_UNTIL.label("read_until"),
            Visit.last_at.label("visited_at"),
            Image.name.label("picture"),
            Image.alt,
            Image.width,
            Image.height,
        )
        .outerjoin(ReadMark, and_(ReadMark.topic_id == Topic.id, ReadMark.member_id == mine))
        .outerjoin(TopicWatch, and_(TopicWatch.topic_id == Topic.id, TopicWatch.member_id == mine))
        .outerjoin(KeptDraft, and_(KeptDraft.topic_id == Topic.id, KeptDraft.member_id == mine))
        .outerjoin(Visit, Visit.member_id == mine)
        .outerjoin(Image, Image.draft_id == KeptDraft.id)
        .order_by(Image.id)
    )


def standing_in(session: Session, actor: Actor, topic_id: int, rows: Sequence[AnyRow]) -> Standing:
    """Return where the member stands for whom the rows of one topic were read.

    Queries: none, but for a draft that mentions or quotes up to 4
    """
    row = rows[0]
    return Standing(
        watch=row.watch,
        read_to=row.read_to or 0,
        draft=as_typed(session, actor, DraftPlace(topic_id=topic_id), row.draft or ""),
        draft_revision=row.draft_revision or 0,
        visited_at=row.visited_at,
        has_more=has_more(row.read_to or 0, row.last_number, row.read_until, row.last_activity_at),
        pictures=tuple(
            PictureLine(one.picture, address_of(one.picture), one.alt, one.width, one.height)
            for one in rows
            if one.picture is not None
        ),
    )


def has_more(read_to: int, last_number: int, read_until: datetime | None, last_activity_at: datetime) -> bool:
    """Say whether a topic that somebody opened has posts for them that they didn't have on a page.

    What went again before they came has a number too, but doesn't count as activity.
    """
    return 0 < read_to < last_number and (read_until is None or read_until < last_activity_at)
