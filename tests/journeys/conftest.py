"""The demo as one starts it, in processes of its own, and a browser that notes every complaint of a page."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.accounts.stand_in import TOP, free_port
from tests.databases import DIALECTS

# Pictures of each step are written there when it is set; they are for looking at and stay out of the repository.
PICTURES = os.environ.get("JOURNEY_PICTURES", "")


@dataclass(slots=True)
class Demo:
    """A running demo."""

    address: str
    log: Path


@contextmanager
def running(database_url: str, folder: Path) -> Iterator[Demo]:
    """Run ``python -m forum.demo`` until the context is left."""
    port = free_port()
    log = folder / "demo.log"
    environ = os.environ | {
        "PORT": str(port),
        "DATA": str(folder / "data"),
        "ALONGSIDE_DATABASE_URL": database_url,
    }
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, "-m", "forum.demo"],
            env=environ,
            cwd=TOP,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        ready = next((line for line in process.stdout if "is ready at" in line), "")
        assert ready, log.read_text()
        try:
            yield Demo(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()
            process.wait(timeout=20)


# One worker takes all journeys on a database, so that each demo is started once.
ON_EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"journeys-{name}")) for name in DIALECTS]


@pytest.fixture(scope="module", params=ON_EACH)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, made from nothing: one for all tests of a module on each database, so each is somebody else."""
    folder = tmp_path_factory.mktemp("demo")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'forum.sqlite3'}"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_clones").clone("template0"))
        yield stack.enter_context(running(url, folder))


@dataclass(slots=True)
class Eyes:
    """Watches a page: what its console says, and which hosts it asks."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    _pictures: int = 0

    def hear(self, kind: str, words: str) -> None:
        """Note a complaint; that a log-out cleared the browser's storage is none."""
        if kind in ("error", "warning"):
            self.complaints.append(words)

    def look(self, name: str) -> None:
        """Take a picture of the page as it is, when pictures are wanted."""
        if PICTURES:
            self._pictures += 1
            self.page.screenshot(path=f"{PICTURES}/{self._pictures:02}-{name}.png", full_page=True)


@pytest.fixture
def eyes(page: Page) -> Eyes:
    """A watcher on the test's page, which gives up on what doesn't come within seconds."""
    page.set_default_timeout(10_000)
    watcher = Eyes(page)
    page.on("console", lambda message: watcher.hear(message.type, message.text))
    page.on("pageerror", lambda error: watcher.complaints.append(str(error)))
    page.on("request", lambda request: watcher.hosts.add(request.url.split("/")[2]))
    return watcher
