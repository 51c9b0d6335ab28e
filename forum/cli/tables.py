"""Tables on the terminal. Whatever the width, every value is printed whole, so that it can be copied."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; a value that is too long for its column goes on in the next line."""
    table = Table()
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        # Text, so that square brackets in a value are not taken for markup.
        table.add_row(*(Text(value) for value in row))
    Console().print(table)
