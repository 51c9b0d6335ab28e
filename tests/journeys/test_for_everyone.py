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
from tests.html.places import unlike_the_others
from tests.journeys.conftest import PICTURES, Eyes
from tests.journeys.shown import Showing, found_wrong
from tests.soaking import SOAK

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
    """Every document; of those that say the same to several people, the first.

    In the gate those alone that have something in a place where no other has it. How wide the words of all of them make
    a phone's window is told by ``tests/languages/test_mirrored.py``.
    """
    alike = {_said(community, one): one for one in reversed(documents(community))}
    assert {one.who for one in alike.values()} >= {"visitor", *community.people}
    everything = list(reversed(alike.values()))
    return everything if SOAK or PICTURES else unlike_the_others(everything)


@pytest.fixture(scope="module")
def known() -> set[int]:
    """What was looked at in every theme, on any page."""
    return set()


def _said(community: Community, document: Document) -> str:
    """Return what stands between a page's header and its foot, less the words that are another's for everyone."""
    inside = document.html.partition("<main")[2].partition("</main>")[0]
    assert inside, document.name
    who = community.people.get(document.who)
    own = [re.escape(who.name)] if who else []
    return re.sub("|".join([r'value="[^"]{30,}"', "[0-9a-f]{32}", *own]), "", inside)


@pytest.mark.parametrize("part", PART)
def test_a_page_is_for_everyone_in_every_theme_on_every_screen(
    community: Community, found: list[Document], page: Page, eyes: Eyes, known: set[int], part: int
) -> None:
    showing = Showing(community, page.context)
    wrong: list[str] = []
    for document in found[part::PARTS]:
        showing.open(page, document)
        wrong += [f"{document.name}: {words}" for words in found_wrong(page, document.file_name, known)]
        # That the document itself was refused is what it is about.
        wrong += [
            f"{document.name}: {words}"
            for words in eyes.complaints
            if f"status of {document.status}" not in words
        ]
        eyes.complaints.clear()
    assert not wrong, "\n".join(wrong)


BROKEN = """<!doctype html><html><title>Broken</title><body style="background: #fff"><main>
<p style="color: #bbb">Too faint</p><img src="data:,"><p style="width: 2000px">Too wide</p>
<style>button { display: block; width: 9px; height: 9px; padding: 0 }</style><button>a</button><button>b</button>
</main><script>console.warn("Something is missing.")</script>"""


@pytest.mark.xdist_group("for-everyone-0")
@pytest.mark.parametrize("known", [None, set()], ids=["anew", "beside-others"])
def test_what_is_broken_is_seen(community: Community, page: Page, eyes: Eyes, known: set[int] | None) -> None:
    showing = Showing(community, page.context)
    if known is not None:
        # What is right about the same words elsewhere says nothing about these.
        showing.open(page, Document("right", "/", "visitor", 200, BROKEN.replace("#bbb", "#000"), {}))
        assert "color-contrast" not in "".join(found_wrong(page, known=known))
    showing.open(page, Document("broken", "/", "visitor", 200, BROKEN, {}))
    wrong = "\n".join(found_wrong(page, known=known))
    for words in (
        "html-has-lang",
        "image-alt",
        "target-size",
        "dim on 320: color-contrast",
        "wide on 320",
        "spacing",
    ):
        assert words in wrong
    assert "Something is missing." in eyes.complaints
