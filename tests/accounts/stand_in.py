"""The stand-in provider for tests: a real process on a free loopback port, one for each process that runs tests.

Every test registers a client of its own, so that the switches it sets reach no other test.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests

from config import ProviderSettings
from forum.demo.stand_in import signed_requests
from forum.demo.stand_in.serve import answers

TOP = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
# Long enough to outlast the deadlines that tests give, short enough not to outlast the tests.
SLOW_SECONDS = 3.0
REDIRECT_URIS = {
    provider: f"http://127.0.0.1:9/auth/{provider}/callback" for provider in ("google", "facebook")
}


@dataclass(frozen=True, slots=True)
class StandInClient:
    """One registered application: its settings for both providers, its switches, its part of the log."""

    base_url: str
    google: ProviderSettings
    facebook: ProviderSettings

    def settings(self, provider: str) -> ProviderSettings:
        """Return the settings for one of the two providers."""
        return {"google": self.google, "facebook": self.facebook}[provider]

    def misbehave(self, **faults: bool | int | str) -> None:
        """Set switches for this client."""
        self._control("POST", "faults", faults)

    def behave(self) -> None:
        """Put this client's switches back."""
        self._control("DELETE", "faults", None)

    def log(self) -> list[dict[str, Any]]:
        """Return what came for this client, the oldest first."""
        entries: list[dict[str, Any]] = self._control("GET", "log", None).json()
        return entries

    def requested(self, ending: str) -> int:
        """Return how many requests came to paths that end like this."""
        return sum(entry["path"].endswith(ending) for entry in self.log())

    def choose(self, address: str, persona: str = "robin") -> str:
        """Go to an authorization address as a browser would, pick a persona; return where that leads back to."""
        page = requests.get(address, allow_redirects=False, timeout=10)
        if page.status_code == 303:
            return page.headers["Location"]
        assert page.status_code == 200, page.text
        handle = re.search(r'name="request" value="([^"]+)"', page.text)
        assert handle is not None
        assert f'name="persona" value="{persona}"' in page.text
        answer = requests.post(
            urljoin(address, urlsplit(address).path),
            data={"request": unescape(handle[1]), "persona": persona},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def signed_request(self, user_id: str, issued_at: int, **changes: Any) -> str:
        """Return a signed request as Facebook would send it for a person; ``changes`` are to its content."""
        content = signed_requests.payload(user_id, issued_at) | changes
        return signed_requests.sign(content, self.facebook.client_secret)

    def security_event(self, persona: str = "robin", kind: str = "sessions-revoked") -> str:
        """Return a security event token as Google would push it, with what this client's switches change."""
        answer = requests.post(
            f"{self.base_url}/google/{self.google.client_id}/events/token",
            data={"persona": persona, "kind": kind},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.text

    def _control(self, method: str, what: str, content: Any) -> requests.Response:
        answer = requests.request(
            method,
            f"{self.base_url}/{what}",
            params={"client_id": self.google.client_id},
            json=content,
            timeout=10,
        )
        answer.raise_for_status()
        return answer


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in."""

    base_url: str

    def register(
        self,
        redirect_uris: Iterable[str] = REDIRECT_URIS.values(),
        deauthorize_url: str | None = None,
        deletion_url: str | None = None,
        events_url: str | None = None,
    ) -> StandInClient:
        """Register a client: where people come back to, and where the providers' own calls go."""
        content = {
            "redirect_uris": list(redirect_uris),
            "deauthorize_url": deauthorize_url,
            "deletion_url": deletion_url,
            "events_url": events_url,
        }
        answer = requests.post(f"{self.base_url}/clients", json=content, timeout=10)
        answer.raise_for_status()
        made = answer.json()
        return StandInClient(
            self.base_url, ProviderSettings(**made["google"]), ProviderSettings(**made["facebook"])
        )


def query_of(address: str) -> dict[str, str]:
    """Return the parameters in an address's query."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True))


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environ(**changes: str | None) -> dict[str, str]:
    """Return an environment in which the stand-in may start; a change to None takes a variable out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
    ours: dict[str, str | None] = {
        "PYTHONPATH": str(TOP),
        "ALONGSIDE_STAND_IN": "yes",
        "ALONGSIDE_MODE": "test",
        "ALONGSIDE_BIND": "127.0.0.1",
        "ALONGSIDE_BASE_URL": "http://127.0.0.1:9",
        **changes,
    }
    return kept | {name: value for name, value in ours.items() if value is not None}


def await_answer(port: int, child: "subprocess.Popen[bytes]") -> bool:
    """Wait until a port answers; False when the child that should answer ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        try:
            child.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise AssertionError("The stand-in did not start in time.") from None
        else:
            return False
    return True


def started(port: int, stdout: int | None = None) -> "subprocess.Popen[bytes]":
    """Start a stand-in process on a port. It ends with this process, however this one ends."""
    command = [sys.executable, "-m", "forum.demo", "provider", "--with-parent", "--port", str(port)]
    return subprocess.Popen(
        [*command, "--slow-seconds", str(SLOW_SECONDS)],
        env=environ(),
        cwd=TOP,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    """Return the stand-in provider, running in a process of its own."""
    # Another test process may take the port between finding and using it.
    for _ in range(3):
        port = free_port()
        child = started(port)
        if await_answer(port, child):
            break
    else:
        raise AssertionError("The stand-in did not start.")
    yield StandIn(f"http://127.0.0.1:{port}")
    child.terminate()
    child.wait(timeout=10)


@pytest.fixture
def registered(stand_in: StandIn) -> StandInClient:
    """Return a client at the stand-in that this test has to itself."""
    return stand_in.register()
