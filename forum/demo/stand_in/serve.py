"""Running the stand-in as a process of its own, after the guard let it pass."""

import os
import signal
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from forum.demo import guard
from forum.demo.stand_in.app import StandInSettings, create_app

# An answer that is held back keeps its thread; tests hold back several at a time.
THREADS = 32
# How long stopping waits for answers that are being held back.
STOP_SECONDS = 1

_CLIENTS = "STAND_IN_CLIENTS_FILE"
_SLOW = "STAND_IN_SLOW_SECONDS"


def serve(environ: Mapping[str, str], port: int, settings: StandInSettings, *, with_parent: bool) -> None:
    """Serve the stand-in until SIGTERM or SIGINT; ``with_parent`` also ends it with whoever started it.

    Raises StandInRefused when the guard finds something missing.
    """
    surroundings = guard.Surroundings.from_environ(environ)
    guard.check(surroundings)
    if with_parent:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # The server loads the application in a process of its own, which knows of it only by the environment.
    os.environ[_CLIENTS] = "" if settings.clients_file is None else str(settings.clients_file)
    os.environ[_SLOW] = str(settings.slow_seconds)
    Granian(
        "forum.demo.stand_in.serve:application",
        factory=True,
        address=surroundings.bind,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=False,
    ).serve()


def application() -> Flask:
    """Make the application in the server's process; the guard is asked there again."""
    guard.check(guard.Surroundings.from_environ(os.environ))
    clients = os.environ.get(_CLIENTS)
    return create_app(
        StandInSettings(
            clients_file=Path(clients) if clients else None,
            slow_seconds=float(os.environ.get(_SLOW, StandInSettings().slow_seconds)),
        )
    )


def answers(port: int) -> bool:
    """Say whether something listens on this machine's port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _end_with(parent: int) -> None:
    """Stop this process once its parent is another: the one that started it was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
