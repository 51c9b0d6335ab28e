"""What a display name may be, and when two of them look alike. Pure functions: who has which name is not known here.

A name is compared by its *key*: NFKC, case folding, and the skeleton of Unicode's look-alikes (UTS 39, section 4),
so that nobody can pass for another member with a Cyrillic letter or a one for an l.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable

from confusable_homoglyphs import categories, confusables

from forum.text.plain import limit_marks
from forum.text.translate import gettext as _

SHORTEST_NAME = 2
LONGEST_NAME = 30
LONGEST_KEY = 120
# What is typed beyond this is not even looked at: normalising is not cheap, and such a name is refused anyway.
LONGEST_TYPED = 200
# UTS 39 allows four marks on one letter; names that are only decorated have more than two.
MOST_MARKS_IN_A_ROW = 2

_SEPARATORS = "-_"
_SHARED_SCRIPTS = frozenset({"COMMON", "INHERITED"})
# Writing systems that use several scripts (UTS 39, section 5.1).
_TOGETHER = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "BOPOMOFO"}),
    frozenset({"HAN", "HANGUL"}),
)

# A name with one of these as a part speaks for the community.
_OFFICIAL = (
    "admin",
    "administrator",
    "alongside",
    "mod",
    "moderation",
    "moderator",
    "moderators",
    "official",
    "operator",
    "root",
    "staff",
    "sysadmin",
    "webmaster",
)
# A name made of nothing but these reads as the site itself, or as nobody.
_GENERAL = (
    "anonymous",
    "bot",
    "community",
    "deleted",
    "everyone",
    "facebook",
    "former",
    "forum",
    "google",
    "guest",
    "help",
    "helpdesk",
    "info",
    "me",
    "member",
    "members",
    "nobody",
    "none",
    "null",
    "owner",
    "removed",
    "safety",
    "security",
    "service",
    "site",
    "support",
    "system",
    "team",
    "undefined",
    "unknown",
    "visitor",
    "you",
)
# Long enough that they mean the same also in the middle of a word.
_OFFICIAL_ANYWHERE = ("administrator", "alongside", "moderator")

# A part of a provider's name counts as found in a chosen one from this many characters on.
_TELLING = 4


def tidy_name(typed: str) -> str:
    """Return the name as it is stored: NFKC, without white space at its edges, and cut where it is absurdly long."""
    normal = unicodedata.normalize("NFKC", limit_marks(typed.strip()[:LONGEST_TYPED]))
    return limit_marks(normal).strip()


def problem_with(name: str) -> str | None:
    """Return a sentence that says why a tidied name can't be used, or None when it can."""
    if len(name) < SHORTEST_NAME:
        return _("Choose a name of at least two characters.")
    if len(name) > LONGEST_NAME:
        return _("Choose a shorter name: at most 30 characters.")
    if not all(_is_letter(c) or _is_mark(c) or _is_digit(c) or c in _SEPARATORS for c in name):
        return _("A name can have letters, digits, - and _, and nothing else. Use - or _ instead of a space.")
    if not _is_readable(name):
        return _("A name needs letters or digits that people can read.")
    if not _is_one_script(name):
        return _("Use letters of one alphabet only, so that nobody can imitate another name.")
    if is_reserved(name):
        return _("This name could be taken for the people who run this community. Choose another one.")
    return None


def name_key(name: str) -> str:
    """Return what must be unique: two names with one key look alike or differ in case only."""
    key = name
    # Folding can make a character that has a look-alike, and the other way round; it settles within few rounds.
    for _round in range(4):
        folded = unicodedata.normalize("NFKC", key).casefold()
        apart = unicodedata.normalize("NFD", folded)
        seen = unicodedata.normalize("NFC", "".join(_prototypes().get(c, c) for c in apart).casefold())
        # A capital i is an l, and case doesn't count, so i and l are one. Separators are mistaken as easily.
        seen = seen.replace("i", "l").replace("_", "-")
        if seen == key:
            break
        key = seen
    return key


def is_reserved(name: str) -> bool:
    """Say whether the name could be taken for the people who run the community, or for the site itself."""
    # A digit may stand for a letter or beside a word, so both readings count.
    words = [name_key(word) for word in re.split(r"[-_]", name)]
    parts = _parts(name)
    if not _keys(_OFFICIAL).isdisjoint([*words, *parts]):
        return True
    wholes = {"".join(words), "".join(parts)}
    if any(whole in _keys(_OFFICIAL) | _keys(_GENERAL) or _compound().fullmatch(whole) for whole in wholes):
        return True
    return any(word in whole for word in _keys(_OFFICIAL_ANYWHERE) for whole in wholes)


def resembles(name: str, hints: Iterable[str]) -> bool:
    """Say whether a chosen name is like one that the provider told, wholly or in a telling part."""
    chosen = "".join(_parts(name))
    if not chosen:
        return False
    for hint in hints:
        parts = [part for part in _parts(hint) if part]
        whole = "".join(parts)
        if not whole:
            continue
        if chosen == whole or chosen in parts:
            return True
        if len(chosen) >= _TELLING and chosen in whole:
            return True
        if any(len(part) >= _TELLING and part in chosen for part in parts):
            return True
    return False


def _is_letter(c: str) -> bool:
    return unicodedata.category(c).startswith("L")


def _is_mark(c: str) -> bool:
    return unicodedata.category(c) in ("Mn", "Mc")


def _is_digit(c: str) -> bool:
    return unicodedata.category(c) == "Nd"


def _is_readable(name: str) -> bool:
    has_something = any(_is_letter(c) or _is_digit(c) for c in name)
    return has_something and not _has_loose_or_many_marks(name) and len(name_key(name)) <= LONGEST_KEY


def _has_loose_or_many_marks(name: str) -> bool:
    """Say whether a mark stands on nothing, or too many stand on one letter."""
    run = 0
    before = ""
    for c in name:
        if not _is_mark(c):
            run = 0
        else:
            run += 1
            if run > MOST_MARKS_IN_A_ROW or (run == 1 and not (before and _is_letter(before))):
                return True
        before = c
    return False


def _is_one_script(name: str) -> bool:
    scripts = {categories.alias(c) for c in name} - _SHARED_SCRIPTS
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        return False
    # Digits of two systems side by side are as misleading as two alphabets.
    return len({ord(c) - unicodedata.decimal(c) for c in name if _is_digit(c)}) <= 1


def _parts(text: str) -> list[str]:
    """Return the keys of a text's words: what stands between separators, digits and everything else."""
    words = "".join(c if _is_letter(c) or _is_mark(c) else " " for c in tidy_name(text)).split()
    return [name_key(word) for word in words]


@functools.cache
def _keys(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name_key(word) for word in words)


@functools.cache
def _compound() -> re.Pattern[str]:
    """Match names put together from reserved words alone, like SupportTeam."""
    words = {word for word in _keys(_OFFICIAL) | _keys(_GENERAL) if len(word) >= _TELLING}
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(words)))}){{2,}}")


@functools.cache
def _prototypes() -> dict[str, str]:
    """Return, for each character that looks like another, the one that stands for all of its kind.

    The data lists for each character its look-alikes, in both directions: what has several is the prototype.
    """
    likes: dict[str, set[str]] = {}
    for text, others in confusables.confusables_data.items():
        for other in others:
            # Right-to-left characters come wrapped in invisible marks.
            a, b = text.replace("\u200e", ""), other["c"].replace("\u200e", "")
            likes.setdefault(a, set()).add(b)
            likes.setdefault(b, set()).add(a)
    prototypes: dict[str, str] = {}
    for text, others in likes.items():
        if len(text) != 1 or len(others) > 1:
            continue
        (other,) = others
        # A pair has no middle: the longer one stands for both, or else the one that comes first.
        if len(likes[other]) > 1 or len(other) > 1 or other < text:
            prototypes[text] = other
    return prototypes
