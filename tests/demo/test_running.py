"""Running the demo: what it checks first, what it keeps, and that its processes live and end together."""

import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from config import Settings
from forum.demo.guard import Missing, StandInRefused
from forum.demo.preparation import CannotStart, prepare
from forum.demo.stand_in.serve import answers
from tests.accounts.stand_in import TOP, await_answer, environ, free_port, started

# How long it may take on a busy machine until everyone is gone, and until nobody waits for that any more, in seconds.
# Whoever is not ended lives for a minute.
SOON = 20.0
PATIENCE = 50.0

# --- before anything runs --------------------------------------------------------------------------------


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """Return what ``make demo`` would set."""
    return {"PORT": str(free_port()), "DATA": str(folder), **more}


@pytest.mark.proves("P1")
def test_it_needs_no_credentials_and_makes_settings_the_forum_takes(tmp_path: Path) -> None:
    prepared = prepare(surroundings(tmp_path / "data"))
    settings = Settings.from_environ(prepared.environ)
    assert settings.stand_in
    assert settings.base_url == prepared.base_url == f"http://localhost:{prepared.port}"
    assert settings.passkeys
    assert (settings.bind, settings.port) == ("127.0.0.1", prepared.port)
    assert settings.data_folder == tmp_path / "data"
    assert set(settings.providers) == {"google", "facebook"}
    for provider in settings.providers.values():
        assert provider.issuer.endswith(".stand-in.invalid")
        addresses = (provider.metadata_url, provider.authorize_url, provider.token_url, provider.profile_url)
        assert all(
            address.startswith(f"http://127.0.0.1:{prepared.provider_port}/")
            for address in addresses
            if address is not None
        )


def test_keys_are_made_once_and_are_nobody_elses_business(tmp_path: Path) -> None:
    first, second = (prepare(surroundings(tmp_path / "data")) for _ in range(2))
    kept = ("ALONGSIDE_SESSION_KEYS", "ALONGSIDE_COOKIE_KEYS", "ALONGSIDE_GOOGLE_CLIENT_SECRET")
    assert [first.environ[name] for name in kept] == [second.environ[name] for name in kept]
    assert len({first.environ[name] for name in kept}) == 3
    keys = tmp_path / "data" / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in keys.iterdir()} == {0o600}
    elsewhere = prepare(surroundings(tmp_path / "other"))
    assert not {first.environ[name] for name in kept} & {elsewhere.environ[name] for name in kept}


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Listen on a port."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    given = surroundings(tmp_path / "data")
    with taken(int(given["PORT"])), pytest.raises(CannotStart) as refused:
        prepare(given)
    assert str(refused.value).startswith(f"Port {given['PORT']} is used by another program")
    assert not (tmp_path / "data").exists()


def test_the_provider_takes_the_next_free_port(tmp_path: Path) -> None:
    with ExitStack() as held:
        while True:
            given = surroundings(tmp_path / "data")
            beside = int(given["PORT"]) + 1
            # Another program may use it already: then another pair.
            with suppress(OSError):
                held.enter_context(taken(beside))
                break
        assert prepare(given).provider_port > beside


@pytest.mark.parametrize("port", ["none", "0", "65536", "-1", "８０００"])
def test_a_port_must_be_one(tmp_path: Path, port: str) -> None:
    with pytest.raises(CannotStart, match=r"^PORT must be a port number between 1 and 65535\.$"):
        prepare(surroundings(tmp_path / "data", PORT=port))


def test_a_chosen_provider_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    given = surroundings(tmp_path / "data")
    with pytest.raises(CannotStart, match=r"is used already"):
        prepare(given | {"PROVIDER_PORT": given["PORT"]})


@pytest.mark.parametrize("where", ["file", "below a file"])
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, where: str) -> None:
    # Not by its mode: whoever runs the tests may be allowed everything.
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" if where == "file" else tmp_path / "file" / "data"
    with pytest.raises(CannotStart, match=r"can't be written to: choose another one with DATA="):
        prepare(surroundings(folder))


@pytest.mark.proves("P3")
@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("ALONGSIDE_MODE", "production", Missing.OTHER_MODE),
        ("ALONGSIDE_BASE_URL", "https://forum.example", Missing.LOOPBACK_BASE_URL),
        ("ALONGSIDE_BIND", "0.0.0.0", Missing.LOOPBACK_BIND),  # noqa: S104  (What must be refused.)
        ("ALONGSIDE_STAND_IN", "no", Missing.FLAG),
    ],
)
def test_an_environment_meant_for_a_real_forum_is_not_talked_over(
    tmp_path: Path, name: str, value: str, missing: Missing
) -> None:
    with pytest.raises(StandInRefused) as refused:
        prepare(surroundings(tmp_path / "data", **{name: value}))
    assert refused.value.missing == (missing,)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("trouble", ["port", "folder"])
def test_the_command_says_the_sentence_and_nothing_else(tmp_path: Path, trouble: str) -> None:
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1] if trouble == "port" else free_port()
        folder = tmp_path / ("file" if trouble == "folder" else "data")
        clean = environ(
            ALONGSIDE_STAND_IN=None, ALONGSIDE_MODE=None, ALONGSIDE_BIND=None, ALONGSIDE_BASE_URL=None
        )
        ended = subprocess.run(
            [sys.executable, "-m", "forum.demo"],
            env=clean | {"PORT": str(port), "DATA": str(folder)},
            cwd=TOP,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert ("Port" if trouble == "port" else "folder") in ended.stderr


# --- processes that belong together ----------------------------------------------------------------------

# Two servers in one household. The second one's behaviour is given; both have a child of their own.
HOUSEHOLD = """
import os, sys
from forum.demo.stand_in.serve import answers
from forum.demo.supervision import ChildFailed, Household

server = '''
import signal, socket, subprocess, sys, threading, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
if "stubborn" in sys.argv[2]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "never" in sys.argv[2]:
    sys.exit(3)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(1 if "dies" in sys.argv[2] else 60)
sys.exit(4)
'''
ports = [int(port) for port in sys.argv[1:3]]
try:
    with Household(os.environ, stop_seconds=1) as household:
        household.start(
            "first", (sys.executable, "-c", server, str(ports[0]), "ordinary"), lambda: answers(ports[0])
        )
        household.run("step", (sys.executable, "-c", "pass"))
        if "bad step" in sys.argv[3]:
            household.run("bad step", (sys.executable, "-c", "raise SystemExit(7)"))
        household.start(
            "second", (sys.executable, "-c", server, str(ports[1]), sys.argv[3]), lambda: answers(ports[1])
        )
        print("ready", flush=True)
        household.wait()
except ChildFailed as trouble:
    print(trouble, file=sys.stderr)
    sys.exit(1)
print("over", flush=True)
"""


@contextmanager
def household(behaviour: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a household of two servers.

    Everyone in it holds the ends of its two pipes: reading them to their end means that everyone is gone.
    """
    command = [sys.executable, "-c", HOUSEHOLD, str(free_port()), str(free_port()), behaviour]
    with subprocess.Popen(
        command,
        env=environ(),
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        yield running


def is_ready(running: "subprocess.Popen[str]") -> bool:
    """Wait until both servers answer."""
    assert running.stdout is not None
    return running.stdout.readline() == "ready\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_ends_everyone_within_seconds(number: signal.Signals) -> None:
    with household("ordinary") as running:
        assert is_ready(running)
        began = time.monotonic()
        running.send_signal(number)
        out, err = running.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < SOON
        assert (running.returncode, out, err) == (0, "over\n", "")


def test_one_that_will_not_end_is_killed() -> None:
    with household("stubborn") as running:
        assert is_ready(running)
        began = time.monotonic()
        running.terminate()
        out, err = running.communicate(timeout=PATIENCE)
        assert 1 < time.monotonic() - began < SOON
        assert (running.returncode, out, err) == (0, "over\n", "")


def test_one_that_dies_ends_the_others_and_is_named() -> None:
    with household("dies") as running:
        assert is_ready(running)
        out, err = running.communicate(timeout=PATIENCE)
        assert (running.returncode, out) == (1, "")
        assert err == "The second ended by itself, with status 4, so the rest stops too.\n"


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("never", "The second ended while starting, with status 3.\n"),
        ("bad step", 'The step "bad step" failed with status 7.\n'),
    ],
)
def test_one_that_never_starts_ends_the_others(behaviour: str, sentence: str) -> None:
    with household(behaviour) as running:
        out, err = running.communicate(timeout=PATIENCE)
        assert (running.returncode, out, err) == (1, "", sentence)


# --- the provider's process ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_the_provider_stops_at_once_even_while_it_holds_an_answer_back(number: signal.Signals) -> None:
    port = free_port()
    child = started(port, stdout=subprocess.PIPE)
    assert await_answer(port, child)
    with socket.create_connection(("127.0.0.1", port)) as line:
        content = b'{"token_hangs": 60}'
        head = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        line.sendall(b"POST /faults HTTP/1.1\r\n" + head.encode() + content)
        assert b" 204 " in line.recv(4096)
        line.sendall(b"POST /google/any/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        child.send_signal(number)
        began = time.monotonic()
        # The end of its output: its server's process has ended, too.
        child.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < SOON


def test_the_provider_ends_with_whoever_started_it() -> None:
    port = free_port()
    starter = textwrap.dedent(
        f"""
        from tests.accounts.stand_in import await_answer, started
        child = started({port})
        assert await_answer({port}, child)
        print("ready", flush=True)
        child.wait()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], env=environ(), cwd=TOP, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
        # The provider wrote to the same pipe; it ends only with the last one who could.
        out, _ = parent.communicate(timeout=PATIENCE)
    assert out == ""
    assert not answers(port)


# --- all of it -------------------------------------------------------------------------------------------


def run_once(given: dict[str, str]) -> tuple[list[str], float]:
    """Run the demo until it says that it is ready, look at both addresses, stop it; return what it said and when."""
    clean = environ(
        ALONGSIDE_STAND_IN=None, ALONGSIDE_MODE=None, ALONGSIDE_BIND=None, ALONGSIDE_BASE_URL=None
    )
    with subprocess.Popen(
        [sys.executable, "-m", "forum.demo"],
        env=clean | given,
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        said: list[str] = []
        assert running.stdout is not None
        try:
            for line in running.stdout:
                said.append(line)
                if line.startswith("Everything is kept in "):
                    break
            assert said, "It said nothing."
            assert any(
                f"Alongside is ready at http://localhost:{given['PORT']}/\n" == line for line in said
            ), said
            assert answers(int(given["PORT"]))
            provider = next(
                line.split()[-1] for line in said if line.startswith("The stand-in provider is at")
            )
            assert "This is a stand-in" in requests.get(provider, timeout=10).text
        finally:
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            # The end of its output: nobody of it is left.
            rest, _ = running.communicate(timeout=PATIENCE)
        took = time.monotonic() - began
        assert running.returncode == 0, rest
    return said, took


@pytest.mark.proves("P1")
def test_one_command_serves_the_forum_and_the_provider_and_keeps_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    given = surroundings(folder)
    _, took = run_once(given)
    assert took < SOON
    database = folder / "alongside.sqlite3"
    keys = {file.name: file.read_bytes() for file in (folder / "keys").iterdir()}
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE kept_by_the_test (id INTEGER)")
    run_once(given)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM kept_by_the_test").fetchone() == (0,)
    secrets = {name for name in keys if name != "provider-clients.json"}
    assert len(secrets) == 5
    assert all((folder / "keys" / name).read_bytes() == keys[name] for name in secrets)
