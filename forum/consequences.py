"""What follows from which fact: one table, from each event to what happens at once and what happens later.

*Now* runs in the transaction of the command that announced the event: SQL and CPU only, and its failure is
the command's. *Later* leaves a job in that transaction. *Now, or else later* never fails the command. *Mailed*
leaves an errand: a letter is written after the commit and sent with no transaction open. The handlers themselves live
in the features.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import structlog
from sqlalchemy.orm import Session

from forum.community import profiles, quoting, reaction_tallies, topic_facts
from forum.consent import letters
from forum.events import (
    AccountNoticeMade,
    ConsentTakenBack,
    EarlierTextPurged,
    Event,
    Follower,
    LeavingBegun,
    LeavingCancelled,
    MemberPaused,
    MemberRenamed,
    MemberRestricted,
    MemberReturned,
    PictureRemoved,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostPublished,
    PostRemoved,
    PostRestored,
    PostsErased,
    ProfileNarrowed,
    RestrictionLifted,
    TopicChanged,
    TopicHidden,
    TopicMerged,
    TopicMoved,
    TopicNarrowed,
    TopicRemoved,
    TopicRestored,
    TopicSplit,
    TopicStarted,
    TreatmentPublished,
)
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.jobs.worker import Errand, Handler
from forum.mail.message import Letter
from forum.privacy import erasure_ledger
from forum.search import indexing

# Takes the session and the event. That it takes the right class of event is what a test of the table proves.
EventHandler: TypeAlias = Callable[[Session, Any], object]
# Reads, and returns the letter to send, or None when there is nobody to write to. It changes nothing.
LetterWriter: TypeAlias = Callable[[Session, Any], Letter | None]
# Sends a letter; the key is the same whenever it is the same letter.
Post: TypeAlias = Callable[[Letter, str], None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Later:
    """Do it in a job, after the commit. The handler is idempotent."""

    handler: EventHandler


@dataclass(frozen=True, slots=True)
class Now:
    """Do it in the same transaction, within a savepoint if there is something else to do when it fails."""

    handler: EventHandler
    or_else: Later | None = None


@dataclass(frozen=True, slots=True)
class Mailed:
    """Write a letter after the commit and send it, where there is a mail server; else nothing is done."""

    handler: LetterWriter


Consequence: TypeAlias = Now | Later | Mailed
Table: TypeAlias = Mapping[type[Event], tuple[Consequence, ...]]


def now(handler: EventHandler, or_else: Later | None = None) -> Now:
    """Return the consequence that runs in the transaction; with ``or_else`` it can't fail the command."""
    return Now(handler, or_else)


def later(handler: EventHandler) -> Later:
    """Return the consequence that runs in a job of its own."""
    return Later(handler)


def mailed(writer: LetterWriter) -> Mailed:
    """Return the consequence that sends what ``writer`` writes."""
    return Mailed(writer)


CONSEQUENCES: dict[type[Event], tuple[Consequence, ...]] = {
    TopicStarted: (now(indexing.add_post),),
    PostPublished: (now(topic_facts.count_reply), now(indexing.add_post)),
    PostDeleted: (
        now(topic_facts.refresh_topic_facts),
        now(reaction_tallies.forget_reactions_to),
        now(indexing.forget_post),
        now(erasure_ledger.note_post_deleted),
    ),
    # What is quoted of words that go is emptied with them, and says so itself (see ``quoting``).
    EarlierTextPurged: (now(erasure_ledger.note_purged),),
    PictureRemoved: (now(erasure_ledger.note_picture_removed),),
    PostEdited: (now(quoting.tell_those_that_quote_post), now(indexing.put_post)),
    PostHidden: (now(topic_facts.refresh_topic_facts), now(quoting.tell_those_that_quote_post)),
    PostRemoved: (now(topic_facts.refresh_topic_facts), now(quoting.tell_those_that_quote_post)),
    PostRestored: (now(topic_facts.refresh_topic_facts), now(quoting.tell_those_that_quote_post)),
    PostsErased: (
        now(topic_facts.refresh_topic_facts),
        now(reaction_tallies.forget_reactions_in),
        now(quoting.tell_those_that_quote_topic),
        now(indexing.forget_erased),
    ),
    TopicChanged: (now(quoting.tell_those_that_quote_topic), now(indexing.put_title)),
    TopicNarrowed: (now(erasure_ledger.note_narrowed),),
    TopicMoved: (now(quoting.tell_those_that_quote_topic),),
    TopicHidden: (now(quoting.tell_those_that_quote_topic),),
    TopicRemoved: (now(quoting.tell_those_that_quote_topic),),
    TopicRestored: (now(quoting.tell_those_that_quote_topic),),
    TopicMerged: (
        now(topic_facts.refresh_merged_facts),
        now(quoting.tell_those_that_quote_merged),
        now(indexing.put_merged),
    ),
    TopicSplit: (
        now(topic_facts.refresh_split_facts),
        now(quoting.tell_those_that_quote_split),
        now(indexing.put_split),
    ),
    TreatmentPublished: (now(indexing.put_treatment),),
    MemberPaused: (now(topic_facts.refresh_facts_of_member), now(reaction_tallies.refresh_tallies_of_member)),
    MemberRestricted: (
        now(topic_facts.refresh_facts_of_member),
        now(reaction_tallies.refresh_tallies_of_member),
        now(erasure_ledger.note_restricted),
    ),
    RestrictionLifted: (now(erasure_ledger.note_restriction_lifted),),
    MemberReturned: (
        now(topic_facts.refresh_facts_of_member),
        now(reaction_tallies.refresh_tallies_of_member),
    ),
    MemberRenamed: (now(profiles.list_again),),
    ProfileNarrowed: (now(erasure_ledger.note_profile_narrowed),),
    LeavingBegun: (now(erasure_ledger.note_leaving_begun),),
    LeavingCancelled: (now(erasure_ledger.note_leaving_cancelled),),
    # The account of whoever waits or is leaving doesn't rest by it, so what goes hangs on this and not on the rest.
    ConsentTakenBack: (now(erasure_ledger.note_taken_back), now(profiles.forget_health_terms)),
    AccountNoticeMade: (mailed(letters.letter_about_account),),
}


def without_letters(table: Table) -> Table:
    """Return the table for what is done a second time, after a restore: whoever it is about had their letter."""
    return MappingProxyType(
        {
            kind: tuple(one for one in promised if not isinstance(one, Mailed))
            for kind, promised in table.items()
        }
    )


def follower_of(table: Table) -> Follower:
    """Return the function that carries out a table's consequences, in the order in which they stand there."""

    def follow(session: Session, event: Event) -> None:
        for consequence in table.get(type(event), ()):
            match consequence:
                case Later(handler) | Mailed(handler):
                    _enqueue(session, event, handler)
                case Now(handler, None):
                    handler(session, event)
                case Now(handler, Later(instead)):
                    _try_now(session, event, handler, instead)

    return follow


def handlers_of(table: Table) -> Mapping[str, Handler]:
    """Return what the worker does for the name of each job that the table's *later* entries leave.

    Raises ValueError when one event would have two of the same name.
    """
    return MappingProxyType(
        {
            name: _from_payload(kind, promised.handler)
            for name, kind, promised in _promises(table)
            if isinstance(promised, Later)
        }
    )


def errands_of(table: Table, post: Post | None) -> Mapping[str, Errand]:
    """Return what the worker does for the name of each job that the table's *mailed* entries leave.

    Without a ``post`` there is no mail server: the jobs are done, and nothing is read or sent. Raises ValueError when
    one event would have two of the same name.
    """
    return MappingProxyType(
        {
            name: _errand(kind, promised.handler, post)
            for name, kind, promised in _promises(table)
            if isinstance(promised, Mailed)
        }
    )


def _promises(table: Table) -> list[tuple[str, type[Event], Later | Mailed]]:
    """Return everything that a table leaves as a job, under the job's name."""
    found: dict[str, tuple[type[Event], Later | Mailed]] = {}
    for kind, consequences in table.items():
        for consequence in consequences:
            promised = consequence.or_else if isinstance(consequence, Now) else consequence
            if promised is None:
                continue
            name = _job_name(kind, promised.handler)
            if name in found:
                raise ValueError(f"Two consequences are called {name}.")
            found[name] = (kind, promised)
    return [(name, kind, promised) for name, (kind, promised) in found.items()]


def payload_of(event: Event) -> Payload:
    """Return an event's fields as a job keeps them. Raises TypeError for anything but an id: events hold no words."""
    payload = {field.name: getattr(event, field.name) for field in fields(event)}
    for value in payload.values():
        if not isinstance(value, int):
            raise TypeError(f"An event holds ids, not a {type(value).__name__}.")
    return payload


def event_from(kind: type[Event], payload: Payload) -> Event:
    """Return the event that ``payload_of`` made the payload from. Raises TypeError when it is another's."""
    return kind(**payload)


def _try_now(session: Session, event: Event, handler: EventHandler, instead: EventHandler) -> None:
    """Run the handler in a savepoint; if it fails, undo what it did and leave the other one as a job."""
    # What the command itself changed is written before the savepoint, so that its errors stay its own.
    session.flush()
    try:
        with session.begin_nested():
            handler(session, event)
    except Exception as error:  # That no failure reaches the command is what or_else promises.
        log.warning(
            "consequences.put_off",
            event_class=type(event).__name__,
            handler=handler.__name__,
            error=type(error).__name__,
        )
        _enqueue(session, event, instead)


def _enqueue(session: Session, event: Event, handler: EventHandler | LetterWriter) -> None:
    queue.enqueue(session, _job_name(type(event), handler), payload_of(event))


def _job_name(kind: type[Event], handler: EventHandler | LetterWriter) -> str:
    """Jobs outlive a release: whoever renames the event or the function leaves waiting jobs unknown."""
    return f"{kind.__name__}.{handler.__name__}"


def _from_payload(kind: type[Event], handler: EventHandler) -> Handler:
    return lambda session, payload: handler(session, event_from(kind, payload))


def _errand(kind: type[Event], writer: LetterWriter, post: Post | None) -> Errand:
    def read(session: Session, payload: Payload) -> Callable[[], None] | None:
        letter = writer(session, event_from(kind, payload)) if post else None
        if post is None or letter is None:
            return None
        # Of one fact one letter follows by one writer: what is sent again after a crash has the same key.
        facts = ",".join(f"{name}={payload[name]}" for name in sorted(payload))
        return partial(post, letter, f"{_job_name(kind, writer)}({facts})")

    return read


follow: Follower = follower_of(CONSEQUENCES)
HANDLERS: Mapping[str, Handler] = handlers_of(CONSEQUENCES)
