"""The index on SQLite: a virtual table of FTS5, whose rows have the numbers of the documents."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    String,
    Subquery,
    column,
    delete,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from forum.database.rows import rows_changed
from forum.search.engine import Layout, Words
from forum.search.engines.asking import Signs, any_of, any_term, everything, plain
from forum.search.engines.layout import laid_out
from forum.search.models import SearchDocument

# How many pages are rewritten at once when words of documents that went are let go of: about 400 kB, some 20 ms.
PAGES_AT_ONCE: Final = 100

# What is looked for is compared with a column that is called like the table.
_INDEX = table(
    "search_words",
    column("rowid", Integer),
    column("title", String),
    column("body", String),
    column("search_words", String),
)
_SIGNS = Signs(
    phrase=lambda phrase: f'"{" ".join(map(plain, phrase))}"', all_of=" AND ", any_of=" OR ", but_not=" NOT "
)
_CHANGES = sql("SELECT total_changes()")
# A minus has all parts that the index has now made one, step by step: only then is nothing left of what went. The steps
# after the first have none: it would begin anew with whatever was written since, and on a busy forum never end.
_MERGE = sql("INSERT INTO search_words (search_words, rank) VALUES ('merge', :pages)")


class SqliteFts5:
    """The engine of SQLite."""

    def put(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """See ``Engine``."""
        if documents:
            session.execute(delete(_INDEX).where(_INDEX.c.rowid.in_(list(documents))))
            self.add(session, documents)

    def add(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """See ``Engine``."""
        rows = []
        for number, (title, body) in documents.items():
            kept_title, kept_body = laid_out(title, body)
            rows.append({"rowid": number, "title": " ".join(kept_title), "body": " ".join(kept_body)})
        if rows:
            session.execute(insert(_INDEX), rows)

    def found(self, words: Words) -> Subquery:
        """See ``Engine``."""
        titled = _INDEX.alias("titled")
        in_title = select(titled.c.rowid).where(
            _matches(titled.c.search_words, f"title : {any_term(words, _SIGNS)}")
        )
        return (
            select(_INDEX.c.rowid.label("document_id"), _INDEX.c.rowid.in_(in_title).label("in_title"))
            .where(_matches(_INDEX.c.search_words, everything(words, _SIGNS)))
            .subquery("found")
        )

    def lacks(self, document_id: SQLColumnExpression[int], words: Words) -> ColumnElement[bool]:
        """See ``Engine``."""
        unwanted = any_of(words.without, _SIGNS)
        if not unwanted:
            return document_id.is_not(None)
        return document_id.not_in(select(_INDEX.c.rowid).where(_matches(_INDEX.c.search_words, unwanted)))

    def kept(self, session: Session, document_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """See ``Engine``."""
        rows = session.execute(
            select(_INDEX.c.rowid, _INDEX.c.title, _INDEX.c.body).where(_INDEX.c.rowid.in_(document_ids))
        )
        return {row.rowid: (row.title, row.body) for row in rows}

    def forget_strays(self, session: Session) -> None:
        """See ``Engine``."""
        rows_changed(session, delete(_INDEX).where(_INDEX.c.rowid.not_in(select(SearchDocument.id))))

    def tidy(self, session: Session, *, begins: bool) -> bool:
        """See ``Engine``. What a merge changed beyond the command itself says that there was something to do."""
        before = session.execute(_CHANGES).scalar_one()
        session.execute(_MERGE, {"pages": -PAGES_AT_ONCE if begins else PAGES_AT_ONCE})
        return bool(session.execute(_CHANGES).scalar_one() - before < 2)


def _matches(index: ColumnElement[str], asked: str) -> ColumnElement[bool]:
    return index.bool_op("MATCH")(literal(asked, String))
