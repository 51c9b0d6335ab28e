"""How far members read, and when they were here: what is written down of it, and what is new to them by it.

Both are soft writes: they are made soon after the page, and a crash may lose the last seconds. Nobody but the member
ever sees either, and nothing is counted: a mark says where to go on, and a visit what came after it.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member
from forum.community.models.reading import CategoryWatch, ReadMark, TopicWatch, Visit, WatchLevel
from forum.community.models.threads import Topic
from forum.community.queries.threads import TopicPage
from forum.community.visibility import topic_is_visible
from forum.consent.models import Decision
from forum.consent.queries import decision_in_force
from forum.database.base import Base
from forum.database.dialects import tools
from forum.database.moments import moment_before_running
from forum.database.rows import rows_changed
from forum.permissions.actions import Action
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberState
from forum.permissions.check import can
from forum.web import soft_writes

# A visit ends when no page was opened for so long.
VISIT_ENDS_AFTER = timedelta(hours=1)
# How exactly it is written down when somebody was here.
NOTED_EVERY = timedelta(minutes=10)
# Where nobody wrote for so long, nobody goes on reading where they stopped.
MARKS_KEPT = timedelta(days=365)
# How many topics' marks one sweep lets go: the next day brings the rest.
_TOPICS_AT_ONCE = 500


def is_remembered(actor: Actor) -> bool:
    """Say whether it is written down what the actor reads.

    What somebody reads here says something about their health, so it needs what keeping a post at hand needs. And it is
    nothing that they do themselves: where they want what is theirs kept and not used, nothing is added to it.
    """
    return actor.state is MemberState.ACTIVE and bool(can(actor, Action.POST_BOOKMARK))


def _is_still_remembered(actor: Actor) -> ColumnElement[bool]:
    """Say the same for the moment of writing: between the page and that they may have paused, or taken consent back."""
    agreed = [
        decision_in_force(Member.uuid, purpose) == Decision.GIVEN for purpose in sorted(REQUIRED_PURPOSES)
    ]
    return exists().where(Member.id == actor.member_id, Member.state == MemberState.ACTIVE, *agreed)


def remember_visit(actor: Actor, last_at: datetime | None) -> None:
    """Have it written down that a member is here; ``last_at`` is when that was written down for the last time."""
    moment = clock.now()
    if is_remembered(actor) and (last_at is None or last_at <= moment - NOTED_EVERY):
        soft_writes.put(("visit", actor.member_id), lambda session: note_visit(session, actor, moment))


def remember_page(actor: Actor, page: TopicPage) -> None:
    """Have it written down that a member has a page of a topic before them, if that is further than they were."""
    if page.standing is None or not is_remembered(actor):
        return
    remember_visit(actor, page.standing.visited_at)
    number = page.last_number if page.page == page.pages else page.posts[-1].number
    if number > page.standing.read_to:
        # With the number in the key: of two pages that wait to be written down, neither pushes out the other.
        key = ("read", actor.member_id, page.id, number)
        soft_writes.put(key, lambda session: mark_read(session, actor, page.id, number))


def note_visit(session: Session, actor: Actor, moment: datetime) -> None:
    """Write down that a member is here. After an hour without a page it is another visit.

    Whoever comes for the first time finds nothing new: everything would be.
    """
    if not session.scalar(select(_is_still_remembered(actor))):
        return
    row: dict[str, object] = {"member_id": actor.member_id, "since": moment, "last_at": moment}
    if tools(session).insert_unless_there(session, Base.metadata.tables["visit"], row):
        return
    session.execute(
        update(Visit)
        .where(Visit.member_id == actor.member_id, Visit.last_at <= moment - NOTED_EVERY)
        .values(since=began_after(moment), last_at=moment)
        .execution_options(synchronize_session=False)
    )


def began_after(moment: datetime | None = None, visit: type[Visit] = Visit) -> ColumnElement[datetime]:
    """Return the end of the visit before the one that goes on at a moment: what is newer is new.

    Without a moment it is the one at which the statement runs.
    """
    over = moment_before_running(VISIT_ENDS_AFTER) if moment is None else moment - VISIT_ENDS_AFTER
    return case((visit.last_at < over, visit.last_at), else_=visit.since)


def mark_read(session: Session, actor: Actor, topic_id: int, number: int) -> None:
    """Write down that a member had a topic's posts on a page up to this one. A mark never goes back.

    Nothing is written of a topic that they can't see any more at this moment, nor of somebody who doesn't let us.
    """
    seen = select(Topic.id).where(Topic.id == topic_id, topic_is_visible(actor), _is_still_remembered(actor))
    if session.scalar(seen) is None:
        return
    row: dict[str, object] = {"member_id": actor.member_id, "topic_id": topic_id, "number": number}
    # In this order: of two that come at once the second waits here for the first, and then sees its mark.
    if tools(session).insert_unless_there(session, Base.metadata.tables["read_mark"], row):
        return
    session.execute(
        update(ReadMark)
        .where(ReadMark.member_id == actor.member_id, ReadMark.topic_id == topic_id, ReadMark.number < number)
        .values(number=number)
        .execution_options(synchronize_session=False)
    )


def sweep_read_marks(session: Session) -> int:
    """Forget how far anybody read in topics in which nobody wrote for a year, and return how many marks went."""
    marked = exists().where(ReadMark.topic_id == Topic.id)
    quiet = (
        select(Topic.id)
        .where(Topic.last_activity_at < clock.now() - MARKS_KEPT, marked)
        .order_by(Topic.last_activity_at, Topic.id)
        .limit(_TOPICS_AT_ONCE)
    )
    topic_ids = session.scalars(quiet).all()
    if not topic_ids:
        return 0
    return rows_changed(session, delete(ReadMark).where(ReadMark.topic_id.in_(topic_ids)))


def topic_is_not_muted(actor: Actor) -> ColumnElement[bool]:
    """Say which topics the actor did not mute, neither themselves nor with their whole category."""
    muted_topic = exists().where(
        TopicWatch.member_id == actor.member_id,
        TopicWatch.topic_id == Topic.id,
        TopicWatch.level == WatchLevel.MUTED,
    )
    muted_category = exists().where(
        CategoryWatch.member_id == actor.member_id,
        CategoryWatch.category_id == Topic.category_id,
        CategoryWatch.level == WatchLevel.MUTED,
    )
    # Whoever follows a topic wants it, whatever they think of the rest of its category.
    followed = exists().where(
        TopicWatch.member_id == actor.member_id,
        TopicWatch.topic_id == Topic.id,
        TopicWatch.level == WatchLevel.SITE,
    )
    return and_(~muted_topic, or_(~muted_category, followed))
