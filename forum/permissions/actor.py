"""The one who acts: a visitor or a member, with everything a rule may ask about them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
    """How things stand with a membership. That a member is suspended is kept apart: both can be so at once."""

    ACTIVE = "active"
    # Health-data consent was withdrawn: all of the member's is hidden, writing stops.
    PAUSED = "paused"
    # Joined where moderators let newcomers in by hand, and nobody has yet.
    WAITING = "waiting"
    # A moderator said no; erased after the days that ``moderation`` names.
    TURNED_AWAY = "turned-away"
    # Leaving was begun: hidden at once, erased after the days of grace.
    LEAVING = "leaving"
    # They asked that what is theirs be kept and not used (GDPR, Art. 18): neither shown nor found, and not deleted.
    RESTRICTED = "restricted"


class Purpose(StrEnum):
    """What a member is asked to agree to, one by one. Closed: a new purpose is a new release."""

    MEMBERSHIP = "membership"
    HEALTH_DATA = "health-data"
    EMAIL = "email"
    MATCHING = "matching"
    AGGREGATE_STATISTICS = "aggregate-statistics"
    RESEARCH_CONTACT = "research-contact"


class Proof(StrEnum):
    """How somebody last showed that it is still they who sit there."""

    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery-code"
    # The provider says that they logged in there just now.
    FRESH_LOG_IN = "fresh-log-in"
    # They came back from the provider, which doesn't say when they logged in there.
    RETURN = "return"


# How long somebody counts as having just shown that it is they.
PROOF_LASTS = timedelta(minutes=5)
# A passkey asks more of its member only once it is as old as this, and an identity that is younger keeps an older one
# in its place: whoever finds an open browser must not be able to lock its owner out.
SETTLES_AFTER = timedelta(days=7)
# What somebody who only found an open browser can't bring.
STRONG_PROOFS = frozenset({Proof.PASSKEY, Proof.RECOVERY_CODE, Proof.FRESH_LOG_IN})
REQUIRED_PURPOSES = frozenset({Purpose.MEMBERSHIP, Purpose.HEALTH_DATA})

# Who may see everything there is to moderate, in every category.
MODERATE_ALL = frozenset({Role.MODERATOR, Role.ADMINISTRATOR})
STAFF_ROLES = frozenset({Role.CATEGORY_MODERATOR, Role.MODERATOR, Role.ADMINISTRATOR})
# Who was let in: reading remains to them, however things stand otherwise.
READING_STATES = frozenset(
    {MemberState.ACTIVE, MemberState.PAUSED, MemberState.LEAVING, MemberState.RESTRICTED}
)


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
    # Whom they blocked, and who blocked them.
    blocks: frozenset[int] = frozenset()
    # The conditions that they say are theirs.
    condition_ids: frozenset[int] = frozenset()
    # Required purposes for which no consent stands.
    missing_consents: frozenset[Purpose] = frozenset()
    # A policy was changed in a way that matters since they last agreed.
    has_to_agree_again: bool = False
    # A moderator's decision: reading, export and leaving remain. No end means until it is lifted.
    is_suspended: bool = False
    suspended_until: datetime | None = None
    # The community's own setting: only those who keep it going may write.
    site_is_read_only: bool = False
    # The moderators told them something that they have not opened yet.
    has_new_notices: bool = False
    # The language they joined in, or "" for a visitor.
    locale: str = ""
    # Whoever has the command line.
    is_operator: bool = False
    # The sign-in session, so that log-out can end it, and the hash of the token that this request came with.
    sign_in_session_id: int | None = field(default=None, repr=False)
    token_hash: str = field(default="", repr=False)
    # When they last showed in this session that it is they, and how.
    proof: Proof | None = None
    proved_at: datetime | None = None
    has_passkey: bool = False
    # Whoever has had one for a while can always prove more than that they came back from a provider.
    has_settled_passkey: bool = False
    # The last day on which this session was written down as used.
    last_seen_on: date | None = None

    @property
    def is_member(self) -> bool:
        """Say whether somebody is signed in."""
        return self.member_id is not None

    def moderates(self, category_id: int) -> bool:
        """Say whether they answer for this category."""
        if self.role is Role.CATEGORY_MODERATOR:
            return self.is_member and category_id in self.category_ids
        return self.is_member and self.role in MODERATE_ALL

    @property
    def is_staff(self) -> bool:
        """Say whether they moderate anything."""
        return self.is_member and self.role in STAFF_ROLES

    @property
    def needs_strong_proof(self) -> bool:
        """Say whether coming back from a provider that doesn't say when they logged in there shows too little."""
        return self.is_staff or self.has_settled_passkey

    @property
    def works_as_staff(self) -> bool:
        """Say whether they moderate now: whoever is suspended, waits or rests reads like any other member."""
        return self.is_staff and not self.is_suspended and self.state is MemberState.ACTIVE

    @property
    def unmet(self) -> frozenset[int]:
        """Return whose words they do not see because of a block; whoever moderates has to see them all."""
        return frozenset() if self.works_as_staff else self.blocks

    @property
    def shared_conditions(self) -> frozenset[int]:
        """Return for which conditions they read what is for those who share them: only while they agree to it."""
        agrees = self.state is MemberState.ACTIVE and Purpose.HEALTH_DATA not in self.missing_consents
        return self.condition_ids if agrees else frozenset()

    @property
    def reads_as_member(self) -> bool:
        """Say whether they read what is for members: nobody does before they are let in, and resting takes nothing."""
        return self.is_member and self.state in READING_STATES


VISITOR = Actor()
OPERATOR = Actor(is_operator=True)
