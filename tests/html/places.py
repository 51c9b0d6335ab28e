"""Which kinds of elements a document has, and in which places: for telling what one shows and no other does."""

from collections.abc import Iterable
from html.parser import HTMLParser

from tests.html.documents import Document

# Elements that hold none (HTML standard, 13.1.2).
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
# How many of the elements around one say where it stands.
_AROUND = 3


class _Places(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = f"{tag}.{dict(attrs).get('class') or ''}"
        said = ",".join(sorted(name for name, _value in attrs))
        self.found.add((*(one for _tag, one in self._open[-_AROUND:]), f"{kind} {said}"))
        if tag not in _VOID:
            self._open.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return


def unlike_the_others(documents: Iterable[Document]) -> list[Document]:
    """Return those documents, in their order, that have some element where none before them has one of its kind."""
    known: set[tuple[str, ...]] = set()
    unlike = []
    for document in documents:
        places = _Places()
        places.feed(document.html)
        if not places.found <= known:
            unlike.append(document)
        known |= places.found
    return unlike
