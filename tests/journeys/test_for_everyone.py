"""Every document of the forum, in every theme, on a small phone and on a desk: for everyone.

It is told by axe, by how wide the page is, and by what the browser complains about. Which documents there are is said
in ``tests/html/documents.py``; with JOURNEY_PICTURES each is saved as a picture of each kind.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.every_page import Community
from tests.html.documents import Document, documents, settled
from tests.journeys.conftest import PICTURES, Eyes
from tests.journeys.shown import (
    COLOUR_RULES,
    DESK,
    PHONE,
    RULES,
    THEMES,
    Showing,
    bring_axe,
    put_on,
    space_out,
    unfold,
    violations,
    width_of,
)

# Two workers share them, and each makes the community and opens its pages once.
WORKERS, PARTS = 2, 16
PART = [
    pytest.param(part, marks=pytest.mark.xdist_group(f"for-everyone-{part * WORKERS // PARTS}"))
    for part in range(PARTS)
]


@pytest.fixture(scope="module")
def community(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """A community whose pages are looked at; how they look is no database's."""
    with settled(sqlite_template, tmp_path_factory.mktemp("for-everyone")) as community:
        yield community


@pytest.fixture(scope="module")
def found(community: Community) -> list[Document]:
    """Every document; of those that say the same to several people, the first."""
    alike = {_said(community, one): one for one in reversed(documents(community))}
    assert {one.who for one in alike.values()} >= {"visitor", *community.people}
    return list(reversed(alike.values()))


def _said(community: Community, document: Document) -> str:
    """Return what stands between a page's header and its foot, less the words that are another's for everyone."""
    inside = document.html.partition("<main")[2].partition("</main>")[0]
    assert inside, document.name
    who = community.people.get(document.who)
    own = [re.escape(who.name)] if who else []
    return re.sub("|".join([r'value="[^"]{30,}"', "[0-9a-f]{32}", *own]), "", inside)


@pytest.mark.parametrize("part", PART)
def test_a_page_is_for_everyone_in_every_theme_on_every_screen(
    community: Community, found: list[Document], page: Page, eyes: Eyes, part: int
) -> None:
    showing = Showing(community, page.context)
    wrong: list[str] = []
    for document in found[part::PARTS]:
        showing.open(page, document)
        wrong += [f"{document.name}: {words}" for words in _look_at(page, document)]
        # That the document itself was refused is what it is about.
        wrong += [
            f"{document.name}: {words}"
            for words in eyes.complaints
            if f"status of {document.status}" not in words
        ]
        eyes.complaints.clear()
    assert not wrong, "\n".join(wrong)


def _look_at(page: Page, document: Document) -> Iterator[str]:
    unfold(page)
    bring_axe(page)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        if width_of(page) > size["width"]:
            yield f"{width_of(page)} wide on {size['width']}"
        for theme in THEMES:
            put_on(page, theme)
            rules = RULES if theme == THEMES[0] else COLOUR_RULES
            yield from (f"{theme} on {size['width']}: {words}" for words in violations(page, rules))
            if PICTURES:
                name = f"{document.file_name}-{size['width']}-{theme}.png"
                page.screenshot(path=Path(PICTURES) / "pages" / name, full_page=True)
    page.set_viewport_size(PHONE)
    space_out(page)
    if width_of(page) > PHONE["width"]:
        yield f"{width_of(page)} wide with a reader's own spacing"
