"""What a variable part of an address may be. What no row can have is no address: 404 before any query.

Werkzeug's own converters pass on numbers that no key column holds and characters that PostgreSQL refuses in a text,
and the database's complaint would be a fault instead of a plain "there is nothing here".
"""

import unicodedata
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, UnicodeConverter, ValidationError

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
