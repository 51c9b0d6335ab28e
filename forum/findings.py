"""What a look at an installation finds: how it is to be taken, and a sentence. Who looks where is not known here."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is about in a word or two, and a sentence that says how it is."""

    level: Level
    about: str
    says: str
