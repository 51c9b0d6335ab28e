"""Finds the sentences of the code and of the templates: each call of gettext, with what it is given."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, nodes

# How gettext is called in Python and in templates.
AT_ONCE = frozenset({"_", "gettext", "ngettext"})
LAZY = "lazy_gettext"
CALLS = AT_ONCE | {LAZY}

_JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_VALUE = re.compile(r"%\((\w+)\)s")
# A per cent sign that neither begins a value nor stands for itself.
_BARE_PER_CENT = re.compile(r"%(?!\(\w+\)s)")
# Several words, or one that begins like a sentence: what a person would read.
_READ_BY_PEOPLE = re.compile(r"^[A-Z][a-z]+\b(?![-:/=])|[a-z,] [A-Za-z]{2,}.*[.?…]$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A call of gettext: the wordings it is given (None where one is not written out), and its values' names."""

    line: int
    call: str
    wordings: tuple[str | None, ...]
    values: frozenset[str]
    # It is called when the module is loaded, for whoever comes first.
    at_import: bool = False

    @property
    def wrong(self) -> list[str]:
        """Return what is wrong with it."""
        found = []
        if None in self.wordings or not self.wordings:
            found.append("its wording is put together, so that no translator sees it")
        if self.at_import and self.call != LAZY:
            found.append("it is translated once for all, when the module is loaded")
        given = self.values | ({"n"} if self.call == "ngettext" else set())
        for wording in filter(None, self.wordings):
            used = set(_VALUE.findall(wording))
            if used - given:
                found.append(f"nothing is given for {sorted(used - given)}")
            if given and _BARE_PER_CENT.search(wording.replace("%%", "")):
                found.append("a per cent sign is not doubled")
        used_anywhere = {name for wording in self.wordings for name in _VALUE.findall(wording or "")}
        if None not in self.wordings and self.values - used_anywhere:
            found.append(f"{sorted(self.values - used_anywhere)} stands nowhere in it")
        return [f"line {self.line}: {what}" for what in found]


def in_python(source: str) -> Iterator[Sentence]:
    """Give the sentences of a module."""
    yield from _in_node(ast.parse(source), at_import=True)


def _in_node(node: ast.AST, *, at_import: bool) -> Iterator[Sentence]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        words = node.args[: 2 if node.func.id == "ngettext" else 1]
        yield Sentence(
            line=node.lineno,
            call=node.func.id,
            wordings=tuple(
                word.value if isinstance(word, ast.Constant) and isinstance(word.value, str) else None
                for word in words
            ),
            values=frozenset(keyword.arg or "**" for keyword in node.keywords),
            at_import=at_import,
        )
    if isinstance(node, ast.FunctionDef):
        # What stands in its head is worked out when it is defined, what stands in its body when it is called.
        for part in [*node.decorator_list, node.args, *filter(None, [node.returns])]:
            yield from _in_node(part, at_import=at_import)
        for statement in node.body:
            yield from _in_node(statement, at_import=False)
    elif isinstance(node, ast.Lambda):
        yield from _in_node(node.body, at_import=False)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _in_node(child, at_import=at_import)


def glued_in_python(source: str) -> Iterator[str]:
    """Give the places where words are put around a translated sentence: other languages have another order."""
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        words = [
            part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if any(map(_is_call, parts)) and (
            any(re.search(r"[A-Za-z]{2,}", word) for word in words) or all(map(_is_call, parts))
        ):
            yield f"line {getattr(node, 'lineno', 0)}"


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS


def in_template(source: str) -> Iterator[Sentence]:
    """Give the sentences of a template."""
    for call in _JINJA.parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in CALLS:
            words = call.args[: 2 if call.node.name == "ngettext" else 1]
            yield Sentence(
                line=call.lineno,
                call=call.node.name,
                wordings=tuple(_written_out(word) for word in words),
                values=frozenset(keyword.key for keyword in call.kwargs),
            )


def _written_out(node: nodes.Expr) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def hidden_in_template(source: str) -> list[str]:
    """Return the words for people that stand in a template's expressions and go past gettext."""
    tree = _JINJA.parse(source)
    translated = {
        id(argument)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in CALLS
        for argument in call.args
    }
    return [
        const.value
        for const in tree.find_all(nodes.Const)
        if isinstance(const.value, str)
        and id(const) not in translated
        and _READ_BY_PEOPLE.search(const.value)
    ]


def hidden_in_python(source: str) -> list[str]:
    """Return what is said to people, by an exception or a page's dataclass, and goes past gettext."""
    return [
        argument.value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and not _is_call(call)
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and _READ_BY_PEOPLE.search(argument.value)
    ]
