"""The countries that a member can say they live in, by their two letters and by name."""

from collections.abc import Collection
from functools import cache

from forum.text.plain import sorting_form
from forum.text.translate import DEFAULT_LOCALE, babel_locale, locale_code, say_country

# Codes that Babel has a name for and that are no place somebody can be in: made up for tests, unknown, or groups.
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def country_codes() -> Collection[str]:
    """Return the two letters of every country that can be chosen."""
    known = map(str, babel_locale(DEFAULT_LOCALE).territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def countries() -> tuple[tuple[str, str], ...]:
    """Return the countries by code and name, in the order of their names in the language in use."""
    return _countries(locale_code())


@cache
def _countries(_locale: str) -> tuple[tuple[str, str], ...]:
    # The order of letters of no language in particular, without their accents: near enough to find one's own.
    named = ((code, say_country(code)) for code in country_codes())
    return tuple(sorted(named, key=lambda one: (sorting_form(one[1]), one[0])))
