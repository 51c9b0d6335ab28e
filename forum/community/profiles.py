"""What a member says about themselves, as a value, and what of it goes with their consent to health data.

Reading it for a page is ``queries/profiles``; changing it is ``commands/profiles``.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.people import AgeBand, FieldAudience, MemberTerm, Profile
from forum.consent.models import ConsentRecord
from forum.events import ConsentTakenBack, ProfileChanged, emit
from forum.permissions.actor import MemberId, Purpose

# From who sees least to who sees most.
REACH = tuple(FieldAudience)
_NOBODY = FieldAudience.NOBODY


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that a member says about themselves, and to whom. Said nothing, it is empty and for nobody."""

    # Plain text.
    about: str = ""
    about_for: FieldAudience = _NOBODY
    # By their slugs in the list.
    conditions: frozenset[str] = frozenset()
    conditions_for: FieldAudience = _NOBODY
    treatments: frozenset[str] = frozenset()
    treatments_for: FieldAudience = _NOBODY
    # Two letters, or "".
    country: str = ""
    country_for: FieldAudience = _NOBODY
    age_band: AgeBand | None = None
    age_band_for: FieldAudience = _NOBODY
    # In the list of members.
    listed: bool = False

    def adds_nothing_to(self, before: "Said") -> bool:
        """Say whether this says nothing more than ``before``, and nothing to more people."""
        audiences = (
            (self.about_for, before.about_for),
            (self.conditions_for, before.conditions_for),
            (self.treatments_for, before.treatments_for),
            (self.country_for, before.country_for),
            (self.age_band_for, before.age_band_for),
        )
        return (
            self.about in ("", before.about)
            and self.conditions <= before.conditions
            and self.treatments <= before.treatments
            and self.country in ("", before.country)
            and self.age_band in (None, before.age_band)
            and self.listed <= before.listed
            and all(REACH.index(now) <= REACH.index(then) for now, then in audiences)
        )


def say_nothing(session: Session, member_id: MemberId) -> None:
    """Let nobody see what a member said about themselves until they say it again, and forget their conditions.

    For a backup that was put back, which knows what they said at the time and not what they took back since.

    Emits: ProfileChanged
    """
    session.execute(
        update(Profile)
        .where(Profile.member_id == member_id)
        .values(
            about_for=_NOBODY,
            conditions_for=_NOBODY,
            treatments_for=_NOBODY,
            country_for=_NOBODY,
            age_band_for=_NOBODY,
            listed=False,
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(MemberTerm)
        .where(MemberTerm.member_id == member_id)
        .execution_options(synchronize_session=False)
    )
    emit(session, ProfileChanged(member_id))


def forget_health_terms(session: Session, event: ConsentTakenBack) -> None:
    """Delete which conditions and treatments a member said are theirs, once they take back that health data is kept.

    Everything else that they say about themselves is hidden by how things stand with them, and comes back with them.
    """
    whose = (
        select(Member.id)
        .join(ConsentRecord, ConsentRecord.subject == Member.uuid)
        .where(ConsentRecord.sequence == event.sequence, ConsentRecord.purpose == Purpose.HEALTH_DATA)
    )
    session.execute(
        delete(MemberTerm)
        .where(MemberTerm.member_id.in_(whose.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )
