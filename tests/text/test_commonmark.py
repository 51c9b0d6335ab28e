"""CommonMark as members and editors get it: for each part of the specification, what a reader then sees.

The examples are our own, by the specification's sections. Each says the visible words, line by line of what is a
block of its own, and the elements around them in the order of their beginnings. What we switched off is at the end: it
stays in view as it was typed, so that nobody's words are lost.
"""

import re
from collections.abc import Callable

import pytest

from forum.text.markdown import RenderedText, render_page, render_post
from tests.text.test_markdown import held_to_the_list, parsed

Example = tuple[str, str, str]

# What was typed; what is read, with single spaces; the elements, paragraphs left out.
BOTH: dict[str, list[Example]] = {
    "tabs": [
        ("- a\n\n\tb", "a b", "ul li"),
        ("\tcode\tkept", "code\tkept", "pre code"),
        (">\t\tcode", "code", "blockquote pre code"),
    ],
    "backslash escapes": [
        (r"\*not emphasised\* and \[no link\](/a)", "*not emphasised* and [no link](/a)", ""),
        (r"\- no list", "- no list", ""),
        (r"C:\new\folder", r"C:\new\folder", ""),
        (r"`\*`", r"\*", "code"),
    ],
    "entities": [
        ("&copy; &auml; &#8364; &#x20AC; &amp;", "© ä € € &", ""),
        ("&nothing; &#9999999;", "&nothing; \ufffd", ""),
        ("&#42;not emphasised&#42;", "*not emphasised*", ""),
        ("`&copy;`", "&copy;", "code"),
    ],
    "precedence": [("- `one\n- two`", "`one two`", "ul li li")],
    "thematic breaks": [
        ("a\n\n***\n\nb", "a b", "hr"),
        ("a\n\n- - -\n\nb", "a b", "hr"),
        ("--", "--", ""),
        ("- a\n\n***\n\n- b", "a b", "ul li hr ul li"),
    ],
    "indented code": [
        ("    one\n      two\n\n    three", "one two three", "pre code"),
        ("a\n    b", "a b", "br?"),
    ],
    "fenced code": [
        ("```\n*one*\n\n> two\n```", "*one* > two", "pre code"),
        ("~~~ python\nx = 1\n~~~", "x = 1", "pre code"),
        ("```\nnever closed", "never closed", "pre code"),
        ("````\n```\n````", "```", "pre code"),
        ("> ```\n> in a quote\n\nafter", "in a quote after", "blockquote pre code"),
    ],
    "link reference definitions": [
        ("[our page]\n\n[our page]: /about 'not shown'", "our page", "a"),
        ("[Our   PAGE]\n\n[our page]: /about", "Our PAGE", "a"),
        ("[a]\n\n[a]: /first\n[a]: /second", "a", "a"),
        ("[nobody defined it]", "[nobody defined it]", ""),
    ],
    "paragraphs and blank lines": [
        ("one\n\n\n\ntwo", "one two", ""),
        ("   one", "one", ""),
        ("", "", ""),
        ("  \n\t\n", "", ""),
    ],
    "quotes": [
        ("> one\n> two", "one two", "blockquote br?"),
        (">one", "one", "blockquote"),
        ("> one\nwhich goes on", "one which goes on", "blockquote br?"),
        ("> one\n\n> two", "one two", "blockquote blockquote"),
        ("> > inside\n>\n> outside", "inside outside", "blockquote blockquote"),
        ("> - a\n> - b", "a b", "blockquote ul li li"),
    ],
    "list items": [
        ("- one\n\n  still one", "one still one", "ul li"),
        ("1) one\n2) two", "one two", "ol li li"),
        ("7. seven\n8. eight", "seven eight", "ol li li"),
        ("- ```\n  code\n  ```", "code", "ul li pre code"),
        ("-no list", "-no list", ""),
        ("-\n- two", "two", "ul li li"),
    ],
    "lists": [
        ("- a\n- b\n\n+ c", "a b c", "ul li li ul li"),
        ("- a\n  - b\n    - c", "a b c", "ul li ul li ul li"),
        ("Bring:\n- water\n- bread", "Bring: water bread", "ul li li"),
        ("I was born in\n1987. That is so", "I was born in 1987. That is so", "br?"),
    ],
    "code spans": [
        ("`one`", "one", "code"),
        ("`` a ` b ``", "a ` b", "code"),
        ("`never closed", "`never closed", ""),
        ("`*a*`", "*a*", "code"),
    ],
    "emphasis": [
        ("*a* _b_ **c** __d__", "a b c d", "em em strong strong"),
        ("***both***", "both", "em strong"),
        ("in*the*middle but_not_here", "inthemiddle but_not_here", "em"),
        ("2 * 3 * 4", "2 * 3 * 4", ""),
        ("**a *b* c**", "a b c", "strong em"),
        ("*a **b*", "*a *b", "em"),
        ("**never closed", "**never closed", ""),
        ("*(*a*)*", "(a)", "em em"),
    ],
    "links": [
        ("[a](/b)", "a", "a"),
        ("[a](</b c> 'not shown')", "a", "a"),
        ("[a](/b(c)d)", "a", "a"),
        ("[a]()", "a", "a"),
        ("[a] (/b)", "[a] (/b)", ""),
        ("[*a* `b`](/c)", "a b", "a em code"),
        ("[a [b](/c)](/d)", "[a b](/d)", "a"),
        ("[a][b]\n\n[b]: /c", "a", "a"),
        ("[a][]\n\n[a]: /c", "a", "a"),
        ("*[a*](/b)", "*a*", "a"),
    ],
    "autolinks": [
        ("<https://example.org/a?b=c>", "https://example.org/a?b=c", "a"),
        ("<somebody@example.org>", "somebody@example.org", "a"),
        ("https://example.org stays words", "https://example.org stays words", ""),
        ("<not a link>", "<not a link>", ""),
    ],
    "line breaks": [
        ("one  \ntwo", "one two", "br"),
        ("one\\\ntwo", "one two", "br"),
        ("one\ntwo", "one two", "br?"),
        ("one\\", "one\\", ""),
    ],
    "text": [("$.;'there — 日本語 😀", "$.;'there — 日本語 😀", ""), ("many   spaces", "many spaces", "")],
    # Not CommonMark's own, and wanted.
    "strikethrough": [("~~a~~ ~b~", "a ~b~", "s")],
}

# Switched off for everybody: HTML and pictures. It reads as it was typed.
AS_TYPED = {
    "html blocks": ["<div>\n*a*\n</div>", "<!-- a -->", "<table><tr><td>\na\n</td></tr></table>"],
    "raw html": ["a <b>b</b> c", "a <!-- b --> c", "<a href='/x'>b</a>", "a<br/>b"],
}
# An address in it is a link then, with the mark before it.
PICTURES = [("![a](/b.png)", "!a"), ("![*a* b](/c 'd')", "!a b"), ("![a][b]\n\n[b]: /c", "!a")]
# Switched off for members alone: a post has no headings.
HEADINGS = [
    ("# One", "One", "h1?"),
    ("## One *two* ##", "One two", "h2 em"),
    ("### One", "One", "h3"),
    ("####### no heading", "####### no heading", ""),
    ("#no heading", "#no heading", ""),
    ("One\n---", "One", "h2"),
    ("One\ntwo\n---\nthree", "One two three", "h2"),
]

RENDERERS = [render_post, render_page]


def read(render: Callable[[str], RenderedText], markdown: str) -> tuple[str, list[str]]:
    """Return what a reader sees of a text, and the elements it is in."""
    elements = [name for name, _attributes in held_to_the_list(render, markdown)]
    return words_of(render(markdown).html), elements


def words_of(html: str) -> str:
    """Return the visible words of HTML, with single spaces: lines, list items and paragraphs end with one."""
    apart = re.sub(r"(<br\s*/?>|</(?:li|p|h[1-6]|blockquote|pre)>|<hr\s*/?>)", r" \1 ", html)
    return " ".join(parsed(apart).text.split())


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("section", BOTH)
def test_a_reader_sees_what_the_specification_says(
    render: Callable[[str], RenderedText], section: str
) -> None:
    for markdown, words, around in BOTH[section]:
        text, elements = read(render, markdown)
        assert text == " ".join(words.split()), markdown
        # A member's line ends where they ended it; on a page it goes on.
        wanted = around.replace("br?", "br" if render is render_post else "").split()
        assert [name for name in elements if name != "p"] == wanted, markdown


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("section", AS_TYPED)
def test_what_is_switched_off_is_read_as_it_was_typed(
    render: Callable[[str], RenderedText], section: str
) -> None:
    for markdown in AS_TYPED[section]:
        text, elements = read(render, markdown)
        assert text.replace("*", "") == " ".join(markdown.replace("*", "").split())
        assert set(elements) <= {"p", "em", "br"}


@pytest.mark.parametrize("render", RENDERERS)
def test_a_picture_somewhere_else_is_a_link_one_may_follow(render: Callable[[str], RenderedText]) -> None:
    for markdown, words in PICTURES:
        text, elements = read(render, markdown)
        assert (text, elements[:2]) == (words, ["p", "a"])


def test_headings_are_for_pages_alone() -> None:
    for markdown, words, around in HEADINGS:
        text, elements = read(render_page, markdown)
        assert text == words
        # The page's own title is its only first heading: another keeps its words and isn't one.
        assert [name for name in elements if name != "p"] == [n for n in around.split() if n != "h1?"]
        text, elements = read(render_post, markdown)
        assert text.replace("*", "") == " ".join(markdown.replace("*", "").replace("\n---", "").split())
        assert not {name for name in elements if name.startswith("h") and name != "hr"}
