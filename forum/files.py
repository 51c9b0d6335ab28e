"""Files that outlive a power cut: lines that are added whole or not at all, and files that are replaced at once.

What stands in them is their features' to know. Whoever changes one holds it, beside every other process that does; a
lock of its own is what they hold, for the file itself may be another one after it was replaced.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ONLY_OURS = 0o600


class HeldFile:
    """A file that nobody else changes meanwhile; it need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: bytes) -> None:
        """Add whole lines, and return when they are on the disk. What a crash left of a line at the end is cut off."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, _ONLY_OURS)
        try:
            # The process may have been told to make everything more private, or less, than that.
            os.fchmod(file, _ONLY_OURS)
            whole = len(whole_lines(self.path))
            os.ftruncate(file, whole)
            os.lseek(file, whole, os.SEEK_SET)
            _write_and_sync(file, lines)
        finally:
            os.close(file)
        sync_folder(self.path.parent)

    def replace(self, content: bytes) -> None:
        """Put other content in its place: at every moment the file is whole, as it was or as it will be."""
        new = self.path.with_name(f"{self.path.name}.new")
        # One that a crash left may be anything.
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OURS)
        try:
            _write_and_sync(file, content)
        finally:
            os.close(file)
        new.replace(self.path)
        sync_folder(self.path.parent)


@contextmanager
def held(path: Path) -> Iterator[HeldFile]:
    """Hold the right to change a file in a folder that is there: others wait. Holding it twice waits for ever."""
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, _ONLY_OURS)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield HeldFile(path)
    finally:
        os.close(lock)


def whole_lines(path: Path) -> bytes:
    """Return what a file holds up to the end of its last whole line; nothing where there is no file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]


def sync_folder(folder: Path) -> None:
    """See to it that what a folder's files are called is on the disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write_and_sync(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)
