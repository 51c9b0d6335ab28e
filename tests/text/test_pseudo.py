"""The languages that nobody speaks: what they do to a sentence, and what they leave alone."""

import contextvars
import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from babel.messages.pofile import read_po

from forum.text import translate
from forum.text.pseudo import ACCENTED, MIRRORED, PSEUDO, accented, mirrored
from forum.text.translate import gettext, lazy_gettext, ngettext
from tests.languages.messages import TEMPLATE

HELD = re.compile(r"%\(\w+\)s|</?\w[^<>]*>|&\w+;|%%")


def speaking(code: str, work: Callable[[], None]) -> None:
    """Run what sets a locale where it can't reach the other tests."""

    def inside() -> None:
        translate.use_locale(code)
        work()

    contextvars.copy_context().run(inside)


def sentences() -> list[str]:
    """Return every sentence of the forum."""
    with TEMPLATE.open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    return [word for message in messages for word in ([message] if isinstance(message, str) else message)]


def test_no_letter_of_a_sentence_stays_plain() -> None:
    for sentence in sentences():
        changed = accented(sentence)
        assert changed.startswith("⟦")
        assert changed.endswith("⟧")
        assert not re.search("[A-Za-z]", HELD.sub("", changed)), changed


def test_a_sentence_can_still_be_read() -> None:
    assert accented("Help now") == "⟦Ĥééļþ ñööŵ~⟧"


def test_sentences_grow_as_translations_do() -> None:
    found = sentences()
    assert len(found) > 300
    for sentence in found:
        words = HELD.sub("", sentence)
        grown = len(HELD.sub("", accented(sentence))) - len("⟦⟧")
        assert abs(grown - 1.35 * len(words)) <= 1, sentence


@pytest.mark.parametrize("change", [accented, mirrored])
def test_values_elements_and_characters_survive(change: Callable[[str], str]) -> None:
    sentence = 'See <a href="/about">%(name)s\'s page</a> &amp; 100%% of %(n)s.'
    changed = change(sentence)
    assert HELD.findall(changed) == HELD.findall(sentence)
    assert changed != sentence
    filled = changed % {"name": "Wren", "n": 3}
    assert "Wren" in filled
    assert "100%" in filled
    for known in sentences():
        assert HELD.findall(change(known)) == HELD.findall(known)


def test_every_word_is_turned_round_and_back() -> None:
    assert mirrored("Help now") == "\u200f\u202eHelp\u202c\u200f \u200f\u202enow\u202c\u200f"
    for sentence in sentences():
        changed = mirrored(sentence)
        assert changed.count("\u202e") == changed.count("\u202c")
        assert re.sub("[\u200f\u202e\u202c]", "", changed) == sentence


@pytest.mark.parametrize("change", [accented, mirrored])
def test_nothing_stays_nothing(change: Callable[[str], str]) -> None:
    assert change("") == ""


@pytest.mark.parametrize("code", [ACCENTED, MIRRORED])
def test_plurals_are_chosen_as_in_english(code: str) -> None:
    change = PSEUDO[code].ugettext

    def work() -> None:
        for n, one_or_many in ((1, "%(n)s reply"), (0, "%(n)s replies"), (2, "%(n)s replies")):
            assert ngettext("%(n)s reply", "%(n)s replies", n) == change(one_or_many) % {"n": n}

    speaking(code, work)


def test_a_lazy_sentence_is_changed_when_it_is_shown() -> None:
    label = lazy_gettext("Colours")
    speaking(ACCENTED, lambda: _same(str(label), accented("Colours")))
    assert str(label) == "Colours"


def _same(found: str, expected: str) -> None:
    assert found == expected


def test_days_numbers_and_countries_look_like_their_language() -> None:
    moment = datetime(2026, 11, 22, 3, 10, tzinfo=UTC)

    def in_accents() -> None:
        assert translate.say_date(moment) == accented("22 November 2026")
        assert translate.say_moment(moment) == accented("22 November 2026, 03:10")
        assert translate.say_country("IE") == accented("Ireland")
        assert translate.say_number(12345) == "12,345"
        assert translate.text_direction() == "ltr"

    def from_the_right() -> None:
        assert translate.say_date(moment) == "22 نوفمبر 2026"
        assert translate.say_country("IE") == "أيرلندا"
        assert translate.text_direction() == "rtl"

    speaking(ACCENTED, in_accents)
    speaking(MIRRORED, from_the_right)


def test_only_our_own_sentences_are_there_in_them() -> None:
    for code in PSEUDO:
        speaking(code, lambda: _same(translate.content_locale(), translate.DEFAULT_LOCALE))
    speaking("es", lambda: _same(translate.content_locale(), "es"))


@pytest.mark.parametrize(
    ("code", "day", "moment", "number"),
    [
        ("en", "22 November 2026", "22 November 2026, 03:10", "12,345"),
        ("es", "22 de noviembre de 2026", "22 de noviembre de 2026, 3:10", "12.345"),
        ("de", "22. November 2026", "22. November 2026, 03:10", "12.345"),
        ("ja", "2026年11月22日", "2026年11月22日 3:10", "12,345"),
    ],
)
def test_days_and_numbers_are_said_as_each_language_does(
    code: str, day: str, moment: str, number: str
) -> None:
    def work() -> None:
        assert translate.say_date(date(2026, 11, 22)) == day
        assert translate.say_moment(datetime(2026, 11, 22, 3, 10, tzinfo=UTC)) == moment
        assert translate.say_number(12345) == number
        assert number in ngettext("%(n)s reply", "%(n)s replies", 12345)

    speaking(code, work)


def test_a_language_that_babel_does_not_know_has_our_days() -> None:
    def work() -> None:
        assert translate.say_date(date(2026, 11, 22)) == "22 November 2026"
        assert translate.own_name("tlh") == "tlh"

    speaking("tlh", work)


def test_a_language_is_called_what_its_speakers_call_it() -> None:
    assert [translate.own_name(code) for code in ("en", "es", "pt-BR")] == [
        "English",
        "Español",
        "Português (Brasil)",
    ]
    assert translate.own_name(ACCENTED).endswith("(en-XA)")


def test_a_locale_can_be_used_for_a_while() -> None:
    def work() -> None:
        with pytest.raises(LookupError), translate.speaking(ACCENTED):
            assert gettext("Home") == accented("Home")
            raise LookupError
        assert gettext("Home") == "Home"

    speaking("en", work)
