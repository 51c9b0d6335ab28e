"""The words to look for: one for each thing that not everybody may see, and how they are found in an answer."""

import html
import re
from collections.abc import Iterable, Mapping

from forum.community.models.people import FieldAudience
from forum.community.models.threads import Audience

# The topics by the readers that they have at first, as one word each.
TOPICS: dict[str, Audience] = {
    "public": Audience.PUBLIC,
    "unlisted": Audience.PUBLIC_UNLISTED,
    "members": Audience.MEMBERS,
    "condition": Audience.SAME_CONDITION,
    "moderators": Audience.MODERATORS_AND_AUTHOR,
}
FIELDS: dict[str, FieldAudience] = {one.value: one for one in FieldAudience}

# What there is of each topic. All but the reply is its author's. "quoted" stands in the first post, and is quoted
# elsewhere; "earlier" stood there before it was changed; "picture" is the name of the picture's file, or the file.
TITLE, OPENING, QUOTED, EARLIER = "title", "opening", "quoted", "earlier"
ALT, PICTURE, NOTE, REPLY = "alt", "picture", "note", "reply"
# The words that stand beside the quote: in a reply in the same topic, and in another topic for the same readers.
QUOTING, ELSEWHERE = "quoting", "elsewhere"
# Title and text of another topic of theirs for the same readers, which has no content note and no answer.
WAITS, ASKS = "waits", "asks"
# The name of whoever gave the first post a kind answer.
REACTED = "reacted"
OF_TOPICS = (
    TITLE,
    OPENING,
    QUOTED,
    EARLIER,
    ALT,
    PICTURE,
    NOTE,
    REPLY,
    QUOTING,
    ELSEWHERE,
    WAITS,
    ASKS,
    REACTED,
)

# What there is of each of three members' profiles, whose fields are for nobody, for members, and for everyone.
ABOUT, CONDITION, TREATMENT, COUNTRY, AGE = "about", "has", "takes", "country", "age"
OF_PROFILES = (ABOUT, CONDITION, TREATMENT, COUNTRY, AGE)

# What is the author's alone: what they are writing, what they noted for themselves, and the name of whom they blocked.
DRAFT, DRAFT_TITLE, BOOKMARK, BLOCKED = "draft", "draft title", "bookmark", "blocked"
PERSONAL = (DRAFT, DRAFT_TITLE, BOOKMARK, BLOCKED)

# A marker's name: what it is, and of which topic or profile ("" where it is the author's).
Name = tuple[str, str]

COUNTRIES = {"nobody": "Bhutan", "members": "Tuvalu", "everyone": "Andorra"}
AGES = {"nobody": "18–29", "members": "60–69", "everyone": "70 or older"}

# What everybody can choose is said to everybody; what was chosen is somebody's own.
_OFFERED = re.compile(r"<option(?![^>]*\bselected)[^>]*>[^<]*(</option>)?", re.IGNORECASE)


def word(part: str, of: str) -> str:
    """Return the word that stands for a part; letters alone, so that it is one word to every search."""
    return f"{part.replace(' ', '')}of{of or 'theirs'}zq"


def is_authors(name: Name) -> bool:
    """Say whether something goes out of sight with the author: it is theirs, or stands on what is."""
    part, of = name
    return of == "nobody" if part in OF_PROFILES else part not in (REPLY, QUOTING, ELSEWHERE)


def found_in(text: str, markers: Mapping[Name, str], among: Iterable[Name]) -> frozenset[Name]:
    """Return which of the markers stand in an answer, whatever its kind."""
    text = html.unescape(_OFFERED.sub("", text)).lower()
    return frozenset(name for name in among if markers[name].lower() in text)
