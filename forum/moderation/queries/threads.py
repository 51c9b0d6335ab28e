"""Topics as their moderators work on them: with what is out of sight, who decided that, and what can be done."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.audit_log.models import AuditEntry
from forum.community.addresses import POSTS_PER_PAGE, page_of, topic_address
from forum.community.arranging import MOST_TO_SPLIT
from forum.community.audiences import readers_label
from forum.community.bylines import face_to_show, name_to_show, role_label, title_to_show
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Category, Post, PostState, Topic, TopicState
from forum.community.queries.topics import CategoryLine, category_lines
from forum.community.subjects import PostAtWork, TopicAtWork, post_at_work, topic_at_work
from forum.community.visibility import is_shown
from forum.database.rows import AnyRow
from forum.errors import Conflict, NotFound
from forum.moderation.deciding import about_post, about_topic, fitting_post, fitting_topic
from forum.moderation.decisions import newest_decision
from forum.moderation.queries.log import LogLine, newest_entries
from forum.moderation.wording import name_of_action
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import can, require
from forum.text.slots import neutral
from forum.text.translate import gettext as _

ENTRIES_SHOWN = 10
# Enough of a post to know it again.
LONGEST_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class DeskAction:
    """Something that can be done now, on a page of its own."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class DeskPost:
    """A post as moderators see it. ``body`` is empty where there are no words, or none that anybody may read."""

    id: int
    number: int
    author_name: str | None
    author_face: str
    author_role_label: str
    written_at: datetime
    edited_at: datetime | None
    body: Markup | None
    # "hidden", "removed", "held", or "" where readers see it; a line says of others why there is nothing.
    standing: str
    line: str
    decision: LogLine | None
    actions: tuple[DeskAction, ...]

    @property
    def anchor(self) -> str:
        """Return the id of its element."""
        return f"post-{self.number}"


@dataclass(frozen=True, slots=True)
class DeskTopicPage:
    """A topic and one page of its posts, for its moderators."""

    id: int
    title: str
    # Where readers find it; empty while they don't.
    address: str
    work_address: str
    category_name: str
    category_address: str
    author_name: str | None
    # Who may read it, in a few words.
    readers: str
    state: TopicState
    locked: bool
    pinned: bool
    page: int
    pages: int
    posts: tuple[DeskPost, ...]
    actions: tuple[DeskAction, ...]
    entries: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class SplitChoice:
    """A post that can be split off."""

    id: int
    number: int
    author_name: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class TopicActionPage:
    """What a page needs that asks for a decision on a topic."""

    action: Action
    topic: TopicAtWork
    title: str
    seen: int
    author_name: str | None
    # For a move: the other categories, and where the topic came from last.
    categories: tuple[CategoryLine, ...]
    came_from: str
    # For a split: the posts of one page, which has as many as can be split off at once.
    posts: tuple[SplitChoice, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PostActionPage:
    """What a page needs that asks for a decision on a post."""

    action: Action
    post: PostAtWork
    title: str
    seen: int
    author_name: str | None
    body: Markup | None


def desk_address(topic_id: int, number: int = 1) -> str:
    """Return where moderators work on a topic, at one of its posts."""
    page = page_of(number)
    query = f"?page={page}" if page > 1 else ""
    anchor = f"#post-{number}" if number > 1 else ""
    return f"/moderation/topics/{topic_id}{query}{anchor}"


def desk_topic_page(session: Session, actor: Actor, topic_id: int, page: int) -> DeskTopicPage:
    """Return a page of a topic for its moderators. Raises NotFound for whoever isn't one of them.

    Queries: 5
    """
    topic = topic_at_work(session, actor, topic_id)
    pages = page_of(max(topic.last_number, 1))
    if not 1 <= page <= pages:
        raise NotFound
    row = session.execute(
        select(
            Category.name,
            Category.slug,
            Topic.slug.label("topic_slug"),
            HealthTerm.name.label("condition"),
        )
        .join(Topic, Topic.category_id == Category.id)
        .outerjoin(HealthTerm, HealthTerm.id == Topic.condition_id)
        .where(Topic.id == topic_id)
    ).one()
    posts = _posts(session, topic_id, page, POSTS_PER_PAGE)
    ids = [post.id for post in posts]
    newest = select(func.max(AuditEntry.id)).where(AuditEntry.post_id.in_(ids)).group_by(AuditEntry.post_id)
    decisions = {
        entry.post_id: entry
        for entry in newest_entries(session, actor, AuditEntry.id.in_(newest), POSTS_PER_PAGE)
    }
    # Of a topic that was joined with this one, only the joining belongs here.
    with_merged = select(Topic.id).where(or_(Topic.id == topic_id, Topic.merged_into_id == topic_id))
    about = and_(
        AuditEntry.topic_id.in_(with_merged),
        or_(AuditEntry.topic_id == topic_id, AuditEntry.action == Action.TOPIC_MERGE),
    )
    shown = topic.author_is_shown
    published = topic.state is TopicState.PUBLISHED
    return DeskTopicPage(
        id=topic_id,
        title=title_to_show(topic.title, shown),
        address=topic_address(topic_id, row.topic_slug if shown else "", topic.audience) if published else "",
        work_address=f"/moderation/topics/{topic_id}",
        category_name=row.name,
        category_address=f"/categories/{row.slug}",
        author_name=name_to_show(topic.author_name, topic.from_community, shown),
        readers=readers_label(topic.audience, row.condition or ""),
        state=topic.state,
        locked=topic.locked,
        pinned=topic.pinned,
        page=page,
        pages=pages,
        posts=tuple(_desk_post(post, topic, actor, decisions.get(post.id)) for post in posts),
        actions=tuple(
            DeskAction(name_of_action(action), action_address("topics", topic_id, action))
            for action in fitting_topic(topic)
            if can(actor, action, topic)
        ),
        entries=newest_entries(session, actor, about, ENTRIES_SHOWN),
    )


def topic_action_page(
    session: Session, actor: Actor, topic_id: int, action: Action, page: int = 1
) -> TopicActionPage:
    """Return what the page shows that asks for a decision on a topic.

    Raises NotFound, Forbidden, and Conflict where it can't be done as things stand.

    Queries: 2, for a move 4 and for a split 3
    """
    topic = topic_at_work(session, actor, topic_id)
    require(actor, action, topic)
    if action not in fitting_topic(topic):
        raise Conflict(_("This can't be done with the topic as it is now. Look at it again."))
    pages = (max(topic.last_number, 1) - 1) // MOST_TO_SPLIT + 1
    if not 1 <= page <= pages:
        raise NotFound
    shown = topic.author_is_shown
    moving, splitting = action is Action.TOPIC_MOVE, action is Action.TOPIC_SPLIT
    categories = category_lines(session) if moving else ()
    return TopicActionPage(
        action=action,
        topic=topic,
        title=title_to_show(topic.title, shown),
        seen=newest_decision(session, about_topic(topic_id)),
        author_name=name_to_show(topic.author_name, topic.from_community, shown),
        categories=tuple(line for line in categories if line.id != topic.category_id),
        came_from=_came_from(session, actor, topic_id, categories) if moving else "",
        posts=_choices(session, topic_id, page) if splitting else (),
        page=page,
        pages=pages,
    )


def post_action_page(session: Session, actor: Actor, post_id: int, action: Action) -> PostActionPage:
    """Return what the page shows that asks for a decision on a post.

    Raises NotFound, Forbidden, and Conflict where it can't be done as things stand.

    Queries: 2
    """
    post = post_at_work(session, actor, post_id)
    require(actor, action, post)
    if action not in fitting_post(post.state):
        raise Conflict(_("This can't be done with the post as it is now. Look at it again."))
    return PostActionPage(
        action=action,
        post=post,
        title=title_to_show(post.topic_title, is_shown(post.starter_state)),
        seen=newest_decision(session, about_post(post_id)),
        author_name=name_to_show(post.author_name, post.from_community, post.author_is_shown),
        body=neutral(post.html) if post.author_is_shown else None,
    )


def action_address(kind: str, number: int, action: Action) -> str:
    """Return the page of an action; its last word is that of the action's name."""
    return f"/moderation/{kind}/{number}/{action.value.rsplit(':', 1)[1]}"


def _posts(session: Session, topic_id: int, page: int, on_a_page: int) -> list[AnyRow]:
    return list(
        session.execute(
            select(
                Post.id,
                Post.number,
                Post.author_id,
                Post.from_community,
                Post.state,
                Post.html,
                Post.written_at,
                Post.edited_at,
                Member.name.label("author_name"),
                Member.role,
                Member.state.label("author_state"),
            )
            .outerjoin(Member, Member.id == Post.author_id)
            .where(
                Post.topic_id == topic_id,
                Post.number.between((page - 1) * on_a_page + 1, page * on_a_page),
            )
            .order_by(Post.number)
        )
    )


def _desk_post(row: AnyRow, topic: TopicAtWork, actor: Actor, decision: LogLine | None) -> DeskPost:
    # A paused or leaving member's words are nobody's to read, moderators included.
    shown = is_shown(row.author_state)
    stored = row.state not in (PostState.DELETED, PostState.MOVED)
    standing = row.state.value if row.state in (PostState.HELD, PostState.HIDDEN, PostState.REMOVED) else ""
    lines = {
        PostState.DELETED: _("Its author took this post back."),
        PostState.MOVED: _("This post was moved to another topic."),
    }
    return DeskPost(
        id=row.id,
        number=row.number,
        author_name=name_to_show(row.author_name, row.from_community, shown),
        author_face=face_to_show(row.author_name, row.from_community, shown),
        author_role_label=role_label(row.role) if shown else "",
        written_at=row.written_at,
        edited_at=row.edited_at,
        body=neutral(row.html) if stored and shown else None,
        standing=standing,
        line=lines.get(
            row.state, "" if shown else _("Its author's account rests, so this post is not shown.")
        ),
        decision=decision if standing else None,
        actions=tuple(
            DeskAction(name_of_action(action), action_address("posts", row.id, action))
            for action in fitting_post(row.state)
            if can(actor, action, topic)
        ),
    )


def _choices(session: Session, topic_id: int, page: int) -> tuple[SplitChoice, ...]:
    return tuple(
        SplitChoice(
            post.id,
            post.number,
            name_to_show(post.author_name, post.from_community, shown=True),
            _excerpt(post.html),
        )
        for post in _posts(session, topic_id, page, MOST_TO_SPLIT)
        if post.number > 1 and post.state is PostState.PUBLISHED and is_shown(post.author_state)
    )


def _excerpt(html: str) -> str:
    text = neutral(html).striptags()
    return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1].rstrip()}…"


def _came_from(session: Session, actor: Actor, topic_id: int, categories: tuple[CategoryLine, ...]) -> str:
    """Return the slug of the category that a topic stood in before its last move."""
    moves = and_(about_topic(topic_id), AuditEntry.action == Action.TOPIC_MOVE)
    for entry in newest_entries(session, actor, moves, 1):
        before = dict(entry.facts).get("from_category")
        return next((line.slug for line in categories if line.id == before), "")
    return ""
