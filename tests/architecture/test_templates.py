"""Every template keeps to its contract: known names only, nothing inline, and each text translatable."""

from pathlib import Path

import pytest
from flask import Flask

import config
from forum.web.rendering import TEMPLATE_GLOBALS
from tests.architecture.templates import bare_texts, free_names, inline_parts

NAMES = sorted(path.relative_to(config.TEMPLATES).as_posix() for path in config.TEMPLATES.rglob("*.html"))


def source(name: str) -> str:
    return (config.TEMPLATES / name).read_text()


def test_there_are_templates() -> None:
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_a_template_uses_only_what_the_contract_gives(name: str) -> None:
    assert free_names(source(name), config.TEMPLATES) - TEMPLATE_GLOBALS == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.proves("W1")
@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_nothing_inline_and_nothing_from_another_host(name: str) -> None:
    assert inline_parts(source(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_text_in_a_template_is_translatable(name: str) -> None:
    assert bare_texts(source(name)) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ request.path }}{{ page.title }}", {"page", "request"}),
        (
            "{% from 'components/x.html' import chip %}{% block main %}{{ chip(1) }}{{ chop(2) }}{% endblock %}",
            {"chop"},
        ),
        ("{% for post in page.posts %}{{ post.body }}{% endfor %}{{ post }}", {"page", "post"}),
        ("{% macro say(word) %}{{ word }}{{ word_count }}{% endmacro %}{{ say('x') }}", {"word_count"}),
    ],
)
def test_a_name_from_outside_is_seen(text: str, names: set[str]) -> None:
    assert free_names(text, config.TEMPLATES) == names


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color: red">',
        "<style>p { color: red }</style>",
        "<script>go()</script>",
        '<script type="module">go()</script>',
        '<button onclick="go()">',
        '<p {% if page.x %}onclick="go()"{% endif %}>',
        '<a href="javascript:go()">',
        '<img src="https://other.invalid/x.png">',
        '<link rel="stylesheet" href="//other.invalid/x.css">',
        '<form action="https://other.invalid/">',
    ],
)
def test_inline_parts_are_seen(bad: str) -> None:
    assert len(inline_parts(bad)) == 1


@pytest.mark.parametrize(
    "good",
    [
        '<script type="application/ld+json">{"@type": "Thing"}</script>',
        '<script type="module" src="{{ asset("reading.js") }}"></script>',
        '<a href="https://other.invalid/">',
        '<input name="once" value="{{ page.one }}">',
    ],
)
def test_what_is_allowed_is_not_taken_for_inline(good: str) -> None:
    assert inline_parts(good) == []


@pytest.mark.parametrize(
    "bad",
    [
        "<p>Hello</p>",
        '<p>{{ _("Hello") }}, reader</p>',
        '<img alt="A bridge">',
        '<input type="submit" value="Send">',
        '<meta name="description" content="A community">',
        '{{ "Hello" }}',
        "{% if page.x %}Yes{% endif %}",
    ],
)
def test_bare_texts_are_seen(bad: str) -> None:
    assert len(bare_texts(bad)) == 1


@pytest.mark.parametrize(
    "good",
    [
        '<p>{{ _("Hello") }} · {{ page.name }}</p>',
        "<p>{% trans name=page.name %}Hello {{ name }}{% endtrans %}</p>",
        '<input type="hidden" name="topic" value="seven">',
        "<code>forum site init</code>",
        "{{ page.address }}?page={{ page.number }}",
        '<meta name="viewport" content="width=device-width">',
        '<p>{# A remark #}<span aria-hidden="true">→</span></p>',
    ],
)
def test_what_is_translatable_is_not_taken_for_bare(good: str) -> None:
    assert bare_texts(good) == []


def test_templates_stand_where_the_settings_say() -> None:
    assert Path(config.TEMPLATES).is_dir()
