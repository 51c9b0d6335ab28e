"""``forum routes``: every address of the forum, with who may reach it."""

from dataclasses import dataclass

import click
from flask import Flask

from forum.app import create_app
from forum.cli import opening
from forum.cli.tables import show_table
from forum.web import current

_ASKED_FOR_ANYWAY = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One address and the methods it takes."""

    address: str
    methods: str
    endpoint: str
    access: str


def routes_of(app: Flask) -> tuple[Route, ...]:
    """Return every route by its address. ``access`` is ``undeclared`` for a view that nobody may reach."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        access = getattr(view, "access", "undeclared")
        action = getattr(view, "staff_action", None)
        methods = ", ".join(sorted((rule.methods or set()) - _ASKED_FOR_ANYWAY))
        found.append(
            Route(rule.rule, methods, rule.endpoint, f"{access} ({action.value})" if action else access)
        )
    return tuple(sorted(found))


@click.command()
def routes() -> None:
    """List every address with its methods, its view and who may reach it."""
    app = create_app(opening.settings())
    with app.app_context():
        current.database().dispose()
    show_table(
        ("method", "address", "endpoint", "access"),
        [(route.methods, route.address, route.endpoint, route.access) for route in routes_of(app)],
    )
