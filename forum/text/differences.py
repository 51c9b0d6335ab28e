"""What is different between two versions of a page's text, as somebody can read it: paragraph by paragraph.

The texts are taken apart as readers see them (headings, paragraphs, entries of lists, rows of tables) and their marks
of Markdown are left out, but where a link leads is said. Inside a changed paragraph it is the words that are compared.
How it looks on a page is ``templates/privacy/differences.html``.

The time it takes is bounded by a number of steps that both texts share: where it is used up, what is left counts as
taken out and put in as a whole.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from markdown_it.token import Token

from forum.text.markdown import parse_page, parse_post

# Half a second of comparing or so, at worst. A policy of ten pages of which every paragraph was changed needs a tenth.
MOST_STEPS = 20_000_000
# Of two paragraphs that have fewer of their words in common, one is gone and the other is new.
ALIKE = 0.5
# How far one looks for what a new paragraph was before.
FARTHEST = 20
# Words between two changes that are read as a part of them: single words in between only make it hard to follow.
FEWEST_SAME_WORDS = 2
# Fewer unchanged parts in a row are shown; a line that says they are left out would take as long to read.
FEWEST_FOLDED = 2


class Form(StrEnum):
    """What a part of a text is."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ENTRY = "entry"
    ROW = "row"
    CODE = "code"


class Change(StrEnum):
    """What became of a part of a text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    # The same words, with other marks: a list became numbers, a word became bold.
    RESHAPED = "reshaped"
    # Unchanged parts that are left out.
    FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row, and whether they differ from the other version."""

    text: str
    differ: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the text. ``before`` and ``after`` hold the words on each side that has any.

    ``parts`` is how many parts it stands for: more than one where unchanged ones are folded.
    """

    change: Change
    form: Form
    before: tuple[Words, ...] = ()
    after: tuple[Words, ...] = ()
    parts: int = 1


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a text as it is read, and what it is made of: two parts are the same if both are."""

    form: Form
    text: str
    source: str


Thing = TypeVar("Thing", bound=Hashable)
# What is the same on both sides, and then what only the old side has and what only the new one.
_Run = tuple[tuple[Thing, ...], tuple[Thing, ...], tuple[Thing, ...]]


class _Steps:
    """How much comparing may still be done."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, steps: int) -> bool:
        """Take so many steps if there are as many, and say whether there were."""
        if steps > self._left:
            return False
        self._left -= steps
        return True


def differences(
    before: tuple[str, str], after: tuple[str, str], most_steps: int = MOST_STEPS
) -> tuple[Passage, ...]:
    """Return what is different, in the order of the text. Each version is its title and its Markdown.

    Unchanged parts far from any change are folded. It is empty where nothing that can be read differs.
    """
    return _found(_parts(*before), _parts(*after), most_steps)


def differences_of_posts(before: str, after: str, most_steps: int = MOST_STEPS) -> tuple[Passage, ...]:
    """Return the same for two versions of what a member wrote, as Markdown."""
    return _found([*_parts_of(parse_post(before))], [*_parts_of(parse_post(after))], most_steps)


def _found(old: list[_Part], new: list[_Part], most_steps: int) -> tuple[Passage, ...]:
    found = tuple(_compared(old, new, _Steps(most_steps)))
    return () if all(one.change is Change.SAME for one in found) else tuple(_folded(found))


# --- taking a text apart ---------------------------------------------------------------------------------


def _parts(title: str, markdown: str) -> list[_Part]:
    return [_Part(Form.TITLE, title, title), *_parts_of(parse_page(markdown))]


def _parts_of(tokens: list[Token]) -> Iterator[_Part]:
    # What is open around an inline text, the innermost last, and the cells of the row that is being read.
    around: list[str] = []
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "inline":
            if cells is not None:
                cells.append(_readable(token))
            elif text := _readable(token):
                yield _Part(_form(around), text, " ".join([*around, token.content]))
        elif token.type in ("fence", "code_block"):
            yield _Part(Form.CODE, " ".join(token.content.split()), token.content)
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            yield _Part(Form.ROW, " · ".join(cells), "\n".join(cells))
            cells = None
        if token.nesting == 1:
            around.append(token.tag)
        elif token.nesting == -1:
            around.pop()


def _form(around: list[str]) -> Form:
    if around and around[-1] in ("h1", "h2", "h3", "h4", "h5", "h6"):
        return Form.HEADING
    return Form.ENTRY if "li" in around else Form.PARAGRAPH


def _readable(inline: Token) -> str:
    """Return the words of an inline text, each link followed by where it leads."""
    said: list[str] = []
    leads_to: list[str] = []
    for token in inline.children or []:
        if token.type in ("text", "code_inline"):
            said.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif token.type == "link_open":
            leads_to.append(str(token.attrGet("href") or ""))
        elif token.type == "link_close" and leads_to:
            said.append(f" ({leads_to.pop()})")
    return " ".join("".join(said).split())


# --- comparing -------------------------------------------------------------------------------------------


def _compared(old: list[_Part], new: list[_Part], steps: _Steps) -> Iterator[Passage]:
    for same, gone, come in _runs(old, new, steps):
        for part in same:
            yield Passage(Change.SAME, part.form, after=(Words(part.text, differ=False),))
        yield from _paired(gone, come, steps)


def _paired(gone: Sequence[_Part], come: Sequence[_Part], steps: _Steps) -> Iterator[Passage]:
    """Give what was taken out and what was put in at one place; what is much alike was reworded."""
    first = 0
    for part in come:
        match = _like(part, gone, first, steps)
        if match is None:
            yield Passage(Change.ADDED, part.form, after=(Words(part.text, differ=True),))
            continue
        yield from map(_removed, gone[first:match])
        first = match + 1
        yield _changed(gone[match], part, steps)
    yield from map(_removed, gone[first:])


def _removed(part: _Part) -> Passage:
    return Passage(Change.REMOVED, part.form, before=(Words(part.text, differ=True),))


def _like(part: _Part, gone: Sequence[_Part], first: int, steps: _Steps) -> int | None:
    """Return the place of the first part from there on that has most of its words in common with this one."""
    wanted = Counter(part.text.split())
    for place in range(first, min(first + FARTHEST, len(gone))):
        other = gone[place].text.split()
        # Counting a word takes longer than a step of difflib's, and beginning to count takes as long as many words.
        if not steps.take(10 * (len(other) + 20)):
            return None
        # A heading that became a paragraph is read as two different things.
        if (gone[place].form is Form.HEADING) is not (part.form is Form.HEADING):
            continue
        common = (Counter(other) & wanted).total()
        if 2 * common >= ALIKE * (len(other) + wanted.total()):
            return place
    return None


def _changed(old: _Part, new: _Part, steps: _Steps) -> Passage:
    if old.text == new.text:
        return Passage(Change.RESHAPED, new.form, after=(Words(new.text, differ=False),))
    before: list[Words] = []
    after: list[Words] = []
    for same, gone, come in _joined(_runs(old.text.split(), new.text.split(), steps)):
        for side, words in ((before, gone), (after, come)):
            if same:
                side.append(Words(" ".join(same), differ=False))
            if words:
                side.append(Words(" ".join(words), differ=True))
    return Passage(Change.REWORDED, new.form, tuple(before), tuple(after))


def _joined(runs: Iterator[_Run[str]]) -> Iterator[_Run[str]]:
    """Give the runs; too few same words between two changes are read as a part of what changed around them."""
    waiting: _Run[str] = ((), (), ())
    for same, gone, come in runs:
        if len(same) < FEWEST_SAME_WORDS and (waiting[1] or waiting[2]) and (gone or come):
            waiting = (waiting[0], (*waiting[1], *same, *gone), (*waiting[2], *same, *come))
            continue
        yield waiting
        waiting = (same, gone, come)
    yield waiting


def _runs(old: Sequence[Thing], new: Sequence[Thing], steps: _Steps) -> Iterator[_Run[Thing]]:
    """Give what is the same, and then what the one has and what the other has in its place, to the end of both."""
    shorter = min(len(old), len(new))
    head = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    most = shorter - head
    tail = next((back for back in range(most) if old[-1 - back] != new[-1 - back]), most)
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    same: tuple[Thing, ...] = (*new[:head],)
    for what, old_from, old_to, new_from, new_to in _opcodes(gone, come, steps):
        if what == "equal":
            same = (*same, *come[new_from:new_to])
            continue
        yield same, (*gone[old_from:old_to],), (*come[new_from:new_to],)
        same = ()
    yield (*same, *new[len(new) - tail :]), (), ()


def _opcodes(
    gone: Sequence[Thing], come: Sequence[Thing], steps: _Steps
) -> Sequence[tuple[str, int, int, int, int]]:
    """Return what difflib says, or that all of it differs where it would take too long to say more."""
    counted = Counter(come)
    pairs = sum(count * counted[thing] for thing, count in Counter(gone).items())
    # It looks for the longest common run anew in what is left on both sides of one, at worst for each single thing.
    if steps.take((len(gone) + len(come) + pairs) * min(len(gone), len(come))):
        return SequenceMatcher(None, gone, come, autojunk=False).get_opcodes()
    return [("replace", 0, len(gone), 0, len(come))]


# --- leaving out what is the same ------------------------------------------------------------------------


def _folded(found: Sequence[Passage]) -> Iterator[Passage]:
    """Give the passages; of unchanged ones only the neighbours of a change, and the heading that it stands under."""
    place = 0
    for is_same, group in groupby(found, key=lambda passage: passage.change is Change.SAME):
        run = [*group]
        if is_same:
            yield from _shortened(run, begins=place == 0, ends=place + len(run) == len(found))
        else:
            yield from run
        place += len(run)


def _shortened(run: list[Passage], *, begins: bool, ends: bool) -> Iterator[Passage]:
    """Give a run of unchanged passages without its middle: what begins or ends the text has a change on one side."""
    first = 0 if begins else 1
    last = len(run) if ends else max(first, len(run) - 1)
    headings = [place for place in range(first, last) if run[place].form is Form.HEADING]
    yield from run[:first]
    if headings and not ends and run[-1].form is not Form.HEADING:
        yield from _fold(run[first : headings[-1]])
        yield run[headings[-1]]
        first = headings[-1] + 1
    yield from _fold(run[first:last])
    yield from run[last:]


def _fold(run: list[Passage]) -> list[Passage]:
    return run if len(run) < FEWEST_FOLDED else [Passage(Change.FOLDED, Form.PARAGRAPH, parts=len(run))]
