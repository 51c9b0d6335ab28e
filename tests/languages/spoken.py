"""What of a page a person sees or hears: its texts and what is read out of attributes, and what of it is data."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from tests.architecture.templates import MACHINE_META, SPOKEN_ATTRIBUTES, UNTRANSLATED

# Two letters without an accent: no word of a pseudo-localised sentence has them.
_PLAIN_WORD = re.compile(r"[A-Za-z]{2,}")
_REQUEST_ID = re.compile(r"\b[0-9a-f]{32}\b")
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


class _Listener(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        for name in SPOKEN_ATTRIBUTES & given.keys():
            if name == "value" and (tag != "input" or given.get("type") not in ("submit", "button", "reset")):
                continue
            if name == "content" and given.get("name", given.get("property", "charset")) in MACHINE_META:
                continue
            self.heard.append((f"<{tag} {name}>", given[name]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not UNTRANSLATED & set(self._open):
            self.heard.append((f"<{self._open[-1]}>" if self._open else "", " ".join(data.split())))


def spoken(html: str) -> list[tuple[str, str]]:
    """Return every text that a reader gets, each with where it stands."""
    listener = _Listener()
    # What was looked for is marked within words that are data as a whole.
    listener.feed(re.sub("</?mark>", "", html))
    listener.close()
    return listener.heard


class Data:
    """What is not ours to translate: names, titles, and the texts that are stored.

    Of what is in ``pieces_of`` a piece may stand alone: pages cut it up to make its numbers something to tap.
    """

    def __init__(self, known: Iterable[str], pieces_of: Iterable[str] = ()) -> None:
        texts = {" ".join(text.split()) for one in known for text in _texts_of(one)}
        self._whole = frozenset(texts)
        self._whole_lines = frozenset(pieces_of)
        # The longest first, so that none is cut up by a shorter one that stands in it.
        parts = sorted((re.escape(text) for text in texts if _PLAIN_WORD.search(text)), key=len, reverse=True)
        self._parts = (
            re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])") if parts else re.compile("(?!)")
        )

    def without(self, text: str) -> str:
        """Return what is left of a text when the data in it is taken out."""
        plain = " ".join(text.split())
        if plain in self._whole or any(plain in line for line in self._whole_lines):
            return ""
        return _REQUEST_ID.sub("", self._parts.sub("", plain))


def _texts_of(text: str) -> Iterator[str]:
    """Give a stored text: as it is, and, if it is HTML, each piece that stands between its elements."""
    yield text
    if "<" in text:
        yield from (piece for _where, piece in spoken(text))


def strays(html: str, data: Data) -> list[str]:
    """Return what on a page in ``en-XA`` is neither one of our sentences nor data."""
    suspects = ((where, text) for where, text in spoken(html) if _PLAIN_WORD.search(text))
    return [f"{where} {text}" for where, text in suspects if _PLAIN_WORD.search(data.without(text))]
