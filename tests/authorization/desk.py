"""What everybody gets of the pages of moderators and administrators, which don't exist for anybody else."""

from collections.abc import Mapping

from tests.authorization.states import STATES
from tests.authorization.tables import Table, table


def _table(name: str, subject: str, row: str, words: Mapping[str, Mapping[str, str]]) -> Table:
    """Return the table whose rows are all the same line, but for the words of each state."""
    lines = (f"{state} | {row.format_map(words.get(state, {}))}" for state in STATES[subject])
    return table(name, subject, "\n".join(lines))


#        visit. member supp. wait. turned susp. paused here     there    moder    admin    benched
ALL =   "login  gone   gone  gone  gone   gone  gone   {word}   {word}   {word}   {word}   no"  # fmt: skip
HERE =  "login  gone   gone  gone  gone   gone  gone   {word}   gone     {word}   {word}   no"  # fmt: skip
WHOLE = "login  gone   gone  gone  gone   gone  gone   gone     gone     {moder}  {admin}  no"  # fmt: skip
ADMIN = "login  gone   gone  gone  gone   gone  gone   gone     gone     gone     {word}   gone"  # fmt: skip


def _grid(subject: str, name: str, yes: str, rows: str) -> dict[str, Table]:
    """Return a table for each column of a grid: who answers for the category gets its words, and nobody else does.

    ``yes`` is what a cell that says so means; a word in its place is another outcome.
    """
    heading, *lines = filter(None, map(str.strip, rows.splitlines()))
    cells: dict[str, dict[str, Mapping[str, str]]] = {word: {} for word in heading.split()[1:]}
    for line in lines:
        state, _bar, given = line.partition("|")
        for word, outcome in zip(cells, given.split(), strict=True):
            cells[word][state.strip()] = {"word": yes if outcome == "yes" else outcome}
    return {word: _table(f"{name}: {word}, {yes}", subject, HERE, found) for word, found in cells.items()}


# --- about nothing in particular ------------------------------------------------------------------------------

DESK = _table("a page of every moderator", "nothing", ALL, {"": {"word": "page"}})
DESK_OF_ALL = _table(
    "a page of moderators of all categories", "nothing", WHOLE, {"": {"moder": "page", "admin": "page"}}
)
LOOK_UP = _table("looking a member up", "nothing", WHOLE, {"": {"moder": "lead", "admin": "lead"}})
ADMINISTRATION = {
    step: _table(f"administration: {step}", "nothing", ADMIN, {"": {"word": step}})
    for step in ("page", "done")
}

# What administrators keep: a room, or a condition on the list.
KEPT_LIST = {
    (subject, step): _table(
        f"a {subject} that administrators keep: {step}",
        subject,
        ADMIN,
        {"open": {"word": step}, "nowhere": {"word": "gone"}},
    )
    for subject in ("room", "term")
    for step in ("page", "done")
}

# --- topics and posts -----------------------------------------------------------------------------------------

TOPIC = _grid(
    "desk topic",
    "a topic at work",
    "page",
    """
    state           look
    other's         | yes
    own             | yes
    members only    | yes
    moderators only | yes
    locked          | yes
    pinned          | yes
    hidden          | yes
    removed         | yes
    deleted         | gone
    merged          | gone
    nowhere         | gone
    """,
)["look"]
ASK_ON_TOPIC = _grid(
    "desk topic",
    "the page that asks",
    "page",
    """
    state             lock  unlock pin   unpin move  hide  remove restore merge split
    other's         | yes   late   yes   late  yes   yes   yes    late    yes   yes
    own             | yes   no     yes   late  yes   yes   yes    no      yes   yes
    members only    | yes   late   yes   late  yes   yes   yes    late    yes   yes
    moderators only | yes   late   yes   late  yes   yes   yes    late    yes   yes
    locked          | late  yes    yes   late  yes   yes   yes    late    yes   yes
    pinned          | yes   late   late  yes   yes   yes   yes    late    yes   yes
    hidden          | yes   late   yes   late  yes   late  yes    yes     late  late
    removed         | yes   late   yes   late  yes   late  late   yes     late  late
    deleted         | gone  gone   gone  gone  gone  gone  gone   gone    gone  gone
    merged          | gone  gone   gone  gone  gone  gone  gone   gone    gone  gone
    nowhere         | gone  gone   gone  gone  gone  gone  gone   gone    gone  gone
    """,
)
# Whoever had the page before them is told what became of the topic. What is one's own, somebody else must look at.
ACT_ON_TOPIC = _grid(
    "desk topic",
    "deciding",
    "done",
    """
    state             lock  unlock pin   unpin move  hide  remove restore merge split
    other's         | yes   late   yes   late  yes   yes   yes    late    yes   yes
    own             | yes   no     yes   late  yes   yes   yes    no      yes   yes
    members only    | yes   late   yes   late  yes   yes   yes    late    yes   yes
    moderators only | yes   late   yes   late  yes   yes   yes    late    late  late
    locked          | late  yes    yes   late  yes   yes   yes    late    yes   yes
    pinned          | yes   late   late  yes   yes   yes   yes    late    yes   yes
    hidden          | yes   late   yes   late  yes   late  yes    yes     late  late
    removed         | yes   late   yes   late  yes   late  late   yes     late  late
    deleted         | late  late   late  late  late  late  late   late    late  late
    merged          | late  late   late  late  late  late  late   late    late  late
    nowhere         | gone  gone   gone  gone  gone  gone  gone   gone    gone  gone
    """,
)
PREVIEW_ON_TOPIC = _grid(
    "desk topic",
    "previewing",
    "page",
    """
    state             hide  merge split
    other's         | yes   yes   yes
    own             | yes   yes   yes
    members only    | yes   yes   yes
    moderators only | yes   late  late
    locked          | yes   yes   yes
    pinned          | yes   yes   yes
    hidden          | late  late  late
    removed         | late  late  late
    deleted         | gone  gone  gone
    merged          | gone  gone  gone
    nowhere         | gone  gone  gone
    """,
)
# Into a topic that one may read and does not answer for, and into one that isn't there, or hidden elsewhere.
MERGE_ELSEWHERE = table(
    "joining with another's topic",
    "nothing",
    "| login gone gone gone gone gone gone no gone done done no",
)
MERGE_NOWHERE = table(
    "joining with what one may not know of",
    "nothing",
    "| login gone gone gone gone gone gone wrong gone wrong wrong no",
)
ON_POST = {
    yes: _grid(
        "desk post",
        "a post at work",
        yes,
        """
    state             hide  remove restore
    other's         | yes   yes    late
    own             | yes   yes    no
    members only    | yes   yes    late
    held            | late  late   late
    hidden          | late  yes    yes
    removed         | late  late   yes
    deleted         | late  late   late
    moved           | late  late   late
    in hidden topic | yes   yes    late
    author paused   | yes   yes    late
    nowhere         | gone  gone   gone
    """,
    )
    for yes in ("page", "done")
}

# --- reports --------------------------------------------------------------------------------------------------

_REPORTS = """
    state    look  claim over  go    close preview
    open    | page  done  done  late  late  page
    own     | page  done  done  done  done  page
    other's | page  late  done  late  late  page
    closed  | page  late  late  late  late  page
    nowhere | gone  gone  gone  gone  gone  gone
"""
REPORT = _grid("report", "a report", "page", _REPORTS)

# --- members --------------------------------------------------------------------------------------------------


def _judging(name: str, rows: str) -> Table:
    """Return the table of what moderators of the whole community do with a member: theirs, and administrators' word."""
    words = {}
    for line in filter(None, map(str.strip, rows.splitlines())):
        state, _bar, given = line.partition("|")
        moder, admin = (given.split() * 2)[:2]
        words[state.strip()] = {"moder": moder, "admin": admin}
    return _table(name, "member", WHOLE, words)


def _each(word: str, nowhere: str = "gone") -> str:
    return "\n".join(f"{state} | {nowhere if state == 'nowhere' else word}" for state in STATES["member"])


MEMBER = _judging("a member, looked up", _each("page"))
# Nobody judges themselves, and only administrators judge moderators.
NOTE = _judging(
    "a note on a member",
    """
    other's     | done
    own         | no
    moderator's | no   done
    waiting     | done
    suspended   | done
    paused      | done
    nowhere     | gone
    """,
)
ASK_TO_JUDGE = _judging(
    "the page that asks before a member is judged",
    """
    other's     | page
    own         | no
    moderator's | no   page
    waiting     | page
    suspended   | page
    paused      | page
    nowhere     | gone
    """,
)
SUSPEND = _judging(
    "suspending",
    """
    other's     | done
    own         | no
    moderator's | no   done
    waiting     | done
    suspended   | late
    paused      | done
    nowhere     | gone
    """,
)
LIFT = _judging(
    "lifting a suspension",
    """
    other's     | late
    own         | no
    moderator's | no   late
    waiting     | late
    suspended   | done
    paused      | late
    nowhere     | gone
    """,
)
# There is nothing to take down of whom nobody sees.
CLEAR_PROFILE = _judging(
    "taking down what somebody says about themselves",
    """
    other's     | done
    own         | no
    moderator's | no   done
    waiting     | late
    suspended   | done
    paused      | late
    nowhere     | gone
    """,
)
TURN_AWAY = _judging(
    "turning a newcomer away",
    """
    other's     | late
    own         | no
    moderator's | no   late
    waiting     | done
    suspended   | late
    paused      | late
    nowhere     | gone
    """,
)
# Letting in harms nobody, so whom it is about is no question; but nobody waits who isn't waiting.
LET_IN = _judging(
    "letting a newcomer in",
    """
    other's     | late
    own         | late
    moderator's | late
    waiting     | done
    suspended   | late
    paused      | late
    nowhere     | gone
    """,
)
DELETE_NOTE = _table(
    "taking a note away",
    "note",
    WHOLE,
    {
        "own": {"moder": "done", "admin": "done"},
        "other's": {"moder": "gone", "admin": "done"},
        "nowhere": {"moder": "gone", "admin": "gone"},
    },
)
