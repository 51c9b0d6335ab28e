"""What becomes of the signed heads when a backup was put back: the ledger is shorter then, and rightly so.

Heads of events that the backup doesn't have are set aside, in a file that says when; the others stay. So the ledger can
be checked and signed as before, and nobody loses what proves the events that were.
"""

import os
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock, files
from forum.consent.heads import FILE_NAME, read_heads
from forum.consent.models import ConsentEvent


def set_heads_aside(session: Session, folder: Path, keys: tuple[str, ...]) -> Path | None:
    """Set aside the heads that this ledger doesn't hold, and return the file they are in; None when it holds them all.

    That file is the whole one of before. Lines that can't be read, or that no key signed, are in it alone.

    Queries: 1, none without heads
    """
    with files.held(folder / FILE_NAME) as file:
        good = read_heads(file.path, keys).good
        if not good:
            return None
        events = select(ConsentEvent.sequence, ConsentEvent.hash).where(
            ConsentEvent.sequence.in_({head.sequence for head in good})
        )
        there = {(row.sequence, row.hash) for row in session.execute(events)}
        stay = [head for head in good if (head.sequence, head.hash) in there]
        if len(stay) == len(good):
            return None
        name = f"{file.path.stem}-before-{clock.now():%Y%m%dT%H%M%S%fZ}{file.path.suffix}"
        aside = file.path.with_name(name)
        # Twice the same file rather than none at all, should the power fail in between.
        os.link(file.path, aside)
        file.replace(b"".join(head.line + b"\n" for head in stay))
    return aside
