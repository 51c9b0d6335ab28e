"""The index on PostgreSQL: a tsvector for each document, made of our own words, with a GIN index.

No text search configuration of the server's has a part in it: what a word is, ``words`` says. The weight A tells the
words of the title from those of the body.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    String,
    Subquery,
    bindparam,
    cast,
    column,
    delete,
    exists,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, insert
from sqlalchemy.orm import Session

from forum.database.rows import rows_changed
from forum.search.engine import Layout, Phrase, Words
from forum.search.engines.asking import Signs, any_of, any_term, everything, plain
from forum.search.engines.layout import laid_out, places, put_together
from forum.search.models import SearchDocument

_INDEX = table("search_words", column("document_id", BigInteger), column("words", TSVECTOR))
# A word with its places, as the database writes them.
_PLACED = re.compile(r"'([^']+)':([0-9A-D,]+)")


def _phrase(phrase: Phrase, of: str = "") -> str:
    quoted = [f"'{plain(word)}'{of}" for word in phrase]
    return f"({' <-> '.join(quoted)})"


_SIGNS = Signs(phrase=_phrase, all_of=" & ", any_of=" | ", but_not=" & !")
_IN_TITLE = Signs(phrase=lambda phrase: _phrase(phrase, ":A"), all_of=" & ", any_of=" | ", but_not=" & !")

_ADD = insert(_INDEX).values(
    document_id=bindparam("number", type_=BigInteger),
    words=cast(bindparam("written", type_=String), TSVECTOR),
)
_PUT = _ADD.on_conflict_do_update(index_elements=["document_id"], set_={"words": _ADD.excluded.words})


class PostgresqlTsvector:
    """The engine of PostgreSQL."""

    def put(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """See ``Engine``."""
        if documents:
            session.execute(
                _PUT, [{"number": one, "written": _written(*documents[one])} for one in documents]
            )

    def add(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """See ``Engine``."""
        self.put(session, documents)

    def found(self, words: Words) -> Subquery:
        """See ``Engine``."""
        return (
            select(
                _INDEX.c.document_id,
                _matches(_INDEX.c.words, any_term(words, _IN_TITLE)).label("in_title"),
            )
            .where(_matches(_INDEX.c.words, everything(words, _SIGNS)))
            .subquery("found")
        )

    def lacks(self, document_id: SQLColumnExpression[int], words: Words) -> ColumnElement[bool]:
        """See ``Engine``."""
        unwanted = any_of(words.without, _SIGNS)
        if not unwanted:
            return document_id.is_not(None)
        having = _INDEX.alias("having")
        return ~exists().where(having.c.document_id == document_id, _matches(having.c.words, unwanted))

    def kept(self, session: Session, document_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """See ``Engine``."""
        rows = session.execute(
            select(_INDEX.c.document_id, cast(_INDEX.c.words, String).label("words")).where(
                _INDEX.c.document_id.in_(document_ids)
            )
        )
        return {row.document_id: _read(row.words) for row in rows}

    def forget_strays(self, session: Session) -> None:
        """See ``Engine``. Here a key forbids them."""
        rows_changed(session, delete(_INDEX).where(_INDEX.c.document_id.not_in(select(SearchDocument.id))))

    def tidy(self, session: Session, *, begins: bool) -> bool:
        """See ``Engine``. Here it is VACUUM's, with all that went from other tables."""
        return True


def _written(title: Sequence[str], body: Sequence[str]) -> str:
    """Return the words of a document as the database reads a tsvector."""
    found: dict[str, list[str]] = {}
    in_title, in_body = places(*laid_out(title, body))
    for word, place in in_title:
        found.setdefault(plain(word), []).append(f"{place}A")
    for word, place in in_body:
        found.setdefault(plain(word), []).append(str(place))
    return " ".join(f"'{word}':{','.join(stands)}" for word, stands in found.items())


def _read(words: str) -> tuple[str, str]:
    """Return the words of title and body in their order, from how the database writes a tsvector."""
    title: list[tuple[int, str]] = []
    body: list[tuple[int, str]] = []
    for word, stands in _PLACED.findall(words):
        for place in stands.split(","):
            (title if place.endswith("A") else body).append((int(place.rstrip("A")), word))
    return " ".join(put_together(title)), " ".join(put_together(body))


def _matches(words: ColumnElement[str], asked: str) -> ColumnElement[bool]:
    return words.bool_op("@@")(cast(literal(asked, String), TSQUERY))
