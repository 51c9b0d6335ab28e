"""The one who acts: a visitor or a member, with everything a rule may ask about them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType
from uuid import UUID

MemberId = NewType("MemberId", int)


class Role(StrEnum):
    """What a member has been trusted with."""

    MEMBER = "member"
    PEER_SUPPORTER = "peer-supporter"
    CATEGORY_MODERATOR = "category-moderator"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"


class MemberState(StrEnum):
    """How things stand with a membership."""

    ACTIVE = "active"
    # Health-data consent was withdrawn: all of the member's is hidden, writing stops.
    PAUSED = "paused"
    # A moderator's decision: reading, export and leaving remain.
    SUSPENDED = "suspended"
    # Leaving was begun: hidden at once, erased after the days of grace.
    LEAVING = "leaving"


class Purpose(StrEnum):
    """What a member is asked to agree to, one by one. Closed: a new purpose is a new release."""

    MEMBERSHIP = "membership"
    HEALTH_DATA = "health-data"
    EMAIL = "email"
    MATCHING = "matching"
    AGGREGATE_STATISTICS = "aggregate-statistics"
    RESEARCH_CONTACT = "research-contact"


REQUIRED_PURPOSES = frozenset({Purpose.MEMBERSHIP, Purpose.HEALTH_DATA})

STAFF_ROLES = frozenset({Role.CATEGORY_MODERATOR, Role.MODERATOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who makes a request; read once, by one statement, at its beginning."""

    member_id: MemberId | None = None
    uuid: UUID | None = None
    name: str = ""
    role: Role = Role.MEMBER
    state: MemberState = MemberState.ACTIVE
    # The categories a category moderator answers for.
    category_ids: frozenset[int] = frozenset()
    # Required purposes for which no consent stands.
    missing_consents: frozenset[Purpose] = frozenset()
    # The sign-in session, so that log-out can end it.
    sign_in_session_id: int | None = field(default=None, repr=False)

    @property
    def is_member(self) -> bool:
        """Say whether somebody is signed in."""
        return self.member_id is not None

    @property
    def is_staff(self) -> bool:
        """Say whether they moderate anything."""
        return self.is_member and self.role in STAFF_ROLES


VISITOR = Actor()
