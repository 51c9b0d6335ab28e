"""What feeds hold, read: the newest topics of all and of a category, the newest posts of a topic and on a treatment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, select, true, union_all
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import category_address, permalink, topic_address
from forum.community.models.threads import Audience, Category, Post, Topic
from forum.community.queries.threads import content_note_line
from forum.community.visibility import post_is_readable, topic_is_indexable
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.text.excerpts import first_words, shortened
from forum.text.translate import content_locale
from forum.text.translate import gettext as _
from forum.treatments.models import Treatment, TreatmentVersion
from forum.treatments.queries import treatment_address
from forum.treatments.visibility import version_in_force

ENTRIES = 30
LONGEST_SUMMARY = 300
LATEST = "/feeds/latest.atom"
# When a feed that never held anything was changed for the last time: Atom wants a moment.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: ``permalink`` is what it is known by for good, ``address`` where it is read."""

    permalink: str
    address: str
    title: str
    published: datetime
    updated: datetime
    summary: str
    category: str = ""
    category_slug: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its own address, and that of the page that shows the same to people."""

    address: str
    page: str
    title: str
    updated: datetime
    entries: tuple[Entry, ...]


def feed_of_category(slug: str) -> str:
    """Return the address of a category's feed."""
    return f"/feeds/categories/{slug}.atom"


def feed_of_topic(topic_id: int) -> str:
    """Return the address of a topic's feed."""
    return f"/feeds/topics/{topic_id}.atom"


def feed_of_treatment(slug: str) -> str:
    """Return the address of a treatment's feed."""
    return f"/feeds/treatments/{slug}.atom"


def latest_feed(session: Session) -> Feed:
    """Return the newest topics of all categories.

    Queries: 1
    """
    return _feed(LATEST, "/", _("Newest topics"), _topic_entries(session, _newest(true())))


def category_feed(session: Session, slug: str) -> Feed:
    """Return the newest topics of a category. Raises NotFound.

    Queries: 2
    """
    category = session.execute(select(Category.id, Category.name).where(Category.slug == slug)).one_or_none()
    if category is None:
        raise NotFound
    # Either with its own end, because the index of a category has the pinned ones apart.
    parts = [_newest(and_(Topic.category_id == category.id, Topic.pinned == pinned)) for pinned in (0, 1)]
    found = union_all(*(select(part.subquery()) for part in parts))
    entries = _topic_entries(session, select(found.subquery()))
    return _feed(feed_of_category(slug), category_address(slug), category.name, entries)


def topic_feed(session: Session, topic_id: int) -> Feed:
    """Return the newest posts of a topic. Raises NotFound for one that isn't for everybody to find.

    Queries: 2
    """
    topic = session.execute(_topic().where(Topic.id == topic_id, topic_is_indexable())).one_or_none()
    if topic is None:
        raise NotFound
    entries = _post_entries(session, topic)
    address = topic_address(topic_id, topic.slug, Audience.PUBLIC)
    return _feed(feed_of_topic(topic_id), address, topic.title, entries, topic.started_at)


def treatment_feed(session: Session, slug: str) -> Feed:
    """Return the page of a treatment as it was last published, and the newest posts of its discussion.

    Raises NotFound where no page is published.

    Queries: 2, 1 where the discussion isn't for everybody to find
    """
    row = session.execute(
        _topic()
        .add_columns(
            TreatmentVersion.title.label("page_title"),
            TreatmentVersion.summary,
            TreatmentVersion.published_at,
            topic_is_indexable().label("indexable"),
        )
        .join(Treatment, Treatment.topic_id == Topic.id)
        .join(TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
        .where(Treatment.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound
    page = treatment_address(slug)
    entry = Entry(
        permalink=page,
        address=page,
        title=row.page_title,
        published=row.published_at,
        updated=row.published_at,
        summary=shortened(" ".join(row.summary.split()), LONGEST_SUMMARY),
    )
    posts = _post_entries(session, row)[: ENTRIES - 1] if row.indexable else ()
    return _feed(feed_of_treatment(slug), page, row.page_title, (entry, *posts))


def _feed(address: str, page: str, title: str, entries: Iterable[Entry], begun: datetime = _NEVER) -> Feed:
    newest_first = tuple(sorted(entries, key=lambda entry: entry.published, reverse=True))
    updated = max([begun, *(entry.updated for entry in newest_first)])
    return Feed(address, page, title, updated, newest_first)


def _topic() -> AnySelect:
    """Return what a feed needs of topics, each outer-joined to whoever began it."""
    return (
        select(Topic.id, Topic.title, Topic.slug, Topic.content_note, Topic.started_at)
        .select_from(Topic)
        .outerjoin(Member, Member.id == Topic.author_id)
    )


def _newest(condition: ColumnElement[bool]) -> AnySelect:
    """Return the ids of the newest topics that everybody may find."""
    return (
        select(Topic.id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .where(condition, topic_is_indexable())
        .order_by(Topic.started_at.desc(), Topic.id.desc())
        .limit(ENTRIES)
    )


def _topic_entries(session: Session, ids: AnySelect) -> tuple[Entry, ...]:
    """Return topics as entries. Here a first post is joined to its own author, who need not have begun the topic."""
    wanted = ids.subquery()
    rows = session.execute(
        select(
            Topic.id,
            Topic.title,
            Topic.slug,
            Topic.content_note,
            Topic.started_at,
            Category.name,
            Category.slug.label("category_slug"),
            Post.html,
            Post.edited_at,
            post_is_readable().label("readable"),
        )
        .join(wanted, wanted.c.id == Topic.id)
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(Post, and_(Post.topic_id == Topic.id, Post.number == 1))
        .outerjoin(Member, Member.id == Post.author_id)
        .order_by(Topic.started_at.desc(), Topic.id.desc())
        .limit(ENTRIES)
    )
    return tuple(
        Entry(
            permalink=f"/topics/{row.id}",
            address=topic_address(row.id, row.slug, Audience.PUBLIC),
            title=row.title,
            published=row.started_at,
            updated=(row.edited_at if row.readable else None) or row.started_at,
            summary=_summary(row.html, row.content_note) if row.readable else "",
            category=row.name,
            category_slug=row.category_slug,
        )
        for row in rows
    )


def _post_entries(session: Session, topic: AnyRow) -> tuple[Entry, ...]:
    """Return the newest posts of a topic as entries.

    Queries: 1
    """
    rows = session.execute(
        select(Post.id, Post.number, Post.html, Post.written_at, Post.edited_at)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.topic_id == topic.id, post_is_readable())
        .order_by(Post.number.desc())
        .limit(ENTRIES)
    )
    return tuple(
        Entry(
            permalink=permalink(row.id),
            address=permalink(row.id),
            title=topic.title
            if row.number == 1
            else _("Reply #%(number)s: %(title)s", number=row.number, title=topic.title),
            published=row.written_at,
            updated=row.edited_at or row.written_at,
            summary=_summary(row.html, topic.content_note),
        )
        for row in rows
    )


def _summary(html: str, content_note: str) -> str:
    return content_note_line(content_note) if content_note else first_words(html, LONGEST_SUMMARY)
