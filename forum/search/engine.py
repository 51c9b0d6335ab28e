"""What both engines do: keep the words of documents, and say which documents have the words that are looked for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery
from sqlalchemy.orm import Session

from forum.search.query import Words


class Engine(Protocol):
    """The index of one database. It knows no reader: what may be seen is said by whoever joins with what it finds."""

    def put(self, session: Session, document_id: int, title: Sequence[str], body: Sequence[str]) -> None:
        """Keep these words (in their normal form, in their order) for a document, in place of what it had.

        ``words.BREAK`` may stand among them.

        Queries: 1 or 2
        """

    def found(self, words: Words) -> Subquery:
        """Return the documents that have the words, as a subquery of ``document_id`` and ``in_title``.

        ``in_title`` is true where any of the terms stands in the title. There has to be a term.
        """

    def lacks(self, document_id: SQLColumnExpression[int], words: Words) -> ColumnElement[bool]:
        """Say which documents have none of the phrases of ``words.without``; for a search without any term."""

    def kept(self, session: Session, document_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """Return the words that are kept for documents, as one string each for title and body.

        It is what ``layout.laid_out`` makes of the words that were put. Of a document that has none, nothing is said.

        Queries: 1
        """

    def forget_strays(self, session: Session) -> None:
        """Let words go that belong to no document, which only a hand that reached past the keys leaves behind.

        Queries: 1
        """

    def tidy(self, session: Session) -> bool:
        """Let go of some of the words of documents that went, which an index keeps for a while; say whether it is done.

        Called again and again, each time in a transaction of its own, until it is.
        """
