"""What was found, on the terminal: sentences for people, JSON for machines, and the status to end with.

Without colour nothing is lost: how each finding is to be taken is a word before it.
"""

import json
from collections.abc import Iterable, Mapping

import click

from forum.findings import Finding, Level

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
_WIDTH = max(map(len, Level))


def show_finding(finding: Finding) -> None:
    """Print one finding on a line of its own, which is never folded: addresses in it can be copied."""
    word = click.style(f"{finding.level.value:<{_WIDTH}}", fg=_COLOURS[finding.level])
    click.echo(f"  {word}  {finding.about}: {finding.says}")


def as_data(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON has it."""
    return {"level": finding.level.value, "about": finding.about, "says": finding.says}


def show_json(content: Mapping[str, object]) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def status_of(findings: Iterable[Finding]) -> int:
    """Return the status to end with: 1 when something is wrong. What only may go wrong is no failure."""
    return int(any(finding.level is Level.PROBLEM for finding in findings))
