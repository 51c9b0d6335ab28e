"""Keeping the index: what is written, changed and taken back is found, found anew and found no more, at once.

Handlers run in the transaction of the command that announced the fact, whose topics are held; so nobody else writes the
same documents. What is done to the index as a whole is in ``whole_index``.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.community.models.threads import Post, Topic
from forum.database.rows import rows_changed
from forum.events import (
    PostDeleted,
    PostEdited,
    PostPublished,
    PostsErased,
    TopicChanged,
    TopicMerged,
    TopicSplit,
    TopicStarted,
    TreatmentPublished,
)
from forum.search import documents
from forum.search.documents import Document
from forum.search.engine import Layout
from forum.search.engines import engine_of
from forum.search.models import SearchDocument
from forum.treatments.models import TreatmentVersion

# --- what follows from events ----------------------------------------------------------------------------


def add_post(session: Session, event: TopicStarted | PostPublished) -> None:
    """Have a new post found by its words.

    Queries: 3
    """
    session.flush()
    _add(session, SearchDocument.post_id, documents.posts(session, [event.post_id]))


def put_post(session: Session, event: PostEdited) -> None:
    """Have a post found by the words that it has now.

    Queries: 3 or 4
    """
    put_posts(session, [event.post_id])


def forget_post(session: Session, event: PostDeleted) -> None:
    """Have a post found no more whose words were taken back, and its topic by the title that it has now.

    Queries: 4 to 6
    """
    put_posts(session, [event.post_id, *_first_of(session, event.topic_id)])


def forget_erased(session: Session, event: PostsErased) -> None:
    """Have those posts of a topic found no more whose words are gone, and the topic by the title that it has now.

    Queries: 5 to 7
    """
    gone = select(Post.id).where(Post.topic_id == event.topic_id, ~documents.has_words())
    rows_changed(session, delete(SearchDocument).where(SearchDocument.post_id.in_(gone)))
    put_posts(session, _first_of(session, event.topic_id))


def put_title(session: Session, event: TopicChanged) -> None:
    """Have a topic found by the title that it has now.

    Queries: 4 to 6
    """
    put_posts(session, _first_of(session, event.topic_id))


def put_merged(session: Session, event: TopicMerged) -> None:
    """Have the first post of a topic that went into another one found without the title, which went.

    Where the other one is in another language, the words of all its posts have other endings there.

    Queries: 5 to 9, however many there are
    """
    facts = select(Topic.id, Topic.locale, Topic.last_number).where(
        Topic.id.in_([event.topic_id, event.into_topic_id])
    )
    rows = {row.id: row for row in session.execute(facts)}
    went, into = rows[event.topic_id], rows[event.into_topic_id]
    first = into.last_number - went.last_number + 1
    came = select(Post.id).where(Post.topic_id == into.id, Post.number >= first).order_by(Post.id)
    if went.locale == into.locale:
        came = came.where(Post.number == first)
    put_posts(session, session.scalars(came).all())


def put_split(session: Session, event: TopicSplit) -> None:
    """Have the post that begins a topic now found by the title that it got.

    Queries: 4 to 6
    """
    put_posts(session, _first_of(session, event.new_topic_id))


def put_treatment(session: Session, event: TreatmentPublished) -> None:
    """Have a treatment's page found by the words of the versions that are in force.

    Queries: 4 to 8
    """
    theirs = TreatmentVersion.treatment_id == event.treatment_id
    in_force = session.scalars(documents.versions_in_force().where(theirs)).all()
    of_it = select(TreatmentVersion.id).where(theirs, TreatmentVersion.id.not_in(in_force))
    rows_changed(session, delete(SearchDocument).where(SearchDocument.treatment_version_id.in_(of_it)))
    put_versions(session, in_force)


# --- documents -------------------------------------------------------------------------------------------


def put_posts(session: Session, post_ids: Collection[int]) -> None:
    """Have posts found by the words that they have now, and those without any not at all. Their topics are held.

    Queries: 2 to 7
    """
    session.flush()
    made = documents.posts(session, post_ids)
    gone = [post_id for post_id in post_ids if post_id not in made]
    if gone:
        rows_changed(session, delete(SearchDocument).where(SearchDocument.post_id.in_(gone)))
    _put(session, SearchDocument.post_id, made)


def put_versions(session: Session, version_ids: Collection[int]) -> None:
    """Have versions of treatments' pages found by their words. Whoever publishes one is alone with it.

    Queries: 2 to 5
    """
    _put(session, SearchDocument.treatment_version_id, documents.versions(session, version_ids))


def _put(session: Session, column: InstrumentedAttribute[int | None], made: Mapping[int, Document]) -> None:
    if not made:
        return
    rows = session.execute(select(column.label("of"), SearchDocument.id).where(column.in_(list(made))))
    numbers = {row.of: row.id for row in rows}
    there = {of: document for of, document in made.items() if of in numbers}
    engine_of(session).put(session, {numbers[of]: _layout(document) for of, document in there.items()})
    _add(session, column, {of: document for of, document in made.items() if of not in there})


def _add(session: Session, column: InstrumentedAttribute[int | None], made: Mapping[int, Document]) -> None:
    """Give these documents, which have none, numbers in their order, and keep their words."""
    if not made:
        return
    # In one statement however many there are. Both databases number rows in the order in which they are put in, so that
    # numbers rise as the posts' do, and what is newest is found first.
    numbered = session.execute(
        insert(SearchDocument).returning(column.label("of"), SearchDocument.id),
        [{column.key: of} for of in sorted(made)],
    )
    engine_of(session).add(session, {row.id: _layout(made[row.of]) for row in numbered.all()})


def _layout(document: Document) -> Layout:
    return document.title, document.body


def _first_of(session: Session, topic_id: int) -> Sequence[int]:
    return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).all()
