"""How long twenty thousand markers take to render, each kind of them: ``python -m tests.benchmarks.many_markers``.

A post may hold at most so many characters, and whoever sends one must not keep others waiting for it. What is counted
here in seconds is held in calls by ``tests/text/test_markdown_properties.py``.
"""

# ruff: noqa: T201  (Printing what was seen is what this is for.)

import time

from forum.text.markdown import render_post
from tests.text.payloads import MARKERS

MARKS = 20_000


def seconds(markdown: str) -> float:
    """Return this thread's time at work, in seconds, which is nobody else's on a busy machine."""
    begun = time.thread_time()
    render_post(markdown)
    return time.thread_time() - begun


def main() -> None:
    """Print the five that take longest."""
    took = {marker: seconds(marker * MARKS) for marker in MARKERS}
    print(f"Rendering {MARKS:,} of each of {len(took)} markers; the five that take longest:")
    for marker in sorted(took, key=lambda one: took[one], reverse=True)[:5]:
        print(f"{took[marker]:8.2f} s  {marker!r}")


if __name__ == "__main__":
    main()
