"""The people one can be at the stand-in, and what is special about each."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How signing in as a persona goes."""

    ORDINARY = "ordinary"
    DECLINES = "declines"
    SLOW = "slow"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One of them, at both providers. ``google_email`` is None for someone who has none there."""

    key: str
    name: str
    note: str
    google_subject: str
    facebook_subject: str
    google_email: str | None
    kind: Kind = Kind.ORDINARY


def _ordinary(key: str, name: str, number: int, note: str, kind: Kind = Kind.ORDINARY) -> Persona:
    return Persona(
        key=key,
        name=name,
        note=note,
        google_subject=f"1000000000000000{number:05d}",
        facebook_subject=f"10220000000{number:05d}",
        google_email=f"{name.lower().replace(' ', '.')}@people.stand-in.invalid",
        kind=kind,
    )


PERSONAS: dict[str, Persona] = {
    persona.key: persona
    for persona in (
        _ordinary("robin", "Robin Ordinary", 101, "An ordinary person."),
        _ordinary("sam", "Sam Second", 102, "Another ordinary person."),
        _ordinary("morgan", "Morgan Example", 108, "Already a member of the demo: its moderator, Morgan."),
        _ordinary("ada", "Adair Example", 109, "Already a member of the demo: its administrator, Adair."),
        _ordinary(
            "casey", "Casey Example", 110, "Already a member of the demo: looks after one category, as Casey."
        ),
        _ordinary("toni", "Toni Third", 103, "A third ordinary person."),
        Persona(
            key="no-email",
            name="Noa Nomail",
            note="Has no e-mail address at either provider.",
            google_subject="100000000000000000201",
            facebook_subject="1022000000000201",
            google_email=None,
        ),
        _ordinary("same-email", "Emery Samemail", 202, "Has one e-mail address at both providers."),
        Persona(
            key="same-subject",
            name="Sacha Samenumber",
            note="Has the same account number at both providers; these are two people all the same.",
            google_subject="424242424242424242",
            facebook_subject="424242424242424242",
            google_email="sacha.samenumber@people.stand-in.invalid",
        ),
        _ordinary(
            "under-age", "Jo Young", 204, "Is too young: give a recent year of birth when the forum asks."
        ),
        _ordinary("says-no", "Nico Nothanks", 205, "Says no to the provider's question.", Kind.DECLINES),
        _ordinary("slow", "Lou Slow", 206, "The provider takes too long to answer.", Kind.SLOW),
        _ordinary("broken", "Bo Broken", 207, "The provider fails with an error of its own.", Kind.BROKEN),
    )
}
