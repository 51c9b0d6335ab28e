"""What rules ask about: small frozen facts on a topic or a post, fetched only if the actor may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import post_address, topic_address
from forum.community.models.threads import Audience, Category, Intent, Post, PostState, Topic, TopicState
from forum.community.visibility import (
    is_shown,
    opening_stands,
    post_is_readable,
    shows,
    topic_is_moderated,
    topic_is_visible,
    topic_is_worked_on,
)
from forum.database.rows import AnyRow, AnySelect
from forum.errors import Conflict, NotFound
from forum.permissions.actor import Actor, MemberState
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class TopicSubject:
    """A topic, for a rule."""

    id: int
    category_id: int
    author_id: int | None
    locked: bool


@dataclass(frozen=True, slots=True)
class PostSubject:
    """A post whose text the actor may read, for a rule and for pages that act on it.

    Title and slug are the topic starter's words, and empty where those are not shown.
    """

    id: int
    number: int
    author_id: int | None
    markdown: str
    topic_id: int
    category_id: int
    topic_title: str
    locked: bool
    topic_slug: str
    audience: Audience
    # False only for one's own post in a topic that was hidden, or that one may not read any more.
    topic_is_open: bool

    @property
    def address(self) -> str:
        """Return where it stands, the page and the anchor, or all categories where its topic isn't open."""
        if not self.topic_is_open:
            return "/categories"
        return post_address(topic_address(self.topic_id, self.topic_slug, self.audience), self.number)


@dataclass(frozen=True, slots=True)
class TopicAtWork:
    """A topic for its moderators, hidden or not, with what they may change and what a merge or a split needs."""

    id: int
    category_id: int
    # None for a former member, and for the community.
    author_id: int | None
    author_uuid: UUID | None
    author_name: str | None
    author_state: MemberState | None
    from_community: bool
    locale: str
    title: str
    intent: Intent
    content_note: str
    audience: Audience
    state: TopicState
    locked: bool
    pinned: bool
    last_number: int
    # The most readers that its category allows.
    widest_audience: Audience
    # Where the other topic of a merge stands; None while nobody named it.
    other_category_id: int | None = None

    @property
    def author_is_shown(self) -> bool:
        """Say whether the author's words and name are shown to anybody, moderators included."""
        return is_shown(self.author_state)


@dataclass(frozen=True, slots=True)
class PostAtWork:
    """A post for the moderators of its category, hidden or not."""

    id: int
    number: int
    author_id: int | None
    author_uuid: UUID | None
    author_name: str | None
    author_state: MemberState | None
    from_community: bool
    state: PostState
    markdown: str
    html: str
    topic_id: int
    topic_title: str
    starter_state: MemberState | None
    category_id: int

    @property
    def author_is_shown(self) -> bool:
        """Say whether the author's words and name are shown to anybody, moderators included."""
        return is_shown(self.author_state)


@dataclass(frozen=True, slots=True)
class WentOn:
    """Where the posts of a topic stand that was joined with another one."""

    topic_id: int
    topic_address: str
    # The first of them.
    post_address: str


class TopicWentOn(Conflict):
    """Moderators joined the topic with another one; ``went_on`` says where a reply can be sent."""

    def __init__(self, went_on: WentOn) -> None:
        super().__init__(
            _(
                "While you were writing, a moderator joined this topic with another one. Your words are still here."
            )
        )
        self.went_on = went_on


def hold_topics(session: Session, topic_ids: Sequence[int]) -> None:
    """Do as ``hold_topic`` for several, in the order in which everybody takes them.

    Queries: 1
    """
    session.execute(
        select(Topic.id).where(Topic.id.in_(topic_ids)).order_by(Topic.id).with_for_update()
    ).all()


def hold_topic(session: Session, topic_id: int) -> None:
    """Keep everybody else from changing the topic or its posts until this transaction ends.

    A command does this first and looks afterwards, so that what it decides on is still so when it writes. Whoever
    holds more takes topics by their ids first, then posts, then page stamps.

    Queries: 1
    """
    session.execute(select(Topic.id).where(Topic.id == topic_id).with_for_update())


def hold_topic_of(session: Session, post_id: int) -> int | None:
    """Do the same for the topic that a post stands in, and return its id.

    While this waits, moderators may put the post into another topic: see ``refuse_moved``.

    Queries: 1
    """
    return session.scalar(
        select(Topic.id)
        .join(Post, Post.topic_id == Topic.id)
        .where(Post.id == post_id)
        .with_for_update(of=Topic)
    )


def refuse_moved(held_topic_id: int | None, topic_id: int) -> None:
    """Raise Conflict where a post stands in another topic than the held one.

    To hold that one now would break the order in which topics are taken, and two could wait for each other.
    """
    if held_topic_id != topic_id:
        raise Conflict(_("This post was moved to another topic at this very moment. Send it once more."))


def visible_topic(session: Session, actor: Actor, topic_id: int) -> TopicSubject:
    """Return the topic if the actor may see it, else raise NotFound.

    Queries: 1
    """
    row = session.execute(
        select(Topic.id, Topic.category_id, Topic.author_id, Topic.locked).where(
            Topic.id == topic_id, topic_is_visible(actor)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return TopicSubject(*row)


def visible_post(session: Session, actor: Actor, post_id: int) -> PostSubject:
    """Return the post if the actor may read its text, else raise NotFound.

    Queries: 1
    """
    statement = _posts(actor).where(Post.id == post_id, topic_is_visible(actor), post_is_readable(actor))
    return _subject(session.execute(statement).one_or_none(), actor)


def post_to_take_back(session: Session, actor: Actor, post_id: int) -> PostSubject:
    """Return a post of the actor's own as long as its words are stored, whoever may see it; else as visible_post.

    Words that are held, hidden or out of sight still are their author's to erase.

    Queries: 1
    """
    own = Post.author_id == actor.member_id if actor.is_member else false()
    statement = _posts(actor).where(
        Post.id == post_id,
        or_(
            and_(own, Post.state != PostState.DELETED),
            and_(topic_is_visible(actor), post_is_readable(actor)),
        ),
    )
    return _subject(session.execute(statement).one_or_none(), actor)


def where_merged(session: Session, actor: Actor, topic_id: int) -> WentOn | None:
    """Return where the posts of a merged topic stand, or None if it wasn't merged or that isn't open to the actor.

    The line that a merge leaves behind knows its first post, wherever that was put later.

    Queries: 1
    """
    line, post, merged = aliased(Post), aliased(Post), aliased(Topic)
    row = session.execute(
        select(
            Topic.id,
            Topic.slug,
            Topic.audience,
            Topic.author_id,
            post.number,
            Member.state.label("starter_state"),
            opening_stands().label("opening_stands"),
        )
        .join(post, post.topic_id == Topic.id)
        .join(line, line.moved_to_id == post.id)
        .join(merged, merged.id == line.topic_id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .where(
            merged.id == topic_id,
            merged.state == TopicState.MERGED,
            line.number == 1,
            topic_is_visible(actor),
        )
    ).one_or_none()
    if row is None:
        return None
    title_stands = shows(actor, row.author_id, row.starter_state) and bool(row.opening_stands)
    address = topic_address(row.id, row.slug if title_stands else "", row.audience)
    return WentOn(row.id, address, post_address(address, row.number))


def topics_at_work(session: Session, actor: Actor, topic_ids: Sequence[int]) -> dict[int, TopicAtWork]:
    """Return those of the topics that the actor may work on, by their ids.

    Queries: 1
    """
    rows = session.execute(_at_work().where(Topic.id.in_(topic_ids), topic_is_worked_on(actor)))
    return {row.id: _topic_at_work(row) for row in rows}


def topic_at_work(session: Session, actor: Actor, topic_id: int) -> TopicAtWork:
    """Return the topic if the actor may work on it as a moderator, else raise NotFound.

    Queries: 1
    """
    found = topics_at_work(session, actor, [topic_id]).get(topic_id)
    if found is None:
        raise NotFound
    return found


def topic_named(session: Session, actor: Actor, topic_id: int) -> TopicAtWork | None:
    """Return a topic that a moderator named, also if they only see it: what they may do with it is a rule's to say.

    Queries: 1
    """
    row = session.execute(
        _at_work().where(Topic.id == topic_id, or_(topic_is_worked_on(actor), topic_is_visible(actor)))
    ).one_or_none()
    return _topic_at_work(row) if row else None


def topic_to_decide_on(session: Session, actor: Actor, topic_id: int) -> TopicAtWork:
    """Return the same to a moderator who had it on their page, and raise Conflict if it is gone since.

    Queries: 1
    """
    row = session.execute(_at_work().where(Topic.id == topic_id, topic_is_moderated(actor))).one_or_none()
    if row is None:
        raise NotFound
    if row.state is TopicState.DELETED:
        raise Conflict(_("Its author took this topic back. Nothing was changed."))
    if row.state is TopicState.MERGED:
        raise Conflict(_("Another moderator joined this topic with another one. Nothing was changed."))
    return _topic_at_work(row)


def post_at_work(session: Session, actor: Actor, post_id: int) -> PostAtWork:
    """Return the post if the actor may work on its topic as a moderator, else raise NotFound.

    Queries: 1
    """
    starter = aliased(Member)
    row: AnyRow | None = session.execute(
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Member.uuid,
            Member.name,
            Member.state,
            Post.from_community,
            Post.state,
            Post.markdown,
            Post.html,
            Topic.id,
            Topic.title,
            starter.state,
            Topic.category_id,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(starter, starter.id == Topic.author_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id == post_id, topic_is_worked_on(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    return PostAtWork(*row)


def _at_work() -> AnySelect:
    statement: AnySelect = select(
        Topic.id,
        Topic.category_id,
        Topic.author_id,
        Member.uuid.label("author_uuid"),
        Member.name.label("author_name"),
        Member.state.label("author_state"),
        Topic.from_community,
        Topic.locale,
        Topic.title,
        Topic.intent,
        Topic.content_note,
        Topic.audience,
        Topic.state,
        Topic.locked,
        Topic.pinned,
        Topic.last_number,
        Category.widest_audience,
    )
    return statement.join(Category, Category.id == Topic.category_id).outerjoin(
        Member, Member.id == Topic.author_id
    )


def _topic_at_work(row: AnyRow) -> TopicAtWork:
    return TopicAtWork(**(row._asdict() | {"pinned": bool(row.pinned)}))


def _posts(actor: Actor) -> AnySelect:
    starter = aliased(Member)
    return (
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Post.markdown,
            Topic.id.label("topic_id"),
            Topic.category_id,
            Topic.title.label("topic_title"),
            Topic.locked,
            Topic.slug.label("topic_slug"),
            Topic.audience,
            topic_is_visible(actor).label("topic_is_open"),
            starter.id.label("starter_id"),
            starter.state.label("starter_state"),
            opening_stands().label("opening_stands"),
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(starter, starter.id == Topic.author_id)
    )


def _subject(row: AnyRow | None, actor: Actor) -> PostSubject:
    if row is None:
        raise NotFound
    columns = row._asdict()
    columns["topic_is_open"] = bool(row.topic_is_open)
    starter = columns.pop("starter_id"), columns.pop("starter_state")
    opening = columns.pop("opening_stands")
    if not (shows(actor, *starter) and opening and row.topic_is_open):
        columns |= {"topic_title": "", "topic_slug": ""}
    return PostSubject(**columns)
