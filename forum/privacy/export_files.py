"""The files of copies: where they lie, what is in one, and how it is written so that no half of one is ever found.

A copy is called by a random word, so that no name in the folder leads to a person; nobody but the server's own user may
look into it. What is in it is read in ``export_data``, and its page for people is drawn in ``export_html``.
"""

import io
import json
import os
import re
import secrets
import stat
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

from forum.files import sync_folder
from forum.images.store import Store, is_name
from forum.privacy import export_data, export_html, export_schema, export_wording
from forum.privacy.export_data import Spool
from forum.text.spreadsheets import csv_lines

FOLDER = "exports"
# The table whose rows each have a file.
_PICTURES = "image"
_ENDING = ".zip"
_UNFINISHED = ".part"
_NAME_BYTES = 16
# What the folder's own files are called, and nothing else: its word, whose turn at it this was, and the ending.
_OURS = re.compile(r"([0-9a-f]{32})(\.[0-9a-f]{16}\.part|\.zip)")
_ONLY_OURS = 0o600


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy is made of: whose it is, as of when, the rows, and where the pictures lie that they speak of."""

    uuid: UUID
    name: str
    made_at: datetime
    rows: Spool
    pictures: Store


class Package:
    """A ZIP file that is being written."""

    def __init__(self, archive: zipfile.ZipFile, made_at: datetime) -> None:
        self._archive = archive
        self._made_at = made_at

    @contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        """Give a new file of the package, to be written."""
        info = zipfile.ZipInfo(name, date_time=self._made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = (stat.S_IFREG | _ONLY_OURS) << 16
        with self._archive.open(info, "w", force_zip64=True) as out:
            yield out

    def write(self, name: str, pieces: Iterable[str]) -> None:
        """Add a text file, piece by piece."""
        with self.file(name) as out, io.TextIOWrapper(out, "utf-8", newline="") as text:
            text.writelines(pieces)


# --- what is in it ---------------------------------------------------------------------------------------


def add_data(package: Package, copy: Copy) -> None:
    """Add everything for programs, and the schema that says what it looks like."""
    package.write("data.json", _as_json(copy))
    package.write("export.schema.json", [export_schema.as_json()])


def add_spreadsheets(package: Package, copy: Copy) -> None:
    """Add a spreadsheet for each table that holds something."""
    for table in export_data.tables():
        if copy.rows.count(table.name):
            cells = (map(_cell, row.values()) for row in copy.rows.rows(table.name))
            package.write(f"csv/{table.name}.csv", csv_lines(table.columns, map(tuple, cells)))


def add_page(package: Package, copy: Copy) -> None:
    """Add the page for people, which opens without a network."""
    package.write("index.html", export_html.pieces(copy.name, copy.made_at, copy.rows))


def add_receipts(package: Package, copy: Copy) -> None:
    """Add a receipt for each decision in the ledger."""
    for sequence, receipt in copy.rows.receipts():
        with package.file(f"receipts/{sequence}.json") as out:
            out.write(receipt)


def add_pictures(package: Package, copy: Copy) -> None:
    """Add the pictures, as everybody saw them. One that was removed while this copy is made is not in it."""
    for row in copy.rows.rows(_PICTURES):
        content = copy.pictures.read(row["name"]) if is_name(row["name"]) else None
        if content is not None:
            with package.file(f"pictures/{row['name']}.webp") as out:
                out.write(content)


def add_explanation(package: Package, copy: Copy) -> None:
    """Add what says which file is what."""
    package.write("README.txt", export_wording.explanation(copy.made_at))


# In this order; each is a part that whoever waits sees done.
PARTS = (add_data, add_spreadsheets, add_page, add_receipts, add_pictures, add_explanation)
# Before them, everything is read.
STEPS = 1 + len(PARTS)


def _as_json(copy: Copy) -> Iterator[str]:
    """Give ``data.json`` piece by piece, one row a line."""
    head = {
        "format": export_schema.FORMAT,
        "made_at": export_data.in_words(copy.made_at),
        "member": {"uuid": str(copy.uuid), "name": copy.name},
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "tables": {'
    for number, table in enumerate(export_data.tables()):
        yield f"{',' if number else ''}\n  {json.dumps(table.name)}: ["
        for position, row in enumerate(copy.rows.rows(table.name)):
            yield f"{',' if position else ''}\n   {json.dumps(row, ensure_ascii=False)}"
        yield "]"
    yield "\n }\n}\n"


def _cell(value: Any) -> Any:
    """Return what a cell of a spreadsheet holds: JSON for what is no single value, and for yes and no."""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


# --- where it lies ---------------------------------------------------------------------------------------


def new_name() -> str:
    """Return a random word for a copy's file."""
    return secrets.token_hex(_NAME_BYTES)


def folder_in(data_folder: Path) -> Path:
    """Return the folder of the copies, which is made if it isn't there."""
    folder = data_folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    # The process may have been told to make everything less private than that.
    folder.chmod(0o700)
    return folder


def open_copy(data_folder: Path, file_name: str) -> BinaryIO | None:
    """Return a copy to read from, or None when it is gone. Nothing but a plain file of ours is opened."""
    if not _OURS.fullmatch(file_name + _ENDING):
        return None
    try:
        opened = os.open(data_folder / FOLDER / (file_name + _ENDING), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        return None
    return os.fdopen(opened, "rb")


def pack(folder: Path, file_name: str, copy: Copy, went_well: Callable[[int], bool]) -> int | None:
    """Write a copy's file, and return how large it is; it is there as a whole, or not at all.

    ``went_well`` is told how many parts are done, and says whether the copy is still wanted: if not, None is returned.
    """
    for leftover in folder.glob(f"{file_name}.*{_UNFINISHED}"):
        leftover.unlink(missing_ok=True)
    unfinished = folder / f"{file_name}.{secrets.token_hex(8)}{_UNFINISHED}"
    opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _ONLY_OURS)
    try:
        with os.fdopen(opened, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                package = Package(archive, copy.made_at)
                for number, add in enumerate(PARTS, start=1):
                    add(package, copy)
                    if not went_well(number):
                        return None
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        unfinished.rename(folder / (file_name + _ENDING))
        sync_folder(folder)
        return size
    finally:
        unfinished.unlink(missing_ok=True)


def remove(folder: Path, file_name: str) -> None:
    """Remove a copy's file, if it is there."""
    (folder / (file_name + _ENDING)).unlink(missing_ok=True)


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return every file of ours in the folder, finished or not."""
    return tuple(file for file in sorted(folder.iterdir()) if _OURS.fullmatch(file.name))


def remove_strays(files: Iterable[Path], ready: Collection[str], under_way: Collection[str]) -> int:
    """Remove those of these files that no copy has, and return how many there were."""
    strays = [
        file
        for file in files
        if (word := file.name.partition(".")[0]) not in under_way
        and (word not in ready or file.suffix == _UNFINISHED)
    ]
    for file in strays:
        file.unlink(missing_ok=True)
    return len(strays)
