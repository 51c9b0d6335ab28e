"""What both engines do: keep the words of documents, and say which documents have the words that are looked for."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, Subquery
from sqlalchemy.orm import Session

from forum.search.query import Words


class Engine(Protocol):
    """The index of one database. It knows no reader: what may be seen is said by whoever joins with what it finds."""

    def put(self, session: Session, document_id: int, title: Sequence[str], body: Sequence[str]) -> None:
        """Keep these words (in their normal form, in their order) for a document, in place of what it had."""

    def found(self, words: Words) -> Subquery:
        """Return the documents that have the words, as a subquery of ``document_id`` and ``in_title``.

        ``in_title`` is true where any of the terms stands in the title. There has to be a term.
        """

    def lacks(self, document_id: ColumnElement[int], words: Words) -> ColumnElement[bool]:
        """Say which documents have none of the phrases of ``words.without``; for a search without any term."""

    def kept(self, session: Session, document_id: int) -> tuple[str, str] | None:
        """Return the words that are kept for a document, as one string each for title and body, or None.

        What two engines keep for the same words reads differently; what one keeps for the same words, alike.
        """

    def tidy(self, session: Session) -> bool:
        """Let go of some of the words of documents that went, which an index keeps for a while; say whether it is done.

        Called again and again, each time in a transaction of its own, until it is.
        """
