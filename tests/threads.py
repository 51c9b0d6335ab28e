"""Real threads that begin at the same moment, for tests of what happens when many come at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(count: int, work: Callable[[int], T]) -> list[T]:
    """Run ``work`` in so many threads at once, each with its number; what one raises is raised here."""
    barrier = threading.Barrier(count, timeout=30)

    def run(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
