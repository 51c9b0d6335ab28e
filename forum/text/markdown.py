"""Markdown to safe HTML, once, when a text is written. Both forms are stored, with the renderer's version.

Two kinds of text exist: what members write (``render_post``) and what editors of treatment pages and
policies write (``render_page``), which may also carry headings, tables and marks on sentences.
"""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.attrs import attrs_plugin

from forum.text import sanitising

# Raise it when the output of either renderer changes; a job can then render older texts anew.
RENDERER_VERSION = 1
# Deeper nesting than anyone writes; it keeps hostile input cheap.
DEEPEST_NESTING = 20

_post = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": DEEPEST_NESTING, "breaks": True})
    .enable("strikethrough")
    .disable(["image", "html_block", "html_inline", "heading", "lheading"])
)
_page = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
    .enable(["strikethrough", "table"])
    .disable(["image", "html_block", "html_inline"])
    .use(attrs_plugin, spans=True, allowed=["data-fact"])
    .use(anchors_plugin, max_level=3)
)


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A text in both forms: as it was typed, and as HTML that is safe to show."""

    markdown: str
    html: str
    renderer_version: int = RENDERER_VERSION
    # From which line up to which the quotes at the top level of a member's text stand.
    quoted: tuple[tuple[int, int], ...] = ()


def render_post(markdown: str) -> RenderedText:
    """Render what a member wrote. No headings, images or raw HTML; a line break is a line break."""
    tokens = _post.parse(markdown)
    html = sanitising.clean_post(_post.renderer.render(tokens, _post.options, {}))
    return RenderedText(markdown, html, quoted=_quoted(tokens))


def render_page(markdown: str) -> RenderedText:
    """Render what an editor wrote for a page of the community's own."""
    return RenderedText(markdown, sanitising.clean_page(_page.render(markdown)))


def blocks_quoted(markdown: str) -> tuple[tuple[int, int], ...]:
    """Return from which line up to which the quotes of a member's text stand, those at its top level."""
    return _quoted(_post.parse(markdown))


def _quoted(tokens: list[Token]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (found.map[0], found.map[1])
        for found in tokens
        if found.type == "blockquote_open" and found.level == 0 and found.map
    )


def links_quoted(markdown: str) -> list[tuple[str, str]]:
    """Return the addresses and the words of the links in quotes of a member's text, wherever in it those stand."""
    found: list[tuple[str, str]] = []
    depth = 0
    for block in _post.parse(markdown):
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(block.type, 0)
        children = block.children or [] if depth else []
        for at, one in enumerate(children):
            if one.type == "link_open":
                words = children[at + 1].content if at + 1 < len(children) else ""
                found.append((str(one.attrs.get("href", "")), words))
    return found


def parse_page(markdown: str) -> list[Token]:
    """Return what ``render_page`` makes its HTML of, for whoever needs the words in it one by one."""
    return _page.parse(markdown)


def parse_post(markdown: str) -> list[Token]:
    """Return the same of what ``render_post`` makes its HTML of."""
    return _post.parse(markdown)
