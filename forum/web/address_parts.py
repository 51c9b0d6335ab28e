"""What a variable part of an address, and its page number, may be. What no row can have is no address: 404 at once.

Werkzeug's own converters pass on numbers that no key column holds and characters that PostgreSQL refuses in a text,
and the database's complaint would be a fault instead of a plain "there is nothing here".
"""

import unicodedata
from typing import Any

from flask import Flask, request
from werkzeug.routing import IntegerConverter, UnicodeConverter, ValidationError

from forum.errors import NotFound

LARGEST_KEY = 2**63 - 1


class KeyConverter(IntegerConverter):
    """The id of a row."""

    def to_python(self, value: str) -> int:
        number: int = super().to_python(value)
        if number > LARGEST_KEY:
            raise ValidationError
        return number


class TextConverter(UnicodeConverter):
    """A slug or another word without control characters."""

    def to_python(self, value: str) -> Any:
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise ValidationError
        return super().to_python(value)


def install(app: Flask) -> None:
    """Use them wherever an address has ``<int:…>``, ``<string:…>`` or plain ``<…>``."""
    app.url_map.converters.update({"int": KeyConverter, "string": TextConverter, "default": TextConverter})


def page_number() -> int:
    """Return which page of a numbered list is asked for. Raises NotFound for what is no number."""
    given = request.args.get("page", "1")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise NotFound
    return int(given)
