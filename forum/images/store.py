"""Where the files of pictures lie: a folder of this machine, or a bucket that speaks S3. Files never change.

The library for S3 comes with the extra "s3" and is known to this module alone; it is imported when the first file is
asked for there, so that a forum without the extra runs all the same. A name is a random word that the forum made; what
a file is called in the store says no more. A bucket is asked with no transaction open.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from forum.errors import Unavailable
from forum.files import sync_folder
from forum.text.translate import gettext as _
from forum.turns import Turns

FOLDER = "images"
_ENDING = ".webp"
_NAME_BYTES = 16
_OURS = re.compile(r"[0-9a-f]{32}")
# What a process that was killed left of one that it was writing.
_UNFINISHED = re.compile(r"[0-9a-f]{32}\.webp\.part")
_ONLY_OURS = 0o600
# How long a bucket may take for one file in all, and to be reached.
_PATIENCE = timedelta(seconds=15)
_TO_CONNECT = timedelta(seconds=5)
# How long somebody waits until others were given their files, and when they should come again instead, in seconds.
TURN_TIMEOUT = 1.0
RETRY_AFTER = 10


def new_name() -> str:
    """Return a random word for a picture."""
    return secrets.token_hex(_NAME_BYTES)


def is_name(word: str) -> bool:
    """Say whether a picture could be called so."""
    return _OURS.fullmatch(word) is not None


class Store(Protocol):
    """A place for files. Whatever goes wrong on the way there raises Unavailable."""

    def write(self, name: str, content: bytes) -> None:
        """Store a file; when this returns, it outlives a power cut."""

    def read(self, name: str) -> bytes | None:
        """Return what is in a file, or None where there is none."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, which nobody but the forum's own user may look into. It is made when it is needed."""

    path: Path

    def write(self, name: str, content: bytes) -> None:
        """Write it under another name first: it is there as a whole, or not at all."""
        try:
            self._write(_file(name), content)
        except OSError:
            raise _out_of_reach() from None

    def _write(self, file_name: str, content: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The process may have been told to make everything less private than that.
        self.path.chmod(0o700)
        unfinished = self.path / f"{file_name}.part"
        unfinished.unlink(missing_ok=True)
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _ONLY_OURS)
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self.path / file_name)
            sync_folder(self.path)
        finally:
            unfinished.unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """Read a plain file of ours, and nothing else."""
        try:
            opened = os.open(self.path / _file(name), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        except OSError:
            raise _out_of_reach() from None
        with os.fdopen(opened, "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None

    def remove(self, name: str) -> None:
        """Remove it, and what a crash left of it."""
        file_name = _file(name)
        try:
            (self.path / file_name).unlink(missing_ok=True)
            (self.path / f"{file_name}.part").unlink(missing_ok=True)
        except OSError:
            raise _out_of_reach() from None

    def names(self) -> tuple[str, ...]:
        """Return what lies there, finished or not."""
        if not self.path.is_dir():
            return ()
        found = {file.name.partition(".")[0] for file in self.path.iterdir() if _is_ours(file.name)}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a service that speaks S3, and how to get into it."""

    endpoint: str
    bucket: str
    region: str
    key_id: str
    secret: str = field(repr=False)

    def write(self, name: str, content: bytes) -> None:
        """Put it there, as the picture that it is."""
        with _reaching() as s3:
            s3.put(_client(self), _file(name), content, attributes={"Content-Type": "image/webp"})

    def read(self, name: str) -> bytes | None:
        """Fetch it."""
        with _reaching() as s3, suppress(FileNotFoundError, s3.exceptions.NotFoundError):
            return bytes(s3.get(_client(self), _file(name)).bytes())
        return None

    def remove(self, name: str) -> None:
        """Have it removed. For S3 that works as well where there is none: not to be found is the bucket itself."""
        with _reaching() as s3:
            s3.delete(_client(self), _file(name))


@dataclass(frozen=True, slots=True)
class InTurns:
    """A store that only so many reach at once, so that one that hangs doesn't take everything else with it."""

    store: Store
    turns: Turns

    def write(self, name: str, content: bytes) -> None:
        """Store a file, in a turn."""
        with self._turn():
            self.store.write(name, content)

    def read(self, name: str) -> bytes | None:
        """Return what is in a file, in a turn."""
        with self._turn():
            return self.store.read(name)

    def remove(self, name: str) -> None:
        """Remove a file, in a turn."""
        with self._turn():
            self.store.remove(name)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.turns.take(TURN_TIMEOUT):
            raise Unavailable(
                _("Many people are waiting for pictures right now. Try again in a moment."), RETRY_AFTER
            )
        try:
            yield
        finally:
            self.turns.give_back()


def _file(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"not the name of a picture: {name!r}")
    return name + _ENDING


def _is_ours(file_name: str) -> bool:
    return is_name(file_name.removesuffix(_ENDING)) or _UNFINISHED.fullmatch(file_name) is not None


@lru_cache(maxsize=4)
def _client(bucket: Bucket) -> Any:
    """Return what speaks with a bucket; it keeps its connections."""
    return _library().store.S3Store(
        bucket.bucket,
        endpoint=bucket.endpoint,
        region=bucket.region,
        access_key_id=bucket.key_id,
        secret_access_key=bucket.secret,
        # Not every service has a host name for each bucket.
        virtual_hosted_style_request=False,
        client_options={
            "timeout": _PATIENCE,
            "connect_timeout": _TO_CONNECT,
            "allow_http": bucket.endpoint.startswith("http://"),
        },
        retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
    )


def _library() -> Any:
    """Return the library for S3, which a forum may run without. Raises Unavailable where it isn't installed."""
    try:
        import obstore  # noqa: PLC0415 - It comes with an extra: see the module's first words.
        import obstore.store  # noqa: PLC0415 - The same.
    except ImportError:
        raise Unavailable(_("Pictures can't be reached: this server lacks what it needs for that.")) from None
    return obstore


@contextmanager
def _reaching() -> Iterator[Any]:
    """Give the library, and let what goes wrong on the way end in one sentence: its own could hold addresses."""
    s3 = _library()
    try:
        yield s3
    except (s3.exceptions.BaseError, OSError):
        raise _out_of_reach() from None


def _out_of_reach() -> Unavailable:
    return Unavailable(_("The place where pictures lie can't be reached right now. Try again in a minute."))
