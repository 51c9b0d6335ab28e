"""The words beside each choice: read from ``purposes.<locale>.toml`` and put together in one place.

What this makes is what the page prints, line by line, and what is hashed and kept as proof of what was asked. A page
that shows a choice prints a ``Choice`` and adds no words of its own to it.
"""

import functools
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forum.consent.models import PolicyKind
from forum.consent.queries import PolicyReference
from forum.permissions.actor import REQUIRED_PURPOSES, Purpose
from forum.text.translate import DEFAULT_LOCALE
from forum.text.translate import gettext as _

FOLDER = Path(__file__).parent

# What a browser that sends Sec-GPC: 1 has said no to before anybody asked.
LOCKED_BY_GPC = frozenset({Purpose.AGGREGATE_STATISTICS, Purpose.RESEARCH_CONTACT})

# Which texts to read before deciding.
_TO_READ = {
    Purpose.MEMBERSHIP: (PolicyKind.TERMS, PolicyKind.GUIDELINES),
    Purpose.HEALTH_DATA: (PolicyKind.HEALTH_DATA,),
}
_TO_READ_OTHERWISE = (PolicyKind.PRIVACY,)


@dataclass(frozen=True, slots=True)
class Detail:
    """One part of what a purpose means, under its heading."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick, with every word that stands beside it."""

    purpose: Purpose
    label: str
    # The chip beside the label: needed, optional, or off.
    need: str
    hint: str
    # Why the box can't be ticked, where it can't.
    locked: str
    to_read: tuple[PolicyReference, ...]
    to_read_label: str
    details_label: str
    details: tuple[Detail, ...]

    @property
    def is_needed(self) -> bool:
        """Say whether there can be no account without it."""
        return self.purpose in REQUIRED_PURPOSES

    @property
    def text(self) -> str:
        """Return the exact words, a line for each part, in the order in which the page prints them."""
        lines = [self.label, self.need, self.hint]
        if self.locked:
            lines.append(self.locked)
        lines.append(f"{self.to_read_label} {', '.join(policy.name for policy in self.to_read)}")
        lines.append(self.details_label)
        for detail in self.details:
            lines += [detail.heading, detail.text]
        return "\n".join(lines)


def choices(policies: Iterable[PolicyReference], *, locale: str, gpc: bool) -> tuple[Choice, ...]:
    """Return what to ask, in order, given the policies in force and whether the browser sent Sec-GPC: 1."""
    by_kind = {policy.kind: policy for policy in policies}
    return tuple(_choice(Purpose(row["key"]), row, by_kind, gpc=gpc) for row in _purposes(locale))


def needed(asked: Iterable[Choice]) -> tuple[Choice, ...]:
    """Return those without which there is no account."""
    return tuple(choice for choice in asked if choice.is_needed)


def is_about(purpose: Purpose) -> tuple[PolicyKind, ...]:
    """Return the policies that say more about a purpose: those to read before deciding."""
    return _TO_READ.get(purpose, _TO_READ_OTHERWISE)


def name_of(purpose: Purpose) -> str:
    """Return what a purpose is called where it stands in a list: no words that anybody agrees to."""
    return {
        Purpose.MEMBERSHIP: _("Being a member"),
        Purpose.HEALTH_DATA: _("What you write about your health"),
        Purpose.EMAIL: _("E-mail"),
        Purpose.MATCHING: _("Finding members and topics like yours"),
        Purpose.AGGREGATE_STATISTICS: _("Group figures"),
        Purpose.RESEARCH_CONTACT: _("Invitations to research"),
    }[purpose]


def hash_of_choices(shown: Iterable[Choice]) -> str:
    """Return the SHA-256, in hex, of all that a page asked: a form carries it back, so that a change is noticed."""
    return hashlib.sha256("\n\n".join(choice.text for choice in shown).encode()).hexdigest()


def _choice(
    purpose: Purpose, row: Mapping[str, Any], policies: Mapping[PolicyKind, PolicyReference], *, gpc: bool
) -> Choice:
    is_locked = gpc and purpose in LOCKED_BY_GPC
    return Choice(
        purpose=purpose,
        label=row["label"],
        need=_("needed") if purpose in REQUIRED_PURPOSES else _("off") if is_locked else _("optional"),
        hint=row["hint"],
        locked=_(
            "Your browser asks sites not to share what they know about you (Global Privacy Control). "
            "So this stays off."
        )
        if is_locked
        else "",
        to_read=tuple(policies[kind] for kind in is_about(purpose) if kind in policies),
        to_read_label=_("To read, in a new tab:"),
        details_label=_("What this means"),
        details=(
            Detail(_("What you agree to"), row["means"]),
            Detail(_("What we keep for it"), "; ".join(row["data"]) + "."),
            Detail(_("Who gets to see it"), row["recipients"]),
            Detail(_("How long"), row["retention"]),
        ),
    )


@functools.cache
def _purposes(locale: str) -> tuple[dict[str, Any], ...]:
    file = FOLDER / f"purposes.{locale}.toml"
    if not file.is_file():
        file = FOLDER / f"purposes.{DEFAULT_LOCALE}.toml"
    return tuple(tomllib.loads(file.read_text(encoding="utf-8"))["purposes"])
