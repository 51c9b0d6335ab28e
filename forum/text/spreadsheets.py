"""Tables as CSV, for people who open them in a spreadsheet: no cell can be taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

# Spreadsheets run what begins like this.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the rows under their heading; a cell that begins like a formula gets an apostrophe in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(cell) for cell in heading])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULAS) else text
