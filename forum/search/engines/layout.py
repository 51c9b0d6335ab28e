"""Where each word of a document stands in an index, within the limits of the stricter of the two databases.

PostgreSQL keeps the first 255 places of a word, and no place beyond 16,383. What it would leave out by itself is left
out for both, so that both find the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from forum.search.words import BREAK

# How often a word counts in a phrase. More often than that, the document is found by it all the same.
MOST_PLACES = 255
# Up to which place words can be found as phrases; those after it, one by one.
LAST_PLACE = 16_000
# The place of all words after that.
AFTERWARDS = 16_383


def laid_out(title: Sequence[str], body: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of title and body as they are kept, with a break where words don't follow one another."""
    often: Counter[str] = Counter()
    kept_title = _without_needless_breaks(_few_of_each(title, often))[:LAST_PLACE]
    # Between the two is a break.
    room = max(LAST_PLACE - len(kept_title) - 1, 0)
    # Breaks only come and go together with words, so that much of the body is enough to fill the room.
    kept = _without_needless_breaks(_few_of_each(body, often))
    head, rest = kept[:room], kept[room:]
    if head and head[-1] == BREAK:
        head.pop()
    known = {*head, BREAK}
    # They have no order of their own: all stand in the same place.
    tail = sorted(set(rest) - known)
    return kept_title, [*head, *(word for one in tail for word in (BREAK, one))]


def places(title: Sequence[str], body: Sequence[str]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return what ``laid_out`` made as words with their places, those of the title and those of the body."""
    in_title = [(word, place) for place, word in enumerate(title, 1) if word != BREAK]
    room = max(LAST_PLACE - len(title) - 1, 0)
    in_body = [
        (word, len(title) + 1 + place if place <= room else AFTERWARDS)
        for place, word in enumerate(body, 1)
        if word != BREAK
    ]
    return in_title, in_body


def put_together(placed: Iterable[tuple[int, str]]) -> list[str]:
    """Return words with their places as one list again, with a break wherever places are left out."""
    words: list[str] = []
    before = 0
    for place, word in sorted(placed):
        if words and (place != before + 1 or place == AFTERWARDS):
            words.append(BREAK)
        words.append(word)
        before = place
    return words


def _few_of_each(words: Iterable[str], often: Counter[str]) -> Iterator[str]:
    for word in words:
        often[word] += 1
        yield word if often[word] <= MOST_PLACES else BREAK


def _without_needless_breaks(words: Iterable[str]) -> list[str]:
    """Return words with no break at either end, and never two in a row."""
    kept: list[str] = []
    for word in words:
        if word != BREAK or (kept and kept[-1] != BREAK):
            kept.append(word)
    if kept and kept[-1] == BREAK:
        kept.pop()
    return kept
