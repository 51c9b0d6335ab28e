"""What a member says about themselves, as a value; who can see it at all; and what of it goes by itself.

Reading it for a page is ``queries/profiles``; changing it is ``commands/profiles``.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member, Suspension
from forum.accounts.queries import suspension_holds
from forum.community.models.people import LONGEST_LISTED, AgeBand, FieldAudience, MemberTerm, Profile
from forum.community.visibility import author_is_shown
from forum.consent.models import ConsentRecord
from forum.events import ConsentTakenBack, MemberRenamed, ProfileChanged, ProfileNarrowed, emit
from forum.permissions.actor import Actor, MemberId, Purpose
from forum.text.plain import sorting_form
from forum.text.pseudonymity import GiveAway, give_aways

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
            and all(reaches_no_further(now, then) for now, then in audiences)
        )

    def takes_back_from(self, before: "Said") -> bool:
        """Say whether something of ``before`` goes that somebody but its owner could see, or that is a condition.

        Conditions count whoever sees them: by them somebody reads what is for those who share them.
        """
        parts = (
            (before.about != self.about, before.about, before.about_for, self.about_for),
            (
                bool(before.treatments - self.treatments),
                before.treatments,
                before.treatments_for,
                self.treatments_for,
            ),
            (before.country != self.country, before.country, before.country_for, self.country_for),
            (before.age_band != self.age_band, before.age_band, before.age_band_for, self.age_band_for),
            (False, before.conditions, before.conditions_for, self.conditions_for),
        )
        return (
            bool(before.conditions - self.conditions)
            or (before.listed and not self.listed)
            or any(
                said and was_for is not _NOBODY and (is_other or not reaches_no_further(was_for, is_for))
                for is_other, said, was_for, is_for in parts
            )
        )

    def gives_away(self, before: "Said") -> tuple[GiveAway, ...]:
        """Return what may tell who somebody is in words that others see now, unless they saw them before."""
        saw_them = self.about == before.about and reaches_no_further(self.about_for, before.about_for)
        return () if self.about_for is _NOBODY or saw_them else give_aways(self.about)


def reaches_no_further(now: FieldAudience, then: FieldAudience) -> bool:
    """Say whether nobody sees a part now who didn't see it then."""
    return REACH.index(now) <= REACH.index(then)


def owner_is_met(actor: Actor) -> ColumnElement[bool]:
    """Say whose pages the actor can open: those of members in sight, whom no block keeps apart from them.

    It keeps whoever moderates apart, too: for their work they have pages of their own. Needs Member.
    """
    in_sight = author_is_shown()
    return in_sight & Member.id.not_in(sorted(actor.blocks)) if actor.blocks else in_sight


def owner_is_suspended() -> ColumnElement[bool]:
    """Say whose words about themselves are shown to nobody but them and moderators at present. Needs Member."""
    return exists().where(Suspension.member_id == Member.id, suspension_holds())


def list_again(session: Session, event: MemberRenamed) -> None:
    """Let a member stand in the list of members by their new name, if they stand there."""
    name = session.scalars(select(Member.name).where(Member.id == event.member_id)).one()
    session.execute(
        update(Profile)
        .where(Profile.member_id == event.member_id, Profile.listed_as.is_not(None))
        .values(listed_as=listed_as(name))
        .execution_options(synchronize_session=False)
    )


def listed_as(name: str) -> str:
    """Return what the list of members sorts a name by, which has more letters than it where one comes apart."""
    return sorting_form(name)[:LONGEST_LISTED]


def words_others_see(session: Session, member_id: MemberId) -> str:
    """Return what a member says in their own words to somebody but themselves, were they in sight; "" for nothing.

    Queries: 1
    """
    told = select(Profile.about).where(Profile.member_id == member_id, Profile.about_for != _NOBODY)
    return session.scalar(told) or ""


def take_words_down(session: Session, member_id: MemberId) -> str:
    """Take away what a member says in their own words to others, and return it; whoever calls it holds the member.

    They can say something else at any time: the part is empty then, and for nobody.

    Emits: ProfileChanged, ProfileNarrowed (both unless there is nothing)
    """
    words = words_others_see(session, member_id)
    if words:
        session.execute(
            update(Profile)
            .where(Profile.member_id == member_id)
            .values(about="", about_for=_NOBODY)
            .execution_options(synchronize_session=False)
        )
        emit(session, ProfileChanged(member_id))
        emit(session, ProfileNarrowed(member_id))
    return words


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
            listed_as=None,
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
