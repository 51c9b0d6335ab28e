"""The whole index: made anew, looked through, and tidied at night. For the operator, and for an errand of every night.

What is written meanwhile keeps its own words in the index, by ``indexing``; the posts that are worked on are held.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.community.models.threads import Post
from forum.community.subjects import hold_topics
from forum.database.rows import rows_changed
from forum.database.session import Database
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand
from forum.search import documents
from forum.search.documents import Document
from forum.search.engines import engine_of
from forum.search.engines.layout import laid_out
from forum.search.indexing import put_posts, put_versions
from forum.search.models import SearchDocument, SearchRules
from forum.search.words import rules_version
from forum.treatments.models import TreatmentVersion

# The errand that has an index let go of the words of what went.
TIDY = "search.tidy"
TIDY_EVERY = timedelta(days=1)
# Whoever works through the whole index lets this many seconds pass between two transactions: SQLite hands its turn to
# nobody, so whoever writes beside this must find a gap.
PAUSE: Final = 0.05
# More steps than any index needs; the next night begins again.
_MOST_STEPS = 20_000


# --- making it anew --------------------------------------------------------------------------------------


def posts_after(session: Session, post_id: int, limit: int) -> Sequence[int]:
    """Return the next posts, by their ids, whether or not they have words.

    Queries: 1
    """
    return session.scalars(select(Post.id).where(Post.id > post_id).order_by(Post.id).limit(limit)).all()


def missing_after(session: Session, post_id: int, limit: int) -> Sequence[int]:
    """Return the next posts, by their ids, that have words and can't be found.

    Queries: 1
    """
    after = select(Post.id).where(Post.id > post_id, *_is_missing())
    return session.scalars(after.order_by(Post.id).limit(limit)).all()


def how_many_missing(session: Session) -> int:
    """Return how many posts have words and can't be found.

    Queries: 1
    """
    return session.execute(select(func.count()).select_from(Post).where(*_is_missing())).scalar_one()


def put_anew(session: Session, post_ids: Collection[int]) -> None:
    """Do as ``put_posts``, for whoever holds nothing yet: nobody changes the posts until this transaction ends.

    Queries: 5 to 10
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

    Queries: 4 to 7
    """
    in_force = session.scalars(documents.versions_in_force()).all()
    of_versions = SearchDocument.treatment_version_id
    rows_changed(
        session, delete(SearchDocument).where(of_versions.is_not(None), of_versions.not_in(in_force))
    )
    put_versions(session, in_force)


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


def _is_missing() -> tuple[ColumnElement[bool], ...]:
    return documents.has_words(), ~exists().where(SearchDocument.post_id == Post.id)


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


# --- by which rules it was made --------------------------------------------------------------------------


def note_rules(session: Session) -> None:
    """Keep by which rules the words in the index were cut: today's.

    Queries: 2
    """
    rows_changed(session, delete(SearchRules))
    session.execute(insert(SearchRules).values(version=rules_version()))


def is_empty(session: Session) -> bool:
    """Say whether nothing at all is in the index.

    Queries: 1
    """
    return session.scalar(select(SearchDocument.id).limit(1)) is None


def rules_differ(session: Session) -> bool:
    """Say whether words may have been cut by other rules than today's, so that not all that is there is found.

    Queries: 2
    """
    return session.scalar(select(SearchRules.version)) != rules_version() and not is_empty(session)


# --- at night --------------------------------------------------------------------------------------------


def tidying(database: Database) -> Errand:
    """Return the errand that has the index let go of the words of what went, a little at a time."""

    def read(_session: Session, _payload: Payload) -> Callable[[], None]:
        return tidy

    def tidy() -> None:
        for step in range(_MOST_STEPS):
            with database.transaction() as session:
                if engine_of(session).tidy(session, begins=step == 0):
                    return
            time.sleep(PAUSE)

    return read
