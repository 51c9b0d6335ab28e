"""What the tests of the command line share: an environment, and commands run in this process or in one of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from config import PREFIX
from forum.cli import main

ROOT = Path(__file__).resolve().parents[2]
Run: TypeAlias = Callable[..., Result]


def environment(database_url: str, folder: Path, port: int = 8000) -> dict[str, str]:
    """Return the settings as an operator would give them."""
    return {
        f"{PREFIX}MODE": "test",
        f"{PREFIX}BASE_URL": f"http://127.0.0.1:{port}",
        f"{PREFIX}PORT": str(port),
        f"{PREFIX}DATABASE_URL": database_url,
        f"{PREFIX}DATA_FOLDER": str(folder),
        f"{PREFIX}SESSION_KEYS": "a session key that serves tests alone",
        f"{PREFIX}COOKIE_KEYS": Fernet.generate_key().decode(),
        f"{PREFIX}LEDGER_KEYS": "a ledger key that serves these tests alone",
        f"{PREFIX}BAN_KEYS": "a key for bans that serves these tests alone",
        f"{PREFIX}OPERATOR_NAME": "The Test Community",
        f"{PREFIX}OPERATOR_ADDRESS": "1 Example Street, Exampleton",
        f"{PREFIX}OPERATOR_CONTACT": "care@forum.invalid",
        f"{PREFIX}OPERATOR_COUNTRY": "IE",
        f"{PREFIX}THREADS": "4",
    }


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings for this test's migrated database."""
    return environment(database_url, tmp_path)


@pytest.fixture
def run(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run ``forum`` with these arguments in this process; ``set_to`` changes variables, None takes one away."""

    def command(*arguments: str, set_to: Mapping[str, str | None] | None = None, typed: str = "") -> Result:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            monkeypatch.delenv(name)
        for name, value in (environ | dict(set_to or {})).items():
            if value is not None:
                monkeypatch.setenv(name, value)
        # Wide enough that no value in a table is folded.
        monkeypatch.setenv("COLUMNS", "250")
        return CliRunner().invoke(main, list(arguments), input=typed)

    # Commands set the mask of this process, and the other tests in it have their own.
    before = os.umask(0o022)
    yield command
    os.umask(before)


@pytest.fixture
def start() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start ``forum`` in a process of its own; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def begin(environ: Mapping[str, str], *arguments: str) -> "subprocess.Popen[str]":
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        process = subprocess.Popen(
            [sys.executable, "-m", "forum.cli", *arguments],
            cwd=ROOT,
            env={**others, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A process group of its own, so that nothing that it started can outlive the test.
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
