"""A word stands exactly where the table says: at every address, in every file, letter and index, for everybody.

Then again, after topics have fewer readers than before, after a block, after a condition was taken back, and after an
author took back what lets their words be shown at all.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.every_page import routes
from tests.front_door import Log
from tests.leaks import later, leaving
from tests.leaks.rows import Surface
from tests.leaks.sending import NO_WORDS
from tests.leaks.stage import set_stage
from tests.leaks.surfaces import COPIES, LETTERS, SURFACES
from tests.leaks.walking import walk


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Everything that is logged from now on."""
    opened = Log(tmp_path / "forum.log")
    yield opened
    opened.close()


@pytest.mark.proves("C11", "W4", "W6", "W14")
def test_everything_shows_exactly_where_the_table_says(app: Flask, log: Log) -> None:
    stage = set_stage(app)
    # Each shares a condition with somebody, and one of them not with the author.
    shared = [stage.people[who].actor.shared_conditions for who in ("sharer", "member")]
    assert all(shared)
    assert not shared[0] & shared[1]
    assert walk(stage, SURFACES) == []
    assert leaving.index(stage) == []
    assert leaving.letters(stage) == []
    assert leaving.copies_of_everybody(stage) == []
    later.narrow(stage)
    later.block(stage)
    later.take_out_condition(stage)
    assert walk(stage, _showing(), again=later.AFTER_NARROWING) == []
    assert leaving.index(stage) == []
    later.withdraw(stage)
    assert walk(stage, _showing(), again=later.AT_REST) == []
    logged = log.text().lower()
    # What is asked for in an address is no part of what is logged, either.
    assert [name for name, marker in stage.markers.items() if marker.lower() in logged] == []


def test_every_route_has_a_row(app: Flask) -> None:
    assert _without_row(app) == []
    rows = {surface.route for surface in SURFACES} | {*NO_WORDS}
    assert rows - {rule.rule for rule in app.url_map.iter_rules()} == set(), "These are routes no more."
    app.add_url_rule("/feeds/brand-new.atom", "site.brand_new", lambda: "")
    app.add_url_rule("/brand-new", "site.sent", lambda: "", methods=["POST"])
    assert _without_row(app) == ["/brand-new", "/feeds/brand-new.atom"]


def test_every_table_of_a_copy_and_every_letter_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert leaving.without_row() == []
    monkeypatch.delitem(COPIES, "bookmark")
    monkeypatch.delitem(LETTERS, "AccountNoticeMade.letter_about_account")
    assert leaving.without_row() == ["bookmark", "AccountNoticeMade.letter_about_account"]


def _without_row(app: Flask) -> list[str]:
    opened = {surface.route for surface in SURFACES if surface.form is None}
    sent = {surface.route for surface in SURFACES if surface.form is not None} | {*NO_WORDS}
    rules = list(app.url_map.iter_rules())
    # Each of these takes a form, whatever else it answers.
    posted = {rule.rule for rule in rules if {"POST", "PUT", "PATCH", "DELETE"} & {*(rule.methods or ())}}
    return sorted({*routes(app)} - opened | posted - sent)


def _showing() -> list[Surface]:
    """Return the rows that show something to anybody."""
    return [surface for surface in SURFACES if surface.shows]
