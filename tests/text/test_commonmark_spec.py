"""The specification's own examples, all of them: each is safe, and reads as it says wherever we keep the feature.

They are fetched and not carried along (``tests.fetched``). Our own, section by section, are in ``test_commonmark``.
"""

import os
import re
from collections.abc import Callable

import pytest

from forum.text.markdown import RenderedText, render_page, render_post
from tests.fetched import COMMONMARK, npm_is_there
from tests.text.test_commonmark import words_of
from tests.text.test_markdown import held_to_the_list

_EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)
EXAMPLES = 652
# What was typed holds HTML or a picture, which are switched off: it is read as it was typed.
_SWITCHED_OFF = re.compile(r"<|!\[")
# What the specification makes a heading, which a post doesn't have.
_HEADING = re.compile(r"<h[1-6]>")


@pytest.fixture(scope="module")
def examples() -> list[tuple[str, str]]:
    """Return every example: what is typed, and the HTML that the specification gives for it."""
    if not COMMONMARK.path.exists():
        if os.environ.get("CI") and npm_is_there():
            pytest.fail("CommonMark's examples aren't there: make test-tools fetches them.")
        pytest.skip("CommonMark's examples aren't there: make test-tools fetches them.")
    found = _EXAMPLE.findall(COMMONMARK.path.read_text(encoding="utf-8").replace("→", "\t"))
    assert len(found) == EXAMPLES
    return found


@pytest.mark.proves("W9")
@pytest.mark.parametrize("render", [render_post, render_page])
def test_each_example_is_safe(examples: list[tuple[str, str]], render: Callable[[str], RenderedText]) -> None:
    for markdown, _html in examples:
        held_to_the_list(render, markdown)


@pytest.mark.parametrize(("render", "at_least"), [(render_page, 511), (render_post, 472)])
def test_each_example_of_what_we_keep_reads_as_the_specification_says(
    examples: list[tuple[str, str]], render: Callable[[str], RenderedText], at_least: int
) -> None:
    kept = [
        (markdown, html)
        for markdown, html in examples
        if not _SWITCHED_OFF.search(markdown) and not (render is render_post and _HEADING.search(html))
    ]
    assert len(kept) >= at_least
    different = [
        (markdown, words_of(render(markdown).html), words_of(html))
        for markdown, html in kept
        if words_of(render(markdown).html) != words_of(html)
    ]
    assert different == []
