"""Writes ``docs/permissions.md`` from the table: ``python -m forum.permissions.documentation``."""

from forum.permissions.table import TABLE


def as_markdown() -> str:
    """Return the document's whole text."""
    rows = "\n".join(f"| `{action.value}` | {rule.name} |" for action, rule in TABLE.items())
    return (
        "# Permissions\n\n"
        "Generated from `forum/permissions/table.py` by `make docs`; don't edit it by hand.\n"
        "What may be *seen* is decided by each feature's `visibility.py`, not here.\n\n"
        "| action | who may |\n|---|---|\n"
        f"{rows}\n"
    )


if __name__ == "__main__":
    print(as_markdown(), end="")
