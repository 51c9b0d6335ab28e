"""Rules are named predicates over ``(actor, subject)``, joined with ``&`` and ``|``; a rule answers why not.

A predicate does no input or output: it looks at the actor and at a small frozen subject that the caller read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forum.permissions.actor import Actor


class WayOn(StrEnum):
    """A page on which a member can themselves change what the answer is."""

    AGREE_AGAIN = "/settings/privacy/agree-again"
    PRIVACY = "/settings/privacy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, or no with a sentence that says why and, where there is one, the way on."""

    allowed: bool
    reason: str = ""
    way_on: WayOn | None = None

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(allowed=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """A predicate or a combination of them; ``name`` reads as English in the generated document."""

    name: str
    judge: Callable[[Actor, Any], Verdict]

    def __call__(self, actor: Actor, subject: Any) -> Verdict:
        return self.judge(actor, subject)

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(
            f"{self.name} and {other.name}",
            lambda actor, subject: self(actor, subject) and other(actor, subject),
        )

    def __or__(self, other: "Rule") -> "Rule":
        # Where neither holds, the last reason is given: write the most helpful alternative last.
        return Rule(
            f"({self.name} or {other.name})",
            lambda actor, subject: self(actor, subject) or other(actor, subject),
        )


def rule(
    name: str,
    holds: Callable[[Actor, Any], bool],
    why_not: Callable[[], str],
    way_on: WayOn | None = None,
) -> Rule:
    """Make a rule from a plain predicate; ``why_not`` words the refusal in the reader's language."""

    def judge(actor: Actor, subject: Any) -> Verdict:
        return YES if holds(actor, subject) else Verdict(allowed=False, reason=why_not(), way_on=way_on)

    return Rule(name, judge)
