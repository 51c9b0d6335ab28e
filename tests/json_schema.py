"""Holds a value against a JSON Schema, for the few keywords that our published schemas use; any other one fails."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_SAY_NOTHING = {"$schema", "$id", "title", "description", "contentEncoding"}


def problems(schema: dict[str, Any], value: Any, where: str = "$") -> Iterator[str]:
    """Give a sentence for everything in the value that the schema doesn't allow."""
    for keyword, wanted in schema.items():
        if keyword in _SAY_NOTHING:
            continue
        assert keyword in _KEYWORDS, f"Nobody here knows the keyword {keyword}."
        kind, check = _KEYWORDS[keyword]
        # A keyword says nothing of values of other kinds than its own.
        if isinstance(value, kind):
            yield from check(schema, wanted, value, where)


def _type(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    types = [wanted] if isinstance(wanted, str) else wanted
    kinds = {kind for one in types for kind in _TYPES[one]}
    if type(value) not in kinds:
        yield f"{where} is no {wanted}"


def _const(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    if value != wanted:
        yield f"{where} is not {wanted}"


def _enum(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    if value not in wanted:
        yield f"{where} is none of {wanted}"


def _format(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    readers: dict[str, Callable[[str], object]] = {
        "date-time": datetime.fromisoformat,
        "date": date.fromisoformat,
        "uuid": UUID,
    }
    shapes = {
        "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        "date": r"\d{4}-\d\d-\d\d",
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    }
    try:
        readers[wanted](value)
    except ValueError:
        yield f"{where} is no {wanted}"
        return
    if not re.fullmatch(shapes[wanted], value):
        yield f"{where} is no {wanted}"


def _pattern(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    if not re.search(wanted, value):
        yield f"{where} is not like {wanted}"


def _minimum(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    if value < wanted:
        yield f"{where} is less than {wanted}"


def _items(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    for position, one in enumerate(value):
        yield from problems(wanted, one, f"{where}[{position}]")


def _required(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    yield from (f"{where} lacks {name}" for name in wanted if name not in value)


def _properties(_schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    for name in wanted.keys() & value.keys():
        yield from problems(wanted[name], value[name], f"{where}.{name}")


def _additional(schema: Any, wanted: Any, value: Any, where: str) -> Iterator[str]:
    assert wanted is False
    yield from (f"{where} has {name}" for name in value.keys() - schema["properties"].keys())


_Check = Callable[[Any, Any, Any, str], Iterator[str]]
_KEYWORDS: dict[str, tuple[type, _Check]] = {
    "type": (object, _type),
    "const": (object, _const),
    "enum": (object, _enum),
    "format": (str, _format),
    "pattern": (str, _pattern),
    "minimum": (int, _minimum),
    "items": (list, _items),
    "required": (dict, _required),
    "properties": (dict, _properties),
    "additionalProperties": (dict, _additional),
}
