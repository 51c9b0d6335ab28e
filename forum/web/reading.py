"""How a browser likes to read: theme, size of the words, motion, content notes, language. Kept in cookies that are set
only when something is chosen, so that it needs no account. What a chosen language counts is decided in ``languages``.
"""

from dataclasses import dataclass, fields

from flask import request
from werkzeug.wrappers import Response

from forum.web import languages

# What may be chosen, by name of the choice. Not to choose is to follow the device, and needs no cookie.
CHOICES = {
    "theme": ("light", "dark", "dim"),
    "size": ("larger", "largest"),
    "motion": ("none",),
}
# What to do with topics that have a content note; not to choose is to show them, with the note.
HIDE, HIDE_TODAY = "hide", "hide-today"
A_DAY = 24 * 60 * 60
A_YEAR = 365 * A_DAY


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody chose; "" where they follow their device."""

    theme: str = ""
    size: str = ""
    motion: str = ""
    notes: str = ""
    language: str = ""

    @property
    def hides_notes(self) -> bool:
        """Say whether lists leave out topics with a content note."""
        return bool(self.notes)


def offered() -> dict[str, tuple[str, ...]]:
    """Return what may be chosen here: also the language, where there is more than one."""
    codes = languages.offered().codes
    return {**CHOICES, "notes": (HIDE, HIDE_TODAY), "language": codes if len(codes) > 1 else ()}


def cookie_name(choice: str) -> str:
    """Return the name of the cookie that keeps a choice."""
    return f"reading-{choice}"


def chosen() -> Reading:
    """Return what the browser that asks chose; a cookie with anything else in it counts for nothing."""
    may_be = offered()
    kept = {name: request.cookies.get(cookie_name(name), "") for name in may_be}
    return Reading(**{name: value for name, value in kept.items() if value in may_be[name]})


def keep(answer: Response, reading: Reading, *, secure: bool) -> None:
    """Let the browser remember what was chosen, for a year unless for today, and nothing about what was not."""
    for name in (field.name for field in fields(reading)):
        value = getattr(reading, name)
        if value:
            answer.set_cookie(
                cookie_name(name),
                value,
                max_age=A_DAY if value == HIDE_TODAY else A_YEAR,
                secure=secure,
                httponly=True,
                samesite="Lax",
            )
        elif cookie_name(name) in request.cookies:
            answer.delete_cookie(cookie_name(name), secure=secure, httponly=True, samesite="Lax")
