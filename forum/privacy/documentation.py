"""Writes ``docs/personal-data.md`` from the registry: ``python -m forum.privacy.documentation``."""

from forum.database.personal_data import Column, Held, OnLeaving
from forum.privacy import registry

_HEAD = """\
# Personal data

Generated from each feature's `personal_data.py` by `make docs`; don't edit it by hand.

Every column of the database is declared, and what nobody declared fails a test. The copy that members can ask for,
what is erased when they leave, and the tests of both are made from the same declarations. Each table says what it
holds and whose it is; each column, whether it is in its member's copy, and what becomes of it when they leave:

- **erased**: gone when the days of grace are over. Words in threads are cleared, and the place stays empty where others
  answered; all other rows go as a whole. What an author chose to keep stays, without a name.
- **unnamed**: it named the member and is emptied. The row stays, since it is others', too.
- **kept**: it stays, for the reason given.
- **not personal**: it says nothing about anybody.

How long rows are kept otherwise stands on the page of the privacy policy. What is kept outside the database: the files
of the copies (a week), backups (as long as the operator set), the heads of the consent ledger and the erasure ledger,
which name nobody.
"""


def as_markdown() -> str:
    """Return the document's whole text."""
    about_people = [held for held in registry.HELD if is_about_people(held)]
    others = [held for held in registry.HELD if not is_about_people(held)]
    return "\n".join(
        [
            _HEAD,
            "## What is held about people\n",
            *(_section(held) for held in about_people),
            "## Tables that hold nothing about people\n",
            "| table | what it is |",
            "|---|---|",
            *(f"| `{held.table.__tablename__}` | {held.what} |" for held in others),
            "",
        ]
    )


def is_about_people(held: Held) -> bool:
    """Say whether any column of a table is about somebody."""
    return any(column.on_leaving is not OnLeaving.NOT_PERSONAL for column in held.columns.values())


def _section(held: Held) -> str:
    table = registry.table_of(held)
    rows = [_row(column.name, held.columns[column.name]) for column in table.columns]
    goes = "\n\nIts rows go as a whole when the member leaves." if held.rows_go else ""
    return (
        f"### `{table.name}`\n\n{held.what}{goes}\n\n"
        "| column | in the copy | when they leave | why |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _row(name: str, column: Column) -> str:
    is_there = "yes" if column.exported else "no"
    if column.on_leaving is OnLeaving.NOT_PERSONAL:
        is_there = "–"
    return f"| `{name}` | {is_there} | {column.on_leaving.value} | {column.why} |"


if __name__ == "__main__":
    print(as_markdown(), end="")
