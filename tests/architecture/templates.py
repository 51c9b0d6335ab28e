"""Reads templates the way the rules look at them: what stays when Jinja's own parts are taken out."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, meta, nodes
from jinja2.defaults import DEFAULT_NAMESPACE

# Where Jinja would have put something: no letter, so that it is never taken for text.
_HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
_PLAIN = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_TRANSLATED = re.compile(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}", re.DOTALL)
_SILENT = re.compile(r"{#.*?#}|{%.*?%}", re.DOTALL)
_SPOKEN = re.compile(r"{{.*?}}", re.DOTALL)
# {{ "Words" }}: a sentence that hides from translation inside an expression.
_QUOTED = re.compile(r"{{-?\s*([\"'])(?P<words>[^\"']*)\1\s*-?}}")
# A word; what an equals sign follows is part of an address.
_LETTERS = re.compile(r"[^\W\d_]{2,}\b(?!=)")
# A machine reads what stands in these, or a person as it is in every language.
UNTRANSLATED = frozenset({"code", "kbd", "samp", "script", "style"})

SPOKEN_ATTRIBUTES = frozenset(
    {"alt", "aria-description", "aria-label", "content", "placeholder", "title", "value"}
)
ADDRESS_ATTRIBUTES = frozenset({"action", "formaction", "href", "poster", "src", "srcset"})
# A machine reads these, so their words are code.
MACHINE_META = frozenset({"charset", "color-scheme", "og:type", "og:url", "referrer", "robots", "viewport"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.bare: list[str] = []
        self._machine = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += _inline(tag, given)
        if tag in UNTRANSLATED:
            self._machine += 1
        self.bare += _unspoken(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNTRANSLATED:
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
    plain = _SPOKEN.sub(_HOLE, _SILENT.sub(" ", _TRANSLATED.sub(_HOLE, source)))
    # An element whose name the template chooses is an element all the same.
    reader.feed(re.sub(rf"(</?){_HOLE}", r"\1x", plain))
    reader.close()
    return reader


def _own_names(tree: nodes.Template) -> Iterator[str]:
    """Give the names that a template makes itself. Whether each is made on every way is StrictUndefined's to say."""
    for node in tree.body:
        if isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.Macro):
            yield node.name
    targets = [made.target for made in tree.find_all(nodes.Assign)]
    targets += [made.target for made in tree.find_all(nodes.AssignBlock)]
    for target in targets:
        names = [target, *target.find_all(nodes.Name)]
        yield from (name.name for name in names if isinstance(name, nodes.Name))


def _layout_of(tree: nodes.Template) -> str | None:
    extended = next(tree.find_all(nodes.Extends), None)
    return extended.template.value if extended and isinstance(extended.template, nodes.Const) else None


def free_names(source: str, folder: Path) -> set[str]:
    """Return the names that a template needs from outside itself and its layouts, Jinja's own few left out."""
    tree = _PLAIN.parse(source)
    own = set(_own_names(tree))
    above = tree
    while layout := _layout_of(above):
        above = _PLAIN.parse((folder / layout).read_text())
        own |= set(_own_names(above))
    return meta.find_undeclared_variables(tree) - own - DEFAULT_NAMESPACE.keys()


def inline_parts(source: str) -> list[str]:
    """Return what our content policy would refuse: inline style and script, handlers, other hosts' files."""
    return _read(source).inline


def bare_texts(source: str) -> list[str]:
    """Return the texts that a person would see and that gettext doesn't."""
    quoted = [found["words"] for found in _QUOTED.finditer(source) if _LETTERS.search(found["words"])]
    return _read(source).bare + quoted
