"""What commands of consent are asked to do. Pages, the command line and, later, the API all build these."""

from dataclasses import dataclass
from datetime import datetime

from forum.consent.models import PolicyKind
from forum.errors import Forbidden, Refusal
from forum.permissions.actor import Purpose


class TooYoung(Refusal):
    """Somebody said that they are under the age at which one may join. Nothing of them is kept."""


class ShownBefore(Refusal):
    """What was shown is no longer what counts; it has to be shown again before anybody can agree to it."""


class AlreadyMember(Refusal):
    """The identity belongs to somebody who joined before: only the provider can say anew that it is they."""


class NobodyNew(Forbidden):
    """Nobody new can join at present: sign-up is closed, or the community can only be read. Nothing is kept."""


class Banned(Refusal):
    """Whoever has this identity left while they were suspended, and may not join before that would have ended."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy to publish. ``markdown`` comes without the title; ``effective_at`` None means at once."""

    kind: PolicyKind
    locale: str
    title: str
    markdown: str
    # Whether members have to agree again before they next write.
    material: bool = False
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PolicySeen:
    """What of a policy was on the screen: its newest version, and the draft beside it with how often it was changed.

    Each is 0 where there was none. A draft's number is never given again, so a draft that was thrown away and begun
    anew is another one.
    """

    version: int = 0
    draft: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class PolicyEdit:
    """The words of a policy as an administrator leaves them for later. ``markdown`` comes without the title."""

    kind: PolicyKind
    locale: str
    seen: PolicySeen
    title: str
    markdown: str


@dataclass(frozen=True, slots=True)
class PolicyPublication:
    """The draft that was seen, to be published for good. ``effective_at`` None means at once."""

    kind: PolicyKind
    locale: str
    seen: PolicySeen
    material: bool
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JoinDraft:
    """What somebody decided at the consent step, once they said that they are old enough."""

    name: str
    # They saw that it is like the name their provider has, and want it all the same.
    is_name_confirmed: bool
    # What they agreed to; everything else is refused.
    given: frozenset[Purpose]
    # Which versions of the policies the page linked, and the hash of every word beside the choices.
    policies: frozenset[tuple[PolicyKind, int]]
    wording_sha256: str
    gpc: bool
    locale: str


@dataclass(frozen=True, slots=True)
class ChoiceDraft:
    """A yes to one purpose, from a member: the hash of the words that were shown, and how they were shown."""

    wording_sha256: str
    gpc: bool
    locale: str


@dataclass(frozen=True, slots=True)
class AgreementDraft:
    """What a member agrees to again, after policies changed or after they took it back."""

    given: frozenset[Purpose]
    policies: frozenset[tuple[PolicyKind, int]]
    wording_sha256: str
    gpc: bool
    locale: str
