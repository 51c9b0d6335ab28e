"""What tests about members' pages share: a list of conditions, saying something about oneself, and who sees it."""

from dataclasses import replace

from flask.testing import FlaskClient
from sqlalchemy import select

from forum.community.commands.profiles import change_profile
from forum.community.models.people import AgeBand, FieldAudience, HealthTerm, TermKind
from forum.community.profiles import Said
from forum.database.session import Database
from forum.text.translate import DEFAULT_LOCALE
from tests.cast import Someone
from tests.pages import read_page

# Words of each part that stand nowhere else on a page.
WORDS = {
    "about": "I knit slowly.",
    "conditions": "Fibromyalgia",
    "treatments": "Pacing",
    "country": "Portugal",
    "age_band": "40–49",
}
FULL = Said(
    about="I knit slowly.\nSecond line.\n\n<b>A</b> second part.",
    conditions=frozenset({"fibromyalgia"}),
    treatments=frozenset({"pacing"}),
    country="PT",
    age_band=AgeBand.FROM_40,
)


def to(audience: FieldAudience, *parts: str, of: Said = FULL) -> Said:
    """Return the same, with these parts for an audience."""
    changes = {f"{part}_for": audience for part in parts or WORDS}
    return replace(of, **changes)  # type: ignore[arg-type]  # The names are made from the parts.


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


def shown(client: FlaskClient, name: str = "Juniper") -> set[str]:
    """Return which parts a browser sees of somebody; none where there is no page."""
    answer = client.get(f"/members/{name}")
    if answer.status_code == 404:
        return set()
    text = read_page(answer.text).one("main").text
    assert "noindex" in answer.text
    return {"page", *(part for part, words in WORDS.items() if words in text)}
