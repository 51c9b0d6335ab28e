"""A way to the stand-in that can be shut: what comes then is held until it is opened, or until its sender goes."""

import select
import socket
import threading
from contextlib import suppress

from tests.accounts.relay import Relay, pass_on

PATIENCE = 60.0
# After that whatever is held is let go, so that a test that waits for a deadline ends also where there is none.
LONGEST_HELD = 300.0


class Gate(Relay):
    """Use it in a ``with`` statement, like a relay."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._changed = threading.Condition()
        # What is written to the one can be read at the other, by all who are held, and wakes them.
        self._bell, self._ringer = socket.socketpair()
        self._is_shut = False
        self._waiting: set[socket.socket] = set()
        self.most_held = 0

    def __exit__(self, *error: object) -> None:
        self.open()
        super().__exit__(*error)
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, PATIENCE)
        self._bell.close()
        self._ringer.close()

    def shut(self) -> None:
        """Hold whatever comes from now on, for good."""
        self._is_shut = True

    def open(self) -> None:
        """Let everything pass, also what is held; it is not shut again."""
        self._is_shut = False
        self._ringer.send(b"!")

    @property
    def held(self) -> int:
        """Return how many are held at this moment."""
        with self._changed:
            return len(self._waiting)

    def await_held(self, count: int) -> None:
        """Wait until so many are held."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._waiting) >= count, PATIENCE), "Never."

    def _take(self, near: socket.socket, said: bytearray) -> None:
        threading.Thread(target=self._hold, args=(near, said), daemon=True).start()

    def _hold(self, near: socket.socket, said: bytearray) -> None:
        heard = bytearray()
        if self._is_shut:
            self._come(near)
            stays = self._await_opening(near, heard)
            self._go(near)
            if not stays:
                near.close()
                return
        with suppress(OSError):
            far = socket.create_connection(self._target)
            far.sendall(heard)
            threading.Thread(target=pass_on, args=(near, far, heard), daemon=True).start()
            pass_on(far, near, said)

    def _await_opening(self, near: socket.socket, heard: bytearray) -> bool:
        """Keep what the sender says; False when they went before the gate was opened."""
        while True:
            ready, _, _ = select.select([near, self._bell], [], [], LONGEST_HELD)
            if not ready:
                return False
            if near in ready:
                try:
                    piece = near.recv(65536)
                except OSError:
                    return False
                if not piece:
                    return False
                heard += piece
            if self._bell in ready:
                return True

    def _come(self, near: socket.socket) -> None:
        with self._changed:
            self._waiting.add(near)
            # Who went before this one came is not counted, though the thread that holds them may not know it yet.
            self.most_held = max(self.most_held, sum(not _is_gone(one) for one in self._waiting))
            self._changed.notify_all()

    def _go(self, near: socket.socket) -> None:
        with self._changed:
            self._waiting.remove(near)
            self._changed.notify_all()


def _is_gone(near: socket.socket) -> bool:
    """Say whether the other end is closed."""
    ready, _, _ = select.select([near], [], [], 0)
    try:
        return bool(ready) and not near.recv(1, socket.MSG_PEEK)
    except OSError:
        return True
