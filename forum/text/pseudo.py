"""Languages that nobody speaks, made from the English sentences as they are asked for. They find what was forgotten.

``en-XA`` is English that can still be read, with an accent on every letter, lengthened as translations are, and in
brackets: a sentence without accents is one that no translator would ever see, and one without its closing bracket was
cut off. ``ar-XB`` is English written from right to left, as Arabic and Hebrew are. Neither needs a catalogue.
"""

import re
from collections.abc import Callable

from babel.support import NullTranslations

# By BCP 47 tag: the regions XA and XB are nobody's.
ACCENTED, MIRRORED = "en-XA", "ar-XB"
# How much longer than English a translation may well be.
GROWTH = 1.35
OPENING, CLOSING = "⟦", "⟧"

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ACCENTED = "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
# Said twice where a sentence is still too short.
_VOWELS = frozenset("aeiouyAEIOUY")
_FILLER = "~"

# The right-to-left mark keeps a word's place; the override turns its letters round until the pop.
_TURN, _TURN_BACK = (
    "\N{RIGHT-TO-LEFT MARK}\N{RIGHT-TO-LEFT OVERRIDE}",
    "\N{POP DIRECTIONAL FORMATTING}\N{RIGHT-TO-LEFT MARK}",
)

# What is no word: a value to be filled in, a per cent sign that is escaped, an element, a character's name.
_KEPT = re.compile(r"(%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|%%|</?[a-zA-Z][^<>]*>|&#?\w+;)")


def _words_of(message: str, change: Callable[[str], str]) -> str:
    """Return the message with its words changed, and the rest as it is."""
    parts = _KEPT.split(message)
    # Every other part is what the pattern found.
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def accented(message: str) -> str:
    """Return the message with accents, about 35 % longer, and in brackets."""
    letters = len(_KEPT.sub("", message))
    missing = round(letters * (GROWTH - 1))

    def change(words: str) -> str:
        nonlocal missing
        changed = []
        for letter in words:
            changed.append(letter.translate(_ACCENTS))
            if missing > 0 and letter in _VOWELS:
                changed.append(letter.translate(_ACCENTS))
                missing -= 1
        return "".join(changed)

    longer = _words_of(message, change)
    return f"{OPENING}{longer}{_FILLER * missing}{CLOSING}" if message else ""


def mirrored(message: str) -> str:
    """Return the message with each of its words written from right to left."""
    return _words_of(message, lambda words: re.sub(r"[^\W\d_]+", rf"{_TURN}\g<0>{_TURN_BACK}", words))


class PseudoTranslations(NullTranslations):
    """A catalogue that has every sentence, because it makes each from the English one."""

    def __init__(self, change: Callable[[str], str]) -> None:
        super().__init__()
        self._change = change

    def ugettext(self, message: str) -> str:
        """Return the sentence, changed."""
        return self._change(message)

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        """Return the sentence for this number as English counts, changed."""
        return self._change(singular if num == 1 else plural)


PSEUDO = {ACCENTED: PseudoTranslations(accented), MIRRORED: PseudoTranslations(mirrored)}
