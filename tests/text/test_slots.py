"""Slots in texts, and what people type for them."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from forum.text import slots
from forum.text.markdown import render_post
from forum.text.slots import TypedQuote

QUOTE = "> [#12](/posts/345)\n> the *whole* night"


def mentions(text: str, *known: str) -> str:
    return slots.with_mentions(
        text, lambda name: f"[[mention {known.index(name) + 1}]]" if name in known else None
    )


def quotes(text: str) -> tuple[str, list[TypedQuote]]:
    found: list[TypedQuote] = []

    def token(quote: TypedQuote) -> str:
        found.append(quote)
        return slots.token(slots.QUOTE, len(found))

    return slots.with_quotes(text, token), found


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@Rowan, hello", "[[mention 1]], hello"),
        ("Hello (@Rowan)!", "Hello ([[mention 1]])!"),
        ("@Rowan-", "[[mention 1]]-"),
        ("@Rowan-Ash and @Rowan", "[[mention 2]] and [[mention 1]]"),
        ("*@Rowan*", "*[[mention 1]]*"),
        ("@Rowan@Rowan", "[[mention 1]]@Rowan"),
        ("mail@Rowan.org, https://a.org/@Rowan, \\@Rowan, @Rowans, @ Rowan, @", None),
        ("@" + "R" * 60, None),
    ],
)
def test_a_name_after_an_at_is_a_mention(typed: str, stored: str | None) -> None:
    assert mentions(typed, "Rowan", "Rowan-Ash") == (typed if stored is None else stored)


def test_a_quoted_block_becomes_a_paragraph_of_its_own() -> None:
    text, found = quotes(f"Before\n{QUOTE}\nafter\n\n{QUOTE}\n>\n> second")
    assert text == "Before\n\n[[quote 1]]\n\nafter\n\n[[quote 2]]"
    assert [(one.post_id, one.words) for one in found] == [
        (345, "the *whole* night"),
        (345, "the *whole* night second"),
    ]
    assert render_post(text).html.count("<p>[[quote ") == 2
    # Somebody wrote on in its first line, or put the words there: it is a quote all the same.
    for first, words in ((" and more", "and more the *whole* night"), (": ", ": the *whole* night")):
        text, found = quotes(QUOTE.replace(")", f"){first}"))
        assert (text, found[0].post_id, found[0].words) == ("[[quote 1]]", 345, words)
    assert quotes("> [#12](/posts/345) the whole night")[1][0].words == "the whole night"


@pytest.mark.parametrize(
    "typed",
    [
        f"```\n{QUOTE}\n```",
        QUOTE.replace("> ", "> > "),
        QUOTE.replace("/posts/345", "https://evil.example/posts/345"),
        "> no source\n> [#12](/posts/345)",
        "- a list\n\n  " + QUOTE.replace("\n", "\n  "),
    ],
)
def test_what_only_looks_like_a_quoted_block_stays(typed: str) -> None:
    assert quotes(typed) == (typed, [])


def test_nothing_is_filled_inside_a_tag_or_where_nothing_belongs() -> None:
    html = (
        '<p>[[mention 1]] <a href="https://a.org/">[[mention 1]]</a> [[quote 1]] [[mention 2]]</p><p>[[quote 1]]</p>'
        '<figure><img alt="a > [[mention 1]]"></figure>'
    )
    filled = slots.fill(html, lambda kind, at: Markup("<b>%s</b>") % kind if at == 1 else None)
    assert filled == (
        '<p><b>mention</b> <a href="https://a.org/"><b>mention</b></a> [[quote 1]] [[mention 2]]</p><b>quote</b>'
        '<figure><img alt="a > [[mention 1]]"></figure>'
    )


def test_words_are_found_as_they_read() -> None:
    html = render_post(
        "> other\n\nOne & *two*\nthree, [[mention 3]] said.\n\n[[quote 1]]\n\n- four\n- five"
    ).html
    words = slots.plain(html)
    assert words == "other\nOne & two three, [[mention 3]] said.\nfour\nfive"

    def found(typed: str) -> str | None:
        span = slots.find(typed, words, lambda ordinal: f"@Name{ordinal}")
        return span and words[slice(*span)]

    assert found("two three, @Name3") == "two three, [[mention 3]]"
    assert found("said. four") == "said.\nfour"
    # Half of a name is the whole.
    assert found("ame3 said") == "[[mention 3]] said"
    assert found("") is found("six") is None


def test_a_text_goes_into_the_composer_as_it_was_typed() -> None:
    stored = "[[mention 1]], [[mention 2]] a[[mention 1]]\n\n[[quote 1]]\n\nand [[quote 1]]"
    block = slots.quoted_block(3, 9, "words\nand more")
    typed = slots.as_typed(stored, {1: "Rowan"}, {1: block})
    # Where a name would not be found again, its slot stays: it must not remain in the text.
    assert typed == (
        "@Rowan, [[mention 2]] a[[mention 1]]\n\n> [#3](/posts/9)\n> words\n>\n> and more\n\nand [[quote 1]]"
    )
    assert mentions(quotes(typed)[0], "Rowan") == stored
    assert slots.neutral_words(stored).startswith("@a member, @a member a@a member\n\n(quoted words)")


class _Balance(HTMLParser):
    """Fails where an element is not closed by its own end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handlers += [name for name, _value in attrs if name not in ("href", "rel", "class", "start")]
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


_PIECES = st.sampled_from(
    ["[[mention 1]]", "[[quote 2]]", "[[", "]]", "@Rowan", "@", QUOTE, "> ", "- ", "```", "`", "*", "~~", "\n", "\n\n",
     "[a](", "<", ">", '"', "&amp;", "](/posts/1)", "[mention 1]: https://a.org", "<b>", " ", "\\", "1. ", "é"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=4), max_size=25).map("".join))
@example("\r[[mention 1]]" + QUOTE)
@example("[x [[mention 1]]](<@Rowan>)\n" + QUOTE + "\n[[quote 2]]")
def test_no_text_breaks_the_page(text: str) -> None:
    stored = mentions(quotes(text)[0], "Rowan")
    quoted = Markup('<blockquote><p><a href="/posts/1">x</a></p></blockquote>')
    html = slots.fill(
        render_post(stored).html,
        lambda kind, _at: quoted if kind == slots.QUOTE else Markup('<b class="m">x</b>'),
    )
    for shown in (html, slots.neutral(render_post(stored).html)):
        balance = _Balance()
        balance.feed(shown)
        balance.close()
        assert not balance.open
        assert not balance.handlers
    assert "\x00" not in slots.plain(html)
