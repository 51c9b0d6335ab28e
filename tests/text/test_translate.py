"""The language of a page, a rule or a letter: each request and job has its own, and English where there is none."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from markupsafe import Markup

from forum.text import translate
from forum.text.translate import gettext, lazy_gettext, ngettext


@pytest.fixture
def polish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small catalogue of another language, which has three plural forms, where catalogues are looked for."""
    catalogue = Catalog(locale="pl", domain="messages")
    catalogue.add("Hello, %(name)s", "Cześć, %(name)s")
    catalogue.add("Good", "Dobrze")
    catalogue.add(("%(n)s reply", "%(n)s replies"), ("%(n)s odpowiedź", "%(n)s odpowiedzi", "%(n)s odp."))
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(translate, "LOCALES_FOLDER", tmp_path)
    translate._catalogue.cache_clear()
    yield
    translate._catalogue.cache_clear()


def apart(work: Callable[[], None]) -> None:
    """Run what sets a locale where it can't reach the other tests."""
    contextvars.copy_context().run(work)


def test_without_a_catalogue_it_is_english() -> None:
    def work() -> None:
        translate.use_locale("tlh")
        assert gettext("Good") == "Good"
        assert gettext("Hello, %(name)s", name="Wren") == "Hello, Wren"
        assert ngettext("%(n)s reply", "%(n)s replies", 1) == "1 reply"
        assert ngettext("%(n)s reply", "%(n)s replies", 0) == "0 replies"

    apart(work)


def test_a_sentence_with_a_per_cent_sign_and_no_values_stays_whole() -> None:
    assert gettext("100% of us %(here)s") == "100% of us %(here)s"


def test_a_value_is_not_looked_into_once_more() -> None:
    assert gettext("Hello, %(name)s", name="%(name)s 100%") == "Hello, %(name)s 100%"


@pytest.mark.usefixtures("polish")
def test_the_locale_in_use_decides_also_the_plural() -> None:
    def work() -> None:
        translate.use_locale("pl")
        assert gettext("Hello, %(name)s", name="Wren") == "Cześć, Wren"
        said = [ngettext("%(n)s reply", "%(n)s replies", n) for n in (1, 2, 5, 22)]
        assert said == ["1 odpowiedź", "2 odpowiedzi", "5 odp.", "22 odpowiedzi"]
        assert gettext("Not in the catalogue.") == "Not in the catalogue."

    apart(work)


@pytest.mark.usefixtures("polish")
def test_a_lazy_text_is_translated_when_it_is_shown() -> None:
    label = lazy_gettext("Good")
    assert str(label) == "Good"

    def work() -> None:
        translate.use_locale("pl")
        assert str(label) == "Dobrze"
        assert f"{label}." == "Dobrze."

    apart(work)
    assert str(label) == "Good"


@pytest.mark.usefixtures("polish")
def test_one_threads_locale_is_not_anothers() -> None:
    both_set, said = threading.Barrier(2, timeout=10), {}

    def work(code: str) -> None:
        translate.use_locale(code)
        both_set.wait()
        said[code] = (gettext("Good"), translate.locale_code())

    threads = [threading.Thread(target=work, args=[code]) for code in ("pl", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"pl": ("Dobrze", "pl"), "en": ("Good", "en")}
    assert translate.locale_code() == translate.DEFAULT_LOCALE


def test_the_direction_of_writing_follows_the_locale() -> None:
    def work() -> None:
        for code, direction in (("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("pt-BR", "ltr")):
            translate.use_locale(code)
            assert translate.text_direction() == direction

    apart(work)


def test_days_and_moments_are_said_in_the_zone_and_locale_in_use() -> None:
    late = datetime(2026, 11, 22, 23, 10, tzinfo=UTC)

    def work() -> None:
        assert translate.say_date(late) == "22 November 2026"
        assert translate.say_moment(late) == "22 November 2026, 23:10"
        translate.use_time_zone("Europe/Berlin")
        assert translate.say_date(late) == "23 November 2026"
        assert translate.say_moment(late) == "23 November 2026, 00:10"
        translate.use_locale("de")
        assert translate.say_date(late) == "23. November 2026"
        # A day is a day in every zone.
        translate.use_time_zone("Pacific/Kiritimati")
        assert translate.say_date(date(2026, 11, 22)) == "22. November 2026"

    apart(work)


def test_html_among_the_values_makes_html_of_the_message_and_of_nothing_else() -> None:
    said = gettext("<%(what)s> & %(when)s", what="<b>", when=Markup("<time>now</time>"))
    assert said == Markup("&lt;&lt;b&gt;&gt; &amp; <time>now</time>")
    assert isinstance(said, Markup)
    assert not isinstance(gettext("%(what)s", what="<b>"), Markup)
