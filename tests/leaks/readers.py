"""Who may see what: the table that everything else is held against. It is written down here, and worked out nowhere.

A column is somebody who asks, a row is whom something is for. ``x`` they see it, ``.`` they don't. ``blocked`` was
blocked by the author, ``blocker`` blocked the author, ``withdrawn`` says that they have the condition and took back
that we may know it, ``here`` moderates the category in which everything stands, ``there`` another one.
"""

from collections.abc import Mapping
from typing import TypeAlias

ROLES = (
    "visitor",
    "member",
    "sharer",
    "author",
    "blocked",
    "blocker",
    "suspended",
    "withdrawn",
    "waiting",
    "supporter",
    "here",
    "there",
    "moderator",
    "administrator",
)

# Whom something is for, and who sees it then.
Readers: TypeAlias = Mapping[str, frozenset[str]]


class IncompleteTable(ValueError):
    """A row has not a cell for everybody, or a cell means nothing."""


def readers(rows: str) -> Readers:
    """Read a table. Raises IncompleteTable."""
    found: dict[str, frozenset[str]] = {}
    for line in filter(None, map(str.strip, rows.splitlines())):
        what, *cells = line.split()
        if len(cells) != len(ROLES) or not {*cells} <= {"x", "."}:
            raise IncompleteTable(line)
        found[what] = frozenset(role for role, cell in zip(ROLES, cells, strict=True) if cell == "x")
    return found


# What the author of a topic wrote, wherever a reader comes upon it.
AUTHORS = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    public                  x      x      x      x      .       .       x      x       x      x    x     x     x      x
    public-unlisted         x      x      x      x      .       .       x      x       x      x    x     x     x      x
    members                 .      x      x      x      .       .       x      x       .      x    x     x     x      x
    same-condition          .      .      x      x      .       .       .      .       .      .    x     .     x      x
    moderators-and-author   .      .      .      x      .       .       .      .       .      .    x     .     x      x
    """
)
# What somebody else wrote there, whom nobody blocked.
OTHERS = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    public                  x      x      x      x      x       x       x      x       x      x    x     x     x      x
    public-unlisted         x      x      x      x      x       x       x      x       x      x    x     x     x      x
    members                 .      x      x      x      x       x       x      x       .      x    x     x     x      x
    same-condition          .      .      x      x      .       .       .      .       .      .    x     .     x      x
    moderators-and-author   .      .      .      x      .       .       .      .       .      .    x     .     x      x
    """
)
# What an author wrote that may be found by everybody: what stands in lists for everybody, and titles in addresses.
FINDABLE = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    public                  x      x      x      x      .       .       x      x       x      x    x     x     x      x
    public-unlisted         .      .      .      .      .       .       .      .       .      .    .     .     .      .
    members                 .      .      .      .      .       .       .      .       .      .    .     .     .      .
    same-condition          .      .      .      .      .       .       .      .       .      .    .     .     .      .
    moderators-and-author   .      .      .      .      .       .       .      .       .      .    .     .     .      .
    """
)
# What is told to machines as if to a visitor, whoever asks: feeds, and sitemaps.
LISTED = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    public                  x      x      x      x      x       x       x      x       x      x    x     x     x      x
    public-unlisted         .      .      .      .      .       .       .      .       .      .    .     .     .      .
    members                 .      .      .      .      .       .       .      .       .      .    .     .     .      .
    same-condition          .      .      .      .      .       .       .      .       .      .    .     .     .      .
    moderators-and-author   .      .      .      .      .       .       .      .       .      .    .     .     .      .
    """
)
# What a stranger can read, whoever asks how it looks to one.
TO_STRANGERS = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    public                  x      x      x      x      x       x       x      x       x      x    x     x     x      x
    public-unlisted         x      x      x      x      x       x       x      x       x      x    x     x     x      x
    members                 .      .      .      .      .       .       .      .       .      .    .     .     .      .
    same-condition          .      .      .      .      .       .       .      .       .      .    .     .     .      .
    moderators-and-author   .      .      .      .      .       .       .      .       .      .    .     .     .      .
    """
)
# What somebody says of themselves, by whom they say it to. Those who are blocked, or block, find no profile at all.
PROFILES = readers(
    #                    visit. member sharer author blocked blocker susp. withdr. waiting supp. here there moder. admin
    """
    nobody                  .      .      .      x      .       .       .      .       .      .    .     .     .      .
    members                 .      x      x      x      .       .       x      x       .      x    x     x     x      x
    everyone                x      x      x      x      .       .       x      x       x      x    x     x     x      x
    """
)


def only(table: Readers, *roles: str) -> Readers:
    """Return a table that these people alone are left in."""
    return {what: who & {*roles} for what, who in table.items()}


def but(table: Readers, *roles: str) -> Readers:
    """Return a table without these people."""
    return {what: who - {*roles} for what, who in table.items()}


def always(*roles: str) -> Readers:
    """Return the table of what is for these people, whomever it is for otherwise."""
    return dict.fromkeys((*AUTHORS, *PROFILES, ""), frozenset(roles))


STAFF = ("here", "moderator", "administrator")
MINE = always("author")
NOBODY = always()
