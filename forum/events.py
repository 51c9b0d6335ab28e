"""Facts that happened, as small frozen records of ids, and ``emit``, which makes their consequences follow.

An event never holds text or anything else about a person beyond an id. Each class names the page stamps
that its fact makes stale (``scopes``). What follows from an event stands in ``forum/consequences.py``; this
module knows only that somebody registered as the one who carries consequences out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from sqlalchemy.orm import Session

SITE = "site"
LATEST = "latest"

_STAMPS = "stale_page_stamps"
FOLLOWER = "follow_events"


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all facts."""

    # Scopes that do not depend on which rows the fact is about.
    fixed_scopes: ClassVar[tuple[str, ...]] = ()

    def scopes(self) -> tuple[str, ...]:
        """Return the page stamps this fact makes stale."""
        return self.fixed_scopes


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    """Somebody agreed and became a member. No public page shows that by itself."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberRoleChanged(Event):
    """A member was given another role; every page that shows their name shows the role too."""

    member_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class MemberPaused(Event):
    """A member took back a consent that membership stands on; nothing of theirs is shown from now on."""

    member_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class MemberReturned(Event):
    """A member who was leaving, or whose account rested, is back; what they wrote is shown again as before."""

    member_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class MemberRestricted(Event):
    """A member asked that what is theirs be kept and not used; nothing of it is shown from now on."""

    member_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class MemberRenamed(Event):
    """A member goes by another name; every page that shows it shows the new one."""

    member_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    """A member says something else about themselves, or to others than before."""

    member_id: int

    def scopes(self) -> tuple[str, ...]:
        return (f"member:{self.member_id}",)


@dataclass(frozen=True, slots=True)
class ProfileNarrowed(Event):
    """A member took something back that they had said about themselves, or says it to fewer."""

    member_id: int


@dataclass(frozen=True, slots=True)
class LeavingBegun(Event):
    """A member set out to leave."""

    member_id: int


@dataclass(frozen=True, slots=True)
class LeavingCancelled(Event):
    """A member who was leaving came back in time."""

    member_id: int


@dataclass(frozen=True, slots=True)
class RestrictionLifted(Event):
    """A member no longer wants that what is theirs be kept and not used."""

    member_id: int


@dataclass(frozen=True, slots=True)
class ConsentTakenBack(Event):
    """A member took back what they had agreed to: the number of it in the ledger."""

    sequence: int


@dataclass(frozen=True, slots=True)
class AccountNoticeMade(Event):
    """A member is told about their own account; only they see it."""

    notice_id: int


@dataclass(frozen=True, slots=True)
class PolicyPublished(Event):
    """A version of a policy came into force or was announced."""

    policy_version_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class CategoryChanged(Event):
    """A category was made or reworded."""

    category_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class HealthTermChanged(Event):
    """A condition or a treatment came onto the list, was renamed, or is offered no more, or again."""

    term_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class CommunitySettingsChanged(Event):
    """Administrators set something for the whole community."""

    settings_id: int
    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class MemberLetIn(Event):
    """A moderator let a waiting newcomer in. They have written nothing yet, so no page shows it."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberTurnedAway(Event):
    """A moderator did not let a waiting newcomer in. They have written nothing, so no page shows it."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberSuspended(Event):
    """A member may not write for a while. What they wrote stays, so no page changes but their own."""

    member_id: int


@dataclass(frozen=True, slots=True)
class SuspensionLifted(Event):
    """A suspended member may write again."""

    member_id: int


@dataclass(frozen=True, slots=True)
class HelplinesChanged(Event):
    """The list of helplines was read anew, or rows of it were confirmed."""

    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class _InTopic(Event):
    """Something in a topic changed, which its page, its category's list and the home page show."""

    topic_id: int
    category_id: int

    def scopes(self) -> tuple[str, ...]:
        return (LATEST, f"topic:{self.topic_id}", f"category:{self.category_id}")


@dataclass(frozen=True, slots=True)
class TopicStarted(_InTopic):
    """A topic with its first post was published."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostPublished(_InTopic):
    """A reply was published."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostEdited(_InTopic):
    """A post's text was changed by its author."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted(_InTopic):
    """A post was taken back by its author; its number stays."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostReacted(_InTopic):
    """Somebody gave a post a reaction, or took one back."""

    post_id: int


@dataclass(frozen=True, slots=True)
class CountsMended(_InTopic):
    """Stored counts of a topic or of its posts were wrong, and were put right."""


@dataclass(frozen=True, slots=True)
class TopicChanged(_InTopic):
    """A topic's title, intent, content note or audience was changed by its author."""


@dataclass(frozen=True, slots=True)
class TopicNarrowed(_InTopic):
    """Somebody may not read a topic any more, by its author's wish or because of the category it was moved to."""


@dataclass(frozen=True, slots=True)
class PictureRemoved(_InTopic):
    """A picture goes from a post, by its author's wish; the words stay. Its row is there until all has followed."""

    post_id: int
    image_id: int


@dataclass(frozen=True, slots=True)
class QuotesChanged(Event):
    """What a topic quotes of posts elsewhere reads otherwise by now, or may not be shown there any more."""

    topic_id: int

    def scopes(self) -> tuple[str, ...]:
        return (f"topic:{self.topic_id}",)


@dataclass(frozen=True, slots=True)
class ManyQuotesChanged(Event):
    """The same happened to more topics than are named one by one."""

    fixed_scopes = (SITE,)


@dataclass(frozen=True, slots=True)
class EarlierTextPurged(_InTopic):
    """A post's earlier versions were deleted by its author; the post itself stays as it is."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostsErased(_InTopic):
    """Everything that a member who left wrote in a topic was erased; the numbers stay."""


@dataclass(frozen=True, slots=True)
class TopicLocked(_InTopic):
    """Moderators closed a topic to replies."""


@dataclass(frozen=True, slots=True)
class TopicUnlocked(_InTopic):
    """Moderators opened a topic to replies again."""


@dataclass(frozen=True, slots=True)
class TopicPinned(_InTopic):
    """Moderators put a topic on top of its category."""


@dataclass(frozen=True, slots=True)
class TopicUnpinned(_InTopic):
    """Moderators put a topic back among the others of its category."""


@dataclass(frozen=True, slots=True)
class TopicMoved(_InTopic):
    """Moderators moved a topic; ``category_id`` is where it stands now."""

    from_category_id: int

    def scopes(self) -> tuple[str, ...]:
        return (*_InTopic.scopes(self), f"category:{self.from_category_id}")


@dataclass(frozen=True, slots=True)
class TopicHidden(_InTopic):
    """Moderators took a topic out of sight while they look at it."""


@dataclass(frozen=True, slots=True)
class TopicRemoved(_InTopic):
    """Moderators took a topic down."""


@dataclass(frozen=True, slots=True)
class TopicRestored(_InTopic):
    """Moderators brought a topic back that they had hidden or taken down."""


@dataclass(frozen=True, slots=True)
class TopicMerged(_InTopic):
    """The posts of a topic went to the end of another one, to which its address leads from now on."""

    into_topic_id: int
    into_category_id: int

    def scopes(self) -> tuple[str, ...]:
        into = (f"topic:{self.into_topic_id}", f"category:{self.into_category_id}")
        return (*_InTopic.scopes(self), *into)


@dataclass(frozen=True, slots=True)
class TopicSplit(_InTopic):
    """Posts of a topic went into a new one in the same category."""

    new_topic_id: int

    def scopes(self) -> tuple[str, ...]:
        return (*_InTopic.scopes(self), f"topic:{self.new_topic_id}")


@dataclass(frozen=True, slots=True)
class PostHidden(_InTopic):
    """Moderators took a post out of sight while they look at it."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostRemoved(_InTopic):
    """Moderators took a post down."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostRestored(_InTopic):
    """Moderators brought a post back that they had hidden or taken down."""

    post_id: int


@dataclass(frozen=True, slots=True)
class TreatmentPublished(Event):
    """A version of a treatment page went live."""

    treatment_id: int

    def scopes(self) -> tuple[str, ...]:
        return (SITE, f"treatment:{self.treatment_id}")


@dataclass(frozen=True, slots=True)
class ReportRaised(Event):
    """Somebody told the moderators about a post, or is worried about its author."""

    report_id: int


Follower: TypeAlias = Callable[[Session, Event], None]


def emit(session: Session, event: Event) -> None:
    """Announce a fact: remember the stamps it makes stale and carry out what follows in this transaction."""
    transaction = session.get_transaction() or session.begin()
    of, stale = session.info.get(_STAMPS, (None, set()))
    if of is not transaction:
        # What an earlier transaction of this session left was rolled back with it.
        stale = set()
    session.info[_STAMPS] = (transaction, stale | set(event.scopes()))
    follower: Follower | None = session.info.get(FOLLOWER)
    if follower is not None:
        follower(session, event)


def take_stale_scopes(session: Session) -> frozenset[str]:
    """Return, once, the scopes that this transaction made stale; a rolled back one leaves none behind."""
    of, stale = session.info.pop(_STAMPS, (None, ()))
    return frozenset(stale) if of is not None and of is session.get_transaction() else frozenset()
