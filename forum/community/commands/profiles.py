"""Saying something about oneself, or less, and to whom."""

from dataclasses import replace

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from forum.accounts.leaving import hold_member
from forum.accounts.models import Member
from forum.community.models.people import HealthTerm, MemberTerm, Profile, TermKind
from forum.community.profiles import Said, listed_as
from forum.community.queries.profiles import own_profile
from forum.consent.choices_queries import consent_stands
from forum.errors import Invalid, NotFound
from forum.events import ProfileChanged, ProfileNarrowed, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId, Purpose
from forum.permissions.check import require
from forum.text.translate import gettext as _


def change_profile(session: Session, actor: Actor, said: Said) -> None:
    """Let the actor say this about themselves, and nothing else any more. Saying the same again changes nothing.

    Whoever only takes something back, or shows it to fewer, needs no more than to be logged in: that is looked at
    here, by what stood there before. Conditions and treatments can be those on offer, and those that are theirs
    already.

    Emits: ProfileChanged (unless it already reads so), ProfileNarrowed (where somebody else could see more before)
    Raises: SignInFirst, Forbidden, AgreeFirst, NotFound (they were erased), Invalid (something is offered no more)
    """
    require(actor, Action.PROFILE_NARROW)
    actor = _as_of_now(session, actor)
    before = own_profile(session, actor)
    if said == before.said:
        return
    if not said.adds_nothing_to(before.said):
        require(actor, Action.PROFILE_CHANGE)
    _refuse_unknown(said.conditions - {term.slug for term in before.conditions}, "conditions")
    _refuse_unknown(said.treatments - {term.slug for term in before.treatments}, "treatments")
    member_id = _id_of(actor)
    _keep_terms(session, member_id, said)
    _keep_fields(session, member_id, said, actor.name)
    session.flush()
    emit(session, ProfileChanged(member_id))
    if said.takes_back_from(before.said):
        emit(session, ProfileNarrowed(member_id))


def _as_of_now(session: Session, actor: Actor) -> Actor:
    """Hold the actor, and return them as things stand now: a consent may have been taken back a moment ago.

    What was said of conditions and treatments went with it, and must not come back by a form that was on its way.
    """
    state = hold_member(session, _id_of(actor))
    if state is None:
        raise NotFound
    now = session.execute(
        select(consent_stands(Member.uuid, Purpose.HEALTH_DATA).label("agrees"), Member.name).where(
            Member.id == actor.member_id
        )
    ).one()
    missing = frozenset() if now.agrees else frozenset({Purpose.HEALTH_DATA})
    return replace(actor, state=state, name=now.name, missing_consents=actor.missing_consents | missing)


def _id_of(actor: Actor) -> MemberId:
    if actor.member_id is None:
        raise NotFound
    return actor.member_id


def _refuse_unknown(slugs: frozenset[str], field: str) -> None:
    """Refuse what isn't in the list, or is there no more: an administrator may have taken it out meanwhile."""
    if slugs:
        raise Invalid({field: _("Something that you chose is no longer in the list. Look at it once more.")})


def _keep_terms(session: Session, member_id: MemberId, said: Said) -> None:
    wanted = [
        *((TermKind.CONDITION, slug) for slug in sorted(said.conditions)),
        *((TermKind.TREATMENT, slug) for slug in sorted(said.treatments)),
    ]
    ids = set(
        session.scalars(select(HealthTerm.id).where(tuple_(HealthTerm.kind, HealthTerm.slug).in_(wanted)))
        if wanted
        else ()
    )
    theirs = MemberTerm.member_id == member_id
    had = set(session.scalars(select(MemberTerm.term_id).where(theirs)))
    if had - ids:
        session.execute(delete(MemberTerm).where(theirs, MemberTerm.term_id.in_(sorted(had - ids))))
    if ids - had:
        session.execute(
            insert(MemberTerm),
            [{"member_id": member_id, "term_id": term_id} for term_id in sorted(ids - had)],
        )


def _keep_fields(session: Session, member_id: MemberId, said: Said, name: str) -> None:
    profile = session.get(Profile, member_id)
    if profile is None:
        profile = Profile(member_id=member_id)
        session.add(profile)
    profile.about, profile.about_for = said.about, said.about_for
    profile.conditions_for, profile.treatments_for = said.conditions_for, said.treatments_for
    profile.country, profile.country_for = said.country, said.country_for
    profile.age_band, profile.age_band_for = said.age_band, said.age_band_for
    profile.listed_as = listed_as(name) if said.listed else None
