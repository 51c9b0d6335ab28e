"""What else to try where nothing was found. Words are suggested only out of what everybody may read anyway.

So a suggestion can tell nobody what stands in posts that they may not see. Whether it finds something for whoever asks
is for ``queries`` to look up, among what they may see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice, zip_longest

from forum.search.syntax import Asked, Piece, typed
from forum.search.terms import is_common
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
