"""How a table of the matrix is written down, and what its words mean.

The columns are people (``people.WHO`` says who each is), the rows are states of what the route is about
(``community.STATES``), and a cell is what the request ends in. One word alone holds for everybody, two for visitors and
for all members. Where a row or a cell is missing, the module with the table fails to load.

``page`` the page; ``lead`` a redirect to a page; ``done`` it is done, and a redirect; ``login`` the way to the log-in
page, or 401 for what can't be asked again after it; ``no`` 403 with a reason; ``gone`` 404; ``late`` 409, somebody was
faster; ``wrong`` 422, a field is wrong; ``bad`` 400; ``over`` 410, the consent step is over; ``out`` 503.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.authorization.people import WHO
from tests.authorization.states import STATES

OUTCOMES = frozenset({"page", "lead", "done", "login", "no", "gone", "late", "wrong", "bad", "over", "out"})
# What nobody but its owner and moderators may know of: the same answer as for what isn't there, whatever it is.
SECRET = frozenset(
    {
        ("topic", "moderators only"),
        ("topic", "hidden"),
        ("topic", "removed"),
        ("topic", "deleted"),
        ("topic", "merged into hidden"),
        ("post", "moderators only"),
        ("post", "held"),
        ("post", "hidden"),
        ("post", "removed"),
        ("post", "deleted"),
        ("post", "moved"),
        ("post", "in hidden topic"),
        ("post", "author paused"),
        ("notice", "other's"),
        ("profile", "waiting"),
        ("profile", "paused"),
        *(
            (kind, state)
            for kind in ("report", "member", "note", "desk topic", "desk post")
            for state in STATES[kind]
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """What a kind of route answers, by the state of its subject and who asks."""

    name: str
    subject: str
    cells: Mapping[tuple[str, str], str]


class IncompleteTable(ValueError):
    """A table lacks a cell, or has one that means nothing."""


def table(name: str, subject: str, rows: str) -> Table:
    """Read a table. Raises IncompleteTable."""
    cells: dict[tuple[str, str], str] = {}
    for line in filter(None, map(str.strip, rows.splitlines())):
        state, _bar, words = line.partition("|")
        given = words.split()
        if len(given) <= 2:
            given = [given[0], *[given[-1]] * (len(WHO) - 1)]
        if len(given) != len(WHO) or not {*given} <= OUTCOMES:
            raise IncompleteTable(f"{name}: {line}")
        cells |= {(state.strip(), who): word for who, word in zip(WHO, given, strict=True)}
    wanted = {(state, who) for state in STATES[subject] for who in WHO}
    if wanted != {*cells}:
        raise IncompleteTable(f"{name}: {sorted(wanted ^ {*cells})}")
    return Table(name, subject, cells)


def everybody(word: str, members: str = "") -> Table:
    """Return the table of a route that is about nothing, and answers all members alike."""
    return table(word, "nothing", f"| {word} {members or word}")
