"""The search, read: what is found, in which order, for whose eyes. The same statements whatever is looked for.

Which posts are found says ``matching``. What is looked for is stored and logged nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from forum import clock
from forum.accounts.models import Member
from forum.community.addresses import category_address, post_address, topic_address
from forum.community.audiences import readers_label
from forum.community.bylines import face_to_show, name_to_show, title_to_show
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Audience, Category, Post, Topic
from forum.community.queries.topics import CategoryLine, Wanted
from forum.community.visibility import (
    opening_stands,
    post_is_readable,
    shows,
    topic_is_met,
    topic_is_visible,
)
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor
from forum.search import ranking, syntax
from forum.search.addresses import search_address
from forum.search.engine import Phrase, Words
from forum.search.excerpts import excerpt, marked
from forum.search.matching import Fits, matches
from forum.search.public_names import FoundTreatment, public_names, shows_treatments
from forum.search.ranking import Hit
from forum.search.sought import Sought, sought
from forum.search.suggestions import Suggestion, suggested
from forum.search.synonyms import Synonyms
from forum.search.syntax import Asked
from forum.text.translate import gettext as _

# So many of the newest posts that fit are ranked, and no more are looked for: what most may read is found as quickly in
# a large forum. Where few of those with the words fit otherwise, or may be read by whoever asks, all are gone through.
AMONG = 2000
TOPICS_PER_PAGE = 20

# Made once: an alias of a table works out its columns anew whenever it is made.
_STARTER = aliased(Member)


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic in which something was found, with its best post."""

    title: Markup
    # Where that post stands.
    address: str
    category_name: str
    category_address: str
    # Who may read it, in a few words; "" where that is everybody.
    readers: str
    # "" where there is none, and where it is not shown with its author's words.
    content_note: str
    # Whether the excerpt is folded away.
    has_note: bool
    author_name: str | None
    author_face: str
    number: int
    written_at: datetime
    excerpt: Markup
    # How many other posts of the topic were found.
    more: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was looked for and what was found. Nothing is found, and nothing was looked for, without a word."""

    query: str
    # What is to be known about how the search was understood, a sentence each.
    remarks: tuple[str, ...] = ()
    # Whether there was something to look for.
    looked: bool = False
    treatments: tuple[FoundTreatment, ...] = ()
    categories: tuple[CategoryLine, ...] = ()
    topics: tuple[FoundTopic, ...] = ()
    page: int = 1
    pages: int = 0
    # Whether there may be older posts that fit and were not looked at.
    is_full: bool = False
    choice: Wanted = field(default_factory=Wanted)
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def found_nothing(self) -> bool:
        """Say whether it was looked in vain."""
        return self.looked and not (self.treatments or self.categories or self.topics)

    @property
    def first(self) -> int:
        """Return the place of this page's first topic among all."""
        return (self.page - 1) * TOPICS_PER_PAGE + 1

    @property
    def address(self) -> str:
        """Return the first page of what was found, without what has a content note where that is hidden."""
        return search_address(self.query)

    @property
    def with_notes_address(self) -> str:
        """Return the same with what has a content note."""
        return search_address(self.query, notes="show")

    @property
    def pages_address(self) -> str:
        """Return what the other pages' addresses begin with."""
        return self.with_notes_address if self.choice.show_notes else self.address


def search_page(
    session: Session,
    actor: Actor,
    typed: str,
    synonyms: Synonyms,
    *,
    number: int = 1,
    choice: Wanted | None = None,
    among: int = AMONG,
) -> SearchPage:
    """Return what the actor may see and what fits what was typed, a page of it: of the newest posts, ``among`` many.

    Queries: 3, 0 without anything to look for
    """
    choice = choice or Wanted()
    asked = syntax.read(typed)
    wanted = sought(asked.pieces, synonyms)
    remarks = _remarks(asked, wanted)
    looks = not wanted.is_empty or asked.narrows_posts or asked.is_treatment
    if not looks:
        if asked.query and not remarks:
            remarks.append(_("There is no word in this to look for. Words are made of letters or digits."))
        return SearchPage(asked.query, tuple(remarks), choice=choice)
    names = public_names(session, wanted.words if shows_treatments(asked, wanted) else Words())
    rooms = names.rooms(asked.rooms)
    remarks += [
        _("There is no category “%(name)s”, so we left that out.", name=room)
        for room, meant in rooms.items()
        if not meant
    ]
    category_ids = frozenset[int]().union(*rooms.values())
    if rooms and not category_ids and wanted.is_empty and not replace(asked, rooms=()).narrowing:
        return SearchPage(asked.query, tuple(remarks), choice=choice)
    fits = Fits(actor, asked, category_ids, choice.notes_are_hidden)
    found = matches(session, fits, wanted.words, among)
    hits = ranking.ranked(found, clock.now()) if wanted.words.terms else ranking.newest(found)
    pages = -(-len(hits) // TOPICS_PER_PAGE)
    number = max(1, min(number, pages))
    shown = hits[(number - 1) * TOPICS_PER_PAGE : number * TOPICS_PER_PAGE]
    page = SearchPage(
        query=asked.query,
        remarks=tuple(remarks),
        looked=True,
        treatments=names.treatments_for(asked, wanted) if number == 1 else (),
        categories=names.categories_for(asked, wanted) if number == 1 else (),
        topics=_topics(session, actor, shown, wanted.phrases),
        page=number,
        pages=pages,
        is_full=len(found) == among,
        choice=choice,
    )
    if not page.found_nothing:
        return page
    return replace(page, suggestions=suggested(session, fits, names, synonyms))


def _remarks(asked: Asked, wanted: Sought) -> list[str]:
    remarks = []
    if asked.was_cut or wanted.was_cut:
        remarks.append(_("That was longer than we can look for. We looked for its beginning."))
    remarks += [
        _(
            "“%(date)s” is no date we understand, so we left it out. Write 2026, 2026-03 or 2026-03-05.",
            date=date,
        )
        for date in asked.wrong_dates
    ]
    return remarks


def _topics(
    session: Session, actor: Actor, hits: Sequence[Hit], phrases: Sequence[Phrase]
) -> tuple[FoundTopic, ...]:
    """Return what is shown of topics that were found. Who may see what is asked once more, as it may have changed.

    Queries: 1, or none where nothing was found
    """
    if not hits:
        return ()
    rows = session.execute(
        select(
            Post.id,
            Post.number,
            Post.html,
            Post.written_at,
            Post.from_community,
            Member.name.label("author_name"),
            Topic.id.label("topic_id"),
            Topic.title,
            Topic.slug,
            Topic.locale,
            Topic.audience,
            Topic.content_note,
            HealthTerm.name.label("condition"),
            _STARTER.id.label("starter_id"),
            _STARTER.state.label("starter_state"),
            opening_stands().label("opening_stands"),
            Category.name.label("category_name"),
            Category.slug.label("category_slug"),
        )
        .join(Topic, Topic.id == Post.topic_id)
        .join(Category, Category.id == Topic.category_id)
        .outerjoin(HealthTerm, HealthTerm.id == Topic.condition_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(_STARTER, _STARTER.id == Topic.author_id)
        .where(
            Post.id.in_([hit.best.post_id for hit in hits]),
            topic_is_visible(actor),
            post_is_readable(actor),
            topic_is_met(actor),
        )
    )
    by_post = {row.id: row for row in rows}
    return tuple(
        _topic(actor, hit, by_post[hit.best.post_id], phrases) for hit in hits if hit.best.post_id in by_post
    )


def _topic(actor: Actor, hit: Hit, row: AnyRow, phrases: Sequence[Phrase]) -> FoundTopic:
    shown = shows(actor, row.starter_id, row.starter_state) and bool(row.opening_stands)
    topic = topic_address(row.topic_id, row.slug if shown else "", row.audience)
    # What stands for a title that is not shown is nothing that was looked for.
    in_title = phrases if row.title and shown else ()
    return FoundTopic(
        title=marked(title_to_show(row.title, shown), row.locale, in_title),
        address=topic if row.number == 1 else post_address(topic, row.number),
        category_name=row.category_name,
        category_address=category_address(row.category_slug),
        readers="" if row.audience is Audience.PUBLIC else readers_label(row.audience, row.condition or ""),
        content_note=row.content_note if shown else "",
        has_note=bool(row.content_note),
        author_name=name_to_show(row.author_name, row.from_community, shown=True),
        author_face=face_to_show(row.author_name, row.from_community, shown=True),
        number=row.number,
        written_at=row.written_at,
        excerpt=excerpt(row.html, row.locale, phrases),
        more=hit.more,
    )
