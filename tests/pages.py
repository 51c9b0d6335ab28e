"""Reads a page the way its reader does: elements with their attributes, the text inside them, and the links."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


@dataclass(slots=True)
class Element:
    """An element with everything it holds. ``raw`` is what stands in it unparsed (a script's content)."""

    tag: str
    attributes: dict[str, str]
    inside: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return what a reader sees, with single spaces."""
        return " ".join("".join(self.pieces).split())

    @property
    def raw(self) -> str:
        """Return the text as it stands."""
        return "".join(self.pieces)

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Return the elements inside, at any depth, that have this tag and these attributes.

        ``class_`` asks for one of the classes; a ``_`` in another name stands for ``-``.
        """
        found = []
        for element in self.inside:
            if element._is(tag, attributes):
                found.append(element)
            found += element.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """Return the only such element inside."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements are {tag or 'any'} {attributes}"
        return found[0]

    def _is(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag and self.tag != tag:
            return False
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or tag not in [element.tag for element in self._open]:
            return
        while self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)


def read_page(html: str) -> Element:
    """Return the page's root element."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root
