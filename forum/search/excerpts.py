"""A few lines of what was found, around the words that were looked for, with these marked."""

from collections.abc import Collection, Iterator
from itertools import pairwise

from markupsafe import Markup, escape

from forum.search.engine import Phrase
from forum.search.words import Word, words_of
from forum.text.excerpts import plain_words

# How long an excerpt is at most, in characters: three lines or so.
LONGEST_EXCERPT = 240
# What is looked through of a very long post; its words further down are found all the same.
LOOKED_THROUGH = 20_000
# How much is shown before the first hit, so that one sees what it is about.
LEAD_IN = 60


def excerpt(html: str, locale: str, phrases: Collection[Phrase]) -> Markup:
    """Return the part of a post's words with most of what was looked for, or its beginning; without what it quotes."""
    text = plain_words(html)[:LOOKED_THROUGH]
    hits = _hits(text, locale, phrases)
    begins = _begin(text, [(begin, which) for begin, _end, which in hits])
    ends = _edge(text, begins + LONGEST_EXCERPT)
    shown = _marked(text, begins, ends, [(begin, end) for begin, end, _which in hits])
    return Markup("{}{}{}").format("… " if begins else "", shown, " …" if ends < len(text) else "")


def marked(text: str, locale: str, phrases: Collection[Phrase]) -> Markup:
    """Return a whole text with what was looked for marked."""
    hits = _hits(text, locale, phrases)
    return _marked(text, 0, len(text), [(begin, end) for begin, end, _which in hits])


def _hits(text: str, locale: str, phrases: Collection[Phrase]) -> list[tuple[int, int, Phrase]]:
    """Return where in the text something stands that was looked for, none within another."""
    by_first: dict[str, list[Phrase]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        by_first.setdefault(phrase[0], []).append(phrase)
    words = words_of(text, locale) if by_first else []
    return list(_found(words, by_first))


def _found(words: list[Word], by_first: dict[str, list[Phrase]]) -> Iterator[tuple[int, int, Phrase]]:
    n = 0
    while n < len(words):
        for phrase in by_first.get(words[n].form, ()):
            stretch = words[n : n + len(phrase)]
            if tuple(word.form for word in stretch) == phrase:
                yield stretch[0].begins, stretch[-1].ends, phrase
                n += len(phrase)
                break
        else:
            n += 1


def _begin(text: str, hits: list[tuple[int, Phrase]]) -> int:
    """Return where the excerpt with the most different hits, and then the most hits, begins."""
    if not hits or len(text) <= LONGEST_EXCERPT:
        return 0
    best, most = 0, (0, 0)
    end = 0
    for first in range(len(hits)):
        end = max(end, first)
        while end < len(hits) and hits[end][0] < hits[first][0] + LONGEST_EXCERPT - LEAD_IN:
            end += 1
        within = hits[first:end]
        here = (len({which for _begin, which in within}), len(within))
        if here > most:
            best, most = first, here
    begins = max(0, hits[best][0] - LEAD_IN)
    # Rather the whole beginning, or the whole end, than a few letters less of it.
    if begins < LEAD_IN:
        return 0
    begins = min(begins, len(text) - LONGEST_EXCERPT)
    return _after_space(text, begins, hits[best][0])


def _after_space(text: str, at: int, latest: int) -> int:
    space = text.find(" ", at, latest)
    return at if space < 0 else space + 1


def _edge(text: str, at: int) -> int:
    """Return the last end of a word that is not behind this place."""
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", max(0, at - LEAD_IN), at + 1)
    return at if space < 0 else space


def _marked(text: str, begins: int, ends: int, hits: list[tuple[int, int]]) -> Markup:
    """Return a part of a text with the hits in it marked."""
    inside = [(first, last) for first, last in hits if begins <= first and last <= ends]
    edges = [begins, *(edge for hit in inside for edge in hit), ends]
    # Every second stretch between two edges is a hit.
    return Markup("").join(
        Markup("<mark>{}</mark>").format(text[first:last]) if n % 2 else escape(text[first:last])
        for n, (first, last) in enumerate(pairwise(edges))
    )
