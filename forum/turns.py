"""Turns: how many may do at once what holds a thread for long. What is done in one is not known here."""

import threading


class Turns:
    """So many at once, and the others wait a little or are turned away: a thread that waits answers nobody, too."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._jammed = False

    def take(self, patience: float) -> bool:
        """Take a turn, waiting so many seconds for one; say whether there was one."""
        if self._free.acquire(blocking=False):
            return True
        # Where nothing moved for a while, nobody waits until something does.
        if self._jammed or patience <= 0:
            return False
        got = self._free.acquire(timeout=patience)
        self._jammed = not got
        return got

    def give_back(self) -> None:
        """Let the next one have it."""
        self._jammed = False
        self._free.release()
