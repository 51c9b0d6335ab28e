"""The helplines: read from the shipped list, shown by country, listed when they are old. No helpline is ranked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.commands import record
from forum.database.rows import all_as
from forum.events import HelplinesChanged, emit
from forum.moderation.contacts import ContactPart, call, parts_of
from forum.moderation.models import Helpline, HelplineState
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import DEFAULT_LOCALE, babel_locale, locale_code, say_country

# After this time somebody should look again whether a number still is what it was.
STALE_AFTER = timedelta(days=180)

# A list of helplines all over the world, for countries that we have no verified row for.
FALLBACK_NAME = "findahelpline.com"
FALLBACK_ADDRESS = "https://findahelpline.com"
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class HelplineRow:
    """A row of the list as it is shipped. ``country`` is two letters, or ``*`` for everywhere."""

    country: str
    service: str
    contact: str
    hours: str
    emergency: str
    state: HelplineState
    verified_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class HelplineLine:
    """A helpline as a page shows it."""

    service: str
    contact: tuple[ContactPart, ...]
    hours: str
    verified_on: date | None

    @property
    def number(self) -> ContactPart | None:
        """Return the first number to call."""
        return next((part for part in self.contact if part.address.startswith("tel:")), None)

    @property
    def text_number(self) -> ContactPart | None:
        """Return the first number that takes text messages, for those who can't speak now."""
        return next((part for part in self.contact if part.text_address), None)


@dataclass(frozen=True, slots=True)
class CountryHelplines:
    """A country with its emergency number and its verified helplines."""

    code: str
    name: str
    emergency: str
    helplines: tuple[HelplineLine, ...]

    @property
    def anchor(self) -> str:
        """Return the id that jump links point at."""
        return f"country-{self.code.lower()}"

    @property
    def emergency_address(self) -> str:
        """Return the address that calls the emergency number."""
        return call(self.emergency)


@dataclass(frozen=True, slots=True)
class StaleHelpline:
    """A row that somebody should look at again."""

    id: int
    country: str
    service: str
    verified_on: date
    source: str


def load_helplines(session: Session, actor: Actor, rows: Sequence[HelplineRow]) -> int:
    """Take the shipped list in, and return how many rows were new or newer than what is stored.

    A stored row gives way only to one that was verified later (or to a first verification), and then needs the
    operator's confirmation again; rows that the list doesn't have stay. So loading twice changes nothing.

    Emits: HelplinesChanged (when something changed)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.HELPLINES_CHANGE)
    stored = {
        (helpline.country, helpline.service): helpline for helpline in session.scalars(select(Helpline))
    }
    changed = 0
    for row in rows:
        helpline = stored.get((row.country, row.service))
        if helpline is None:
            session.add(Helpline(confirmed_at=None, **_columns(row)))
        elif _is_newer(row, helpline):
            for name, value in _columns(row).items():
                setattr(helpline, name, value)
            helpline.confirmed_at = None
        else:
            continue
        changed += 1
    if changed:
        session.flush()
        record(session, actor, Action.HELPLINES_CHANGE, facts={"rows": changed})
        emit(session, HelplinesChanged())
    return changed


def confirm_helplines(session: Session, actor: Actor, country: str) -> int:
    """Note that the operator looked at the verified rows of a country and found them right; return how many.

    Emits: HelplinesChanged (when there were any)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.HELPLINES_CHANGE)
    found = session.scalars(
        update(Helpline)
        .where(Helpline.country == country, Helpline.state == HelplineState.VERIFIED)
        .values(confirmed_at=clock.now())
        .returning(Helpline.id)
    ).all()
    if found:
        record(session, actor, Action.HELPLINES_CHANGE, facts={"confirmed": len(found)})
        emit(session, HelplinesChanged())
    return len(found)


def helplines_by_country(session: Session, own_country: str) -> tuple[CountryHelplines, ...]:
    """Return the countries that have verified helplines: the operator's own first, then by name.

    The order is the same for every reader, so that the page can be kept and shows nothing about who asks.

    Queries: 1
    """
    rows = all_as(
        session,
        HelplineRow,
        select(*(getattr(Helpline, column.name) for column in fields(HelplineRow)))
        .where(Helpline.state == HelplineState.VERIFIED)
        .order_by(Helpline.country, Helpline.id),
    )
    return by_country(rows, own_country)


def by_country(listed: Iterable[HelplineRow], own_country: str) -> tuple[CountryHelplines, ...]:
    """Return the countries of a list that have verified helplines: the operator's own first, then by name."""
    rows = [row for row in listed if row.state == HelplineState.VERIFIED and row.country != EVERYWHERE]
    own = country_code(own_country)
    countries = [
        CountryHelplines(
            code=code,
            name=country_name(code),
            emergency=next(row.emergency for row in rows if row.country == code),
            helplines=tuple(
                HelplineLine(row.service, parts_of(row.contact), row.hours, row.verified_on)
                for row in rows
                if row.country == code
            ),
        )
        for code in dict.fromkeys(row.country for row in rows)
    ]
    return tuple(sorted(countries, key=lambda country: (country.code != own, country.name.casefold())))


def unconfirmed_helplines(session: Session, country: str) -> tuple[HelplineRow, ...]:
    """Return the verified rows of a country that the operator has not confirmed yet.

    Queries: 1
    """
    return all_as(
        session,
        HelplineRow,
        select(*(getattr(Helpline, column.name) for column in fields(HelplineRow)))
        .where(
            Helpline.country == country,
            Helpline.state == HelplineState.VERIFIED,
            Helpline.confirmed_at.is_(None),
        )
        .order_by(Helpline.id),
    )


def stale_helplines(session: Session) -> tuple[StaleHelpline, ...]:
    """Return the verified rows that were last looked at more than 180 days ago, the oldest first.

    Queries: 1
    """
    return all_as(
        session,
        StaleHelpline,
        select(Helpline.id, Helpline.country, Helpline.service, Helpline.verified_on, Helpline.source)
        .where(
            Helpline.state == HelplineState.VERIFIED,
            Helpline.verified_on < clock.now().date() - STALE_AFTER,
        )
        .order_by(Helpline.verified_on, Helpline.id),
    )


def country_name(code: str) -> str:
    """Return a country's name in the language in use, or its code where that has none."""
    return say_country(code)


def country_code(country: str) -> str:
    """Return the two letters of a country given by its code or its name, or nothing for one we can't tell."""
    wanted = country.strip().casefold()
    return next(iter(_codes_called(wanted)), "")


def _codes_called(wanted: str) -> Iterable[str]:
    for locale in (locale_code(), DEFAULT_LOCALE):
        for code, name in babel_locale(locale).territories.items():
            if len(code) == 2 and code.isalpha() and wanted in (code.casefold(), str(name).casefold()):
                yield code


def _columns(row: HelplineRow) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in fields(row)}


def _is_newer(row: HelplineRow, stored: Helpline) -> bool:
    """Say whether the shipped row knows better: verified later, or corrected while neither was verified."""
    if row.verified_on is not None:
        return stored.verified_on is None or row.verified_on > stored.verified_on
    never_verified = stored.verified_on is None
    return never_verified and any(getattr(stored, name) != value for name, value in _columns(row).items())
