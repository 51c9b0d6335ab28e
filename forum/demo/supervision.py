"""Keeping processes together: all run, or none. A signal stops every one; one that ends by itself ends the others."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

# How long a process may take to end well before it is killed.
STOP_SECONDS = 5.0
# How long one may take until it answers.
START_SECONDS = 30.0


class ChildFailed(Exception):
    """A process ended or never answered; the message is one sentence."""


@dataclass(slots=True)
class Household:
    """The processes that belong together. Use as a context: leaving it leaves none of them behind."""

    environ: Mapping[str, str]
    stop_seconds: float = STOP_SECONDS
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _news: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    _handlers: dict[int, object] = field(default_factory=dict)
    _asked_to_stop: bool = False

    def __enter__(self) -> "Household":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # It is what signal.signal returned.

    @property
    def asked_to_stop(self) -> bool:
        """Say whether a signal asked for the end."""
        return self._asked_to_stop

    def start(self, name: str, command: Sequence[str], answers: Callable[[], bool]) -> None:
        """Start a process and wait until it answers.

        Raises ChildFailed when it ends first or takes too long. Returns early when a signal asks for the end.
        """
        child = self._begin(name, command)
        threading.Thread(target=self._await_end, args=(name, child), daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while not self._asked_to_stop and not answers():
            if child.poll() is not None:
                raise ChildFailed(f"The {name} ended while starting, with status {child.returncode}.")
            if time.monotonic() > deadline:
                raise ChildFailed(f"The {name} did not answer within {START_SECONDS:g} seconds.")
            time.sleep(0.05)

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a command to its end. Raises ChildFailed when it fails."""
        if self._asked_to_stop:
            return
        child = self._begin(name, command)
        status = child.wait()
        del self._children[name]
        if status != 0 and not self._asked_to_stop:
            raise ChildFailed(f'The step "{name}" failed with status {status}.')

    def wait(self) -> None:
        """Wait for a signal. Raises ChildFailed when a process ends by itself before one comes."""
        while not self._asked_to_stop:
            ended = self._news.get()
            if ended is not None and not self._asked_to_stop:
                status = self._children[ended].returncode
                raise ChildFailed(
                    f"The {ended} ended by itself, with status {status}, so the rest stops too."
                )

    def stop(self) -> None:
        """End every process: ask, wait a few seconds, then insist.

        Only the process itself is asked, not those it started: a server ends its own in good order.
        """
        self._asked_to_stop = True
        running = [child for child in self._children.values() if child.poll() is None]
        for child in running:
            child.terminate()
        deadline = time.monotonic() + self.stop_seconds
        for child in running:
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.0, deadline - time.monotonic()))
        for child in self._children.values():
            # The whole session, so that no process which a child started is left behind.
            _kill_session(child)
            child.wait()

    def _begin(self, name: str, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C reaches this process alone, which then ends the others in good order.
        child = subprocess.Popen(  # noqa: S603  (The commands are this package's own.)
            command, env=dict(self.environ), start_new_session=True, stdin=subprocess.DEVNULL
        )
        self._children[name] = child
        return child

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._asked_to_stop = True
        for child in self._children.values():
            child.terminate()
        self._news.put(None)

    def _await_end(self, name: str, child: "subprocess.Popen[bytes]") -> None:
        child.wait()
        self._news.put(name)


def _kill_session(child: "subprocess.Popen[bytes]") -> None:
    # Its process group has its number; usually nobody is left in it.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
