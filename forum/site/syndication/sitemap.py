"""The sitemap (sitemaps.org, 0.9), read and written: an index, the pages, and topics by ranges of their numbers.

A range costs the same however many topics there are, and the index one look-up for each range that it names (longer
where many topics in a row are not for everybody). It names only ranges in which there is something to find, so that it
says nothing of what isn't.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import category_address, topic_address
from forum.community.models.threads import Audience, Category, Topic
from forum.community.visibility import topic_is_indexable
from forum.consent.queries import policies_in_force
from forum.database.rows import AnySelect
from forum.errors import NotFound
from forum.site.syndication.xml import child, document, moment
from forum.text.translate import DEFAULT_LOCALE, content_locale
from forum.treatments.models import Treatment, TreatmentVersion
from forum.treatments.queries import treatment_address
from forum.treatments.visibility import version_in_force

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
TOPICS_IN_A_RANGE = 2000
PAGES = "/sitemap/pages.xml"
# Pages that are always there.
_STANDING = ("/", "/about", "/help-now", "/categories", "/treatments")
# A range that far is beyond any key.
_LAST_RANGE = 2**62 // TOPICS_IN_A_RANGE


@dataclass(frozen=True, slots=True)
class Place:
    """An address in the sitemap, and when what is there changed, if that is known."""

    address: str
    changed_at: datetime | None = None


def ranges(session: Session) -> tuple[Place, ...]:
    """Return the parts of the sitemap: that of the pages, and each range of numbers with a topic to find in it.

    From the first such topic it goes to the first one behind its range, and so on.

    Queries: 1
    """
    first = _ids().limit(1).scalar_subquery()
    found = select(first.label("id")).cte("found", recursive=True)
    behind = ((found.c.id - 1) // TOPICS_IN_A_RANGE + 1) * TOPICS_IN_A_RANGE
    further = _ids().where(Topic.id > behind).limit(1).correlate(found).scalar_subquery()
    steps = found.union_all(select(further).where(found.c.id.is_not(None)))
    ids = session.scalars(select(steps.c.id).where(steps.c.id.is_not(None)).order_by(steps.c.id))
    return (
        Place(PAGES),
        *(Place(f"/sitemap/topics-{(topic_id - 1) // TOPICS_IN_A_RANGE + 1}.xml") for topic_id in ids),
    )


def pages(session: Session) -> tuple[Place, ...]:
    """Return every page that is no topic and is there for everybody.

    Queries: 3
    """
    policies = policies_in_force(session, DEFAULT_LOCALE)
    categories = session.scalars(select(Category.slug).order_by(Category.position))
    treatments = session.execute(
        select(Treatment.slug, TreatmentVersion.published_at)
        .join(TreatmentVersion, TreatmentVersion.id == version_in_force(content_locale()))
        .order_by(Treatment.id)
    )
    return (
        *(Place(address) for address in _STANDING),
        *(Place(policy.address_in_force) for policy in policies),
        *(Place(category_address(slug)) for slug in categories),
        *(Place(treatment_address(row.slug), row.published_at) for row in treatments),
    )


def topics(session: Session, number: int) -> tuple[Place, ...]:
    """Return the topics to find in a range of numbers. Raises NotFound where there is none.

    Queries: 1
    """
    if not 1 <= number <= _LAST_RANGE:
        raise NotFound
    last = number * TOPICS_IN_A_RANGE
    rows = session.execute(
        _ids()
        .add_columns(Topic.slug, Topic.last_activity_at)
        .where(Topic.id > last - TOPICS_IN_A_RANGE, Topic.id <= last)
    ).all()
    if not rows:
        raise NotFound
    return tuple(
        Place(topic_address(row.id, row.slug, Audience.PUBLIC), row.last_activity_at) for row in rows
    )


def index_of(parts: Iterable[Place], base_url: str) -> bytes:
    """Return the sitemap's index as a document."""
    return _written("sitemapindex", "sitemap", parts, base_url)


def map_of(places: Iterable[Place], base_url: str) -> bytes:
    """Return a part of the sitemap as a document."""
    return _written("urlset", "url", places, base_url)


def _written(whole: str, each: str, places: Iterable[Place], base_url: str) -> bytes:
    root = Element(whole, {"xmlns": NAMESPACE})
    for place in places:
        made = child(root, each)
        child(made, "loc", base_url + place.address)
        if place.changed_at is not None:
            child(made, "lastmod", moment(place.changed_at))
    return document(root)


def _ids() -> AnySelect:
    return (
        select(Topic.id)
        .outerjoin(Member, Member.id == Topic.author_id)
        .where(topic_is_indexable())
        .order_by(Topic.id)
    )
