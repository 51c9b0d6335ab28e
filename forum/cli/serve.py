"""``forum serve`` and ``forum worker``: pages and jobs, together or apart.

Granian answers requests in processes of its own; the worker is one more process, so that a job never takes a
request's turn. Both end within seconds of a signal: requests and the job in hand are finished first.
"""

import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

import click
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from config import Settings
from forum import consequences, schedule
from forum.cli import opening, restored, running
from forum.jobs.worker import Worker
from forum.mail.message import Sender, message_of
from forum.mail.transports import MailServer, Security
from forum.web import logs

# How long requests, and then the job in hand, may take to finish after a signal, in seconds.
STOP_SECONDS = 3
# How long a worker that ended by itself stays away, so that a broken one doesn't keep a processor busy.
RESTART_SECONDS = 5.0


@click.command()
@click.option("--no-worker", is_flag=True, help="Serve pages only; jobs are done by: forum worker.")
def serve(*, no_worker: bool) -> None:
    """Serve the forum, and do its jobs."""
    settings = opening.settings()
    opening.require_current(settings)
    restored.require_finished(settings)
    _require_free_port(settings)
    server = Server(
        "wsgi:app",
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        # Its warnings question the number of threads, which waiting for the database makes right.
        log_level=LogLevels.error,
    )
    if not no_worker:
        helper = WorkerProcess()
        server.on_startup(helper.start)
        server.on_shutdown(helper.stop)
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    click.echo(f"Serving {settings.base_url}/ on {host}:{settings.port}. Stop it with Ctrl-C.", err=True)
    with running.held(settings):
        server.serve()


@click.command()
def worker() -> None:
    """Do the forum's jobs until a signal comes; the job in hand is finished first."""
    settings = opening.settings()
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    # Four threads, each of which reads or writes: half as many connections can write as can read.
    with running.held(settings), opening.database(settings, size=8) as database:
        restored.require_finished(settings)
        letters = consequences.errands_of(consequences.CONSEQUENCES, _post(settings))
        errands = (letters, *schedule.errands_of(settings, database))
        handlers = {**consequences.HANDLERS, **schedule.handlers_of(settings.ban_keys)}
        Worker(database, handlers, schedule.SCHEDULE, errands=errands).run(stop)


class WorkerProcess:
    """The worker beside the web processes: started again when it ends by itself, ended with the server."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and watch it."""
        self._process = _start_worker()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Ask it to end, wait a few seconds, then insist."""
        self._stopping.set()
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
            return
        # Nothing is lost: the job's changes are undone, and it is taken up again when its lease is over.
        self._process.kill()
        self._process.wait()

    def _watch(self) -> None:
        while self._process is not None:
            self._process.wait()
            if self._stopping.wait(RESTART_SECONDS):
                return
            self._process = _start_worker()


def _start_worker() -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", "forum.cli", "worker")
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own program.


def _post(settings: Settings) -> consequences.Post | None:
    """Return the function that hands letters to the configured mail server, or None when there is none."""
    if settings.smtp_host is None:
        return None
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=Security(settings.smtp_security),
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
    sender = Sender(settings.mail_name, settings.mail_from, settings.base_url)
    return lambda letter, key: server.send(message_of(letter, sender, key))


def _require_free_port(settings: Settings) -> None:
    """Raise ClickException when nobody could listen there. Granian shares a port with others, and says nothing."""
    try:
        found = socket.getaddrinfo(
            settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _name, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # A server that has just stopped leaves connections behind that don't matter to the next one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or "no such address"
        raise click.ClickException(
            f"Can't listen on {settings.bind}:{settings.port} ({reason}): stop the program that does, or choose "
            "other values for ALONGSIDE_BIND and ALONGSIDE_PORT."
        ) from None
