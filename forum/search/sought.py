"""From what somebody typed to what an engine is asked: normal forms, little words left out, and other words for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from forum.search.engine import Phrase, Term, Words
from forum.search.synonyms import Synonyms
from forum.search.syntax import Piece
from forum.search.words import forms_of
from forum.text.translate import DEFAULT_LOCALE, content_locale

T = TypeVar("T")

MOST_TERMS = 12
# Whether words follow one another is looked up for each post that has them all, which takes long for common ones.
MOST_PHRASES = 4

# Words that nearly every post has. They count when nothing else was typed, and in a phrase.
_LITTLE_WORDS = """
a about am an and any are as at be been but by can could did do does for from had has have he her him his how i if in
into is it its me my of on or our she so than that the their them then there these they this to too us was we were what
when where which who why will with would you your
"""
_COMMON = frozenset(_LITTLE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Sought:
    """What an engine is asked, and what of it counts as a hit when words are marked."""

    words: Words
    # More was asked than is looked for.
    was_cut: bool = False

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Return all that is marked in what is shown."""
        return tuple(dict.fromkeys(phrase for term in self.words.terms for phrase in term.any_of))

    @property
    def is_empty(self) -> bool:
        """Say whether no word was asked for, nor against."""
        return not (self.words.terms or self.words.without)


def languages() -> tuple[str, ...]:
    """Return in whose forms words are looked for: the reader's language, and the one that most was written in."""
    return tuple(dict.fromkeys([content_locale(), DEFAULT_LOCALE]))


def sought(pieces: Sequence[Piece], synonyms: Synonyms) -> Sought:
    """Return what to look for: each word with its synonyms, phrases as they are, the first few of them."""
    quoted = list(dict.fromkeys(piece for piece in pieces if piece.quoted))
    needless = quoted[MOST_PHRASES:]
    pieces = [piece for piece in pieces if piece not in needless]
    wanted = [piece for piece in pieces if not piece.unwanted]
    meant = _meant(wanted, synonyms)
    telling = [n for n, piece in enumerate(wanted) if meant[n]]
    kept = [n for n in telling if wanted[n].quoted or not is_common(wanted[n].text)]
    terms = _once(Term(meant[n]) for n in kept or telling)
    without = _once(phrase for piece in pieces if piece.unwanted for phrase in _phrases(piece.text))
    return Sought(
        Words(terms[:MOST_TERMS], without[:MOST_TERMS]),
        was_cut=bool(needless) or len(terms) > MOST_TERMS or len(without) > MOST_TERMS,
    )


def is_common(text: str) -> bool:
    """Say whether this is a little word that tells nothing by itself."""
    return "".join(c for c in text.casefold() if c.isalnum()) in _COMMON


def _meant(wanted: Sequence[Piece], synonyms: Synonyms) -> list[tuple[Phrase, ...]]:
    """Return what each piece may be found as. What several words mean together, each of them may be found as.

    So somebody who types "pain pump" finds what has both words, wherever they stand, and what says it otherwise.
    """
    meant: list[dict[Phrase, None]] = [dict.fromkeys(_phrases(piece.text)) for piece in wanted]
    for locale in languages():
        forms = [tuple(forms_of(piece.text, locale)) for piece in wanted]
        n = 0
        while n < len(wanted):
            length, others = _longest(wanted, forms, n, synonyms, locale)
            for piece in range(n, n + length):
                meant[piece].update(dict.fromkeys(others))
            n += max(length, 1)
    return [tuple(phrases) for phrases in meant]


def _longest(
    wanted: Sequence[Piece], forms: Sequence[Phrase], begin: int, synonyms: Synonyms, locale: str
) -> tuple[int, tuple[Phrase, ...]]:
    """Return of how many pieces from there on a group of synonyms knows, and the others of the group."""
    together: Phrase = ()
    found: tuple[int, tuple[Phrase, ...]] = (0, ())
    for end in range(begin, len(wanted)):
        together += forms[end]
        if wanted[end].quoted or len(together) > synonyms.longest:
            break
        others = synonyms.others(together, locale)
        if others:
            found = (end - begin + 1, others)
    return found


def _phrases(text: str) -> list[Phrase]:
    """Return the forms of a text in each of the languages, none for a text without words."""
    every = (tuple(forms_of(text, locale)) for locale in languages())
    return list(dict.fromkeys(forms for forms in every if forms))


def _once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
