"""What every test may ask for: a database, the application on it, a client, a browser. And what none may do.

Nothing outside this machine can be reached from a test; whoever tries fails by name. Fixtures of one feature
stand in that feature's folder.
"""

import ipaddress
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect
from werkzeug.serving import make_server

from config import Mode, ProviderSettings, Settings
from forum.app import create_app
from forum.database.session import Database
from tests import soaking

pytest_plugins = ["tests.accounts.stand_in", "tests.databases", "tests.front_door", "tests.made_once"]

hypothesis_settings.register_profile("tests", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("tests")

# A busy machine may take longer than Playwright's five seconds; whoever waits in vain still fails.
expect.set_options(timeout=20_000)


# --- nothing leaves this machine -------------------------------------------------------------------------


class OutsideReached(AssertionError):
    """A test, or what it tests, tried to reach another machine."""


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_the_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """Stand at the interpreter's own gate: no library can go around it, and no patching is undone."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        raise OutsideReached(f"{event} to {host}: tests reach nothing but this machine.")


sys.addaudithook(_refuse_the_outside)


# --- browser tests must not fall away unseen -------------------------------------------------------------

_skipped_browser_tests: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to ``make soak`` what is its own, and mark every test that asks for a page as one that needs a browser."""
    left = [item for item in items if soaking.is_left_to_soaking(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        if {"page", "context", "browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the browser tests that were skipped."""
    if report.skipped and "browser" in report.keywords:
        _skipped_browser_tests.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run whose browser tests were skipped: there, a missing browser is a fault of the set-up."""
    if os.environ.get("CI") and _skipped_browser_tests and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why such a run failed."""
    if os.environ.get("CI") and _skipped_browser_tests:
        terminalreporter.section("browser tests were skipped, which CI doesn't accept", red=True)
        for name in _skipped_browser_tests:
            terminalreporter.line(name)


# --- the application -------------------------------------------------------------------------------------


def settings_for(database_url: str, data_folder: Path, base_url: str = "http://localhost") -> Settings:
    """Return settings for a test: both providers configured, at addresses where nobody answers."""
    nowhere = "http://127.0.0.1:9"
    return Settings(
        mode=Mode.TEST,
        base_url=base_url,
        trusted_hosts=(base_url.partition("://")[2],),
        database_url=database_url,
        data_folder=data_folder,
        session_keys=("a session key that serves tests alone",),
        cookie_keys=(Fernet.generate_key().decode(),),
        ledger_keys=("a ledger key that serves these tests alone",),
        ban_keys=("a key for bans that serves these tests alone",),
        google=ProviderSettings(
            provider="google",
            client_id="test-google",
            client_secret="made up",
            issuer="https://google.stand-in.invalid",
            metadata_url=f"{nowhere}/google/.well-known/openid-configuration",
            security_events_url=f"{nowhere}/google/.well-known/risc-configuration",
        ),
        facebook=ProviderSettings(
            provider="facebook",
            client_id="test-facebook",
            client_secret="made up",
            issuer="https://facebook.stand-in.invalid",
            authorize_url=f"{nowhere}/facebook/dialog/oauth",
            token_url=f"{nowhere}/facebook/oauth/access_token",
            profile_url=f"{nowhere}/facebook/me",
            debug_token_url=f"{nowhere}/facebook/debug_token",
        ),
        stand_in=True,
        # Where the forum has a name, which is what passkeys are tied to.
        passkeys="127.0.0.1" not in base_url,
        operator_name="The Test Community",
        operator_address="1 Example Street, Exampleton",
        operator_contact="care@forum.invalid",
        operator_country="IE",
        threads=4,
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Return this test's settings, on a migrated database without rows."""
    return settings_for(database_url, tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Return the forum on this test's database."""
    application = create_app(settings)
    yield application
    database_of(application).dispose()


def database_of(app: Flask) -> Database:
    """Return an application's database."""
    database: Database = app.extensions["alongside"].database
    return database


@pytest.fixture
def database(app: Flask) -> Database:
    """Return the database of ``app``, for rows that a test makes or looks at directly."""
    return database_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a visitor's browser, as far as cookies go."""
    return app.test_client()


# --- a real browser --------------------------------------------------------------------------------------


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[str]:
    """Serve the forum over HTTP on a free loopback port, and return its address without a trailing slash."""
    # The settings need the port, and it is known only once it is bound: so the application comes second.
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    base_url = f"http://127.0.0.1:{server.server_port}"
    app = create_app(settings_for(database_url, tmp_path, base_url))
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield base_url
    server.shutdown()
    thread.join()
    server.server_close()
    database_of(app).dispose()


@pytest.fixture(scope="session")
def base_url() -> str | None:
    """Return nothing: tests open whole addresses (the plugin's own fixture is of a deprecated kind)."""
    return None


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the system's Chromium, which can reach this machine only."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("No Chromium on PATH (install it, or name it in CHROMIUM).")
    return {
        "executable_path": found,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }
