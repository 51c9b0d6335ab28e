"""The wheel is whole: built, installed into an environment of its own and run from another folder, it serves.

Nothing is fetched: the environment borrows the dependencies of the one that runs the tests, and only those.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.accounts.stand_in import free_port

# One worker builds and installs, once.
pytestmark = pytest.mark.xdist_group("wheel")

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, folder: Path, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it would be published."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, folder=ROOT)
    (built,) = folder.glob("alongside-*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the commands of an environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    # Without a pip of its own, which takes longer to put there than the wheel.
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder.parent)
    python = folder / "bin" / "python"
    beside = str(Path(sys.executable).parent)
    if uv := shutil.which("uv") or shutil.which("uv", path=beside):
        run(uv, "pip", "install", "--offline", "--no-deps", "--python", python, wheel, folder=folder.parent)
    else:
        pip = (sys.executable, "-m", "pip", "--python", python)
        run(*pip, "install", "--no-index", "--no-deps", wheel, folder=folder.parent)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return folder / "bin"


@pytest.fixture
def port() -> int:
    """A loopback port that is free now."""
    return free_port()


@pytest.fixture
def environ(tmp_path: Path, port: int) -> dict[str, str]:
    """What an operator would set, and nothing that belongs to the checkout."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ALONGSIDE_MODE": "production",
        "ALONGSIDE_BASE_URL": "https://forum.invalid",
        "ALONGSIDE_DATA_FOLDER": str(tmp_path / "data"),
        "ALONGSIDE_SESSION_KEYS": "a session key that serves tests alone",
        "ALONGSIDE_COOKIE_KEYS": Fernet.generate_key().decode(),
        "ALONGSIDE_LEDGER_KEYS": "a ledger key that serves this test alone",
        "ALONGSIDE_BAN_KEYS": "a key for bans that serves this test alone",
        "ALONGSIDE_OPERATOR_NAME": "The Test Community",
        "ALONGSIDE_OPERATOR_ADDRESS": "1 Example Street, Exampleton",
        "ALONGSIDE_OPERATOR_CONTACT": "care@forum.invalid",
        "ALONGSIDE_OPERATOR_COUNTRY": "IE",
        "ALONGSIDE_PORT": str(port),
    }


@pytest.fixture
def served(binaries: Path, environ: dict[str, str], tmp_path: Path, port: int) -> Iterator[str]:
    """The address at which the installed forum listens, set up from nothing as its README says."""
    for command in (("db", "upgrade"), ("site", "init")):
        run(binaries / "forum", *command, folder=tmp_path, environ=environ)
    server = subprocess.Popen(
        [binaries / "forum", "serve"], cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.proves("P2")
def test_the_demo_is_not_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if "demo" in Path(name).parts or "stand_in" in name] == []


def test_everything_else_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "forum").rglob("*")
        if path.is_file() and not {"demo", "__pycache__"} & set(path.relative_to(ROOT).parts)
    }
    moved = {
        f"forum/{path.relative_to(ROOT).as_posix()}"
        for folder in ("templates", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside | moved | {"config.py", "wsgi.py"} <= names


def test_nothing_of_the_checkout_is_needed(binaries: Path, tmp_path: Path) -> None:
    where = run(
        binaries / "python",
        "-c",
        "import config, forum; print(config.__file__, forum.__file__)",
        folder=tmp_path,
    )
    assert str(ROOT) not in where
    assert str(binaries.parent) in where


def test_the_installed_forum_serves_the_treatment_page(served: str) -> None:
    with requests.Session() as session:
        # The server needs a moment to listen.
        session.mount(served, HTTPAdapter(max_retries=Retry(connect=12, backoff_factor=0.05)))
        answer = session.get(
            f"{served}/treatments/intrathecal-implants", headers={"Host": "forum.invalid"}, timeout=20
        )
    assert answer.status_code == 200
    assert "intrathecal" in answer.text.lower()
    assert answer.headers["Strict-Transport-Security"]
