"""Each sentence can be translated: collected for translators, written out whole, with its values, said at its time."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import config
from forum.consent import wording
from tests.languages import messages
from tests.languages.sentences import (
    glued_in_python,
    hidden_in_python,
    hidden_in_template,
    in_python,
    in_template,
)

PYTHON = sorted((messages.ROOT / "forum").rglob("*.py"))
TEMPLATES = sorted(config.TEMPLATES.rglob("*.html"))

# What is said to whoever develops or runs the forum, in English, and never on a page.
NOT_FOR_READERS = (
    "accounts/providers/checking.py",
    "cli/",
    "database/",
    "demo/",
    "privacy/registry.py",
    "web/living_components.py",
)
# What is declared of a feature's tables, which docs/personal-data.md prints in English.
DECLARATIONS = "personal_data.py"
# Words that a machine reads, or whoever develops or runs the forum.
NO_SENTENCES = {
    "A copy's id is a number.",
    "Something recurs, and nobody does it.",
    "The database doesn't have the structure of this release yet. Run this first: forum db upgrade",
    "Thing",
    # The name of a header.
    "Origin",
    "A letter goes to one address.",
    "A letter's address or subject is encoded already, and could hold a control character.",
    "A letter's link must be a path on this site.",
    "A letter's subject is too long.",
    "A part of a letter is empty, or holds a line break or a control character.",
    "The provider sends people back by GET, and the attempt they come back to is used up at once.",
    "A member's id is a number.",
    "Two kinds of jobs have the same name.",
    "Without a term there is nothing to look up.",
    "A word is made of letters, digits and marks.",
    "Lax",
    "Pseudo",
    "View",
}
# A page for whoever builds other pages.
FOR_DEVELOPERS = {"web/components_page.html"}


def sentences_wrong() -> dict[str, list[str]]:
    found = {}
    for path in [*PYTHON, *TEMPLATES]:
        read = in_python if path.suffix == ".py" else in_template
        wrong = [what for sentence in read(path.read_text()) for what in sentence.wrong]
        if wrong:
            found[path.relative_to(messages.ROOT).as_posix()] = wrong
    return found


def read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened)


# --- what translators get --------------------------------------------------------------------------------


def test_the_template_for_translators_is_up_to_date(tmp_path: Path) -> None:
    messages.extract(tmp_path / "messages.pot")
    assert messages.TEMPLATE.read_text() == (tmp_path / "messages.pot").read_text(), "Run make messages."


def test_the_template_changes_with_sentences_alone() -> None:
    lines = messages.TEMPLATE.read_text().splitlines()
    assert len(lines) > 1000
    assert [line for line in lines if "#:" in line or "-Date:" in line] == []


def test_every_language_has_all_that_it_needs(tmp_path: Path) -> None:
    for file in messages.catalogues():
        locale, catalogue, template = file.parts[-3], read(file), read(messages.TEMPLATE)
        assert [str(error) for _message, errors in catalogue.check() for error in errors] == [], locale
        assert {message.id for message in catalogue} >= {message.id for message in template}, (
            "Run make messages."
        )
        messages.compile_catalogue(file, tmp_path / f"{locale}.mo")
        compiled = file.with_suffix(".mo")
        assert compiled.read_bytes() == (tmp_path / f"{locale}.mo").read_bytes(), "Run make messages."
        # What is asked at the consent step is kept word by word, and stands in a file of its own.
        assert (wording.FOLDER / f"purposes.{locale.replace('_', '-')}.toml").is_file()


# --- every sentence --------------------------------------------------------------------------------------


def test_every_sentence_is_whole_and_has_its_values() -> None:
    assert sentences_wrong() == {}


def test_no_words_are_put_around_a_translated_sentence() -> None:
    assert {str(path): found for path in PYTHON if (found := list(glued_in_python(path.read_text())))} == {}


def test_nothing_is_said_to_readers_past_gettext() -> None:
    own = [path.relative_to(messages.ROOT / "forum").as_posix() for path in PYTHON]
    found = {
        name: hidden
        for name, path in zip(own, PYTHON, strict=True)
        if not name.startswith(NOT_FOR_READERS)
        and not name.endswith(DECLARATIONS)
        and (hidden := sorted(set(hidden_in_python(path.read_text())) - NO_SENTENCES))
    }
    for path in TEMPLATES:
        name = path.relative_to(config.TEMPLATES).as_posix()
        if name not in FOR_DEVELOPERS and (hidden := hidden_in_template(path.read_text())):
            found[name] = hidden
    assert found == {}


# --- the walkers see what they look for ------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "def say(name):\n    return _(f'Hello, {name}')",
        "def say(name):\n    return _('Hello, {}'.format(name))",
        "def say(name):\n    return _('Hello, ' + name)",
        "def say(words):\n    return _(words)",
        "def say(n):\n    return ngettext('%(n)s reply', f'{n} replies', n)",
        "WORDS = _('Hello')",
        "class Intent:\n    label = gettext('Hello')",
        "def say(words=_('Hello')): ...",
        "def say():\n    return _('Hello, %(name)s')",
        "def say():\n    return _('Hello, %(name)s', nom='Wren')",
        "def say():\n    return _('Hello', name='Wren')",
        "def say():\n    return _('100% of %(name)s', name='us')",
        "LABEL = lazy_gettext('Hello, %(name)s')",
    ],
)
def test_a_sentence_that_can_not_be_translated_is_seen(source: str) -> None:
    assert [what for sentence in in_python(source) for what in sentence.wrong]


@pytest.mark.parametrize(
    "source",
    [
        "def say(name):\n    return _('Hello, %(name)s, ' 'and welcome', name=name)",
        "def say(n):\n    return ngettext('One', '%(n)s of %(all)s, 100%%', n, all=7)",
        "LABEL = lazy_gettext('100% of us')",
        "LABELS = {1: lambda: _('Hello')}",
        "def say():\n    class Form:\n        label = _('Hello')",
    ],
)
def test_a_sentence_that_can_be_translated_is_let_pass(source: str) -> None:
    assert [what for sentence in in_python(source) for what in sentence.wrong] == []


@pytest.mark.parametrize(
    "source",
    ["f\"{_('Hello')} you\"", "'See ' + _('Hello')", "_('Hello') + _(' you')", "f\"By {gettext('us')}\""],
)
def test_words_around_a_sentence_are_seen(source: str) -> None:
    assert len(list(glued_in_python(source))) == 1
    assert list(glued_in_python("f\"{_('Hello')} · {name}\" + _('Hello')[:3]")) == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("{{ _('Hello') }}{{ ngettext('%(n)s reply', '%(n)s replies', 3) }}", 0),
        ("{{ _('Hello, ' ~ page.name) }}", 1),
        ("{{ _(page.words) }}", 1),
        ("{{ _('Hello, %(name)s') }}", 1),
        ("{% call panel('key', title=_('Hello, %(name)s', nom=page.name)) %}{% endcall %}", 2),
    ],
)
def test_sentences_of_templates_are_looked_at_as_well(source: str, wrong: int) -> None:
    assert len([what for sentence in in_template(source) for what in sentence.wrong]) == wrong


def test_words_that_hide_are_seen() -> None:
    assert hidden_in_template("{{ chip('Pinned') }}{{ 'Yes' if page.x }}") == ["Pinned", "Yes"]
    assert (
        hidden_in_template("{{ button(_('Send'), 'primary', icon='pin') }}<p class=\"{{ ' two' }}\">") == []
    )
    assert hidden_in_python("raise Forbidden('You may not do that.')\nLine(label='Open')") == [
        "You may not do that.",
        "Open",
    ]
    assert hidden_in_python("raise Forbidden(_('You may not do that.'))\nget('X-Id')\nhas('site:init')") == []
