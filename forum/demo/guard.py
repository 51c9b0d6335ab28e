"""The four things that must all be so before the stand-in provider may start."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config import LOOPBACK_HOSTS, PREFIX, Mode, is_loopback


class Missing(StrEnum):
    """What keeps the stand-in from starting, by the setting that says it."""

    FLAG = f"{PREFIX}STAND_IN=yes"
    LOOPBACK_BIND = f"a loopback address in {PREFIX}BIND"
    LOOPBACK_BASE_URL = f"a loopback address in {PREFIX}BASE_URL"
    OTHER_MODE = f"{PREFIX}MODE=demo or {PREFIX}MODE=test"


class StandInRefused(Exception):
    """The stand-in may not start here; the message names everything that is missing."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        super().__init__(f"The stand-in provider does not start without {', '.join(missing)}.")
        self.missing = missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the stand-in is about to start."""

    flag: bool
    bind: str
    base_url: str
    mode: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Surroundings":
        """Read what the forum would read, with the forum's own defaults: nothing said means production."""
        return cls(
            flag=environ.get(f"{PREFIX}STAND_IN", "no").strip().lower() == "yes",
            bind=environ.get(f"{PREFIX}BIND", "127.0.0.1").strip(),
            base_url=environ.get(f"{PREFIX}BASE_URL", "").strip(),
            mode=environ.get(f"{PREFIX}MODE", Mode.PRODUCTION.value).strip(),
        )


def check(surroundings: Surroundings) -> None:
    """Let the stand-in start, or raise StandInRefused with the name of everything that is missing."""
    missing = tuple(
        name
        for name, present in (
            (Missing.FLAG, surroundings.flag),
            (Missing.LOOPBACK_BIND, surroundings.bind in LOOPBACK_HOSTS),
            (Missing.LOOPBACK_BASE_URL, is_loopback(surroundings.base_url)),
            (Missing.OTHER_MODE, surroundings.mode in (Mode.DEMO, Mode.TEST)),
        )
        if not present
    )
    if missing:
        raise StandInRefused(missing)
