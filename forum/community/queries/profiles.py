"""What a member says about themselves: as others see it, and as they see it themselves when they change it.

Who is out of sight, waits or is kept apart by a block, and who never was, can't be told from one another here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.accounts.names import name_key, tidy_name
from forum.community.bylines import role_label
from forum.community.countries import countries
from forum.community.models.people import AgeBand, FieldAudience, HealthTerm, MemberTerm, Profile, TermKind
from forum.community.profiles import REACH, Said, owner_is_met, owner_is_suspended, reaches_no_further
from forum.community.queries.terms import Term
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import can
from forum.permissions.rules import Verdict
from forum.text.translate import say_country

_FIELDS = (
    Profile.about,
    Profile.about_for,
    Profile.conditions_for,
    Profile.treatments_for,
    Profile.country,
    Profile.country_for,
    Profile.age_band,
    Profile.age_band_for,
    Profile.listed_as.is_not(None).label("listed"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what somebody says about themselves: nothing where nothing is said, or not to this reader."""

    words: tuple[str, ...] = ()
    audience: FieldAudience = FieldAudience.NOBODY


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A member, as this reader may see them; whose own page it is sees everything, with who else does."""

    member_id: MemberId
    name: str
    role_label: str
    is_own: bool
    # They stand in the list of members; False for everybody but themselves.
    listed: bool
    # Paragraphs of plain text.
    about: Part
    conditions: Part
    treatments: Part
    country: Part
    age_band: Part

    @property
    def address(self) -> str:
        """Return where it stands."""
        return profile_address(self.name)

    @property
    def says_something(self) -> bool:
        """Say whether there is anything for this reader beside the name."""
        return any(part.words for part in self.parts)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return all of them."""
        return (self.about, self.conditions, self.treatments, self.country, self.age_band)


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """What the actor says about themselves, and what they can choose: whoever can't say more can say less."""

    said: Said
    # Those on offer, and those that are theirs.
    conditions: tuple[Term, ...]
    treatments: tuple[Term, ...]
    can_say_more: Verdict

    def reach(self, field: str) -> tuple[FieldAudience, ...]:
        """Return to whom a part can be shown."""
        now: FieldAudience = getattr(self.said, field)
        return tuple(one for one in REACH if self.can_say_more or reaches_no_further(one, now))

    def terms(self, field: str) -> tuple[Term, ...]:
        """Return which ``conditions`` or ``treatments`` there are to choose."""
        on_offer: tuple[Term, ...] = getattr(self, field)
        theirs: frozenset[str] = getattr(self.said, field)
        return tuple(term for term in on_offer if self.can_say_more or term.slug in theirs)

    @property
    def countries(self) -> tuple[tuple[str, str], ...]:
        """Return the countries to choose, by code and name."""
        return tuple(one for one in countries() if self.can_say_more or one[0] == self.said.country)

    @property
    def age_bands(self) -> tuple[AgeBand, ...]:
        """Return the ages to choose."""
        return tuple(one for one in AgeBand if self.can_say_more or one is self.said.age_band)


def profile_address(name: str) -> str:
    """Return a member's page. Names have letters of every script."""
    return f"/members/{quote(name)}"


def profile_page(session: Session, actor: Actor, typed: str) -> ProfilePage:
    """Return the page of the member who is called this, however it is typed.

    Members see everybody who is in sight, with what is for members; a visitor sees somebody only if they say something
    to everyone. While they are suspended, what they say is for nobody but them and moderators. Raises NotFound, for
    everything else alike.

    Queries: 2
    """
    if not typed.isprintable():
        raise NotFound
    row = session.execute(
        select(Member.id, Member.name, Member.role, owner_is_suspended().label("is_suspended"), *_FIELDS)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(
            Member.name_key == name_key(tidy_name(typed)),
            owner_is_met(actor) | (Member.id == actor.member_id),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    is_own = row.id == actor.member_id
    is_silenced = row.is_suspended and not actor.works_as_staff
    terms = _terms_of(session, MemberId(row.id))

    def part(words: tuple[str, ...], audience: FieldAudience | None) -> Part:
        if not is_own and (is_silenced or not is_for(actor, audience)):
            return Part()
        return Part(words, audience or FieldAudience.NOBODY)

    page = ProfilePage(
        member_id=MemberId(row.id),
        name=row.name,
        role_label=role_label(row.role),
        is_own=is_own,
        listed=bool(row.listed) and is_own,
        about=part(paragraphs(row.about or ""), row.about_for),
        conditions=part(terms[TermKind.CONDITION], row.conditions_for),
        treatments=part(terms[TermKind.TREATMENT], row.treatments_for),
        country=part(country_words(row), row.country_for),
        age_band=part((row.age_band.label,) if row.age_band else (), row.age_band_for),
    )
    if not (is_own or actor.reads_as_member or page.says_something):
        raise NotFound
    return page


def own_profile(session: Session, actor: Actor) -> OwnProfile:
    """Return what the actor says about themselves, for changing it. Raises NotFound.

    Queries: 2
    """
    if actor.member_id is None:
        raise NotFound
    row = session.execute(select(*_FIELDS).where(Profile.member_id == actor.member_id)).one_or_none()
    own = and_(MemberTerm.term_id == HealthTerm.id, MemberTerm.member_id == actor.member_id)
    terms = session.execute(
        select(
            HealthTerm.kind, HealthTerm.slug, HealthTerm.name, MemberTerm.member_id.is_not(None).label("own")
        )
        .outerjoin(MemberTerm, own)
        .where(HealthTerm.offered | MemberTerm.member_id.is_not(None))
        .order_by(HealthTerm.name, HealthTerm.id)
    ).all()
    return OwnProfile(
        said=_said(row, terms),
        conditions=tuple(Term(one.slug, one.name) for one in terms if one.kind is TermKind.CONDITION),
        treatments=tuple(Term(one.slug, one.name) for one in terms if one.kind is TermKind.TREATMENT),
        can_say_more=can(actor, Action.PROFILE_CHANGE),
    )


def is_for(actor: Actor, audience: FieldAudience | None) -> bool:
    """Say whether a part for this audience is for the actor; None is that of a member who said nothing."""
    if audience is FieldAudience.EVERYONE:
        return True
    return audience is FieldAudience.MEMBERS and actor.reads_as_member


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of plain text, each with its line ends."""
    return tuple(part.strip("\n") for part in text.split("\n\n") if part.strip())


def country_words(row: AnyRow) -> tuple[str, ...]:
    """Return a country's name in the language in use, or nothing where none is said."""
    return (say_country(row.country),) if row.country else ()


def _terms_of(session: Session, member_id: MemberId) -> dict[TermKind, tuple[str, ...]]:
    rows = session.execute(
        select(HealthTerm.kind, HealthTerm.name)
        .join(MemberTerm, MemberTerm.term_id == HealthTerm.id)
        .where(MemberTerm.member_id == member_id)
        .order_by(HealthTerm.name, HealthTerm.id)
    ).all()
    return {kind: tuple(row.name for row in rows if row.kind is kind) for kind in TermKind}


def _said(row: AnyRow | None, terms: Sequence[AnyRow]) -> Said:
    own = {kind: frozenset(one.slug for one in terms if one.own and one.kind is kind) for kind in TermKind}
    said = Said(conditions=own[TermKind.CONDITION], treatments=own[TermKind.TREATMENT])
    return said if row is None else replace(said, **row._asdict())
