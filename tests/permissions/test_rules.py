"""How rules are joined: what ``&`` and ``|`` answer, which reason they give, and what they are called."""

import itertools
from typing import Any

import pytest

from forum.permissions.actor import VISITOR, Actor
from forum.permissions.rules import YES, Rule, Verdict, rule

asked: list[str] = []


def named(name: str, holds: bool) -> Rule:
    """Return a rule with a fixed answer that remembers being asked."""

    def answer(_actor: Actor, _subject: Any) -> bool:
        asked.append(name)
        return holds

    return rule(name, answer, lambda: f"Not {name}.")


def judged(joined: Rule) -> tuple[Verdict, list[str]]:
    asked.clear()
    verdict = joined(VISITOR, None)
    return verdict, list(asked)


a, b, c = (named(name, holds=True) for name in "abc")
x, y, z = (named(name, holds=False) for name in "xyz")


def test_a_verdict_is_true_when_allowed() -> None:
    assert YES
    assert not Verdict(allowed=False, reason="No.")


@pytest.mark.parametrize(
    ("joined", "allowed", "reason", "order"),
    [
        (a, True, "", "a"),
        (x, False, "Not x.", "x"),
        (a & b, True, "", "ab"),
        (a & x, False, "Not x.", "ax"),
        (x & a, False, "Not x.", "x"),
        (x & y, False, "Not x.", "x"),
        (a | b, True, "", "a"),
        (a | x, True, "", "a"),
        (x | a, True, "", "xa"),
        (x | y, False, "Not y.", "xy"),
        (x | y | z, False, "Not z.", "xyz"),
        (a & (x | b), True, "", "axb"),
        (a & (x | y) & z, False, "Not y.", "axy"),
        ((a & x) | b, True, "", "axb"),
        (a & b & c, True, "", "abc"),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else None,
)
def test_what_joined_rules_answer_and_in_which_order_they_are_asked(
    joined: Rule, allowed: bool, reason: str, order: str
) -> None:
    verdict, names = judged(joined)
    assert verdict.allowed is allowed
    assert verdict.reason == reason
    assert names == list(order)


def test_joining_is_the_logic_it_looks_like() -> None:
    for p, q, r in itertools.product([True, False], repeat=3):
        one, two, three = named("p", p), named("q", q), named("r", r)
        assert judged((one | two) & three)[0].allowed is ((p or q) and r)
        assert judged(one & two | three)[0].allowed is ((p and q) or r)


def test_names_read_as_they_are_meant() -> None:
    assert (a & b).name == "a and b"
    assert (a | b).name == "(a or b)"
    assert (a & (b | c)).name == "a and (b or c)"
    assert (a & b | c).name == "(a and b or c)"


def test_the_reason_is_worded_when_it_is_given() -> None:
    said = iter(["First.", "Second."])
    never = rule("never", lambda _actor, _subject: False, lambda: next(said))
    assert judged(never)[0].reason == "First."
    assert judged(never)[0].reason == "Second."
