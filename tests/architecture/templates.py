"""Reads templates the way the rules look at them: what stays when Jinja's own parts are taken out."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

# A place where Jinja would have put something; no letter, so that it is never taken for text.
_HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
_TRANSLATED = re.compile(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}", re.DOTALL)
_JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
# {{ "Words" }}: a sentence that hides from translation inside an expression.
_QUOTED = re.compile(r"{{-?\s*([\"'])(?P<words>[^\"']*)\1\s*-?}}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")

SPOKEN_ATTRIBUTES = frozenset(
    {"alt", "aria-description", "aria-label", "content", "placeholder", "title", "value"}
)
ADDRESS_ATTRIBUTES = frozenset({"action", "formaction", "href", "poster", "src", "srcset"})
# A machine reads these, so their words are code.
MACHINE_META = frozenset({"charset", "color-scheme", "referrer", "robots", "viewport"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.bare: list[str] = []
        self._machine = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += _inline(tag, given)
        if tag in ("script", "style"):
            self._machine += 1
        self.bare += _unspoken(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._machine -= 1

    def handle_data(self, data: str) -> None:
        if not self._machine and _LETTERS.search(data):
            self.bare.append(data.strip())


def _inline(tag: str, given: dict[str, str]) -> Iterator[str]:
    for name, value in given.items():
        if name == "style" or re.fullmatch(r"on[a-z]+", name):
            yield f"<{tag} {name}=…>"
        if name in ADDRESS_ATTRIBUTES and re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE):
            yield f"<{tag} {name}={value}>"
        # A link may lead anywhere; what the browser loads by itself may not.
        if tag != "a" and name in ADDRESS_ATTRIBUTES and re.match(r"\s*(https?:)?//", value, re.IGNORECASE):
            yield f"<{tag} {name}={value}>"
    if tag == "style" or (
        tag == "script" and "src" not in given and given.get("type") != "application/ld+json"
    ):
        yield f"<{tag}>"


def _unspoken(tag: str, given: dict[str, str]) -> Iterator[str]:
    for name in SPOKEN_ATTRIBUTES & given.keys():
        if name == "value" and (tag != "input" or given.get("type") not in ("submit", "button", "reset")):
            continue
        if name == "content" and given.get("name", given.get("property", "charset")) in MACHINE_META:
            continue
        if _LETTERS.search(given[name]):
            yield f"{name}={given[name]!r}"


def _read(source: str) -> _Reader:
    reader = _Reader()
    reader.feed(_JINJA.sub(_HOLE, _TRANSLATED.sub(_HOLE, source)))
    reader.close()
    return reader


def inline_parts(source: str) -> list[str]:
    """Return what our content policy would refuse: inline style and script, handlers, other hosts' files."""
    return _read(source).inline


def bare_texts(source: str) -> list[str]:
    """Return the texts that a person would see and that gettext doesn't."""
    quoted = [found["words"] for found in _QUOTED.finditer(source) if _LETTERS.search(found["words"])]
    return _read(source).bare + quoted
