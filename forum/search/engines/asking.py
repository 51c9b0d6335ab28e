"""How what is looked for is said to a database: words of letters, digits and marks alone, each between quotes.

The two say it with other signs; how the parts stand together is the same.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forum.search.engine import Phrase, Words


@dataclass(frozen=True, slots=True)
class Signs:
    """What one database writes for a phrase, and between several of them."""

    phrase: Callable[[Phrase], str]
    all_of: str
    any_of: str
    but_not: str


def plain(word: str) -> str:
    """Return a word as it is. Raises ValueError for anything that could mean something to a database."""
    if word.isalnum() or (word and all(unicodedata.category(character)[0] in "LMN" for character in word)):
        return word
    # The word itself is somebody's, and stands in no log.
    raise ValueError("A word is made of letters, digits and marks.")


def everything(words: Words, signs: Signs) -> str:
    """Return what all documents have in common that are looked for. Raises ValueError where there is no term."""
    terms = [one for one in (any_of(term.any_of, signs) for term in words.terms) if one]
    if not terms:
        raise ValueError("Without a term there is nothing to look up.")
    wanted = signs.all_of.join(terms)
    unwanted = any_of(words.without, signs)
    return f"({wanted}){signs.but_not}{unwanted}" if unwanted else wanted


def any_term(words: Words, signs: Signs) -> str:
    """Return what documents have in which any of the terms stands."""
    return any_of((phrase for term in words.terms for phrase in term.any_of), signs)


def any_of(phrases: Iterable[Phrase], signs: Signs) -> str:
    """Return what documents have in which one of the phrases stands; nothing where there is none."""
    said = [signs.phrase(phrase) for phrase in phrases if phrase]
    return f"({signs.any_of.join(said)})" if said else ""
