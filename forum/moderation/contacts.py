"""A helpline's contact line, cut into plain words and things to tap: numbers to call, text or write to.

At the moment it is needed, nobody should have to copy a number by hand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An e-mail address, a web address without its scheme, or a number of at least three digits in groups.
_TAPPABLE = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<site>\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b(?:/[\w/-]*)?)"
    r"|(?P<number>\+?\b\d(?:[ -]?\d){2,}\b)"
)
# Before a number that takes both.
_CALL_OR_TEXT = re.compile(r"\bcall or text\s*$", re.IGNORECASE)
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True, slots=True)
class ContactPart:
    """Some words, or with ``address`` something to tap; ``text_address`` where one can text that number."""

    text: str
    address: str
    text_address: str = ""


def parts_of(contact: str) -> tuple[ContactPart, ...]:
    """Return the contact line in parts; joined, their texts are the line."""
    return tuple(part for piece in re.split(r"(?<=;)", contact) for part in _parts(piece))


def call(number: str) -> str:
    """Return the address that calls a number."""
    return "tel:" + re.sub(r"[ -]", "", number)


def text_to(number: str) -> str:
    """Return the address that writes a text message to a number."""
    return "sms:" + re.sub(r"[ -]", "", number)


def _parts(piece: str) -> Iterator[ContactPart]:
    end = 0
    only_text = piece.strip().lower().startswith("text ")
    for found in _TAPPABLE.finditer(piece):
        address = _address(found, only_text=only_text)
        if not address:
            continue
        if found.start() > end:
            yield ContactPart(piece[end : found.start()], "")
        takes_texts = address.startswith("sms:") or (
            address.startswith("tel:") and _CALL_OR_TEXT.search(piece[: found.start()])
        )
        yield ContactPart(found.group(), address, text_to(found.group()) if takes_texts else "")
        end = found.end()
    if end < len(piece):
        yield ContactPart(piece[end:], "")


def _address(found: re.Match[str], *, only_text: bool) -> str:
    text = found.group()
    if found.group("mail"):
        return f"mailto:{text}"
    if found.group("site"):
        return f"https://{text}"
    if _YEAR.fullmatch(text):
        return ""
    return text_to(text) if only_text else call(text)
