"""Writes ``docs/schemas/export.schema.json`` from the registry: ``python -m forum.privacy.export_schema``.

The same lies in each copy, beside the file that it describes.
"""

import json
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Enum, Integer, LargeBinary, String, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

from forum.database.column_types import UtcDateTime
from forum.privacy import registry

# Raise its number when something goes or means something else. More columns and tables come without that: what reads
# copies by an older schema of the same number reads later ones, too. Each copy has its own schema beside it.
FORMAT = "alongside-export/1"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a copy's ``data.json``."""
    every = {registry.table_of(held).name: held for held in registry.exported()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{FORMAT.replace('/', ':')}",
        "title": "A copy of what a community on Alongside holds about one member",
        **_object(
            {
                "format": {"const": FORMAT},
                "made_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "As of when everything was read, in UTC.",
                },
                "member": {
                    "description": "Whose copy it is.",
                    **_object({"uuid": {"type": "string", "format": "uuid"}, "name": {"type": "string"}}),
                },
                "tables": _object(
                    {
                        name: {
                            "description": held.what,
                            "type": "array",
                            "items": _object(
                                {
                                    column.name: _of_column(column)
                                    for column in registry.exported_columns(held)
                                }
                            ),
                        }
                        for name, held in every.items()
                    }
                ),
            }
        ),
    }


def as_json() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _of_column(column: Column[Any]) -> dict[str, Any]:
    """Return what a column's values look like in JSON; ``export_data`` makes them so."""
    found: dict[str, Any] = {"type": "string"} if registry.is_a_term(column) else _of_type(column.type)
    if not column.nullable:
        return found
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    types = found["type"]
    found["type"] = [*(types if isinstance(types, list) else [types]), "null"]
    return found


def _of_type(kind: TypeEngine[Any]) -> dict[str, Any]:
    match kind:
        case Enum():
            return {"type": "string", "enum": list(kind.enums)}
        case UtcDateTime():
            return {"type": "string", "format": "date-time"}
        case Date():
            return {"type": "string", "format": "date"}
        case Uuid():
            return {"type": "string", "format": "uuid"}
        case Boolean():
            return {"type": "boolean"}
        case Integer():
            return {"type": "integer"}
        case String():
            return {"type": "string"}
        case JSON():
            return {"type": ["object", "array"]}
        case LargeBinary():
            return {"type": "string", "contentEncoding": "base64"}
        case TypeDecorator():
            return _of_type(kind.impl_instance)
    raise TypeError(f"Nobody says how a copy writes a {type(kind).__name__}.")


if __name__ == "__main__":
    print(as_json(), end="")
