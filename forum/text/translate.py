"""Translation for pages, rules and jobs alike. The locale is a context variable that views, jobs and mail set.

Catalogues stand in ``forum/text/locales``; where a sentence has no translation its English wording is used.
Flask is not needed, so that a rule can say why not and a job can write a letter in the reader's language.
"""

import functools
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.support import LazyProxy, NullTranslations, Translations

DEFAULT_LOCALE = "en"
LOCALES_FOLDER = Path(__file__).parent / "locales"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_zone: ContextVar[str] = ContextVar("zone", default="UTC")


def use_locale(code: str) -> None:
    """Use this locale for everything that follows in this request or job."""
    _locale.set(code)


def use_time_zone(name: str) -> None:
    """Use this IANA zone for the times that follow in this request or job."""
    _zone.set(name)


def locale_code() -> str:
    """Return the locale in use."""
    return _locale.get()


def text_direction() -> str:
    """Return ``ltr`` or ``rtl`` for the locale in use."""
    return Locale.parse(_locale.get(), sep="-").text_direction


@functools.cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(LOCALES_FOLDER, [code.replace("-", "_")])


def gettext(message: str, **values: object) -> str:
    """Return the message in the locale in use, with ``%(name)s`` filled in."""
    translated = _catalogue(_locale.get()).ugettext(message)
    return translated % values if values else translated


def ngettext(one: str, many: str, n: int, **values: object) -> str:
    """Return the message for this number; ``%(n)s`` is the number itself."""
    return _catalogue(_locale.get()).ungettext(one, many, n) % {"n": n, **values}


def lazy_gettext(message: str) -> str:
    """Return a message that is translated only when it is shown (for texts beside a class or an enum)."""
    # Typed as the text it stands for: whoever shows it calls str() on it.
    return cast(str, LazyProxy(gettext, message, enable_cache=False))


def _babel_locale() -> str:
    """Return the locale in use as Babel names it; our English is British, and Babel's plain one American."""
    code = _locale.get()
    return "en_GB" if code == "en" else code.replace("-", "_")


def say_date(moment: datetime | date) -> str:
    """Return a day as people write it, in the zone and locale in use: 22 November 2026."""
    day = moment.astimezone(ZoneInfo(_zone.get())) if isinstance(moment, datetime) else moment
    return format_date(day, format="long", locale=_babel_locale())


def say_moment(moment: datetime) -> str:
    """Return a day and time as people write it: 22 November 2026, 03:10."""
    return format_datetime(
        moment, format="d MMMM y, HH:mm", tzinfo=ZoneInfo(_zone.get()), locale=_babel_locale()
    )
