"""The readable part of an address: safe in any address, never empty, never long."""

import re

import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from forum.text.slugs import LONGEST_SLUG, slug_of


@limits(max_examples=300)
@given(title=st.text(max_size=160))
@example(title="\ud800")
@example(title="\x00")
@example(title="&#99999999999999999999;")
@example(title="&#xd800;&#x110000;")
@example(title="a" * 5000)
@example(title="-" * 5000)
@example(title="ß" * 80)
@example(title="../../etc/passwd?x=1#y")
def test_a_slug_is_letters_digits_and_hyphens_and_not_long(title: str) -> None:
    slug = slug_of(title)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= LONGEST_SLUG
    assert slug_of(slug) == slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What helps you sleep?", "what-helps-you-sleep"),
        ("Crème brûlée & naïveté", "creme-brulee-naivete"),
        ("日本語", "ri-ben-yu"),
        ("?!", "topic"),
        ("", "topic"),
        (f"{'word ' * 30}end", "-".join(["word"] * 16)),
    ],
)
def test_what_slugs_become_of_titles(title: str, slug: str) -> None:
    assert slug_of(title) == slug
