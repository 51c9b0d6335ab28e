"""Small changes that need not be there at once, and whose last seconds a crash may lose: last seen, for one.

They are put into a bounded buffer and written together every two seconds, in the only commit that no request and no
job makes. Whatever somebody did or agreed to never goes this way. What comes of it can't reach a request: neither its
answer nor its time.
"""

import threading
from collections.abc import Callable, Hashable
from multiprocessing.util import Finalize
from typing import TypeAlias, cast

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.database.session import Database

# Idempotent, and quick: one or two statements.
Change: TypeAlias = Callable[[Session], object]

FLUSH_SECONDS = 2.0
# More than a busy forum's members do in two seconds. What comes beyond it while the database is slow is not kept.
ROOM = 10_000
_EXTENSION = "soft_writes"

log = structlog.get_logger(__name__)


class SoftWrites:
    """The buffer, and the thread that empties it.

    The thread begins with the first change, in whatever process that is put in, and ends when nothing waits any
    more: where nobody comes, nothing runs.
    """

    def __init__(self, database: Database, *, every: float = FLUSH_SECONDS, room: int = ROOM) -> None:
        self._database = database
        self._every = every
        self._room = room
        self._waiting: dict[Hashable, Change] = {}
        # Held for a moment only: by requests, too.
        self._lock = threading.Lock()
        # Held while changes are written, so that whoever ends the process waits for that.
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._at_exit: Finalize[None] | None = None

    def put(self, key: Hashable, change: Change) -> None:
        """Have a change made soon. It takes the place of one with the same key that still waits."""
        with self._lock:
            if key in self._waiting or len(self._waiting) < self._room:
                self._waiting[key] = change
                self._see_that_it_is_written()

    def flush(self) -> None:
        """Write what waits, now. What can't be written is let go: the next visit brings it again."""
        with self._writing:
            with self._lock:
                changes = [*self._waiting.values()]
                self._waiting.clear()
            if changes:
                self._write(changes)

    def close(self) -> None:
        """Write what waits, and end the thread. What is put in afterwards begins another one."""
        with self._lock:
            thread = self._thread
            self._stop.set()
            self._rest()
        if thread is not None:
            thread.join()
        self.flush()

    def _see_that_it_is_written(self) -> None:
        # In a process that was forked off, the other one's thread is not alive.
        if self._thread is not None and self._thread.is_alive():
            return
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), name="soft-writes", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The machine has no thread left to give; the next change asks again.
            return
        self._thread, self._stop = thread, stop
        # Unlike atexit, it is also heeded by a server's worker that was forked off with multiprocessing.
        self._at_exit = Finalize(None, self.flush, exitpriority=0)

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._every):
            self.flush()
            with self._lock:
                if not self._waiting and not stop.is_set():
                    self._rest()
                    return

    def _rest(self) -> None:
        self._thread = None
        if self._at_exit is not None:
            self._at_exit.cancel()
            self._at_exit = None

    def _write(self, changes: list[Change]) -> None:
        try:
            with self._database.transaction() as session:
                for change in changes:
                    self._make(session, change)
        except Exception as error:  # Whatever it was: nobody waits for it, and the next have their turn.
            log.warning("soft_writes.lost", error=type(error).__name__, changes=len(changes))

    def _make(self, session: Session, change: Change) -> None:
        """Make one change; one about something that is gone by now takes no other along."""
        try:
            with session.begin_nested():
                change(session)
        except IntegrityError as error:
            log.warning("soft_writes.lost", error=type(error).__name__, changes=1)


def install(app: Flask, database: Database) -> None:
    """Give the application its buffer; it is emptied before the database's connections are closed."""
    app.extensions[_EXTENSION] = soft = SoftWrites(database)
    database.before_closing(soft.close)


def put(key: Hashable, change: Change) -> None:
    """Have a change made soon, by the application that answers this request."""
    cast(SoftWrites, current_app.extensions[_EXTENSION]).put(key, change)
