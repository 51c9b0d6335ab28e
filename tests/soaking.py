"""How much of what takes long is done: a part of it in the gate, all of it by ``make soak``, before a release."""

import os

SOAK = os.environ.get("SOAK") == "1"


def rounds(in_the_gate: int, soaking: int) -> int:
    """Return how often something is tried in this run."""
    return soaking if SOAK else in_the_gate
