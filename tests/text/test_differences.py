"""What differs between two versions of a text: said so that it can be followed, complete, and in bounded time."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.text.differences import Change, Form, Passage, Words, differences
from forum.text.markdown import render_page
from tests.pages import read_page

# Far more than it needs, and far less than what isn't bounded would.
SOON = 5.0


def compared(before: str, after: str) -> list[Passage]:
    """Return what is different between two texts of the same title."""
    return [*differences(("Terms", before), ("Terms", after))]


def told(passages: list[Passage]) -> list[tuple[str, str, str]]:
    """Return each passage with what differs in brackets."""
    return [(one.change.value, side(one.before), side(one.after)) for one in passages]


def side(words: tuple[Words, ...]) -> str:
    return " ".join(f"[{part.text}]" if part.differ else part.text for part in words)


def test_words_inside_a_paragraph_are_told_apart() -> None:
    before = "We keep it for a year and tell nobody of it.\n"
    after = "We keep it for two years and tell nobody about it.\n"
    assert told(compared(before, after))[1:] == [
        (
            "reworded",
            "We keep it for [a year] and tell nobody [of] it.",
            "We keep it for [two years] and tell nobody [about] it.",
        )
    ]


def test_a_single_word_between_two_changes_is_read_with_them() -> None:
    passages = compared(
        "Here is one thing or another that we keep for you.\n",
        "Here is some thing and more that we keep for you.\n",
    )
    assert told(passages)[-1][1:] == (
        "Here is [one thing or another] that we keep for you.",
        "Here is [some thing and more] that we keep for you.",
    )


def test_what_has_little_in_common_is_gone_and_new() -> None:
    passages = compared("All of this was so.\n", "Nothing is like it.\n")
    assert [one.change for one in passages] == [Change.SAME, Change.ADDED, Change.REMOVED]


def test_marks_of_markdown_are_left_out_and_where_a_link_leads_is_said() -> None:
    passages = compared(
        "", "- **Bold** `code` [a page](/about)\nnext line\n\n|a|b|\n|-|-|\n|c|d|\n\n    x  y\n"
    )
    assert [(one.form, side(one.after)) for one in passages[1:]] == [
        (Form.ENTRY, "[Bold code a page (/about) next line]"),
        (Form.ROW, "[a · b]"),
        (Form.ROW, "[c · d]"),
        (Form.CODE, "[x y]"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A word.\n", "A *word*.\n"),
        ("- A word.\n", "A word.\n"),
        ("- A word.\n", "1. A word.\n"),
        ("## A word.\n", "### A word.\n"),
    ],
)
def test_the_same_words_shown_in_another_way_are_said_to_be_that(before: str, after: str) -> None:
    assert [one.change for one in compared(before, after)] == [Change.SAME, Change.RESHAPED]


def test_another_title_and_another_address_are_changes() -> None:
    (title,) = (one for one in differences(("Our terms", "A.\n"), ("Their terms", "A.\n")) if one.before)
    assert title.form is Form.TITLE
    assert compared("[a long name here](/one)\n", "[a long name here](/two)\n")[-1].change is Change.REWORDED


def test_nothing_is_said_of_what_reads_the_same() -> None:
    assert compared("- a\n- b\n", "* a\n* b\n\n\n") == []
    assert compared("", "") == []


def test_what_is_the_same_is_folded_but_for_what_one_needs_to_find_the_place() -> None:
    body = "".join(f"Paragraph number {n} says something.\n\n" for n in range(9))
    before = f"## First\n\n{body}## Second\n\n{body}Last of them.\n"
    after = before.replace("Last of them.", "Last of them all.")
    passages = compared(before, after)
    assert [(one.change, one.parts) for one in passages] == [
        (Change.FOLDED, 11),
        (Change.SAME, 1),
        (Change.FOLDED, 8),
        (Change.SAME, 1),
        (Change.REWORDED, 1),
    ]
    assert side(passages[1].after) == "Second"
    assert side(passages[3].after) == "Paragraph number 8 says something."


_SENTENCES = st.lists(
    st.lists(st.sampled_from(["we", "keep", "your", "words", "safe", "here"]), min_size=1, max_size=9).map(
        " ".join
    ),
    max_size=9,
)


@given(_SENTENCES, _SENTENCES)
def test_nothing_gets_lost(before: list[str], after: list[str]) -> None:
    """Whatever is compared: both texts can be read from what is said, word by word, but for what is folded."""
    passages = compared("\n\n".join(before), "\n\n".join(after))
    if not passages:
        assert before == after
        return
    assert put_back(passages, ["Terms", *before], old=True) == ["Terms", *before]
    assert put_back(passages, ["Terms", *after], old=False) == ["Terms", *after]


def put_back(passages: list[Passage], text: list[str], *, old: bool) -> list[str]:
    """Return one of the two texts as the passages say it; what they fold is taken from the text itself."""
    said: list[str] = []
    for one in passages:
        if one.change is Change.FOLDED:
            said += text[len(said) : len(said) + one.parts]
        elif words := one.before if old and one.change is not Change.SAME else one.after:
            said.append(plain(words))
    return said


def plain(words: tuple[Words, ...]) -> str:
    return " ".join(part.text for part in words)


def test_what_is_said_is_what_readers_see() -> None:
    """Words that readers see are in what is compared, and nothing else is."""
    text = "## *Head*\n\n1. One <b>two</b> &amp; three\n2. `four`\n\n> five\n\n---\n\nsix  \nseven\n"
    seen = " ".join(read_page(f"<main>{render_page(text).html}</main>").one("main").text.split())
    assert " ".join(plain(one.after) for one in compared("", text)[1:]).split() == seen.split()


def hostile() -> dict[str, tuple[str, str]]:
    """Return texts that what is not bounded takes minutes for."""
    chance = random.Random(7)  # noqa: S311 - made-up words, and the same ones each time.

    def words(count: int, kinds: int) -> str:
        return " ".join(chance.choice("abcdefghijklmnop"[:kinds]) for _ in range(count))

    def parts(count: int, each: int) -> str:
        return "\n\n".join(words(each, 16) for _ in range(count))

    return {
        "one word": ("a " * 30_000, "b " + "a " * 29_000 + "c"),
        "two words": (words(30_000, 2), words(30_000, 2)),
        "many kinds": (words(30_000, 16), words(30_000, 16)),
        "just small enough": (words(600, 8), words(600, 8)),
        "short parts": ("a\n\n" * 10_000, "b\n\na\n\n" * 5_000),
        "other parts": (parts(1_000, 20), parts(1_000, 20)),
        "long parts": (parts(90, 300), parts(90, 300)),
        "chain": (" ".join(f"w{n}" for n in range(5_000)), " ".join(f"w{n} z" for n in range(5_000))),
        "nested": ("> " * 20_000 + "a", "- " * 20_000 + "a"),
        "one line": ("a" * 60_000, "a" * 59_999 + "b"),
    }


@pytest.mark.parametrize("kind", hostile())
def test_it_never_takes_long(kind: str) -> None:
    before, after = hostile()[kind]
    # Its own time: whatever else this machine does meanwhile is not counted.
    started = time.process_time()
    compared(before, after)
    assert time.process_time() - started < SOON


def test_where_no_more_is_compared_all_of_it_is_still_said() -> None:
    before, after = "One two three four.\n\nFive six.\n", "One two three for.\n\nFive seven.\n"
    passages = [*differences(("Terms", before), ("Terms", after), most_steps=0)]
    assert told(passages) == [
        ("same", "", "Terms"),
        ("added", "", "[One two three for.]"),
        ("added", "", "[Five seven.]"),
        ("removed", "[One two three four.]", ""),
        ("removed", "[Five six.]", ""),
    ]
