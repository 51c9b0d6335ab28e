"""How much of what takes long is done: a part of it in the gate, all of it by ``make soak``, before a release.

``python -m tests.soaking`` says which tests that are.
"""

import os
import sys
from collections.abc import Iterable

import pytest

SOAK = os.environ.get("SOAK") == "1"

# What the gate runs on SQLite alone, and why; soaking runs it on PostgreSQL, too.
ON_ONE_DATABASE = {
    "tests/journeys/": "What a browser shows is no database's. What lies behind it is proven over HTTP, on both.",
    "tests/cli/test_providers.py": "The command reads the configuration and asks the providers.",
    "tests/cli/test_doctor.py": "The command reads the configuration and the calendar.",
    "tests/accounts/test_hanging.py": "Who waits while a provider hangs is a matter of threads.",
}
# What does a part of its rounds in the gate.
IN_PART = (
    "tests/accounts/test_fuzzed_callbacks.py",
    "tests/accounts/test_fuzzed_calls.py",
    "tests/accounts/test_at_once.py",
    "tests/consent/test_ledger_bytes.py",
    "tests/languages/test_mirrored.py",
    "tests/privacy/test_faults.py",
)


def rounds(in_the_gate: int, soaking: int) -> int:
    """Return how often something is tried in this run."""
    return soaking if SOAK else in_the_gate


def is_left_to_soaking(item: pytest.Item) -> bool:
    """Say whether the gate leaves a test out, because it runs on the other database."""
    if SOAK or not item.nodeid.startswith(tuple(ON_ONE_DATABASE)):
        return False
    parameters = getattr(item, "callspec", None)
    return parameters is not None and "postgresql" in parameters.params.values()


def soaked() -> Iterable[str]:
    """Return the paths of the tests that do less in the gate."""
    return (*IN_PART, *ON_ONE_DATABASE)


if __name__ == "__main__":
    sys.stdout.write(" ".join(soaked()))
