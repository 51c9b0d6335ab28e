"""The first words of a text: plain, on one line, cut where a reader would cut, and nobody named in them."""

import pytest

from forum.text.excerpts import first_words, shortened
from forum.text.markdown import render_post


def test_a_text_begins_with_its_plain_words_and_nobody_is_named_in_it() -> None:
    html = render_post("# Hello\n\n*Ask* [[mention 1]] &amp; **me**.\n\n[[quote 2]]\n\n- one\n- two").html
    assert first_words(html, 300).endswith("Hello Ask @a member & me. one two")
    assert first_words("", 300) == ""


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        ("one two three", "one two three"),
        ("one two three four", "one two…"),
        ("abcdefghijklmnopqrstuvw", "abcdefghijkl…"),
        ("痛みが続いています。今日は少し楽です。", "痛みが続いています。今日…"),
    ],
)
def test_words_are_cut_between_two_where_there_is_a_gap(words: str, cut: str) -> None:
    assert shortened(words, 13) == cut
    assert len(cut) <= 13
