"""The stand-in starts only where all four things are so; every combination is tried, also on a real process."""

import itertools
import subprocess
import sys

import pytest

from forum.demo.guard import Missing, StandInRefused, Surroundings, check
from tests.accounts.stand_in import TOP, environ, free_port

RIGHT = {
    Missing.FLAG: {"ALONGSIDE_STAND_IN": "yes"},
    Missing.LOOPBACK_BIND: {"ALONGSIDE_BIND": "127.0.0.1"},
    Missing.LOOPBACK_BASE_URL: {"ALONGSIDE_BASE_URL": "http://localhost:8000"},
    Missing.OTHER_MODE: {"ALONGSIDE_MODE": "demo"},
}
WRONG = {
    Missing.FLAG: {"ALONGSIDE_STAND_IN": "no"},
    Missing.LOOPBACK_BIND: {"ALONGSIDE_BIND": "0.0.0.0"},  # noqa: S104  (What must be refused.)
    Missing.LOOPBACK_BASE_URL: {"ALONGSIDE_BASE_URL": "https://forum.example"},
    Missing.OTHER_MODE: {"ALONGSIDE_MODE": "production"},
}
COMBINATIONS = [
    tuple(name for name, wrong in zip(Missing, wrongs, strict=True) if wrong)
    for wrongs in itertools.product((False, True), repeat=len(Missing))
]


def surroundings(missing: tuple[Missing, ...]) -> dict[str, str]:
    """Return an environment that lacks exactly this."""
    chosen = [WRONG[name] if name in missing else RIGHT[name] for name in Missing]
    return {name: value for part in chosen for name, value in part.items()}


@pytest.mark.proves("P3")
@pytest.mark.parametrize(
    "missing", COMBINATIONS, ids=lambda missing: "+".join(m.name for m in missing) or "none"
)
def test_whatever_is_missing_is_named_and_nothing_else(missing: tuple[Missing, ...]) -> None:
    where = Surroundings.from_environ(surroundings(missing))
    if not missing:
        check(where)
        return
    with pytest.raises(StandInRefused) as refused:
        check(where)
    assert refused.value.missing == missing
    assert all((name in str(refused.value)) == (name in missing) for name in Missing)


@pytest.mark.proves("P3")
def test_saying_nothing_means_a_real_forum() -> None:
    with pytest.raises(StandInRefused) as refused:
        check(Surroundings.from_environ({}))
    assert refused.value.missing == (Missing.FLAG, Missing.LOOPBACK_BASE_URL, Missing.OTHER_MODE)


@pytest.mark.proves("P3")
@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("ALONGSIDE_STAND_IN", "true", Missing.FLAG),
        ("ALONGSIDE_BIND", "", Missing.LOOPBACK_BIND),
        ("ALONGSIDE_BIND", "::", Missing.LOOPBACK_BIND),
        ("ALONGSIDE_BIND", "127.0.0.1.forum.example", Missing.LOOPBACK_BIND),
        ("ALONGSIDE_BASE_URL", "http://127.0.0.1.forum.example", Missing.LOOPBACK_BASE_URL),
        ("ALONGSIDE_BASE_URL", "http://localhost@forum.example", Missing.LOOPBACK_BASE_URL),
        ("ALONGSIDE_BASE_URL", "localhost", Missing.LOOPBACK_BASE_URL),
        ("ALONGSIDE_MODE", "", Missing.OTHER_MODE),
        ("ALONGSIDE_MODE", "staging", Missing.OTHER_MODE),
    ],
)
def test_what_only_looks_right_is_missing(name: str, value: str, missing: Missing) -> None:
    with pytest.raises(StandInRefused) as refused:
        check(Surroundings.from_environ(surroundings(()) | {name: value}))
    assert refused.value.missing == (missing,)


@pytest.mark.proves("P3")
@pytest.mark.parametrize(
    "missing", [some for some in COMBINATIONS if some], ids=lambda missing: "+".join(m.name for m in missing)
)
def test_the_process_refuses_to_start_and_says_why(missing: tuple[Missing, ...]) -> None:
    command = [sys.executable, "-m", "forum.demo", "provider", "--port", str(free_port())]
    ended = subprocess.run(
        command,
        env=environ(**surroundings(missing)),
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == f"The stand-in provider does not start without {', '.join(missing)}.\n"
