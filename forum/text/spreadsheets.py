"""Tables as CSV, for people who open them in a spreadsheet: no cell can be taken for a formula."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

# Spreadsheets run what begins like this.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the rows under their heading; a cell that begins like a formula gets an apostrophe in front."""
    return "".join(csv_lines(heading, rows))


def csv_lines(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Give the same line by line, for tables that are too large to be held at once."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in itertools.chain([heading], rows):
        writer.writerow([_harmless(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULAS) else text
