"""What the people of the filled forum say about themselves: a line each, and for some of them one condition."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.people import FieldAudience, HealthTerm, MemberTerm, Profile, TermKind

# Whose profile is in which state, and who can see the one field that says something.
PROFILES = {
    "other's": ("Rowan", FieldAudience.MEMBERS),
    "for everyone": ("Marlow", FieldAudience.EVERYONE),
    "for nobody": ("Tansy", FieldAudience.NOBODY),
    "waiting": ("Fern", FieldAudience.EVERYONE),
    "suspended": ("Yarrow", FieldAudience.EVERYONE),
    "paused": ("Clover", FieldAudience.EVERYONE),
    "blocked them": ("Wren", FieldAudience.EVERYONE),
    "nowhere": ("Nobody", None),
}

# The same for fewer people, as the form sends it.
PROFILE_FORM = {
    "about": "I like stairs.",
    "about_for": "nobody",
    "conditions_for": "nobody",
    "treatments_for": "nobody",
    "country": "",
    "country_for": "nobody",
    "age_band": "",
    "age_band_for": "nobody",
    "listed": "y",
}


def share_a_condition(session: Session, member_ids: Iterable[int | None]) -> int:
    """Let these members say the same of themselves, and return the condition's number."""
    term = HealthTerm(
        kind=TermKind.CONDITION, slug="sore-knees", locale="en", name="Sore knees", offered=True
    )
    session.add(term)
    session.flush()
    session.add_all(MemberTerm(member_id=member_id, term_id=term.id) for member_id in member_ids)
    return term.id


def write_profiles(session: Session, member_ids: Iterable[int | None]) -> Iterator[tuple[str, str]]:
    """Let these members, and those of the states, say a line; give each state with the name it is looked up by."""
    for member_id in member_ids:
        _say(session, member_id, FieldAudience.MEMBERS)
    for state, (name, audience) in PROFILES.items():
        if audience is not None:
            member_id = session.scalars(select(Member.id).where(Member.name == name)).one()
            _say(session, member_id, audience)
        yield state, name


def _say(session: Session, member_id: int | None, audience: FieldAudience) -> None:
    nobody = FieldAudience.NOBODY
    session.add(
        Profile(
            member_id=member_id,
            about="I like stairs.",
            about_for=audience,
            conditions_for=nobody,
            treatments_for=nobody,
            country="",
            country_for=nobody,
            age_band_for=nobody,
            listed_as=str(member_id),
        )
    )
    session.flush()
