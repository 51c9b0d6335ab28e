"""Whatever is typed, and however it nests: nothing that runs, dresses up or fetches comes out, and it stays cheap.

``test_markdown.py`` holds the output against our own list of what is allowed. Here it is read a second time in ways
that know nothing of that list: as browsers read HTML5, against what must never be there, and as a tree.
"""

import sys
from collections.abc import Callable
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from markupsafe import Markup

from forum.text import sanitising, slots
from forum.text.markdown import RenderedText, render_page, render_post
from forum.text.plain import tidy_text
from tests.text.payloads import BAD_TARGETS, IMAGES, LINKS, MARKERS, SCRIPTS
from tests.text.test_markdown import parsed, scheme_of, texts

RENDERERS = [render_post, render_page]

# Elements that run, frame, ask, fetch, or change how the rest is read.
NEVER = {
    "script", "style", "link", "meta", "base", "title", "iframe", "frame", "frameset", "object",
    "embed", "applet", "param", "form", "input", "button", "select", "option", "textarea", "output",
    "dialog", "details", "audio", "video", "source", "track", "picture", "img", "image", "svg",
    "math", "canvas", "template", "slot", "noscript", "noembed", "plaintext", "xmp", "marquee",
    "portal", "area", "map", "html", "head", "body",
}  # fmt: skip
# Attributes that run, fetch, dress up or take somebody's place.
NEVER_ATTRIBUTES = {
    "style", "class", "name", "is", "src", "srcset", "srcdoc", "background", "poster", "data",
    "action", "formaction", "ping", "manifest", "code", "codebase", "target", "download",
    "integrity", "http-equiv", "slot", "part", "autofocus", "tabindex", "accesskey",
    "contenteditable", "usemap", "dir", "lang", "title",
}  # fmt: skip
NEVER_SCHEMES = {
    "javascript",
    "data",
    "vbscript",
    "livescript",
    "blob",
    "file",
    "view-source",
    "feed",
    "about",
}
NO_END = {"br", "hr"}
BLOCKS = {"p", "blockquote", "ul", "ol", "pre", "hr", "h2", "h3", "table"}
ONLY_IN = {"li": {"ul", "ol"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"}}

# Reads as browsers do, and keeps nothing but what must not be there.
only_bad = nh3.Cleaner(tags=NEVER - {"html", "head", "body"}, clean_content_tags=set(), link_rel=None)


class _Tree(HTMLParser):
    """Reads HTML and refuses what isn't a tree: each element ends where it began, in what it may be in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = self.open[-1] if self.open else ""
        assert tag != "a" or "a" not in self.open, "A link in a link."
        assert not (tag in BLOCKS and {"p", "h2", "h3", "pre"} & set(self.open)), f"<{tag}> in words."
        assert inside in ONLY_IN.get(tag, {inside}), f"<{tag}> in <{inside}>."
        assert not (inside in ("ul", "ol") and tag != "li"), f"<{tag}> in a list."
        if tag not in NO_END:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing."
        assert self.open.pop() == tag, f"</{tag}> closes something else."


def is_a_tree(html: str) -> None:
    """Refuse HTML that isn't well-formed."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []


def is_harmless(html: str) -> None:
    """Refuse HTML that does anything but show words and lead somewhere."""
    found = parsed(html)
    assert found.others == [], "A comment, or something like it."
    for name, attributes in found.elements:
        assert name not in NEVER
        assert ":" not in name
        assert "-" not in name, "An element of somebody's own."
        for attribute, value in attributes.items():
            assert attribute not in NEVER_ATTRIBUTES
            assert not attribute.startswith("on")
            assert scheme_of(value or "") not in NEVER_SCHEMES or attribute == "data-fact"
    assert not parsed(only_bad.clean(html)).elements, "A browser reads it otherwise than it looks."


# --- whatever is typed -----------------------------------------------------------------------------------

hostile = st.sampled_from(
    [*SCRIPTS, *IMAGES, *(link.replace("%", one) for link in LINKS for one in BAD_TARGETS[::3])]
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
typed_slots = st.sampled_from(
    ["[[mention 1]]", "[[quote 1]]", "@Rowan", "[a](/[[quote 1]])", "`[[mention 1]]`"]
)


FILLINGS = {"mention": Markup("<b>@Rowan</b>"), "quote": Markup("<blockquote><p>words</p></blockquote>")}


def _lines(prefix: str, text: str) -> str:
    return "\n".join(prefix + line for line in text.split("\n"))


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts with another in each thing that Markdown can put around it."""
    return st.one_of(
        inner.map(lambda text: _lines("> ", text)),
        inner.map(lambda text: "- " + _lines("  ", text)[2:]),
        inner.map(lambda text: "7. " + _lines("   ", text)[3:]),
        inner.map(lambda text: f"**{text}**"),
        inner.map(lambda text: f"~~_{text}_~~"),
        inner.map(lambda text: f"[{text}](https://example.org)"),
        inner.map(lambda text: f"`{text}`"),
        inner.map(lambda text: f"```\n{text}\n```"),
        inner.map(lambda text: f"## {text}"),
        inner.map(lambda text: f"| a |\n|---|\n| {text} |"),
        inner.map(lambda text: f"[{text}]{{data-fact={text}}}"),
        st.tuples(inner, inner).map("\n\n".join),
        st.tuples(inner, inner).map("".join),
    )


nested = st.recursive(hostile | words | typed_slots, _around, max_leaves=8)


@pytest.mark.proves("W9")
@limits(max_examples=300)
@given(markdown=nested | texts)
@example(markdown="<a href='javascript:alert(1)'>[x](javascript:alert(1))</a>")
@example(markdown="| a |\n|---|\n| <td>b |\n\n</table>")
def test_whatever_is_typed_nothing_runs_and_nothing_is_fetched(markdown: str) -> None:
    typed = tidy_text(markdown)
    for render, clean in ((render_post, sanitising.clean_post), (render_page, sanitising.clean_page)):
        html = render(typed).html
        is_harmless(html)
        is_a_tree(html)
        # Read and written again as a browser does, it is the same: nothing in it comes alive the second time.
        assert clean(html) == html


@pytest.mark.proves("W9")
@limits(max_examples=200)
@given(markdown=nested)
def test_slots_are_filled_between_words_and_never_inside_a_tag(markdown: str) -> None:
    html = render_post(tidy_text(markdown)).html
    filled = str(slots.fill(html, lambda kind, _ordinal: FILLINGS[kind]))
    is_a_tree(filled)
    # What was around the slots is as it was: the same links lead to the same places.
    before, after = (parsed(one).elements for one in (html, filled))
    assert [one for one in before if one[0] == "a"] == [one for one in after if one[0] == "a"]


@pytest.mark.parametrize(
    "html", [*SCRIPTS[:3], "<p onclick=x>", "<a href=javascript:x>", "<p>a<ul></ul></p>", "<b>a"]
)
def test_what_we_look_for_would_be_found(html: str) -> None:
    with pytest.raises(AssertionError):
        is_a_tree(html)
        is_harmless(html)


# --- 20,000 of them --------------------------------------------------------------------------------------


# The worst marker takes about 110 to render, and about 20 µs on a small machine.
CALLS_A_CHARACTER = 160


def _calls(render: Callable[[str], RenderedText], markdown: str) -> int:
    """Return how many functions are called to render a text: its work, whatever else the machine does."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        render(markdown)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", RENDERERS)
def test_a_text_twice_as_long_is_twice_the_work(render: Callable[[str], RenderedText]) -> None:
    for marker in [*MARKERS, *(link.replace("%", "javascript:x") + "\n" for link in LINKS)]:
        once = marker * (500 // len(marker))
        # A little more than twice, because a text has a beginning and an end.
        alone = _calls(render, once)
        assert _calls(render, once + once) <= 2.2 * alone + 500, marker
        # What 20,000 of the worst may take, for what members write; ``make bench`` has the clock.
        assert render is render_page or alone <= CALLS_A_CHARACTER * len(once) + 500, marker
