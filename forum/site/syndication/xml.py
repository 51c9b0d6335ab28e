"""Writing XML: elements from names and texts, and nothing in them that XML forbids."""

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

# What no XML document may hold, not even escaped: controls, lone surrogates and the last two code points of a plane.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def child(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Add an element with a text and attributes, and return it."""
    made = SubElement(parent, tag, {name: allowed(value) for name, value in attributes.items()})
    made.text = allowed(text) or None
    return made


def allowed(text: str) -> str:
    """Return a text without the characters that XML forbids."""
    return _FORBIDDEN.sub("", text)


def moment(at: datetime) -> str:
    """Return a moment as Atom and sitemaps write it (RFC 3339)."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def document(root: Element) -> bytes:
    """Return the whole document."""
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
