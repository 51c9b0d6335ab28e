"""What readers notice of fifty sign-ins at a provider that hangs: ``python -m tests.benchmarks.hanging_provider``.

The demo runs as people start it: Granian, the worker and the stand-in, each in a process of its own. Rounds take
turns: nobody signs in; fifty do and the provider answers; fifty do and it hangs. Readers ask at a fixed rate
throughout, and a page's time counts from the moment at which it was due, so that a page that had to wait for the one
before it is not counted as a quick one.
"""

# ruff: noqa: T201  (Printing what was seen is what this is for.)

import argparse
import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles

import psycopg
import requests

from config import PREFIX, Settings
from forum.demo.preparation import LOOPBACK, prepare
from tests.accounts.stand_in import StandInClient, free_port
from tests.servers import postgres

TOP = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
PEOPLE = 50
# How often each of them comes back in a turn.
TIMES = 2
# Longer than the forum waits, and no longer than needed: the stand-in has a thread for each that it holds.
HANGS_SECONDS = 8
# From when on an answer was not given at once, in seconds.
AT_ONCE = 2.0
CONNECTIONS = 4
QUIET, ANSWERS, HANGS = "nobody signs in", "the provider answers", "the provider hangs"
MODES = (QUIET, ANSWERS, HANGS)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


# --- readers ---------------------------------------------------------------------------------------------


def read_pages(place: str, addresses: Sequence[str], per_second: float, seconds: float) -> list[float]:
    """Ask for these pages in turn at a fixed rate, over a few connections; return how many seconds each took."""
    took: list[float] = []
    headers = {"Host": place, "Accept": "text/html"}
    interval = CONNECTIONS / per_second
    began = time.perf_counter() + 0.1

    def read(number: int) -> None:
        connection = HTTPConnection(LOOPBACK, int(place.rpartition(":")[2]), timeout=60)
        due = began + number * interval / CONNECTIONS
        turn = number
        while due < began + seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("GET", addresses[turn % len(addresses)], headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"A reader got {answer.status}.")
            took.append(time.perf_counter() - due)
            due += interval
            turn += 1
        connection.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) < 0.9 * per_second * seconds:
        raise RuntimeError("The readers could not ask as often as they should.")
    return took


# --- people who sign in ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Crowd:
    """People who come back from the provider, each several times, and how long each was left without an answer.

    They set out before anything is measured: what comes back is then all that they ask of the forum.
    """

    base_url: str
    provider: StandInClient
    answers: list[tuple[int, float]] = field(default_factory=list)
    _waiting: list[tuple[requests.Session, list[str]]] = field(default_factory=list)

    def set_out(self) -> None:
        """Let everybody go to the provider."""
        with ThreadPoolExecutor(4) as pool:
            self._waiting = [*pool.map(lambda _number: self._at_provider(), range(PEOPLE))]

    def come_back(self, seconds: float) -> threading.Thread:
        """Let everybody come back within this time, one after the other and then again; return what waits for them."""
        every = seconds / (PEOPLE * TIMES)

        def come() -> None:
            began = time.perf_counter()
            threads = []
            for number in range(PEOPLE * TIMES):
                time.sleep(max(0.0, began + number * every - time.perf_counter()))
                browser, addresses = self._waiting[number % PEOPLE]
                address = addresses[number // PEOPLE]
                threads.append(threading.Thread(target=self._come, args=(browser, address)))
                threads[-1].start()
            for thread in threads:
                thread.join()

        thread = threading.Thread(target=come)
        thread.start()
        return thread

    def _at_provider(self) -> tuple[requests.Session, list[str]]:
        browser = requests.Session()
        browser.trust_env = False
        found = _TOKEN.search(browser.get(f"{self.base_url}/log-in", timeout=60).text)
        assert found is not None
        form = {"csrf_token": found[1], "next": "/"}
        start = f"{self.base_url}/auth/google/start"
        addresses = []
        for _time in range(TIMES):
            answer = browser.post(start, data=form, allow_redirects=False, timeout=60)
            addresses.append(self.provider.choose(answer.headers["Location"], "no-email"))
        return browser, addresses

    def _come(self, browser: requests.Session, address: str) -> None:
        began = time.perf_counter()
        # Each time as the browser was when it set out: what the answer puts into its cookies would end the others.
        answer = requests.get(address, cookies=browser.cookies.copy(), allow_redirects=False, timeout=60)
        self.answers.append((answer.status_code, time.perf_counter() - began))


# --- the forum -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    base_url: str
    provider: StandInClient
    pages: tuple[str, ...]

    @property
    def place(self) -> str:
        """Return host and port, as browsers name them."""
        return self.base_url.partition("://")[2]


@contextmanager
def demo(database_url: str | None) -> Iterator[Demo]:
    """Run the demo in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        asked = {"PORT": str(free_port()), "PROVIDER_PORT": str(free_port()), "DATA": f"{folder}/demo"}
        url = database_url or f"sqlite:///{folder}/forum.sqlite3"
        environ = {**kept, **asked, f"{PREFIX}DATABASE_URL": url}
        prepared = prepare(environ)
        settings = Settings.from_environ(prepared.environ)
        assert settings.google is not None
        assert settings.facebook is not None
        process = subprocess.Popen(
            [sys.executable, "-m", "forum.demo"],
            cwd=TOP,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _await(process, prepared.base_url)
            provider = StandInClient(
                f"http://{LOOPBACK}:{prepared.provider_port}", settings.google, settings.facebook
            )
            yield Demo(prepared.base_url, provider, _pages(prepared.base_url))
            process.terminate()
            process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: "subprocess.Popen[bytes]", base_url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The demo ended while starting.")
        with suppress(requests.ConnectionError):
            if requests.get(f"{base_url}/health/ready", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("The demo did not start in time.")


def _pages(base_url: str) -> tuple[str, ...]:
    """Return the home page, a topic and a treatment page."""
    home = requests.get(f"{base_url}/", timeout=60).text
    found = [re.search(rf'href="(/{room}/[^"?#]+/?[^"?#]*)"', home) for room in ("topics", "treatments")]
    return ("/", *(one[1] for one in found if one is not None))


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server for this measurement, and give the address of an empty database on it."""
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as name:
        run, folder = Path(name), Path(name) / "server"
        # The server runs as another user when this runs as root, and has to reach its own folder inside.
        run.chmod(0o755)
        folder.mkdir()
        with (run / "in-use.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            command = [sys.executable, "-m", "tests.servers.postgres", str(run), str(folder)]
            server = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            assert server.stdout is not None
            with server.stdout as said:
                if said.readline() != b"ready\n":
                    raise RuntimeError("PostgreSQL did not start.")
            with psycopg.connect(
                host=str(folder), user=postgres.OWNER, dbname="postgres", autocommit=True
            ) as connection:
                connection.execute("CREATE DATABASE bench")
            yield postgres.url(folder, "bench")
        # It ends once nobody holds the lock.
        server.wait(30)


# --- measuring -------------------------------------------------------------------------------------------


def p(share: int, values: Sequence[float]) -> float:
    """Return a percentile, in milliseconds."""
    return quantiles(values, n=100, method="inclusive")[share - 1] * 1000


@dataclass(slots=True)
class Seen:
    """What was seen in the rounds of one mode."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    pages: int = 0
    answers: list[tuple[int, float]] = field(default_factory=list)


def measure(running: Demo, rounds: int, seconds: float, per_second: float) -> dict[str, Seen]:
    """Let the modes take turns, and return what was seen of each. The first turns only warm everything up."""
    seen = {mode: Seen() for mode in MODES}
    # The readers have a process of their own, so that the crowd's work is not counted as theirs.
    with ProcessPoolExecutor(1, get_context("spawn")) as readers:

        def read(for_seconds: float) -> list[float]:
            return readers.submit(read_pages, running.place, running.pages, per_second, for_seconds).result()

        read(3.0)
        for _round in range(rounds):
            for mode in MODES:
                running.provider.behave()
                if mode == HANGS:
                    running.provider.misbehave(token_hangs=HANGS_SECONDS)
                crowd = Crowd(running.base_url, running.provider)
                crowd.set_out()
                coming = None if mode == QUIET else crowd.come_back(seconds)
                took = read(seconds)
                if coming is not None:
                    coming.join()
                seen[mode].answers += crowd.answers
                seen[mode].p50.append(p(50, took))
                seen[mode].p99.append(p(99, took))
                seen[mode].pages += len(took)
                print(
                    f"  {mode}: p50 {seen[mode].p50[-1]:.1f} ms, p99 {seen[mode].p99[-1]:.1f} ms", flush=True
                )
    running.provider.behave()
    return seen


def report(name: str, seen: dict[str, Seen]) -> None:
    """Print the table: medians of the rounds, and how they stand to the quiet ones."""
    quiet = median(seen[QUIET].p99)
    print(f"\n| {name} | pages read | p50 | p99 | p99 to quiet |\n|---|---|---|---|---|")
    for mode in MODES:
        p50, p99 = median(seen[mode].p50), median(seen[mode].p99)
        print(f"| {mode} | {seen[mode].pages} | {p50:.1f} ms | {p99:.1f} ms | {p99 / quiet:.2f} |")
    answers = seen[HANGS].answers
    refused = [took for status, took in answers if status == 503 and took < AT_ONCE]
    waited = [took for status, took in answers if took >= AT_ONCE]
    print(
        f"\nWhile it hung, {len(answers)} came back from the provider: {len(waited)} waited for it (at most "
        f"{max(waited, default=0):.1f} s), {len(refused)} were told at once (p99 {p(99, refused):.0f} ms).\n"
    )


def main() -> None:
    """Measure on both databases, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    parser.add_argument("--rate", type=float, default=60.0, help="pages a second")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {PEOPLE} people, {asked.rate:.0f} pages a second over {CONNECTIONS} connections"
    )
    if asked.database != "postgresql":
        with demo(None) as running:
            report("SQLite", measure(running, asked.rounds, asked.seconds, asked.rate))
    if asked.database != "sqlite":
        with postgresql() as url, demo(url) as running:
            report("PostgreSQL", measure(running, asked.rounds, asked.seconds, asked.rate))


if __name__ == "__main__":
    main()
