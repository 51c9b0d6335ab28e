"""Writes ``docs/requirements.md``: each requirement with the tests that prove it (``python -m tests.requirements``).

The ids and their wording stand in ``requirements.toml``; the proofs are the ``proves`` marks in the tests, read
from their source, so that nothing has to run. An id without a test is open, which has to be said there, with the
reason: so a mark that gets lost is noticed. Of one whose line reaches further than its tests, what is still to come is
said there too.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

TESTS = Path(__file__).resolve().parent
DOCUMENT = TESTS.parent / "docs" / "requirements.md"
ID = re.compile(r"[ACDPW]\d+")


class UnknownRequirement(ValueError):
    """A test says it proves something that nobody required."""


@dataclass(frozen=True, slots=True)
class Section:
    """Requirements that belong together: each with its line.

    ``open`` says of those without a test why; ``partly``, of those whose tests don't reach as far as the line, what is
    still to come.
    """

    name: str
    lines: dict[str, str]
    open: dict[str, str]
    partly: dict[str, str]


def sections() -> list[Section]:
    """Return all requirements, in their order."""
    with (TESTS / "requirements.toml").open("rb") as file:
        found = tomllib.load(file)["section"]
    return [Section(one["name"], one["lines"], one.get("open", {}), one.get("partly", {})) for one in found]


def _is_proof(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves"


def _words(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def marks_in(source: str, file: str) -> Iterator[tuple[str, str]]:
    """Give each (requirement id, test) of one test file's source.

    A mark on a function, or on a parameter of it, counts for that function; one on a class or for the whole
    module counts for the file. Where a comprehension spreads ids over parameters, every id in that decorator
    counts. Raises ValueError for a mark whose id can't be read from the source.
    """

    def visit(node: ast.AST, owner: str, statement: ast.AST) -> Iterator[tuple[str, str]]:
        if _is_proof(node):
            plain = _words(node) if all(isinstance(a, ast.Constant) for a in node.args) else []
            found = plain or [word for word in _words(statement) if ID.fullmatch(word)]
            if not found:
                raise ValueError(f"{file}:{node.lineno}: write the requirement's id as plain text.")
            yield from ((name, owner) for name in found)
        inner = f"{file}::{node.name}" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else owner
        for child in ast.iter_child_nodes(node):
            starts = isinstance(child, ast.stmt) or child in getattr(node, "decorator_list", ())
            yield from visit(child, inner, child if starts else statement)

    tree = ast.parse(source)
    return visit(tree, file, tree)


def proofs() -> dict[str, list[str]]:
    """Return the tests that prove each requirement, in order. Raises UnknownRequirement."""
    found: dict[str, list[str]] = {name: [] for section in sections() for name in section.lines}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, test in marks_in(path.read_text(), path.relative_to(TESTS.parent).as_posix()):
            if name not in found:
                raise UnknownRequirement(f"{test} proves {name}, which requirements.toml doesn't know.")
            if test not in found[name]:
                found[name].append(test)
    return found


def contradictions() -> list[str]:
    """Return what the map says and the tests don't, or the other way round, in sentences."""
    proven = proofs()
    found: list[str] = []
    for section in sections():
        found += [
            f"{name} has no test, and requirements.toml doesn't say why."
            for name in section.lines
            if not proven[name] and name not in section.open
        ]
        found += [
            f"{name} is said to be open, and {proven[name][0]} proves it."
            for name in section.open
            if proven.get(name)
        ]
        found += [
            f"{name} is said to be there in part, and has no test."
            for name in section.partly
            if not proven.get(name)
        ]
        found += [
            f"{name} has a reason, and is no requirement."
            for name in [*section.open, *section.partly]
            if name not in section.lines
        ]
    return found


def as_markdown() -> str:
    """Return the document's whole text."""
    proven = proofs()
    done = sum(bool(tests) for tests in proven.values())
    parts = [
        (
            "# Requirements and their proofs\n\n"
            "Generated from `tests/requirements.toml` and the `proves` marks in the tests by `make docs`; don't edit\n"
            f"it by hand. {done} of {len(proven)} have a test; where a line reaches further than its tests, it says\n"
            "what is still to come.\n"
        )
    ]
    for section in sections():
        rows = "\n".join(
            f"| {key} | {what} | {_proof(key, proven[key], section)} |" for key, what in section.lines.items()
        )
        parts.append(f"## {section.name}\n\n| id | what must hold | proven by |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _proof(key: str, tests: list[str], section: Section) -> str:
    if not tests:
        return f"open: {section.open.get(key, '')}"
    parts = [f"`{test}`" for test in tests]
    if key in section.partly:
        parts.append(f"in part: {section.partly[key]}")
    return "<br>".join(parts)


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
