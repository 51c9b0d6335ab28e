"""The demo as one starts it, in processes of its own, and a browser that notes every complaint of a page."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.accounts.stand_in import TOP, free_port
from tests.databases import DIALECTS

# Pictures of each step are written there when it is set; they are for looking at and stay out of the repository.
PICTURES = os.environ.get("JOURNEY_PICTURES", "")


# Does what ``python -m forum.demo`` does before it serves.
MAKE = """
import os, subprocess
from forum.demo.__main__ import STEPS
from forum.demo.preparation import prepare
os.umask(0o077)
environ = prepare(os.environ).environ
for _name, step in STEPS:
    subprocess.run(step, env=environ, check=True, stdout=subprocess.DEVNULL)
"""
# And serves what was made, where each step would only look whether it is all there.
SERVE = """
import sys
from forum.demo import __main__ as demo
demo.STEPS = ()
sys.exit(demo.main([]))
"""


@dataclass(slots=True)
class Demo:
    """A running demo."""

    address: str
    log: Path


def _environ(database_url: str, folder: Path, port: int) -> dict[str, str]:
    return os.environ | {
        "PORT": str(port),
        "DATA": str(folder / "data"),
        "ALONGSIDE_DATABASE_URL": database_url,
    }


@contextmanager
def running(database_url: str, folder: Path, *, made: bool = False) -> Iterator[Demo]:
    """Run ``python -m forum.demo`` until the context is left, without its steps where all of it is made."""
    port = free_port()
    log = folder / "demo.log"
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, *(("-c", SERVE) if made else ("-m", "forum.demo"))],
            env=_environ(database_url, folder, port),
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
            yield Demo(f"http://localhost:{port}", log)
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo makes of nothing on SQLite, to be copied: making it takes as long as all else of its start.

    That one command makes and serves it is proven in ``tests/demo``, and by the journeys on PostgreSQL.
    """
    folder = tmp_path_factory.mktemp("made-demo")
    environ = _environ(f"sqlite:///{folder / 'forum.sqlite3'}", folder, free_port())
    subprocess.run([sys.executable, "-c", MAKE], env=environ, cwd=TOP, stdin=subprocess.DEVNULL, check=True)
    return folder


# One worker takes all journeys on a database, so that each demo is started once.
ON_EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"journeys-{name}")) for name in DIALECTS]


@pytest.fixture(scope="module", params=ON_EACH)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as new: one for all tests of a module on each database, so each is somebody else."""
    folder = tmp_path_factory.mktemp("demo")
    with ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_clones").clone("template0"))
            yield stack.enter_context(running(url, folder))
        else:
            shutil.copytree(request.getfixturevalue("made_demo"), folder, dirs_exist_ok=True)
            url = f"sqlite:///{folder / 'forum.sqlite3'}"
            yield stack.enter_context(running(url, folder, made=True))


@dataclass(slots=True)
class Eyes:
    """Watches a page: what its console says, and which hosts it asks. ``name`` is whose eyes they are."""

    page: Page
    name: str = ""
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
            file = "-".join(part for part in (self.name, f"{self._pictures:02}", name) if part)
            self.page.screenshot(path=f"{PICTURES}/{file}.png", full_page=True)


def watched(page: Page, name: str = "") -> Eyes:
    """Return a watcher on a page, which from now on gives up on what doesn't come within seconds."""
    page.set_default_timeout(10_000)
    watcher = Eyes(page, name)
    page.on("console", lambda message: watcher.hear(message.type, message.text))
    page.on("pageerror", lambda error: watcher.complaints.append(str(error)))
    page.on("request", lambda request: watcher.hosts.add(request.url.split("/")[2]))
    return watcher


@pytest.fixture
def eyes(page: Page) -> Eyes:
    """A watcher on the test's page."""
    return watched(page)


# --- several people at once ------------------------------------------------------------------------------


def choose_persona(page: Page, name: str) -> None:
    """Be somebody at the stand-in."""
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def agree(page: Page, name: str, *, email: bool = False) -> None:
    """Fill in the consent step and agree to what is needed."""
    expect(page.get_by_role("heading", level=1)).to_have_text("You choose what we may keep")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_label("The name others will see").fill(name)
    page.get_by_label("The year you were born").fill("1980")
    page.get_by_role("checkbox", name="I accept the terms").check()
    page.get_by_role("checkbox", name="I agree that this community keeps").check()
    if email:
        page.get_by_role("checkbox", name="Send me e-mail").check()
    page.get_by_role("button", name="Agree and join").click()


@dataclass(slots=True)
class People:
    """Opens a browser for each person of a journey. No page of theirs may complain of anything."""

    browser: Browser
    address: str
    eyes: list[Eyes] = field(default_factory=list)

    def visitor(self, name: str = "visitor") -> Page:
        """Return a new browser, on a page of its own."""
        page = self.browser.new_context().new_page()
        self.eyes.append(watched(page, name))
        return page

    def member(self, persona: str, joins_as: str = "", at: str = "/about", *, by_hand: bool = False) -> Page:
        """Return the browser of a persona who is signed in, and joins first where they have a name to join as.

        ``by_hand``: a small phone that runs no script, for whoever uses its keyboard alone.
        """
        small = ViewportSize(width=320, height=640)
        context = self.browser.new_context(java_script_enabled=False, viewport=small) if by_hand else None
        page = (context or self.browser.new_context()).new_page()
        self.eyes.append(watched(page, persona.split(maxsplit=1)[0].lower()))
        page.goto(f"{self.address}/log-in?next={at}")
        page.get_by_role("button", name="Continue with Google").click()
        choose_persona(page, persona)
        if joins_as:
            agree(page, joins_as)
        page.wait_for_url(f"**{at}*")
        return page

    def look(self, page: Page, name: str) -> None:
        """Take a picture, when pictures are wanted."""
        self._eyes_on(page).look(name)

    def expect_refusal(self, page: Page, status: int) -> None:
        """Take back the one complaint that a browser has of its own accord when a page comes with this status."""
        complaints = self._eyes_on(page).complaints
        assert len(complaints) == 1, complaints
        assert f"status of {status}" in complaints.pop()

    def _eyes_on(self, page: Page) -> Eyes:
        (found,) = (one for one in self.eyes if one.page is page)
        return found


@pytest.fixture
def people(browser: Browser, demo: Demo) -> Iterator[People]:
    """The people of a journey on the demo."""
    together = People(browser, demo.address)
    yield together
    for one in together.eyes:
        one.page.context.close()
    assert {one.name: one.complaints for one in together.eyes if one.complaints} == {}
