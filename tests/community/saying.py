"""What tests about members' pages share: a list of conditions, and saying something about oneself."""

from dataclasses import replace

from sqlalchemy import select

from forum.community.commands.profiles import change_profile
from forum.community.models.people import HealthTerm, TermKind
from forum.community.profiles import Said
from forum.database.session import Database
from forum.text.translate import DEFAULT_LOCALE
from tests.cast import Someone


def make_terms(database: Database) -> None:
    """Put two conditions, one that is offered no more, and two treatments on the list."""
    with database.transaction() as session:
        session.add_all(
            HealthTerm(kind=kind, slug=slug, locale=DEFAULT_LOCALE, name=name, offered=offered)
            for kind, slug, name, offered in (
                (TermKind.CONDITION, "fibromyalgia", "Fibromyalgia", True),
                (TermKind.CONDITION, "migraine", "Migraine", True),
                (TermKind.CONDITION, "old-word", "An old word", False),
                (TermKind.TREATMENT, "pacing", "Pacing", True),
                (TermKind.TREATMENT, "tens", "TENS", True),
            )
        )


def say(someone: Someone, said: Said) -> None:
    """Let somebody say this about themselves."""
    with someone.database.transaction() as session:
        change_profile(session, someone.actor, said)


def listed(someone: Someone, said: Said | None = None) -> None:
    """Let somebody stand in the list of members."""
    say(someone, replace(said or Said(), listed=True))


def terms_of(someone: Someone) -> set[str]:
    """Return the slugs of the conditions that somebody shares topics by, as their next request finds them."""
    actor = someone.actor
    with someone.database.reading() as session:
        return set(session.scalars(select(HealthTerm.slug).where(HealthTerm.id.in_(actor.shared_conditions))))
