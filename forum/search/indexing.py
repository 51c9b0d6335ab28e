"""Keeping the index: what is written, changed and taken back is found, found anew and found no more, at once.

Handlers run in the transaction of the command that announced the fact, whose topics are held; so nobody else writes the
same documents. All the rest is for the operator, who has the whole index made anew, or looked through.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.community.models.threads import Post, Topic
from forum.community.subjects import hold_topics
from forum.database.rows import rows_changed
from forum.database.session import Database
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
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand
from forum.search import documents
from forum.search.documents import Document
from forum.search.engines import engine_of
from forum.search.engines.layout import laid_out
from forum.search.models import SearchDocument
from forum.treatments.models import TreatmentVersion

# The errand that has an index let go of the words of what went.
TIDY = "search.tidy"
TIDY_EVERY = timedelta(days=1)
# More steps than any index needs; the next night goes on where this one stopped.
_MOST_STEPS = 20_000


# --- what follows from events ----------------------------------------------------------------------------


def put_post(session: Session, event: TopicStarted | PostPublished | PostEdited) -> None:
    """Have a post found by the words that it has now.

    Queries: 3 to 5
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

    Queries: 5 to 8
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

    Queries: 4, and 3 for each language
    """
    theirs = TreatmentVersion.treatment_id == event.treatment_id
    in_force = session.scalars(documents.versions_in_force().where(theirs)).all()
    of_it = select(TreatmentVersion.id).where(theirs, TreatmentVersion.id.not_in(in_force))
    rows_changed(session, delete(SearchDocument).where(SearchDocument.treatment_version_id.in_(of_it)))
    _put_versions(session, in_force)


# --- documents -------------------------------------------------------------------------------------------


def put_posts(session: Session, post_ids: Collection[int]) -> None:
    """Have posts found by the words that they have now, and those without any not at all. Their topics are held.

    Queries: 2, 1 where some have no words, and 1 to 3 for each other
    """
    session.flush()
    made = documents.posts(session, post_ids)
    gone = [post_id for post_id in post_ids if post_id not in made]
    if gone:
        rows_changed(session, delete(SearchDocument).where(SearchDocument.post_id.in_(gone)))
    there = {
        row.post_id: row.id
        for row in session.execute(
            select(SearchDocument.post_id, SearchDocument.id).where(SearchDocument.post_id.in_(made))
        )
    }
    for post_id, document in sorted(made.items()):
        number = there.get(post_id) or _number(session, {"post_id": post_id})
        engine_of(session).put(session, number, document.title, document.body)


def _put_versions(session: Session, version_ids: Collection[int]) -> None:
    """Do the same for versions of treatments' pages."""
    made = documents.versions(session, version_ids)
    there = {
        row.treatment_version_id: row.id
        for row in session.execute(
            select(SearchDocument.treatment_version_id, SearchDocument.id).where(
                SearchDocument.treatment_version_id.in_(made)
            )
        )
    }
    for version_id, document in sorted(made.items()):
        number = there.get(version_id) or _number(session, {"treatment_version_id": version_id})
        engine_of(session).put(session, number, document.title, document.body)


def _number(session: Session, of: dict[str, int]) -> int:
    return session.execute(insert(SearchDocument).values(of).returning(SearchDocument.id)).scalar_one()


def _first_of(session: Session, topic_id: int) -> Sequence[int]:
    return session.scalars(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).all()


# --- the whole index -------------------------------------------------------------------------------------


def posts_after(session: Session, post_id: int, limit: int) -> Sequence[int]:
    """Return the next posts, by their ids, whether or not they have words.

    Queries: 1
    """
    return session.scalars(select(Post.id).where(Post.id > post_id).order_by(Post.id).limit(limit)).all()


def missing_after(session: Session, post_id: int, limit: int) -> Sequence[int]:
    """Return the next posts, by their ids, that have words and can't be found.

    Queries: 1
    """
    is_there = exists().where(SearchDocument.post_id == Post.id)
    after = select(Post.id).where(Post.id > post_id, documents.has_words(), ~is_there)
    return session.scalars(after.order_by(Post.id).limit(limit)).all()


def put_anew(session: Session, post_ids: Collection[int]) -> None:
    """Do as ``put_posts``, for whoever holds nothing yet: nobody changes the posts until this transaction ends.

    Queries: 4, 1 where some have no words, and 1 to 3 for each other
    """
    topics = select(Post.topic_id).where(Post.id.in_(post_ids)).distinct().order_by(Post.topic_id)
    held: set[int] = set()
    while new := [topic_id for topic_id in session.scalars(topics) if topic_id not in held]:
        # More than once only where moderators put one of them into another topic while this waited.
        hold_topics(session, new)
        held.update(new)
    put_posts(session, post_ids)


def put_treatments_anew(session: Session) -> None:
    """Have all treatments' pages found by what is in force, and by nothing else.

    Queries: 4, and 1 to 3 for each page in each language
    """
    in_force = session.scalars(documents.versions_in_force()).all()
    of_versions = SearchDocument.treatment_version_id
    rows_changed(
        session, delete(SearchDocument).where(of_versions.is_not(None), of_versions.not_in(in_force))
    )
    _put_versions(session, in_force)


def lacks_treatments(session: Session) -> bool:
    """Say whether a page that is in force can't be found.

    Queries: 1
    """
    found = exists().where(SearchDocument.treatment_version_id == TreatmentVersion.id)
    return session.scalar(documents.versions_in_force().where(~found).limit(1)) is not None


def forget_strays(session: Session) -> None:
    """Let words go that belong to nothing.

    Queries: 1
    """
    engine_of(session).forget_strays(session)


def wrong_among(session: Session, post_ids: Collection[int]) -> list[int]:
    """Return those of these posts that are found by other words than they have.

    Queries: 3
    """
    return _wrong(session, post_ids, documents.posts(session, post_ids), SearchDocument.post_id)


def wrong_treatments(session: Session) -> list[int]:
    """Return the versions of treatments' pages of which the same is true.

    Queries: 5
    """
    column = SearchDocument.treatment_version_id
    in_force = session.scalars(documents.versions_in_force()).all()
    indexed = session.scalars(select(column).where(column.is_not(None))).all()
    made = documents.versions(session, in_force)
    return _wrong(session, {*in_force, *(one for one in indexed if one is not None)}, made, column)


def _wrong(
    session: Session, ids: Iterable[int], made: dict[int, Document], column: InstrumentedAttribute[int | None]
) -> list[int]:
    numbers = {
        row.of: row.id
        for row in session.execute(select(column.label("of"), SearchDocument.id).where(column.in_(list(ids))))
    }
    kept = engine_of(session).kept(session, numbers.values())

    def should_be(of: int) -> tuple[str, str] | None:
        if of not in made:
            return None
        title, body = laid_out(made[of].title, made[of].body)
        return " ".join(title), " ".join(body)

    return [
        of
        for of in sorted(ids)
        if (of in numbers) != (of in made) or kept.get(numbers.get(of, 0)) != should_be(of)
    ]


# --- at night --------------------------------------------------------------------------------------------


def tidying(database: Database) -> Errand:
    """Return the errand that has the index let go of the words of what went, a little at a time."""

    def read(_session: Session, _payload: Payload) -> Callable[[], None]:
        return tidy

    def tidy() -> None:
        for _step in range(_MOST_STEPS):
            with database.transaction() as session:
                if engine_of(session).tidy(session):
                    return

    return read
