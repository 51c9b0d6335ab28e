"""Words as the index has them: what of a text is a word, and which spellings and endings are the same word.

Both engines keep and look for exactly these, so that they find the same. Nothing here knows an engine, a document or
how somebody types what they look for.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from threading import Lock
from typing import Any, Final

import snowballstemmer

# Of the rules in this module and in ``documents``: one more whenever they make other words of a text than before.
RULES: Final = 1

# What is longer is cut: both engines have their limits, and nobody looks for it to its end.
LONGEST_WORD: Final = 64

# Stands where words don't follow one another: no phrase reaches across it, and nobody can look for it.
BREAK: Final = "."

_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its normal form, and which characters of the text it was made from."""

    form: str
    begins: int
    ends: int


def rules_version() -> str:
    """Return what says by which rules words are cut here. An index that another one made has other words."""
    return f"{RULES}, snowballstemmer {version('snowballstemmer')}"


def words_of(text: str, locale: str) -> list[Word]:
    """Return the words of a text in their order, in the normal form that the index has them in.

    Letters, digits and the marks on them make a word, whatever their case, width or accents; an apostrophe within it is
    dropped. Where writing has no spaces between words, each character is one. Endings go as the locale's language
    forms them; words with digits keep theirs.
    """
    algorithm = _ALGORITHMS.get(re.split(r"[-_]", locale)[0].lower(), "")
    found = []
    # An underscore counts as a letter in regular expressions, and as a space here.
    for run in _RUN.finditer(text.replace("_", " ")):
        begins = run.start()
        if run[0].isascii():
            plain = run[0].replace("'", "").lower()[:LONGEST_WORD]
            found.append(Word(_stem(algorithm, plain), begins, run.end()))
        else:
            found += [
                Word(_stem(algorithm, form), begins + first, begins + last)
                for form, first, last in _parted(run[0])
            ]
    return found


def forms_of(text: str, locale: str) -> list[str]:
    """Return the normal forms of a text's words, in their order."""
    return [word.form for word in words_of(text, locale)]


def _parted(run: str) -> Iterator[tuple[str, int, int]]:
    """Yield the normal forms in a run of letters, with their places in it: one, where its writing has spaces."""
    form, begins, ends = "", 0, 0
    for unit in _UNIT.finditer(run):
        for piece in _PIECES.findall(_normal(unit[0])):
            alone = _is_a_word_alone(piece[0])
            if form and alone:
                yield form[:LONGEST_WORD], begins, ends
                form = ""
            if alone:
                yield piece[:LONGEST_WORD], unit.start(), unit.end()
                continue
            if not form:
                begins = unit.start()
            form, ends = form + piece, unit.end()
    if form:
        yield form[:LONGEST_WORD], begins, ends


@lru_cache(maxsize=4096)
def _normal(unit: str) -> str:
    """Return a letter or digit and its marks as the index has it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", unit).casefold())
    kept, before = "", ""
    for character in folded:
        if character not in _DROPPED:
            kept += _without_marks(character)
    for character in kept:
        if unicodedata.category(character)[0] != "M":
            before += character
        elif not before or not _is_bare(before[-1]):
            # A mark stays where it is part of how the word is spelt.
            before += character
    return before


def _without_marks(character: str) -> str:
    """Return a digit as 0 to 9, a Latin, Greek or Cyrillic letter without its marks, and all else as it is."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if not _is_bare(character) or character in _LETTERS_OF_THEIR_OWN:
        return character
    bare = unicodedata.normalize("NFD", character)
    return "".join(_TYPED_AS.get(one, one) for one in bare if unicodedata.category(one)[0] != "M")


def _is_bare(character: str) -> bool:
    """Say whether a word is looked for without the marks on this letter: people leave them out as they type."""
    return any(first <= character <= last for first, last in _BARE)


def _is_a_word_alone(character: str) -> bool:
    return any(first <= character <= last for first, last in _WITHOUT_SPACES)


@lru_cache(maxsize=65536)
def _stem(algorithm: str, form: str) -> str:
    """Return a word without the endings of its language, where we know them and it isn't a number."""
    if not algorithm or any(character.isdigit() for character in form):
        return form
    with _ONE_AT_A_TIME:
        stemmed = _stemmer(algorithm).stemWord(form)
    # A word that is nothing but an ending is a word all the same.
    return str(stemmed)[:LONGEST_WORD] or form


@cache
def _stemmer(algorithm: str) -> Any:
    return snowballstemmer.stemmer(algorithm)


def _ranges(characters: Iterator[str]) -> str:
    """Return characters as what stands between the brackets of a regular expression."""
    ranges: list[list[str]] = []
    for character in characters:
        if ranges and ord(ranges[-1][1]) + 1 == ord(character):
            ranges[-1][1] = character
        else:
            ranges.append([character, character])
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)


# A stemmer keeps what it is working on in itself.
_ONE_AT_A_TIME = Lock()

# Latin, Greek and Cyrillic letters, and digits: what stands on them is often left out, or comes from an emoji.
_BARE = (
    ("0", "9"),
    ("A", "\u052f"),
    ("\u1c80", "\u1c8f"),
    ("\u1d00", "\u1dbf"),
    ("\u1e00", "\u1fff"),
    ("\u2c60", "\u2c7f"),
    ("\ua640", "\ua69f"),
    ("\ua720", "\ua7ff"),
    ("\uab30", "\uab6f"),
)
# Whoever writes these in their language never leaves the mark out, and its endings need it.
_LETTERS_OF_THEIR_OWN = frozenset("йў")
# Letters with a stroke, or joined, and how they are typed on a keyboard that lacks them.
_TYPED_AS = {
    "æ": "ae",
    "ð": "d",
    "ø": "o",
    "þ": "th",
    "đ": "d",
    "ħ": "h",
    "ı": "i",
    "ł": "l",
    "œ": "oe",
    "ŧ": "t",
}
# Thai, Lao, Burmese, Khmer, Chinese characters, kana.
_WITHOUT_SPACES = (
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u2e80", "\u2fdf"),
    ("\u3005", "\u3007"),
    ("\u3040", "\u312f"),
    ("\u31a0", "\u31ff"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\ua9e0", "\ua9ff"),
    ("\uaa60", "\uaa7f"),
    ("\uf900", "\ufaff"),
    ("\U0001b000", "\U0001b16f"),
    ("\U00020000", "\U0003ffff"),
)
# Within a word they are part of how it is typed, not of what it is.
_APOSTROPHES = "'\u2018\u2019\u02bb\u02bc\u05f3\u05f4\uff07"
# Soft hyphens, joiners and marks of direction; selectors of how an emoji looks.
_UNSEEN = "\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe00-\ufe0f\ufeff"
_SELECTORS = "\U000e0100-\U000e01ef"
# Arabic and Hebrew are read without their vowel signs; the stroke that stretches an Arabic word says nothing.
_VOWELS = (
    "\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
)
_DROPPED = frozenset(
    character
    for character in map(chr, [*range(0xAD, 0xFF10), *range(0xE0100, 0xE01F0)])
    if re.match(f"[{_APOSTROPHES}{_UNSEEN}{_SELECTORS}{_VOWELS}]", character)
)
# Marks, and what a Korean syllable is continued with where it is written letter by letter.
_MARKS = (
    _ranges(one for one in map(chr, range(0x300, 0x20000)) if unicodedata.category(one)[0] == "M")
    + "\u1160-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb\uff9e\uff9f"
)
_RUN = re.compile(
    rf"\w[\w{_MARKS}{_UNSEEN}{_SELECTORS}]*(?:[{_APOSTROPHES}]\w[\w{_MARKS}{_UNSEEN}{_SELECTORS}]*)*"
)
_UNIT = re.compile(rf"\w[{_MARKS}{_UNSEEN}{_SELECTORS}]*")
_PIECES = re.compile(rf"[\w{_MARKS}]+")
