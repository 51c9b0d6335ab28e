"""Every route says who may reach it, and the few that write on a safe method say why."""

import re
from pathlib import Path

import pytest
from flask import Flask

ACCESS = {"public", "members_only", "staff_only"}

# The views that answer GET and change something, each with what it changes. A new one is a decision.
WRITES_ON_GET: set[str] = {"accounts.finish_sign_in"}


def test_every_route_declares_who_may_reach_it(app: Flask) -> None:
    declared = {name: getattr(view, "access", None) for name, view in app.view_functions.items()}
    assert {name for name, access in declared.items() if access not in ACCESS} == set()


def test_staff_routes_name_their_action(app: Flask) -> None:
    staff = {
        name: getattr(view, "staff_action", None)
        for name, view in app.view_functions.items()
        if getattr(view, "access", None) == "staff_only"
    }
    assert {name for name, action in staff.items() if action is None} == set()


def test_the_views_that_write_on_get_are_the_known_ones(app: Flask) -> None:
    writing = {name: view for name, view in app.view_functions.items() if hasattr(view, "writes_on_get")}
    assert set(writing) == WRITES_ON_GET
    assert all(getattr(view, "writes_on_get", "") for view in writing.values())


def test_every_route_belongs_to_a_feature(app: Flask) -> None:
    # An endpoint without a blueprint would be one that create_app made up itself.
    assert [rule.rule for rule in app.url_map.iter_rules() if "." not in rule.endpoint] == []


@pytest.mark.proves("P2", "P6")
def test_no_code_asks_whether_its_provider_is_real(root: Path) -> None:
    # What differs is issuer, addresses and client, and these are settings like any other.
    sources = [
        source for source in (root / "forum").rglob("*.py") if not source.is_relative_to(root / "forum/demo")
    ]
    assert root / "forum/accounts/providers/openid.py" in sources
    telling = re.compile(r"\bstand_in\b|\bMode\.|\bmode is\b|\.mode\b|forum\.demo")
    found = [
        (source.relative_to(root).as_posix(), line.strip())
        for source in sources
        for line in source.read_text().splitlines()
        if telling.search(line)
    ]
    # Only the start looks at it: real people are not served from a demo's database, and only a demo shows the
    # components to those who build.
    assert found == [
        ("forum/app.py", "if settings.mode is Mode.PRODUCTION:"),
        ("forum/app.py", "if settings.mode is Mode.DEMO:"),
    ]
