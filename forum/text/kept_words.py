"""Words that nobody sent yet, as a draft's row holds them: without the names and the words of others.

``[[member 17]]`` stands there for a mention, and a line ``> [#12](/posts/345 "120-180 0")`` for quoted words: from
which character of the post's plain words to which, and as of when it was edited. What of it may be read is looked up
each time that a draft is opened. Pure functions: nothing here knows of rows.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from forum.text import slots
from forum.text.slots import TypedQuote
from forum.text.translate import gettext as _

_MEMBER = re.compile(r"\[\[member ([1-9][0-9]{0,17})\]\]")
_QUOTE = re.compile(
    r'^> \[#([0-9]{1,9})\]\(/posts/([1-9][0-9]{0,17}) "([0-9]{1,9})-([0-9]{1,9}) ([0-9]{1,20})"\)$',
    re.MULTILINE,
)
# A line of a quote, in a list or not, and a post that one of them says it is from. The line above is none of these.
_QUOTED_LINE = re.compile(r"[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*>")
_FROM = re.compile(r"\(<?/posts/0*([1-9][0-9]{0,17})(?![0-9]| \")")


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """Where quoted words stand, and not what they say."""

    number: int
    post_id: int
    starts_at: int
    ends_at: int
    # See ``moment``: words move when a post is edited.
    edited: int


def moment(edited_at: datetime | None) -> int:
    """Return what tells one text of a post from its later ones."""
    return 0 if edited_at is None else round(edited_at.timestamp() * 1_000_000)


def member(member_id: int) -> str:
    """Return what stands in a draft for a name."""
    return f"[[member {member_id}]]"


def quote(kept: KeptQuote) -> str:
    """Return what stands in a draft for quoted words."""
    span = f"{kept.starts_at}-{kept.ends_at} {kept.edited}"
    return f'> [#{kept.number}](/posts/{kept.post_id} "{span}")'


def members_in(words: str) -> set[int]:
    """Return whom a draft mentions."""
    return {int(match[1]) for match in _MEMBER.finditer(words)}


def quotes_in(words: str) -> list[KeptQuote]:
    """Return where the words stand that a draft quotes."""
    return [_kept(match) for match in _QUOTE.finditer(words)]


def quotes_as_typed(words: str) -> set[int]:
    """Return the posts of quotes whose words stand in a draft themselves: they were not found in those posts."""
    return {post_id for _lines, post_ids in _blocks(words) for post_id in post_ids}


def without_quotes_of(words: str, which: Callable[[int], bool]) -> str:
    """Return the words of a draft without those that stand in it themselves and are said to be these posts'."""
    if "/posts/" not in words:
        return words
    kept: list[str] = []
    for lines, post_ids in _blocks(words):
        kept += [gone()] if any(which(post_id) for post_id in post_ids) else lines
    return "\n".join(kept)


def as_it_was(typed: TypedQuote, number: int) -> str:
    """Return a quoted block as somebody typed it."""
    lines = [f"> {line}".rstrip() for line in typed.markdown.split("\n")] if typed.markdown else []
    return "\n".join([f"> [#{number}](/posts/{typed.post_id})", *lines])


def gone() -> str:
    """Return what stands for quoted words that may not be read any more."""
    return _("> (these words are no longer shown)")


def opened(words: str, names: Mapping[int, str], quoted: Callable[[KeptQuote], str | None]) -> str:
    """Return the words of a draft as they are typed, with the names and the quoted blocks there are."""
    # Names first: what somebody else wrote is not looked through for more.
    words = _MEMBER.sub(lambda match: f"@{names.get(int(match[1])) or _('somebody')}", words)
    return _QUOTE.sub(lambda match: quoted(_kept(match)) or gone(), words)


def neutral(words: str) -> str:
    """Return the words of a draft for lists and copies: who is mentioned and what is quoted is not said."""
    quoted = "> " + _("(quoted words)")
    words = _QUOTE.sub(quoted, _MEMBER.sub(slots.a_member(), words))
    if "/posts/" in words:
        blocks = ([quoted] if post_ids else lines for lines, post_ids in _blocks(words))
        words = "\n".join(line for lines in blocks for line in lines)
    return slots.neutral_words(words)


def without_member(words: str, member_id: int) -> str:
    """Return the words of a draft without a member's number."""
    return words.replace(member(member_id), "@" + _("somebody"))


def _kept(match: re.Match[str]) -> KeptQuote:
    return KeptQuote(*(int(match[group]) for group in range(1, 6)))


def _blocks(words: str) -> Iterator[tuple[list[str], set[int]]]:
    """Give lines of a text: of a quote all of them, with the posts that it says it is from, and others one by one."""
    lines = words.split("\n")
    begins = 0
    while begins < len(lines):
        ends = begins
        while ends < len(lines) and _QUOTED_LINE.match(lines[ends]):
            ends += 1
        block = lines[begins:ends] or [lines[begins]]
        is_quote = ends > begins
        yield block, {int(match[1]) for match in _FROM.finditer("\n".join(block))} if is_quote else set()
        begins += len(block)
