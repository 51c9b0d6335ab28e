"""What comes out of the renderers: only what the allow-lists name, whatever went in; and it comes out."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from forum.text.markdown import RENDERER_VERSION, RenderedText, render_page, render_post
from forum.text.plain import tidy_text
from tests.text.payloads import BAD_TARGETS, IMAGES, LINKS, MARKERS, SCRIPTS

Attributes = dict[str, str | None]
Element = tuple[str, Attributes]

POST_ELEMENTS = {
    "a": {"href", "rel"},
    "blockquote": set(),
    "br": set(),
    "code": set(),
    "em": set(),
    "hr": set(),
    "li": set(),
    "ol": {"start"},
    "p": set(),
    "pre": set(),
    "s": set(),
    "strong": set(),
    "ul": set(),
}
PAGE_ELEMENTS: dict[str, set[str]] = POST_ELEMENTS | {
    "h2": {"id"},
    "h3": {"id"},
    "li": {"data-fact"},
    "p": {"data-fact"},
    "span": {"data-fact"},
    "table": set(),
    "tbody": set(),
    "td": set(),
    "th": set(),
    "thead": set(),
    "tr": set(),
}
POST_SCHEMES = {"", "http", "https", "mailto"}
PAGE_SCHEMES = POST_SCHEMES | {"tel"}
RENDERERS = [render_post, render_page]


class _Parser(HTMLParser):
    """Read HTML as a browser would, as far as elements and attributes go."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.others: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _value in attrs}) == len(attrs), "An attribute that comes twice."
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def parsed(html: str) -> _Parser:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser


def scheme_of(address: str) -> str:
    """Return an address's scheme as a browser reads it: controls and line ends are passed over first."""
    seen = address.lstrip("".join(map(chr, range(33)))).translate(dict.fromkeys(map(ord, "\t\r\n")))
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", seen)
    return found[1].lower() if found else ""


def held_to_the_list(render: Callable[[str], RenderedText], markdown: str) -> list[Element]:
    """Render the text, hold all of it against our own list, and return its elements."""
    allowed, schemes = (
        (POST_ELEMENTS, POST_SCHEMES) if render is render_post else (PAGE_ELEMENTS, PAGE_SCHEMES)
    )
    found = parsed(render(markdown).html)
    assert found.others == []
    for name, attributes in found.elements:
        assert name in allowed
        assert set(attributes) <= allowed[name]
        assert None not in attributes.values()
        if name == "a":
            assert "rel" in attributes
            href = attributes.get("href")
            if href is not None:
                assert scheme_of(href) in schemes
        if name == "ol" and "start" in attributes:
            assert (attributes["start"] or "").isdigit()
    return found.elements


# --- what hostile texts become ---------------------------------------------------------------------------


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("markdown", SCRIPTS)
def test_no_html_that_was_typed_becomes_html(render: Callable[[str], RenderedText], markdown: str) -> None:
    elements = held_to_the_list(render, markdown)
    assert {name for name, _attributes in elements} <= {*("p", "br", "pre", "code", "blockquote", "ul", "li")}


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("link", LINKS)
def test_no_link_leads_into_code(render: Callable[[str], RenderedText], link: str) -> None:
    for target in BAD_TARGETS:
        for _name, attributes in held_to_the_list(render, link.replace("%", target)):
            # What is left of it, if anything is, is an address on this site.
            assert scheme_of(attributes.get("href") or "") == "", target


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("markdown", IMAGES)
def test_no_picture_is_fetched(render: Callable[[str], RenderedText], markdown: str) -> None:
    elements = held_to_the_list(render, markdown)
    assert {name for name, _attributes in elements} <= {"p", "a"}
    assert not any({"src", "srcset", "background"} & set(attributes) for _name, attributes in elements)


@pytest.mark.proves("W9")
@pytest.mark.parametrize(
    "markdown",
    [
        "[x](https://example.org/a?b=c&d=e#f)",
        "[x](http://example.org)",
        "[x](/topics/1/hello)",
        "[x](#here)",
        "[x](//example.org/x)",
        "[x](mailto:care@example.org)",
        "<https://example.org/>",
        "<care@example.org>",
        "[x][1]\n\n[1]: https://example.org",
    ],
)
def test_a_good_link_stays_and_vouches_for_nothing(markdown: str) -> None:
    links = [attributes for name, attributes in held_to_the_list(render_post, markdown) if name == "a"]
    assert len(links) == 1
    assert links[0]["href"]
    assert links[0]["rel"] == "nofollow noopener noreferrer ugc"


@pytest.mark.proves("W9")
def test_a_members_relation_can_not_be_chosen() -> None:
    html = render_post("[x](https://example.org){rel=me target=_top}").html
    assert 'rel="nofollow noopener noreferrer ugc"' in html
    assert "<a" in html
    assert "target=" not in html.split("</a>")[0]


@pytest.mark.parametrize("render", RENDERERS)
def test_a_link_has_no_title(render: Callable[[str], RenderedText]) -> None:
    assert "title" not in render('[x](/a "title")').html


def test_links_do_not_stand_in_links() -> None:
    html = render_post("[a [b](https://one.example) c](https://two.example)").html
    assert html.count("<a ") == html.count("</a>") == 1


def test_a_reference_definition_is_not_shown() -> None:
    found = parsed(render_post("See [it][1].\n\n[1]: https://example.org 'Secret title'").html)
    assert found.text.strip() == "See it."


# --- what the two kinds of text may hold -----------------------------------------------------------------


def test_a_post_holds_what_people_need() -> None:
    markdown = "One\ntwo **b** *i* ~~s~~ `c`\n\n> q\n\n- u\n\n3. o\n\n---\n\n```\ncode\n```"
    names = [name for name, _attributes in held_to_the_list(render_post, markdown)]
    assert names == [
        *(
            "p",
            "br",
            "strong",
            "em",
            "s",
            "code",
            "blockquote",
            "p",
            "ul",
            "li",
            "ol",
            "li",
            "hr",
            "pre",
            "code",
        )
    ]


def test_a_post_has_no_headings_tables_or_marks() -> None:
    markdown = "# One\n\nTwo\n===\n\n| a | b |\n|---|---|\n| c | d |\n\n[x]{data-fact=F1}"
    found = parsed(render_post(markdown).html)
    assert {name for name, _attributes in found.elements} <= {"p", "br"}
    for words in ("# One", "Two\n===", "| a | b |", "| c | d |", "[x]{data-fact=F1}"):
        assert words in found.text, "Nothing anybody wrote is lost."


def test_a_page_has_headings_tables_and_marks_on_sentences() -> None:
    markdown = (
        '## Two words\n\n### Three\n\n| a |\n|---|\n| c |\n\n[x]{data-fact=F1 onclick="alert(1)" class=c}'
    )
    elements = held_to_the_list(render_page, markdown)
    assert ("h2", {"id": "two-words"}) in elements
    assert ("h3", {"id": "three"}) in elements
    assert ("span", {"data-fact": "F1"}) in elements
    assert {"table", "thead", "tbody", "tr", "th", "td"} <= {name for name, _attributes in elements}


@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "' onclick=alert(1) '", "javascript:x"])
def test_a_mark_holds_nothing_but_its_value(value: str) -> None:
    held_to_the_list(render_page, f'[x]{{data-fact="{value}"}}')
    held_to_the_list(render_page, f"[x]{{data-fact={value}}}")


def test_both_forms_are_kept_with_the_renderers_version() -> None:
    assert render_post("*a*") == RenderedText("*a*", "<p><em>a</em></p>\n", RENDERER_VERSION)
    assert render_page("*a*").markdown == "*a*"


def test_a_quote_of_a_quote_of_a_quote_is_all_there() -> None:
    markdown = "\n".join(f"{'>' * depth} level {depth}." for depth in range(9, 0, -1))
    text = parsed(render_post(markdown).html).text
    assert all(f"level {depth}." in text for depth in range(1, 10))


# --- any text at all -------------------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        *MARKERS,
        *SCRIPTS[:20],
        *(link.replace("%", target) for link in LINKS for target in BAD_TARGETS[::4]),
        *IMAGES,
        *(
            "](",
            ")",
            "]",
            "](javascript:",
            "<a href=",
            "\"'>",
            "{data-fact=",
            "}",
            " ",
            "\n",
            "\n\n",
            "\t",
            "    ",
        ),
        *("&#x", "&colon;", "&Tab;", "0;", "onerror=", "style=", "://", "java", "script:", "\x00", "\ud800"),
    ]
)
texts = st.lists(pieces | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=25).map(
    "".join
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.proves("W9")
@limits(max_examples=400)
@given(markdown=texts)
@example(markdown="\x00")
@example(markdown="[x](http://[::1)")
@example(markdown="[\ufffe](/\ufffe)")
def test_whatever_is_written_only_the_allowed_comes_out(markdown: str) -> None:
    for render in RENDERERS:
        # Everything that is typed was tidied before (forms do it), so no half characters come here.
        held_to_the_list(render, tidy_text(markdown))
        held_to_the_list(render, markdown.replace("\ud800", ""))


@limits(max_examples=150)
@given(words=st.lists(st.text("abcdefgh äß日", min_size=1), min_size=1, max_size=6))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    text = " ".join(" ".join(words).split())
    assert parsed(render_post(text).html).text.strip() == text


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("marker", MARKERS)
def test_twenty_thousand_markers_nest_no_deeper_than_people_write(
    render: Callable[[str], RenderedText], marker: str
) -> None:
    markdown = marker * (20_000 if len(marker) < 4 else 5_000)
    html = render(markdown).html
    # What a text grows to is bounded by a constant: the worst is a link for each few characters typed.
    assert len(html) <= 16 * len(markdown) + 1_000
    deepest = depth = 0
    for piece in html.split("<")[1:]:
        if piece.startswith("/"):
            depth -= 1
        elif not piece.startswith(("br", "hr")):
            depth += 1
        deepest = max(deepest, depth)
    assert deepest <= 2 * 20 + 5
    held_to_the_list(render, markdown[: len(marker) * 500])
