"""What both engines are asked and what they do: keep the words of documents, and say which have those looked for.

What is asked is words in their normal form, with nothing left of how it was typed; ``sought`` makes it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery
from sqlalchemy.orm import Session

# The words of one document, those of its title and those of its body: in their normal form, in their order.
Layout: TypeAlias = tuple[Sequence[str], Sequence[str]]
# Words in their normal form (see ``words``) that follow one another.
Phrase: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that has to be there: any of these phrases, which mean the same."""

    any_of: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All of the terms have to be there, and none of ``without``. With no term at all nothing can be looked up."""

    terms: tuple[Term, ...] = ()
    without: tuple[Phrase, ...] = ()


class Engine(Protocol):
    """The index of one database. It knows no reader: what may be seen is said by whoever joins with what it finds."""

    def put(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """Keep these words for documents, by their numbers, in place of what they had.

        ``words.BREAK`` may stand among them.

        Queries: 1 or 2
        """

    def add(self, session: Session, documents: Mapping[int, Layout]) -> None:
        """Do the same for documents that have no words yet.

        Queries: 1
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

    def tidy(self, session: Session, *, begins: bool) -> bool:
        """Let go of some of the words of documents that went, which an index keeps for a while; say whether it is done.

        Called again and again, each time in a transaction of its own, until it is; ``begins`` says that this is the
        first time. What is written in between is left for the next.

        Queries: at most 3
        """
