"""The page of all components: only a demo has it, nothing is missing on it, and its states are the browser's own."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

import config
from config import Mode, Settings
from forum.app import create_app
from forum.web import static_files
from forum.web.living_components import ADDRESS, PARTS, STATES
from tests.conftest import database_of
from tests.pages import Element, read_page

PSEUDO_CLASS = {"hover": ":hover", "focus": ":focus-visible", "pressed": ":active"}


@pytest.fixture
def demo(settings: Settings) -> Iterator[FlaskClient]:
    """A browser at a forum that was started as a demo."""
    app = create_app(replace(settings, mode=Mode.DEMO))
    yield app.test_client()
    database_of(app).dispose()


def page(demo: FlaskClient, query: str = "") -> Element:
    answer = demo.get(ADDRESS + query)
    assert answer.status_code == 200
    return read_page(answer.text)


@pytest.mark.proves("P2")
def test_every_other_start_knows_nothing_of_it(client: FlaskClient) -> None:
    assert client.get(ADDRESS).status_code == 404
    assert "web" not in client.application.blueprints


def test_no_component_is_missing(demo: FlaskClient) -> None:
    template = (config.TEMPLATES / "web/components_page.html").read_text()
    drawn = set(re.findall(r"\b(\w+)\(", template))
    macros = {
        name
        for source in (config.TEMPLATES / "components").glob("*.html")
        for name in re.findall(r"{% macro ([a-z]\w*)\(", source.read_text())
    }
    # What only holds others together, takes the focus, or is the mark in the header, is seen on every page.
    held_together = {
        # A name, which the posts and lists there have.
        "byline",
        "error_summary",
        "face",
        "group",
        "mark",
        # The pictures that it would show are somebody's.
        "pictures",
        "post_form",
        "reactions",
        "reactions_form",
        "waiting_panel",
        "way_on",
    }
    assert macros - drawn == held_together
    shown = {one.attributes.get("id") for one in page(demo).one("main").all("section")}
    assert set(PARTS) <= shown


def test_every_token_of_every_theme_is_on_it(demo: FlaskClient) -> None:
    tokens = page(demo).one("section", id="tokens")
    for name in ("--paper #faf6ef", "--paper #17181b", "--paper #26221e", "--s1: .25rem", "--measure: 66ch"):
        assert name in tokens.text


@pytest.mark.parametrize(
    ("query", "theme"),
    [("", "light"), ("?theme=dark", "dark"), ("?theme=dim", "dim"), ("?theme=no", "light")],
)
def test_it_shows_the_theme_that_is_asked_for(demo: FlaskClient, query: str, theme: str) -> None:
    stage = page(demo, query).one("main").all("div", class_="frame")[0]
    assert stage.attributes["data-theme"] == theme
    assert stage.one("section", id="button").text


def test_the_states_of_a_button_are_on_it(demo: FlaskClient) -> None:
    buttons = page(demo).one("section", id="button").all("button")
    classes = {one.attributes["class"] for one in buttons}
    for kind in ("plain", "primary", "quiet", "danger"):
        assert {f"button {kind} {state}" for state in STATES} <= classes
    assert [one for one in buttons if "disabled" in one.attributes]


def test_refused_fields_say_so(demo: FlaskClient) -> None:
    fields = page(demo).one("section", id="field")
    assert fields.text.count("Say in a few words what it is about.") >= 2
    assert len([one for one in fields.all("input") if one.attributes.get("aria-invalid") == "true"]) == 1


@pytest.mark.parametrize("state", STATES)
def test_a_forced_state_stands_in_the_rule_of_the_real_one(state: str) -> None:
    sheet = (static_files.FOLDER / "alongside.css").read_text()
    forced = re.findall(rf"([^\s{{}}]*(?: [^{{}},]*)?)\.{state}\b", sheet)
    assert forced
    for place in re.finditer(rf"\.{state}\b", sheet):
        selector = sheet[: place.start()].rpartition("}")[2]
        assert PSEUDO_CLASS[state] in selector, selector
