"""Erasing people: newcomers who were turned away, some days after they could read why, and members who left.

There is one way to do it for both: the words go as when an author takes them back, unless the member wanted them to
stay without a name; then everything that the registry calls theirs. What stays are entries of the audit log and links
of the consent chain, which name nobody once those rows are gone, and copies of words that a case or the law needs.

Each is erased by a job of their own, which looks again whether it is still time: what keeps one keeps nobody else.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.bans import note_bans
from forum.accounts.former_names import hold_name
from forum.accounts.leaving import hold_member
from forum.accounts.models import Leaving, Member, PostsFate
from forum.audit_log.models import AuditEntry
from forum.community.models.threads import Post
from forum.community.reaction_tallies import take_back_reactions_of
from forum.community.taking_back import erase_words_of
from forum.database.personal_data import Subject
from forum.database.rows import rows_changed
from forum.jobs import queue
from forum.jobs.queue import Payload
from forum.permissions.actions import Action
from forum.permissions.actor import MemberId, MemberState
from forum.privacy import erasure_ledger, exports, registry
from forum.privacy.models import DataExport, ErasureKind, KeptPost

TURNED_AWAY_KEPT = timedelta(days=14)
# Jobs outlive a release: what waits under this name has to be known by it.
ERASE_MEMBER = "moderation.erase_member"


def erase_turned_away(session: Session) -> int:
    """Have everybody erased who was turned away more than 14 days ago and hasn't been let in since; return how many.

    Queries: 1, and 1 for each
    """
    return _put_in(session, _was_turned_away())


def erase_left(session: Session) -> int:
    """Have everybody erased who set out to leave, and whose days of grace are over; return how many.

    Queries: 1, and 1 for each
    """
    return _put_in(session, _has_left())


def erase_member(session: Session, payload: Payload, ban_keys: Sequence[str]) -> None:
    """Erase the member whom a job is about, unless they came back, or were let in, since it was put in.

    With the first of the keys is remembered that somebody suspended may not come back as somebody new.

    Emits: PostsErased (for each topic in which they wrote)
    Raises: Conflict (moderators put their posts into another topic at this moment)
    """
    member_id = payload["member_id"]
    if not isinstance(member_id, int):
        raise TypeError("A member's id is a number.")
    _erase_if_due(session, MemberId(member_id), ban_keys)


def _put_in(session: Session, whom: ColumnElement[bool]) -> int:
    """Put in a job for each of these. One that was given up is put in again the next day, as what recurs is."""
    due = select(Member.id).outerjoin(Leaving, Leaving.member_id == Member.id).where(whom)
    day = clock.now().date().isoformat()
    members = session.scalars(due.order_by(Member.id)).all()
    for member_id in members:
        key = f"{ERASE_MEMBER}:{member_id}@{day}"
        queue.enqueue(session, ERASE_MEMBER, {"member_id": member_id}, unique_key=key)
    return len(members)


def _was_turned_away() -> ColumnElement[bool]:
    """Say who was turned away long enough ago, on their way out or not. Needs Member outer-joined to Leaving."""
    turned_away_at = (
        select(func.max(AuditEntry.made_at))
        .where(AuditEntry.member_uuid == Member.uuid, AuditEntry.action == Action.MEMBER_TURN_AWAY.value)
        .scalar_subquery()
    )
    is_turned_away = or_(
        Member.state == MemberState.TURNED_AWAY,
        and_(Member.state == MemberState.LEAVING, Leaving.state_before == MemberState.TURNED_AWAY),
    )
    return and_(is_turned_away, turned_away_at <= clock.now() - TURNED_AWAY_KEPT)


def _has_left() -> ColumnElement[bool]:
    """Say whose days of grace are over. Needs Member outer-joined to Leaving."""
    return and_(Member.state == MemberState.LEAVING, Leaving.until <= clock.now())


def _erase_if_due(session: Session, member_id: MemberId, ban_keys: Sequence[str]) -> None:
    """Erase one member, held before the look: whoever comes back at this moment does so before or not at all."""
    # Somebody else may add rows that name them meanwhile; deleting the member at the end waits for those.
    if hold_member(session, member_id) is None:
        return
    row = session.execute(
        select(Member.uuid, Leaving.posts, Leaving.state_before)
        .outerjoin(Leaving, Leaving.member_id == Member.id)
        .where(Member.id == member_id, or_(_was_turned_away(), _has_left()))
    ).one_or_none()
    if row is None:
        return
    # Where a consent that the posts stand on is gone, or they were to be used no more, nobody may go on showing them.
    may_stay = row.state_before is MemberState.ACTIVE
    posts = row.posts if may_stay else PostsFate.DELETE
    erase_now(session, Subject(member_id, row.uuid), ban_keys, posts)


def erase_now(
    session: Session, subject: Subject, ban_keys: Sequence[str], posts: PostsFate = PostsFate.DELETE
) -> None:
    """Erase a member whom the caller holds, whether their days are over or not.

    What has to outlive them is noted first, in the same transaction: by hashes and a random number, no name.

    Emits: PostsErased (for each topic in which they wrote)
    Raises: Conflict (moderators put their posts into another topic at this moment)
    """
    note_bans(session, MemberId(subject.member_id), ban_keys)
    name_key = session.scalars(select(Member.name_key).where(Member.uuid == subject.uuid)).one()
    hold_name(session, name_key, ban_keys)
    erasure_ledger.note(session, ErasureKind.MEMBER_ERASED, subject=subject.uuid)
    erase_words_of(session, MemberId(subject.member_id), _which_stay(subject, posts))
    take_back_reactions_of(session, MemberId(subject.member_id))
    for column in registry.names():
        named = registry.is_named(column, subject)
        rows_changed(session, update(column.table).where(named).values({column.name: None}))
    if session.scalar(select(DataExport.id).where(DataExport.member_id == subject.member_id).limit(1)):
        exports.remove_files_without_rows(session)
    for held in registry.rows_that_go():
        if held.about is not None:
            rows_changed(session, delete(held.table).where(held.about(subject)))


def _which_stay(subject: Subject, posts: PostsFate) -> ColumnElement[bool] | None:
    if posts is PostsFate.DELETE:
        return None
    if posts is PostsFate.KEEP:
        return true()
    return Post.id.in_(select(KeptPost.post_id).where(KeptPost.member_id == subject.member_id))
