"""What in somebody's words may tell who they are: a phone number, an e-mail address, a street, a full name.

The composer asks about what is found here, and whoever writes decides: the button that sends then sends it as it is.
So it need not find everything, and it keeps quiet about what the community talks of all day: doses, dates, times,
values from the laboratory, numbers of posts and studies, and helplines, which people are glad to be given.

Phone numbers and e-mail addresses are found in the forms of many countries. Names and streets are told by the words
around them, and those are English words only: "my name is", "Dr", "Street". A name without such a word before it, in
small letters or in another language isn't found. Nothing is stored or logged, and no word leaves this process.

It takes time in proportion to the text: every pattern stops after a fixed number of characters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from forum.text.translate import gettext as _

# Nobody reads more than that above a form; the others are found the next time.
MOST_FOUND = 8


class GiveAwayKind(StrEnum):
    """What it seems to be that was found."""

    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    FULL_NAME = "full_name"


@dataclass(frozen=True, slots=True)
class GiveAway:
    """Words that may tell who somebody is, as they were typed."""

    kind: GiveAwayKind
    words: str

    @property
    def sentence(self) -> str:
        """Say what it looks like, with the words themselves."""
        match self.kind:
            case GiveAwayKind.PHONE:
                return _("“%(words)s” looks like a phone number.", words=self.words)
            case GiveAwayKind.EMAIL:
                return _("“%(words)s” looks like an e-mail address.", words=self.words)
            case GiveAwayKind.ADDRESS:
                return _("“%(words)s” looks like where somebody lives.", words=self.words)
            case GiveAwayKind.FULL_NAME:
                return _("“%(words)s” looks like somebody’s real name.", words=self.words)


# Where it begins, where it ends, and what it is.
_Find = tuple[int, int, GiveAwayKind]


def give_aways(*texts: str) -> tuple[GiveAway, ...]:
    """Return what may tell who somebody is, in the order of the texts, each once and at most eight.

    An empty answer doesn't mean that nothing does.
    """
    found: dict[GiveAway, None] = {}
    for text in texts:
        end = 0
        for start, stop, kind in sorted(_everything(text)):
            if start >= end:
                found[GiveAway(kind, " ".join(text[start:stop].split()))] = None
                end = stop
            if len(found) == MOST_FOUND:
                return tuple(found)
    return tuple(found)


def _everything(text: str) -> Iterator[_Find]:
    for pattern in _EMAILS:
        yield from ((*found.span(), GiveAwayKind.EMAIL) for found in pattern.finditer(text))
    yield from ((*span, GiveAwayKind.PHONE) for span in _phones(text))
    for pattern in _PLACES:
        yield from ((*found.span(), GiveAwayKind.ADDRESS) for found in pattern.finditer(text))
    yield from ((*span, GiveAwayKind.FULL_NAME) for span in _names(text))


# --- e-mail addresses ------------------------------------------------------------------------------------

_EMAILS = (
    # As programs read it, and as people write it so that programs don't: "somebody (at) example (dot) org".
    re.compile(
        r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@| ?[\[({] ?at ?[\])}] ?)[\w-]{1,63}"
        r"(?:(?:\.| ?[\[({] ?dot ?[\])}] ?)[\w-]{1,63}){1,5}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w.+%-])[\w.+%-]{1,64} at [\w-]{1,63} dot (?:[\w-]{1,63} dot )?[a-z]{2,10}\b", re.IGNORECASE
    ),
)


# --- phone numbers ---------------------------------------------------------------------------------------

# What stands between the digits of one number. A colon doesn't (times), nor a comma (lists), nor a line's end.
_GAP = r"[ \u00a0\u202f().\-–/]{0,3}"
# What a number isn't part of: a word (NCT01234567), a decimal, an address, "#345", a longer number.
_ALONE = r"(?<![\w.,#/+:–-])"
_ENDS = r"(?!\w|[.,:/–-]\d)"

# These hold digits and are no phone numbers, whatever is around them.
_NO_PHONES = re.compile(
    # Addresses, but not those that say whom to call.
    r"https?://(?!wa\.me/)\S+"
    # Dates in figures, with two marks that are the same.
    r"|(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2})(?!\d|[./-]\d)"
    # Years from and to.
    r"|(?<![\d./-])(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d(?!\d|[./-]\d)",
    re.ASCII,
)
_UNIT = re.compile(
    r" ?(?:%|(?:[mµμnk]?g|mcg|ml|m?l|dl|iu|units?|u|[mµμnp]?mol|cells?|copies|platelets|steps|kcal|calories|bpm|mmhg"
    r"|hours?|minutes?|days|weeks|months|years|people|times|tablets?|pills?|doses?|euros?|dollars?|pounds?)\b)",
    re.IGNORECASE,
)

_PHONES = (
    # "+44 7700 900123", "+1 (555) 234-5678", "+49 (0)30 901820", and "0049 …".
    re.compile(rf"(?<![\w+])\+ ?\(?\d(?:{_GAP}\d){{7,14}}{_ENDS}"),
    re.compile(rf"{_ALONE}00[1-9](?:{_GAP}\d){{8,13}}{_ENDS}"),
    re.compile(r"(?<=wa\.me/)\d{8,15}"),
    # With the nought that leads out of town: "07700 900123", "(020) 7946 0958", "06 12 34 56 78", "030/901820".
    re.compile(rf"{_ALONE}\(?0[1-9](?:{_GAP}\d){{7,10}}{_ENDS}"),
    # North America: "(415) 555-2671", "1-415-555-2671", "415.555.2671".
    re.compile(rf"{_ALONE}(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{{4}}{_ENDS}"),
    # Brazil, "(11) 91234-5678"; India, "98765 43210"; China, "138 1234 5678".
    re.compile(rf"{_ALONE}\([1-9]\d\) ?9?\d{{4}}[ -]\d{{4}}{_ENDS}"),
    re.compile(rf"{_ALONE}[6-9]\d{{4}}[ -]\d{{5}}{_ENDS}"),
    re.compile(rf"{_ALONE}1[3-9]\d[ -]\d{{4}}[ -]\d{{4}}{_ENDS}"),
    # Spain, Portugal and Poland: "612 345 678".
    re.compile(rf"{_ALONE}[5-9]\d\d([ -])\d{{3}}\1\d{{3}}{_ENDS}"),
    # In one piece. Fewer digits are as likely a count, or the number of a paper.
    re.compile(rf"{_ALONE}(?:[2-9]\d{{9}}|1[3-9]\d{{9}}){_ENDS}"),
    # "Call me on 412 34 567": what is too short to be sure of says so itself.
    re.compile(
        r"\b(?:(?:phone|telephone|mobile|whatsapp|cell(?= ?phone| number)) ?(?:number|no\b)?|tel\b|my number"
        r"|(?:call|ring|text|phone|reach|message|whatsapp|sms) (?:me|us|him|her|them|my \w{1,20}))"
        rf"[^\d\n]{{0,20}}(?<![\d#/.,])(?P<number>\d(?:{_GAP}\d){{6,14}}){_ENDS}",
        re.IGNORECASE,
    ),
)
_DIGIT = re.compile(r"(?![0-9])\d")
# Numbers that cost nothing are helplines and the like, not somebody's own; so are Europe's 116 123 and its sisters.
_FREE = re.compile(r"(?:\+44|0044|0)80[08]|\+?1?8(?:00|33|44|55|66|77|88)\d{7}$|(?:\+49|0049|0)800|116\d{3}$")


def _phones(text: str) -> Iterator[tuple[int, int]]:
    # Of the same length, so that what is found stands at the same place; and with the digits the patterns name.
    masked = _NO_PHONES.sub(lambda one: "_" * len(one[0]), _DIGIT.sub(lambda one: str(int(one[0])), text))
    for pattern in _PHONES:
        for found in pattern.finditer(masked):
            start, end = found.span("number") if "number" in pattern.groupindex else found.span()
            if _is_a_phone(masked[start:end]) and not _UNIT.match(masked, end):
                yield start, end


def _is_a_phone(number: str) -> bool:
    if _FREE.match(re.sub(r"[^\d+]", "", number)):
        return False
    groups = re.findall(r"\d+", number)
    if len(groups) > 1 and number[0] in "123456789" and all(group.endswith("0") for group in groups):
        # Round figures in a row are doses or steps.
        return False
    if len(groups) > 1 and all(_is_a_time(group) for group in groups):
        return False
    if len(groups) > 2 and all(len(group) <= 2 for group in groups) and not number.startswith("+"):
        # In pairs as the French write them, or else the hours of a day ("08.30 12.30 18.30").
        return len(set(re.findall(r"\D+", number))) == 1 and len(groups) in (4, 5)
    return True


def _is_a_time(group: str) -> bool:
    return len(group) == 4 and int(group[:2]) < 24 and int(group[2:]) < 60


# --- where somebody lives --------------------------------------------------------------------------------

_PLACES = (
    # "12 Oak Street", "7b St. Mary’s Road".
    re.compile(
        r"(?<![\w.,#/-])\d{1,5}[A-Za-z]?,? (?:[A-ZÀ-ÖØ-Þ][\w'’.-]{1,30} ){1,3}(?i:street|str|st|road|rd|avenue|ave|"
        r"lane|ln|drive|close|court|crescent|terrace|gardens|boulevard|blvd|place|square|way|grove|mews|row)\b"
    ),
    # "SW1A 2AA", which is a few houses in Britain.
    re.compile(r"(?<![\w.-])(?!\w{2,4} 5HT)[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?!\w)"),
    # "Springfield, IL 62704".
    re.compile(r"(?<!\w)[A-Z][\w'’-]{1,30},? [A-Z]{2} \d{5}(?:-\d{4})?(?![\w-])"),
)


# --- full names ------------------------------------------------------------------------------------------

_WHOSE = r"(?:my|his|her|their)(?: \w{1,20}(?:['’]s)?)?"
# Words before a name, and how many names there must be for it to be more than a first name or a made-up one.
_LEADS = (
    (
        re.compile(rf"\b{_WHOSE} name(?: is|['’]s| was) |\b(?:I['’]m|I am|I was) called |\bcall me ", re.I),
        2,
    ),
    (re.compile(r"\bmy (?:real|full|legal|last|family|maiden|sur) ?name(?: is|['’]s| was) ", re.I), 1),
    (re.compile(r"(?<!\w)(?:Dr|Mr|Mrs|Ms|Mx|Prof|Professor|Doctor)\b\.? ?(?=\w)"), 1),
    (re.compile(r"(?<!\w)(?:dr|mr|mrs|prof)\b\.? ?(?=\w)"), 1),
)
_WORD = re.compile(r"[^\W\d_][\w'’-]{0,30}\.?(?: |(?!\w))")
# They stand inside names, in small letters.
_PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "da", "di", "del", "la", "le", "al", "bin", "ibn", "zu"}
)
_MOST_WORDS = 5
# Everybody has seen that doctor.
_NOBODY = frozenset(
    {"google", "internet", "who", "youtube", "chatgpt", "i", "and", "or", "but", "says", "said"}
)


def _names(text: str) -> Iterator[tuple[int, int]]:
    for lead, fewest in _LEADS:
        for found in lead.finditer(text):
            names, end = _name_from(text, found.end())
            if names >= fewest:
                # A title belongs to what is shown; "my name is" doesn't.
                titled = lead.pattern.startswith("(?<!")
                yield (found.start() if titled else found.end()), end


def _name_from(text: str, start: int) -> tuple[int, int]:
    """Return how many words of a name follow there, and where the last of them ends."""
    names, end, place = 0, start, start
    for _step in range(_MOST_WORDS):
        found = _WORD.match(text, place)
        if found is None:
            break
        word = found[0].rstrip(" ")
        bare = word.rstrip(".").removesuffix("'s").removesuffix("’s")
        if bare[0].isupper() and bare.casefold() not in _NOBODY:
            names += 1
            end = place + len(bare)
        elif word not in _PARTICLES:
            break
        if word.endswith(".") and len(bare) > 1:
            # The sentence ends here; after an initial it goes on.
            break
        place = found.end()
    return names, end
