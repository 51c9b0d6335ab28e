"""Slots in texts: ``[[mention 1]]`` and ``[[quote 2]]``, found, put in, filled, and what people type for them.

Pure functions: who is mentioned and what is quoted stands in rows that nothing here knows of.
"""

import html as entities
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forum.text.markdown import blocks_quoted
from forum.text.sanitising import cleaned
from forum.text.translate import gettext as _

MENTION, QUOTE = "mention", "quote"

_TOKEN = re.compile(r"\[\[(mention|quote) ([1-9][0-9]{0,3})\]\]")
_MENTION_TOKEN = re.compile(r"\[\[mention [1-9][0-9]{0,3}\]\]")
# In HTML a quote is a paragraph of its own, and nothing is filled inside a tag: a description may read like a slot.
_IN_HTML = re.compile(
    r"<p>\[\[quote (?P<quote>[1-9][0-9]{0,3})\]\]</p>"
    r"|\[\[mention (?P<mention>[1-9][0-9]{0,3})\]\]"
    r'|<[^>"]*(?:"[^"]*"[^>"]*)*>'
)
_QUOTE_LINE = re.compile(r"\[\[quote [1-9][0-9]{0,3}\]\]")
_REFERENCE = re.compile(r"\[#[0-9]{1,9}\]\(/posts/([0-9]{1,18})\)")
_LINE_END = re.compile(r"\r\n?|\n")
_MARKER = re.compile(r" {0,3}> ?")
_QUOTED_PARAGRAPH = re.compile(r"<p>\[\[quote [1-9][0-9]{0,3}\]\]</p>")
_TAG = re.compile(r'<(/?[a-z0-9]+)[^>"]*(?:"[^"]*"[^>"]*)*>')
_INLINE = frozenset({"em", "strong", "s", "a", "code", "b"})
# Between two blocks; no text holds it.
_EDGE = "\x00"
# After one of these an @ belongs to an address, or was written to stay as it is.
_NOT_AFTER = frozenset("/@.\\=?&#%+~$")
# How far back the beginning of an address is looked for.
_LONGEST_ADDRESS = 300
_LONGEST_RUN = 40


@dataclass(frozen=True, slots=True)
class TypedQuote:
    """Words of a post as somebody quotes them, white space made single spaces."""

    post_id: int
    words: str
    # The same as Markdown, for words that were typed with their marks.
    markdown: str
    # From which line of the text up to which.
    begins: int
    ends: int


def token(kind: str, ordinal: int) -> str:
    """Return what stands in a text for a slot."""
    return f"[[{kind} {ordinal}]]"


def tokens_of(text: str) -> frozenset[tuple[str, int]]:
    """Return what reads like a slot in a text, whether or not there is a row for it."""
    if "[[" not in text:
        return frozenset()
    return frozenset((match[1], int(match[2])) for match in _TOKEN.finditer(text))


def with_quotes(markdown: str, token_of: Callable[[TypedQuote], str]) -> str:
    """Return a typed text with a slot for each quoted block, as a paragraph of its own.

    A quoted block begins with ``> [#12](/posts/345)``; what follows on that line, and the lines that begin with ``>``
    after it, are the words.
    """
    return put_in(markdown, quotes_in(markdown), token_of)


def quotes_in(markdown: str, quoted: Sequence[tuple[int, int]] | None = None) -> tuple[TypedQuote, ...]:
    """Return the quoted blocks of a typed text; ``quoted`` is what rendering it found, which saves parsing it."""
    if "](/posts/" not in markdown:
        return ()
    # Lines as the parser counts them.
    lines = _LINE_END.split(markdown)
    found: list[TypedQuote] = []
    for begins, ends in blocks_quoted(markdown) if quoted is None else quoted:
        opening = _MARKER.sub("", lines[begins], count=1).strip()
        first = _REFERENCE.match(opening)
        if first is None:
            continue
        last = begins + 1
        while last < ends and _MARKER.match(lines[last]):
            last += 1
        rest = opening[first.end() :].strip()
        words = [_MARKER.sub("", line, count=1) for line in lines[begins + 1 : last]]
        typed = "\n".join([rest, *words] if rest else words)
        found.append(TypedQuote(int(first[1]), spaced(typed), typed, begins, last))
    return tuple(found)


def put_in(markdown: str, quotes: Iterable[TypedQuote], token_of: Callable[[TypedQuote], str]) -> str:
    """Return a typed text with slots in place of the quoted blocks that were found in it."""
    if "](/posts/" not in markdown and "[[quote " not in markdown:
        return markdown
    lines = _LINE_END.split(markdown)
    kept: list[str] = []
    done = 0
    for quote in quotes:
        kept += [*lines[done : quote.begins], token_of(quote)]
        done = quote.ends
    return _apart([*kept, *lines[done:]])


def with_mentions(markdown: str, token_of: Callable[[str], str | None]) -> str:
    """Return a typed text with a slot for each name after an @ for which there is one."""
    kept: list[str] = []
    done = 0
    for begins, names in _names(markdown):
        if begins < done:
            continue
        for name in names:
            found = token_of(name)
            if found is not None:
                kept += [markdown[done:begins], found]
                done = begins + 1 + len(name)
                break
    return "".join([*kept, markdown[done:]])


def names_in(markdown: str) -> list[str]:
    """Return what may be a name after an @, in the order of the text; the same may come twice."""
    return [name for _begins, names in _names(markdown) for name in names]


def as_typed(markdown: str, mentions: Mapping[int, str], quotes: Mapping[int, str]) -> str:
    """Return a text as it is typed: slots with a name or a quoted block are replaced, the others stay."""
    if "[[" not in markdown:
        return markdown
    lines = [_block_of(line, quotes) for line in markdown.split("\n")]
    text = "\n".join(lines)

    def name(match: re.Match[str]) -> str:
        found = mentions.get(int(match[2])) if match[1] == MENTION else None
        if found is None:
            return match[0]
        # Where it would not be found again, the name would stay in the text for good.
        joins = _joins(text, match.start()) or _in_name(text[match.end() :][:1])
        return match[0] if joins else f"@{found}"

    return _TOKEN.sub(name, text)


def quoted_block(number: int, post_id: int, words: str) -> str:
    """Return how quoted words are typed; each line of them becomes a paragraph."""
    lines = "\n>\n".join(f"> {line}" for line in words.split("\n"))
    return f"> [#{number}](/posts/{post_id})\n{lines}"


def fill(html: str, of: Callable[[str, int], Markup | None]) -> Markup:
    """Return stored HTML with its slots filled; what has nothing to fill it stays as it was typed."""
    if "[[" not in html:
        return cleaned(html)

    def filling(match: re.Match[str]) -> str:
        for kind in (QUOTE, MENTION):
            if match[kind]:
                found = of(kind, int(match[kind]))
                return match[0] if found is None else str(found)
        return match[0]

    return cleaned(_IN_HTML.sub(filling, html))


def neutral(html: str) -> Markup:
    """Return stored HTML for copies and excerpts: who is mentioned and what is quoted is not said."""
    quoted = Markup("<blockquote><p>{}</p></blockquote>").format(_("(quoted words)"))
    return fill(html, lambda kind, _ordinal: quoted if kind == QUOTE else Markup("{}").format(a_member()))


def neutral_words(text: str) -> str:
    """Return a text, as Markdown or plain, for copies and excerpts: as ``neutral``."""
    return _TOKEN.sub(lambda match: _("(quoted words)") if match[1] == QUOTE else a_member(), text)


def a_member() -> str:
    """Return what stands for a mention where nobody is named."""
    return _("@a member")


def plain(html: str) -> str:
    """Return the words of stored HTML, a line for each block, without what they quote. Mentions stay slots."""

    def edge(match: re.Match[str]) -> str:
        name = match[1].lstrip("/")
        return " " if name == "br" else "" if name in _INLINE else _EDGE

    text = _TAG.sub(edge, _QUOTED_PARAGRAPH.sub(_EDGE, html))
    blocks = (spaced(block) for block in entities.unescape(text).split(_EDGE))
    return "\n".join(block for block in blocks if block)


def spaced(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())


def find(words: str, text: str, reading: Callable[[int], str]) -> tuple[int, int] | None:
    """Return where in plain words (see ``plain``) others stand, whose mentions read as ``reading`` says."""
    pieces: list[str] = []
    # For each character as it reads, where it begins and ends in the plain words.
    spans: list[tuple[int, int]] = []
    done = 0
    for match in _MENTION_TOKEN.finditer(text):
        shown = reading(int(match[0][10:-2]))
        pieces += [text[done : match.start()], shown]
        spans += [(at, at + 1) for at in range(done, match.start())]
        spans += [match.span()] * len(shown)
        done = match.end()
    pieces.append(text[done:])
    spans += [(at, at + 1) for at in range(done, len(text))]
    at = "".join(pieces).replace("\n", " ").find(words) if words else -1
    return None if at < 0 else (spans[at][0], spans[at + len(words) - 1][1])


def _block_of(line: str, quotes: Mapping[int, str]) -> str:
    if not _QUOTE_LINE.fullmatch(line):
        return line
    return quotes.get(int(line[8:-2]), line)


def _apart(lines: list[str]) -> str:
    """Return lines as a text in which a quote's slot is a paragraph of its own."""
    apart: list[str] = []
    for line in lines:
        after_quote = bool(apart) and _QUOTE_LINE.fullmatch(apart[-1]) is not None
        if apart and apart[-1].strip() and line.strip() and (after_quote or _QUOTE_LINE.fullmatch(line)):
            apart.append("")
        apart.append(line)
    return "\n".join(apart)


def _names(markdown: str) -> list[tuple[int, list[str]]]:
    """Return where each @ stands that may begin a mention, and what may be the name, the longest first."""
    found: list[tuple[int, list[str]]] = []
    at = markdown.find("@")
    while at >= 0:
        if not _joins(markdown, at):
            end = at + 1
            while end < len(markdown) and end - at <= _LONGEST_RUN and _in_name(markdown[end]):
                end += 1
            run = markdown[at + 1 : end]
            names = list(dict.fromkeys([run, run.rstrip("-_")]))
            if len(run) < _LONGEST_RUN and names[-1]:
                found.append((at, names))
        at = markdown.find("@", at + 1)
    return found


def _joins(text: str, at: int) -> bool:
    """Say whether an @ that stands there begins no mention."""
    before = text[at - 1 : at]
    if not before:
        return False
    if before in _NOT_AFTER or unicodedata.category(before)[0] in "LNM":
        return True
    so_far = text[max(0, at - _LONGEST_ADDRESS) : at]
    if before.isspace() or ("://" not in so_far and "](" not in so_far):
        return False
    word = so_far.split()[-1]
    return "://" in word or "](" in word


def _in_name(character: str) -> bool:
    return bool(character) and (character in "-_" or unicodedata.category(character)[0] in "LNM")
