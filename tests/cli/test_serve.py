"""Serving for real: Granian and the worker start, answer, and end soon after a signal with nothing left behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from forum import clock
from forum.database.session import Database
from forum.jobs import queue
from tests.accounts.stand_in import free_port
from tests.cli.conftest import environment

Start = Callable[..., "subprocess.Popen[str]"]
# What a slow machine may take; the promises are far below.
PATIENCE = 30.0
STOPS_WITHIN = 8.0


def until(true: Callable[[], bool], what: str) -> None:
    """Wait, as people do, until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"Never: {what}"
        time.sleep(0.05)


def answers(base_url: str) -> bool:
    try:
        return requests.get(f"{base_url}/health/ready", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def children_of(pid: int) -> dict[int, str]:
    """Return the processes that a process started, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if parent == pid:
                found[int(entry.name)] = command
    return found


def workers_of(pid: int) -> list[int]:
    """Return the workers among the processes that a process started."""
    return [child for child, command in children_of(pid).items() if command.split()[-1:] == ["worker"]]


def is_running(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def serving(database_url: str, tmp_path: Path) -> Mapping[str, str]:
    """The settings of a forum on a free port."""
    return environment(database_url, tmp_path, free_port())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_leaves_no_process(
    start: Start, serving: Mapping[str, str], number: signal.Signals
) -> None:
    base_url = serving["ALONGSIDE_BASE_URL"]
    forum = start(serving, "serve")
    until(lambda: answers(base_url), "the forum answers")
    assert requests.get(base_url, timeout=5).status_code == 200
    children = children_of(forum.pid)
    assert len(workers_of(forum.pid)) == 1
    # Somebody who keeps their connection must not hold the end up.
    with requests.Session() as browser:
        browser.get(f"{base_url}/about", timeout=5)
        asked = time.monotonic()
        forum.send_signal(number)
        assert forum.wait(PATIENCE) == 0
    assert time.monotonic() - asked < STOPS_WITHIN
    until(lambda: not any(is_running(pid) for pid in children), "no process is left")


# How a worker is brought back does not depend on the database, and takes the seconds for which it stays away.
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_jobs_are_done_beside_the_pages_and_the_worker_comes_back(
    start: Start, serving: Mapping[str, str], database_url: str
) -> None:
    forum = start(serving, "serve")
    until(lambda: answers(serving["ALONGSIDE_BASE_URL"]), "the forum answers")
    (worker,) = workers_of(forum.pid)
    os.kill(worker, signal.SIGKILL)
    database = Database(database_url, size=1)
    try:
        with database.transaction() as session:
            queue.enqueue(session, "community.sweep_submission_keys", {}, due_at=clock.now())

        def is_done() -> bool:
            with database.reading() as session:
                return queue.oldest_due(session) is None

        until(is_done, "another worker does the job")
    finally:
        database.dispose()


def test_without_a_worker_there_is_none(start: Start, serving: Mapping[str, str]) -> None:
    forum = start(serving, "serve", "--no-worker")
    until(lambda: answers(serving["ALONGSIDE_BASE_URL"]), "the forum answers")
    assert workers_of(forum.pid) == []


def test_a_worker_of_its_own_ends_on_a_signal(
    start: Start, serving: Mapping[str, str], database_url: str
) -> None:
    worker = start(serving, "worker")
    database = Database(database_url, size=1)
    try:
        with database.transaction() as session:
            queue.enqueue(session, "community.sweep_submission_keys", {}, due_at=clock.now())

        def is_done() -> bool:
            with database.reading() as session:
                return queue.oldest_due(session) is None

        until(is_done, "the worker does the job")
    finally:
        database.dispose()
    worker.terminate()
    assert worker.wait(STOPS_WITHIN) == 0


def half_sent(port: int, *, chunked: bool) -> socket.socket:
    """Begin to send a form, and never end."""
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 10"
    body = "3\r\nabc\r\n" if chunked else "abc"
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(f"POST /log-out HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{length}\r\n\r\n{body}".encode())
    return opened


# Who gets a thread does not depend on the database.
@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("chunked", [False, True])
def test_readers_are_served_while_others_send_for_ever(
    start: Start, serving: Mapping[str, str], chunked: bool
) -> None:
    base_url, port = serving["ALONGSIDE_BASE_URL"], int(serving["ALONGSIDE_PORT"])
    start(serving, "serve", "--no-worker")
    until(lambda: answers(base_url), "the forum answers")
    with ExitStack() as held:
        for _ in range(2 * int(serving["ALONGSIDE_THREADS"])):
            held.enter_context(half_sent(port, chunked=chunked))
        for address in ("/help-now", "/health/live", "/help-now"):
            assert requests.get(base_url + address, timeout=10).status_code == 200
        # There is no turn for a form now, which is said at once or after a second.
        sent = requests.post(f"{base_url}/log-out", data={"csrf_token": "x"}, timeout=10)
        assert sent.status_code == 503
        assert int(sent.headers["Retry-After"]) > 0
    until(
        lambda: requests.post(f"{base_url}/log-out", data={"x": "y"}, timeout=10).status_code == 400,
        "turns come back when the slow ones are gone",
    )


def test_a_port_that_is_taken_is_one_sentence(start: Start, serving: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(serving["ALONGSIDE_PORT"]))):
        forum = start(serving, "serve")
        assert forum.wait(PATIENCE) == 1
    assert forum.stdout is not None
    said = forum.stdout.read().strip()
    assert "Can't listen on" in said
    assert "ALONGSIDE_PORT" in said
    assert len(said.splitlines()) == 1
