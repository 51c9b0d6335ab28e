"""Which language an answer is in: chosen here, else the member's, else what the browser asks for, else the operator's.

The words themselves are ``text/translate``'s. Offered is English, and each language that has a compiled catalogue.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from babel import negotiate_locale
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from config import PREFIX, Settings, SettingsError
from forum.text import translate
from forum.text.pseudo import PSEUDO
from forum.web import current

# Set when somebody chooses a language in the reading settings, and only then.
COOKIE = "reading-language"
# More of the header is not looked at: browsers send a few dozen characters, and nobody speaks a hundred languages.
LONGEST_HEADER = 1000

_EXTENSION = "languages"
# Answers that are made of sentences of ours.
_SPOKEN = frozenset({"text/html", "application/problem+json"})


@dataclass(frozen=True, slots=True)
class Offered:
    """The languages there are, as BCP 47 tags, English first, and the operator's own among them."""

    codes: tuple[str, ...]
    default: str


def install(app: Flask, settings: Settings) -> None:
    """Answer every request in its language, and say which. Raises SettingsError for a default that isn't there."""
    codes = (translate.DEFAULT_LOCALE, *translate.translated_locales())
    if settings.pseudo_locales:
        codes = (*codes, *PSEUDO)
    if settings.default_locale not in codes:
        raise SettingsError(f"{PREFIX}DEFAULT_LOCALE must be one of: {', '.join(codes)}.")
    app.extensions[_EXTENSION] = Offered(codes, settings.default_locale)
    app.before_request(_speak)
    app.after_request(_say_which)
    app.teardown_request(_fall_silent)


def offered() -> Offered:
    """Return the languages of this application."""
    return cast(Offered, current_app.extensions[_EXTENSION])


def negotiate(languages: Offered, *, chosen: str, of_member: str, asked_for: str) -> str:
    """Return the language to answer in.

    ``chosen`` and ``of_member`` are tags or "", and count if they are offered. ``asked_for`` is an Accept-Language
    header: its quality values are those of RFC 9110 section 12.5.4, and a range is looked up as RFC 4647 section
    3.4 says, so that whoever prefers British English to Spanish gets English. It may hold anything.
    """
    for code in (chosen, of_member):
        if code in languages.codes:
            return code
    known = {code.lower(): code for code in languages.codes}
    found = negotiate_locale(list(_ranges(asked_for)), list(known), sep="-")
    return known.get((found or "").lower(), languages.default)


def _ranges(header: str) -> Iterator[str]:
    """Give the language ranges of a header, the dearest first, each followed by its shorter forms."""
    whole = header if len(header) <= LONGEST_HEADER else header[:LONGEST_HEADER].rpartition(",")[0]
    for language, quality in parse_accept_header(whole, LanguageAccept):
        if quality > 0:
            subtags = language.split("-")
            yield from ("-".join(subtags[:length]) for length in range(len(subtags), 0, -1))


def _speak() -> None:
    """Choose language and time zone of this answer."""
    languages = offered()
    code = languages.default
    if len(languages.codes) > 1:
        code = negotiate(
            languages,
            chosen=request.cookies.get(COOKIE, ""),
            of_member=_of_member(),
            asked_for=request.headers.get("Accept-Language", ""),
        )
    translate.use_locale(code)
    translate.use_time_zone(current.settings().time_zone)


def _of_member() -> str:
    try:
        return current.actor().locale
    except SQLAlchemyError:
        # Whoever needs to know who acts asks again, and words what is wrong.
        return ""


def _say_which(response: Response) -> Response:
    """Name the language to programs, and to caches what it depended on."""
    leads_on = 300 <= response.status_code < 400
    if response.mimetype in _SPOKEN and not leads_on:
        response.content_language.add(translate.locale_code())
        if len(offered().codes) > 1:
            response.vary.update(["Accept-Language", "Cookie"])
    return response


def _fall_silent(_error: BaseException | None) -> None:
    """Leave nothing to whatever this thread does next."""
    translate.use_locale(translate.DEFAULT_LOCALE)
    translate.use_time_zone("UTC")
