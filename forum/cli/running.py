"""Knowing whether the forum runs on this machine: whoever serves it or does its jobs holds a file, as long as it lives.

The kernel lets go of it however its holder ends. On other machines nobody sees it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from config import Settings

FILE = "running.lock"


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Say that the forum runs. Raises ClickException while a backup is being put back."""
    with _locked(settings, fcntl.LOCK_SH, "A backup is being put back. Start the forum when that is done."):
        yield


@contextmanager
def held_alone(settings: Settings) -> Iterator[None]:
    """Keep the forum from starting. Raises ClickException when it runs."""
    runs = "The forum runs: end forum serve and forum worker first, and whatever else serves it."
    with _locked(settings, fcntl.LOCK_EX, runs):
        yield


@contextmanager
def _locked(settings: Settings, how: int, otherwise: str) -> Iterator[None]:
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(settings.data_folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(otherwise) from None
        yield
    finally:
        os.close(file)
