"""What else to try where nothing was found. Words are suggested only out of what everybody may read anyway.

So a suggestion can tell nobody what stands in posts that they may not see. What is shown of them finds something among
what whoever asks may see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice, zip_longest

from sqlalchemy import exists, literal, or_, select, union_all
from sqlalchemy.orm import Session

from forum.database.rows import AnySelect
from forum.search.addresses import search_address
from forum.search.engines import engine_of
from forum.search.matching import Fits, newest
from forum.search.public_names import PublicNames, treatments_with
from forum.search.sought import is_common, sought
from forum.search.synonyms import Synonyms
from forum.search.syntax import Asked, Piece, typed
from forum.search.words import forms_of

# How many are looked up at most, and how many are shown.
MOST_TRIED = 10
MOST_SHOWN = 3
MOST_ALIKE = 3
# How alike two words have to be.
ALIKE = 0.75
# A shorter word is like too many others.
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something else to look for that finds something."""

    query: str
    address: str


@dataclass(frozen=True, slots=True)
class Idea:
    """Something else to look for. With ``narrowed`` it keeps what the search was narrowed by."""

    pieces: tuple[Piece, ...]
    narrowed: bool
    query: str


def ideas(asked: Asked, names: Iterable[str]) -> tuple[Idea, ...]:
    """Return what to try: a like word instead of each unknown one, all words anywhere, each word alone.

    ``names`` are what treatments, categories and conditions are called, and what we have other words for.
    """
    wanted = [piece for piece in asked.pieces if not piece.unwanted]
    vocabulary = _vocabulary(tuple(names))
    alike = (
        _idea(asked, _instead(asked.pieces, piece, word), narrowed=True)
        for piece in wanted
        for word in _like(piece.text, vocabulary)
    )
    tried = list(islice(alike, MOST_ALIKE))
    if len(tried) > 1:
        # Somebody who types in pain mistypes more than one word.
        likest = [next(iter(_like(piece.text, vocabulary)), piece.text) for piece in wanted]
        mended = [Piece(word, quoted=piece.quoted) for piece, word in zip(wanted, likest, strict=True)]
        unwanted = [piece for piece in asked.pieces if piece.unwanted]
        tried.insert(0, _idea(asked, [*mended, *unwanted], narrowed=True))
    if asked.narrowing and wanted:
        tried.append(_idea(asked, asked.pieces, narrowed=False))
    if any(piece.quoted for piece in wanted):
        loose = [Piece(word) for piece in wanted for word in piece.text.split()]
        tried.append(_idea(asked, loose, narrowed=False))
    telling = [piece for piece in wanted if piece.quoted or not is_common(piece.text)]
    if len(telling) > 1 or any(piece.unwanted for piece in asked.pieces):
        alone = [[piece, *map(Piece, _like(piece.text, vocabulary)[:1])] for piece in telling]
        # What was typed before what is like it.
        tried += [
            _idea(asked, [piece], narrowed=False)
            for pieces in zip_longest(*alone)
            for piece in pieces
            if piece
        ]
    return tuple({idea.query: idea for idea in tried}.values())[:MOST_TRIED]


def suggested(session: Session, fits: Fits, names: PublicNames, synonyms: Synonyms) -> tuple[Suggestion, ...]:
    """Return what else to look for, out of what finds something for this reader.

    Queries: 1, or none where there is nothing to suggest
    """
    tried = ideas(fits.asked, names.vocabulary(synonyms))
    lookups = [
        lookup
        for number, idea in enumerate(tried)
        if (lookup := _finds_something(session, fits, idea, synonyms, number)) is not None
    ]
    if not lookups:
        return ()
    good = sorted(session.execute(union_all(*lookups)).scalars())[:MOST_SHOWN]
    return tuple(Suggestion(tried[n].query, search_address(tried[n].query)) for n in good)


def _idea(asked: Asked, pieces: Sequence[Piece], *, narrowed: bool) -> Idea:
    return Idea(tuple(pieces), narrowed, typed(pieces, asked.narrowing if narrowed else ()))


def _instead(pieces: Sequence[Piece], one: Piece, word: str) -> list[Piece]:
    return [Piece(word) if piece == one else piece for piece in pieces]


def _like(text: str, vocabulary: frozenset[str]) -> list[str]:
    """Return at most two words like the one that was typed; none for one that is known, or for several."""
    word = text.casefold()
    if not SHORTEST <= len(word) <= 30 or " " in word or word in vocabulary:
        return []
    return get_close_matches(word, sorted(vocabulary), n=2, cutoff=ALIKE)


@lru_cache(maxsize=8)
def _vocabulary(names: tuple[str, ...]) -> frozenset[str]:
    """Return the words of names as one types them, those that tell something."""
    words = (word.strip("()[]/.,:;!?-–—&'’\"") for name in names for word in name.casefold().split())
    return frozenset(
        word for word in words if len(word) >= SHORTEST and forms_of(word, "") and not is_common(word)
    )


def _finds_something(
    session: Session, fits: Fits, idea: Idea, synonyms: Synonyms, number: int
) -> AnySelect | None:
    """Return a statement of one row where an idea finds a post or a treatment page, and of none where it doesn't."""
    words = sought(idea.pieces, synonyms).words
    if not words.terms:
        return None
    conditions = fits.visible() + (fits.narrowed() if idea.narrowed else [])
    post = newest(session, conditions, words).with_only_columns(literal(1)).limit(1)
    places = [exists(post)]
    if not (idea.narrowed and fits.asked.narrows_posts):
        places.append(exists(treatments_with(engine_of(session).found(words))))
    return select(literal(number)).where(or_(*places))
