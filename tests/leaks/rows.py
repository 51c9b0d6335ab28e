"""What a row of the table of surfaces is, and the readers that many of them have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.leaks.readers import NOBODY, ROLES, STAFF, Readers, always, but

# Who is left of a table's readers on pages for members, and in composers.
_NO_MEMBERS = ("visitor",)
_NO_WRITERS = ("visitor", "suspended", "withdrawn", "waiting")
DESK = always(*STAFF)
# Where nothing shows to anybody: whoever would see it first.
SEE_MOST = ("visitor", "author", "administrator")
# Who looks again at what everybody looks at elsewhere: one of each kind that the tables tell apart in general.
IN_SHORT = (
    "visitor",
    "member",
    "sharer",
    "author",
    "blocked",
    "withdrawn",
    "supporter",
    "here",
    "administrator",
)
WHOLE_DESK = always("moderator", "administrator")


def signed_in(table: Readers) -> Readers:
    """Return a table's readers without those who have to log in first."""
    return but(table, *_NO_MEMBERS)


def writing(table: Readers) -> Readers:
    """Return those of a table's readers who may write."""
    return but(table, *_NO_WRITERS)


@dataclass(frozen=True, slots=True)
class Shows:
    """Parts that a surface shows, and to whom.

    ``at_rest`` says to whom the author's are shown once their account rests, ``once_narrower`` to whom when their topic
    has fewer readers than when it was begun, where that isn't as the table has it.
    """

    parts: tuple[str, ...]
    to: Readers
    at_rest: Readers
    once_narrower: Readers | None


@dataclass(frozen=True, slots=True)
class Surface:
    """A route, an address of it, and what shows there. With a form it is sent."""

    route: str
    address: str
    shows: tuple[Shows, ...] = ()
    form: Mapping[str, str] | None = None
    # Where it leads on is looked at, too.
    follow: bool = False
    who: tuple[str, ...] = ROLES


def shows(*what: str, to: Readers, at_rest: Readers = NOBODY, once_narrower: Readers | None = None) -> Shows:
    """Return what shows to the readers of a table."""
    return Shows(what, to, at_rest, once_narrower)


def at(route: str, address: str, *shown: Shows, follow: bool = False) -> Surface:
    """Return the row of a route at an address."""
    return Surface(route, address, shown, follow=follow, who=ROLES if shown else SEE_MOST)


def briefly(surface: Surface) -> Surface:
    """Return a row that one of each kind looks at: a second way to what everybody looks at elsewhere."""
    return replace(surface, who=IN_SHORT)


def sent(route: str, address: str, form: Mapping[str, str], *shown: Shows) -> Surface:
    """Return the row of a form that is answered with a page: the same as the one on which it stands."""
    return Surface(route, address, shown, form, who=(*SEE_MOST, "member", "blocked") if shown else SEE_MOST)


def nothing(*routes: str) -> tuple[Surface, ...]:
    """Return the rows of routes that show nothing of anybody's, at their own address."""
    return tuple(at(route, route) for route in routes)


def own(route: str, address: str, *shown: Shows, form: Mapping[str, str] | None = None) -> Surface:
    """Return the row of what only the author gets; others are refused alike, and few of them need to try."""
    return Surface(route, address, shown, form, who=(*SEE_MOST, "member", "here"))


def desk(route: str, address: str, *shown: Shows, form: Mapping[str, str] | None = None) -> Surface:
    """Return the row of a page for moderators: nobody else gets to any of them."""
    return Surface(route, address, shown, form, who=("author", "there", *STAFF))
