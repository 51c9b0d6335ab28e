"""``forum serve`` in a process of its own, for what a server in a thread of the tests can't show."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from config import PREFIX, ProviderSettings, Settings
from forum.cli.restored import begin_file

TOP = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
# Somewhat more than a server may take to finish what it has in hand.
STOP_SECONDS = 15.0
_PLAIN = (
    "mode",
    "bind",
    "port",
    "base_url",
    "database_url",
    "data_folder",
    "operator_name",
    "operator_address",
    "operator_contact",
    "operator_country",
    "threads",
)
_OF_PROVIDER = (
    "client_id",
    "client_secret",
    "issuer",
    "metadata_url",
    "authorize_url",
    "token_url",
    "profile_url",
    "debug_token_url",
)


def environ_of(settings: Settings) -> dict[str, str]:
    """Return the variables that give these settings, as an operator would set them."""
    found = {name: getattr(settings, name) for name in _PLAIN}
    found |= {
        name: ",".join(getattr(settings, name))
        for name in ("trusted_hosts", "session_keys", "cookie_keys", "ledger_keys", "ban_keys")
    }
    found["stand_in"] = "yes" if settings.stand_in else "no"
    for provider in (settings.google, settings.facebook):
        if isinstance(provider, ProviderSettings):
            found |= {f"{provider.provider}_{name}": getattr(provider, name) for name in _OF_PROVIDER}
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in found.items() if value is not None}


@contextmanager
def serving(settings: Settings, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run ``forum serve`` with these settings until the end, which is a SIGTERM and as soft as an operator's."""
    # As forum db upgrade does, which made none of the tests' databases.
    begin_file(settings)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = subprocess.Popen(
        [sys.executable, "-m", "forum.cli", "serve", *arguments],
        cwd=TOP,
        env={**kept, **environ_of(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(process, settings.base_url)
        yield process
        stop(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end, and wait until it has."""
    process.terminate()
    process.wait(STOP_SECONDS)


def _await(process: "subprocess.Popen[bytes]", base_url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "The forum ended while starting."
        with suppress(requests.ConnectionError):
            if requests.get(f"{base_url}/health/live", timeout=5).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("The forum did not start in time.")
