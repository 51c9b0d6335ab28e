"""Translation for pages, rules and jobs alike. The locale is a context variable that views, jobs and mail set.

Catalogues stand in ``forum/text/locales``; where a sentence has no translation its English wording is used. The two
languages that find forgotten sentences are made in ``pseudo``. Which language a request is answered in is decided in
``web/languages.py``. Flask is not needed here, so that a rule can say why not and a job can write a letter in the
reader's language.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_decimal
from babel.support import LazyProxy, NullTranslations, Translations
from babel.units import format_unit
from markupsafe import Markup, escape

from forum.text.pseudo import ACCENTED, MIRRORED, PSEUDO

DEFAULT_LOCALE = "en"
LOCALES_FOLDER = Path(__file__).parent / "locales"
# Our English is British, and Babel's plain one American.
_OUR_ENGLISH = "en_GB"
# Whose days and numbers these have, as Babel names it.
_AS_IN = {DEFAULT_LOCALE: _OUR_ENGLISH, ACCENTED: _OUR_ENGLISH, MIRRORED: "ar"}
_MEGABYTE = 1_000_000

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_zone: ContextVar[str] = ContextVar("zone", default="UTC")


def use_locale(code: str) -> None:
    """Use this locale for everything that follows in this request or job."""
    _locale.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use this locale for what is said inside, and afterwards again the one from before."""
    before = _locale.set(code)
    try:
        yield
    finally:
        _locale.reset(before)


def use_time_zone(name: str) -> None:
    """Use this IANA zone for the times that follow in this request or job."""
    _zone.set(name)


def locale_code() -> str:
    """Return the locale in use."""
    return _locale.get()


def content_locale() -> str:
    """Return the locale of the texts to show, like policies: only our own sentences are there in a pseudo-locale."""
    code = _locale.get()
    return DEFAULT_LOCALE if code in PSEUDO else code


def babel_locale(code: str = "") -> Locale:
    """Return a locale, or else the one in use, as Babel has it: its days, numbers, names and direction."""
    code = code or _locale.get()
    try:
        return Locale.parse(_AS_IN.get(code, code.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        # Somebody may translate into a language whose days and numbers Babel doesn't know.
        return Locale.parse(_OUR_ENGLISH)


def text_direction() -> str:
    """Return ``ltr`` or ``rtl`` for the locale in use."""
    return babel_locale().text_direction


def own_name(code: str) -> str:
    """Return what a language is called by those who speak it."""
    if code in PSEUDO:
        return f"{PSEUDO[code].ugettext('Pseudo')} ({code})"
    try:
        name = Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:]


def translated_locales() -> tuple[str, ...]:
    """Return the locales for which there is a compiled catalogue, in order."""
    found = LOCALES_FOLDER.glob("*/LC_MESSAGES/messages.mo")
    return tuple(sorted(file.parts[-3].replace("_", "-") for file in found))


@functools.cache
def _catalogue(code: str) -> NullTranslations:
    if code in PSEUDO:
        return PSEUDO[code]
    return Translations.load(LOCALES_FOLDER, [code.replace("-", "_")])


def gettext(message: str, **values: object) -> str:
    """Return the message in the locale in use, with ``%(name)s`` filled in.

    With HTML among the values, a moment that a script words for instance, it is HTML: everything else is escaped.
    """
    translated = _catalogue(_locale.get()).ugettext(message)
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(translated) % values
    return translated % values if values else translated


def ngettext(one: str, many: str, n: int, **values: object) -> str:
    """Return the message for this number; ``%(n)s`` is the number itself, as one writes it in the locale in use."""
    return _catalogue(_locale.get()).ungettext(one, many, n) % {"n": say_number(n), **values}


def lazy_gettext(message: str) -> str:
    """Return a message that is translated only when it is shown (for texts beside a class or an enum)."""
    # Typed as the text it stands for: whoever shows it calls str() on it.
    return cast(str, LazyProxy(gettext, message, enable_cache=False))


def say_number(number: int) -> str:
    """Return a number as people write it in the locale in use: 1,204."""
    return format_decimal(number, locale=babel_locale())


def say_size(size: int) -> str:
    """Return how large a file is, given its bytes, as people say it in the locale in use: 1.2 MB."""
    if size < _MEGABYTE:
        # Nothing is ever said to be empty that isn't.
        amount, unit = float(max(1, round(size / 1000))), "digital-kilobyte"
    else:
        amount, unit = round(size / _MEGABYTE, 1), "digital-megabyte"
    return _dressed(format_unit(amount, unit, "short", locale=babel_locale()))


def say_date(moment: datetime | date) -> str:
    """Return a day as people write it, in the zone and locale in use: 22 November 2026."""
    day = moment.astimezone(ZoneInfo(_zone.get())) if isinstance(moment, datetime) else moment
    return _dressed(format_date(day, format="long", locale=babel_locale()))


def say_moment(moment: datetime) -> str:
    """Return a day and time as people write it: 22 November 2026, 03:10."""
    here, locale = moment.astimezone(ZoneInfo(_zone.get())), babel_locale()
    # How a locale puts the two together; its longer ways have a word in between.
    both = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    day, time = format_date(here, "long", locale), format_time(here, "short", locale=locale)
    return _dressed(both.replace("{1}", day).replace("{0}", time))


def say_country(code: str) -> str:
    """Return a country's name in the locale in use, or its code where that has none."""
    name = babel_locale().territories.get(code)
    return code if name is None else _dressed(str(name))


def _dressed(words: str) -> str:
    """Return Babel's words with accents where our sentences have them: else they would look like forgotten ones."""
    return PSEUDO[ACCENTED].ugettext(words) if _locale.get() == ACCENTED else words
