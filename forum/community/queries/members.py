"""The list of members: those who chose to stand in it, for members alone, and without saying how many there are."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.bylines import role_label
from forum.community.models.people import FieldAudience, HealthTerm, MemberTerm, Profile, TermKind
from forum.community.profiles import owner_is_met, owner_is_suspended
from forum.community.queries.profiles import country_words, is_for, profile_address
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require

MEMBERS = "/members"
MEMBERS_PER_PAGE = 40
# Whose conditions can be looked for: only what the others could read on the page itself.
_TOLD = (FieldAudience.MEMBERS, FieldAudience.EVERYONE)


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A member in the list, with what they show to members."""

    name: str
    role_label: str
    conditions: tuple[str, ...]
    # Its name, or "".
    country: str

    @property
    def address(self) -> str:
        """Return their page."""
        return profile_address(self.name)


@dataclass(frozen=True, slots=True)
class MembersPage:
    """A page of the list, by name."""

    members: tuple[ListedMember, ...]
    # What it can be narrowed to, by slug and name, and what it is narrowed to, or "".
    conditions: tuple[tuple[str, str], ...]
    condition: str
    newer: str
    older: str

    @property
    def newer_address(self) -> str:
        """Return where the list goes back to, or "" at its beginning."""
        return self._at(newer=self.newer) if self.newer else ""

    @property
    def older_address(self) -> str:
        """Return where it goes on, or "" at its end."""
        return self._at(older=self.older) if self.older else ""

    def _at(self, **place: str) -> str:
        narrowed = {"condition": self.condition} if self.condition else {}
        return f"{MEMBERS}?{urlencode({**narrowed, **place})}"


def members_page(session: Session, actor: Actor, condition: str, window: Window) -> MembersPage:
    """Return a page of those who chose to be listed, or of those among them who say that a condition is theirs.

    Whoever is out of sight, suspended, or kept apart from the actor by a block, isn't in it. Raises SignInFirst,
    Forbidden, NotFound (no such condition) and Malformed.

    Queries: 3
    """
    require(actor, Action.MEMBERS_LIST)
    there = session.execute(
        select(HealthTerm.id, HealthTerm.slug, HealthTerm.name, HealthTerm.offered)
        .where(HealthTerm.kind == TermKind.CONDITION)
        .order_by(HealthTerm.name, HealthTerm.id)
    ).all()
    chosen = next((row.id for row in there if row.slug == condition), None)
    if condition and chosen is None:
        raise NotFound
    order = [Profile.listed_as, Profile.member_id]
    statement = (
        select(
            Member.name,
            Member.role,
            Profile.country,
            Profile.country_for,
            Profile.conditions_for,
            *order,
        )
        .join(Profile, Profile.member_id == Member.id)
        .where(Profile.listed_as.is_not(None), owner_is_met(actor), ~owner_is_suspended())
    )
    if chosen is not None:
        statement = statement.where(_says_it_is_theirs(chosen))
    found = slice_of(session, statement, order, window, MEMBERS_PER_PAGE, oldest_first=True)
    conditions = _conditions_of(session, found.items)
    return MembersPage(
        members=tuple(
            ListedMember(
                name=row.name,
                role_label=role_label(row.role),
                conditions=conditions.get(row.member_id, ()),
                country=next(iter(country_words(row)), "") if is_for(actor, row.country_for) else "",
            )
            for row in found.items
        ),
        conditions=tuple((row.slug, row.name) for row in there if row.offered or row.id == chosen),
        condition=condition,
        newer=found.newer,
        older=found.older,
    )


def _says_it_is_theirs(term_id: int) -> ColumnElement[bool]:
    theirs = select(MemberTerm.member_id).where(MemberTerm.term_id == term_id)
    return Profile.conditions_for.in_(_TOLD) & Member.id.in_(theirs)


def _conditions_of(session: Session, rows: tuple[AnyRow, ...]) -> dict[int, tuple[str, ...]]:
    """Return the names of the conditions that these members show to members."""
    told = [row.member_id for row in rows if row.conditions_for in _TOLD]
    found: dict[int, tuple[str, ...]] = {}
    for row in session.execute(
        select(MemberTerm.member_id, HealthTerm.name)
        .join(HealthTerm, HealthTerm.id == MemberTerm.term_id)
        .where(MemberTerm.member_id.in_(told), HealthTerm.kind == TermKind.CONDITION)
        .order_by(HealthTerm.name, HealthTerm.id)
    ):
        found[row.member_id] = (*found.get(row.member_id, ()), row.name)
    return found
