"""What somebody typed into the search box, taken apart: words, phrases, and what narrows a search.

Nothing typed is a mistake: what can't be read as anything else is words. How words become what an index is asked is in
``sought``; which categories and names there are is not known here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from forum.text.plain import tidy_line

# How much of what was typed is looked for, in characters; the box takes as many.
LONGEST_QUERY = 200

# Telephones type these for a plain quotation mark.
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))
_PIECE = re.compile(
    r"(?P<minus>-)?"
    r"(?:(?P<name>(?i:in|by|before|after|is)):)?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+))'
)
# Words before a colon that we don't know.
_UNKNOWN_NAME = re.compile(r"^([A-Za-z]+):")
_APART = re.compile(r"[\s()\[\]{}<>*^|=,;!?~+\"]+")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a phrase as it was typed."""

    text: str
    # Exactly these words, in this order.
    quoted: bool = False
    # It must not be there.
    unwanted: bool = False

    @property
    def typed(self) -> str:
        """Return how it is typed."""
        return f"{'-' if self.unwanted else ''}{_quoted(self.text) if self.quoted else self.text}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. The several categories and names are alternatives; all else has to be so."""

    # As it stands in the box afterwards.
    query: str = ""
    was_cut: bool = False
    pieces: tuple[Piece, ...] = ()
    rooms: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    # The first moment that is too late, and the first that is not too early.
    before: datetime | None = None
    after: datetime | None = None
    is_unanswered: bool = False
    is_treatment: bool = False
    # What was typed for a date and is none.
    wrong_dates: tuple[str, ...] = ()

    @property
    def narrows_posts(self) -> bool:
        """Say whether something is asked that only a post can be or have."""
        return bool(self.rooms or self.authors or self.before or self.after or self.is_unanswered)

    @property
    def narrowing(self) -> tuple[str, ...]:
        """Return what narrows the search, as it is typed."""
        return (
            *(f"in:{_quoted(room)}" for room in self.rooms),
            *(f"by:{_quoted(name)}" for name in self.authors),
            *([f"before:{self.before:%Y-%m-%d}"] if self.before else []),
            *([f"after:{self.after:%Y-%m-%d}"] if self.after else []),
            *(["is:unanswered"] if self.is_unanswered else []),
            *(["is:treatment"] if self.is_treatment else []),
        )


def read(typed: str) -> Asked:
    """Return what somebody looks for."""
    # More than a box takes is a program's, and tidying it all would be work for nothing.
    line = tidy_line(typed[: 2 * LONGEST_QUERY])
    query = line[:LONGEST_QUERY].strip()
    pieces: list[Piece] = []
    said: dict[str, list[str]] = {}
    wrong: list[str] = []
    moments: dict[str, datetime] = {}
    for match in _PIECE.finditer(query.translate(_QUOTATION_MARKS)):
        value = (match["quoted"] or match["bare"] or "").strip()
        name = (match["name"] or "").lower()
        if not value or not name or match["minus"] or not _is_known(name, value):
            pieces += _words(match, value)
        elif name in ("before", "after"):
            moment = _moment(value)
            if moment is None:
                wrong.append(value)
            else:
                moments[name] = moment
        else:
            said.setdefault(name, []).append(value)
    kinds = {value.lower().rstrip("s") for value in said.get("is", [])}
    return Asked(
        query=query,
        was_cut=len(typed) > 2 * LONGEST_QUERY or len(line) > LONGEST_QUERY,
        pieces=tuple(pieces),
        rooms=_once(said.get("in", [])),
        authors=_once(said.get("by", [])),
        before=moments.get("before"),
        after=moments.get("after"),
        is_unanswered="unanswered" in kinds,
        is_treatment="treatment" in kinds,
        wrong_dates=_once(wrong),
    )


def typed(pieces: Iterable[Piece], narrowing: Iterable[str] = ()) -> str:
    """Return how somebody would type this."""
    return " ".join([*narrowing, *(piece.typed for piece in pieces)])


def _is_known(name: str, value: str) -> bool:
    return name != "is" or value.lower() in ("unanswered", "treatment", "treatments")


def _words(match: re.Match[str], value: str) -> list[Piece]:
    """Return the words of a part of what was typed that narrows nothing."""
    unwanted = match["minus"] is not None
    if match["quoted"] is not None and not match["name"]:
        return [Piece(value, quoted=True, unwanted=unwanted)] if value else []
    if unwanted:
        return [Piece(match[0].removeprefix("-"), unwanted=True)]
    # What stands before and behind the colon of a way to narrow that we don't have, and between brackets, are words of
    # their own; what a hyphen or a point joins stays together.
    text = _UNKNOWN_NAME.sub(r"\1 ", match[0])
    return [Piece(part) for part in _APART.split(text) if part]


def _moment(value: str) -> datetime | None:
    """Return the beginning of a year, a month or a day."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _quoted(text: str) -> str:
    return f'"{text}"'


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
