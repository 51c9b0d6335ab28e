"""Doing again what a restored backup doesn't know: whoever was erased since is erased, and what was hidden is hidden.

It is done before anybody is served. What is to be done stands in the erasure ledger's file; reading and writing that
is ``erasure_ledger``'s, and putting a backup back the command line's.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving, cancel_leaving, hold_member
from forum.accounts.models import Leaving, Member, PostsFate, SignInSession
from forum.community.models import Post, PostState, PostVersion
from forum.community.subjects import hold_topic_of
from forum.community.taking_back import take_back_post
from forum.consent import ledger
from forum.consent.changing import take_back
from forum.consent.models import ConsentMethod, ConsentRecord, Decision
from forum.database import page_stamps
from forum.database.dialects import tools
from forum.database.page_stamps import PageStamp
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Conflict
from forum.events import LATEST, SITE
from forum.permissions.actor import Actor, MemberId, MemberState, Purpose
from forum.privacy import erasing
from forum.privacy.erasure_ledger import FILE, Damaged, Line, marks_since, oldest_needed, read_lines
from forum.privacy.models import Erasure, ErasureKind
from forum.privacy.restriction import lift_restriction, restrict_member

# In the data folder while a backup is being put back. Whoever does that by hand leaves none; the file tells then.
MARK = "restore-under-way"


class NotFinished(Exception):
    """Nobody may be served yet; the message says why, and what the operator does."""


@dataclass(frozen=True, slots=True)
class _Whom:
    """A member whom a line names, and who is in this database."""

    id: MemberId
    uuid: UUID
    name: str


def unknown_lines(session: Session, folder: Path, backup_days: int) -> list[Line]:
    """Return what stands in the file and not in this database, in its order: what a restored backup doesn't know.

    What is older than any backup doesn't count, whether it was forgotten yet or not.

    Queries: 1, none while the file is empty
    Raises: Damaged (a line of the file is not as it was written)
    """
    since = oldest_needed(backup_days)
    lines = {line.mark: line for line in read_lines(folder) if line.happened_at >= since}
    known = marks_since(session, since) if lines else set()
    return [line for mark, line in lines.items() if mark not in known]


def require_finished(folder: Path, database_url: str, backup_days: int) -> None:
    """Raise NotFinished while a database that was put back still has what was deleted since it was copied.

    It costs a look at a small file and one statement, and nothing but the look where nothing was ever deleted.
    """
    unknown: Sequence[Line] = ()
    if (folder / FILE).exists():
        database = Database(database_url, size=1)
        try:
            with database.reading() as session:
                unknown = unknown_lines(session, folder, backup_days)
        except Damaged as damaged:
            raise NotFinished(str(damaged)) from None
        finally:
            database.dispose()
    if unknown or (folder / MARK).exists():
        raise NotFinished(
            "A backup was put back, and what was deleted since it was made is not deleted again yet. "
            "Run this first: forum backup replay"
        )


def file_lacks_some(session: Session, folder: Path, backup_days: int) -> bool:
    """Say whether entries that this database saw in the file are not there: then it is not the whole file.

    Queries: 1
    Raises: Damaged (a line of the file is not as it was written)
    """
    written = select(
        Erasure.kind, Erasure.subject, Erasure.post_id, Erasure.purpose, Erasure.happened_at
    ).where(Erasure.written_at.is_not(None), Erasure.happened_at >= oldest_needed(backup_days))
    there = {line.mark for line in read_lines(folder)}
    return any(tuple(row) not in there for row in session.execute(written))


def replay(session: Session, lines: Sequence[Line], ban_keys: Sequence[str]) -> Counter[ErasureKind]:
    """Do again what these lines say, in their order, and remember that; return how much of each kind there was.

    What is about somebody, or a post, that this database never had needs nothing. Doing it twice changes nothing.

    Emits: what the commands emit
    """
    # Before any member is held, as everywhere.
    tools(session).take_turn(session, ledger.TURN)
    before = session.scalar(select(func.max(Erasure.id))) or 0
    done: Counter[ErasureKind] = Counter()
    for line in lines:
        session.flush()
        if line.post_id is None:
            done[line.kind] += _replay_member(session, line, ban_keys)
        else:
            done[line.kind] += _replay_post(session, line)
    # What doing it again noted is in the file already, as it was noted first.
    session.execute(delete(Erasure).where(Erasure.id > before))
    now = clock.now()
    session.add_all(
        Erasure(
            kind=line.kind,
            subject=line.subject,
            post_id=line.post_id,
            purpose=line.purpose,
            happened_at=line.happened_at,
            written_at=now,
        )
        for line in lines
    )
    session.flush()
    return +done


def forget_browsers(session: Session) -> None:
    """End every session, and make everything stale that a browser or a cache may hold from before a restore.

    A session that was ended since the backup would be good again, and a page's stamp would come round to a number that
    it had with other words. So stamps go on from a number that none has reached: the moment, in milliseconds.

    Queries: 3
    """
    session.execute(delete(SignInSession), execution_options={"synchronize_session": False})
    page_stamps.bump(session, (SITE, LATEST))
    beyond = int(clock.now().timestamp() * 1000)
    session.execute(
        update(PageStamp).where(PageStamp.version < beyond).values(version=beyond),
        execution_options={"synchronize_session": False},
    )


def _replay_member(session: Session, line: Line, ban_keys: Sequence[str]) -> bool:
    """Do one line about a member again; say whether there was anybody."""
    row = session.execute(
        select(Member.id, Member.uuid, Member.name).where(Member.uuid == line.subject)
    ).one_or_none()
    if row is None:
        return False
    whom = _Whom(MemberId(row.id), row.uuid, row.name)
    actor = Actor(member_id=whom.id, uuid=whom.uuid, name=whom.name)
    # Whoever stands otherwise by now, since they are leaving, say, stays so.
    with suppress(Conflict), clock.held_at(line.happened_at):
        match line.kind:
            case ErasureKind.MEMBER_ERASED:
                _erase_again(session, whom, ban_keys)
            case ErasureKind.LEAVING_BEGUN:
                until = line.until or line.happened_at + GRACE
                # Which posts they chose to keep is known from before the backup alone; the others go.
                fate = line.posts or PostsFate.DELETE
                begin_leaving(session, whom.id, posts=fate, grace=until - line.happened_at)
            case ErasureKind.LEAVING_CANCELLED:
                cancel_leaving(session, whom.id)
            case ErasureKind.RESTRICTED:
                restrict_member(session, actor)
            case ErasureKind.RESTRICTION_LIFTED:
                lift_restriction(session, actor)
    if line.kind is ErasureKind.CONSENT_WITHDRAWN and line.purpose is not None:
        _withdraw_again(session, whom, line.purpose, line.happened_at)
    return True


def _erase_again(session: Session, whom: _Whom, ban_keys: Sequence[str]) -> None:
    """Erase somebody now, whatever was left of their days; their posts stay if they wanted that."""
    hold_member(session, whom.id)
    leaving = session.execute(
        select(Leaving.posts, Leaving.state_before).where(Leaving.member_id == whom.id)
    ).one_or_none()
    may_stay = leaving is not None and leaving.state_before is MemberState.ACTIVE
    fate = leaving.posts if leaving is not None and may_stay else PostsFate.DELETE
    erasing.erase_now(session, Subject(whom.id, whom.uuid), ban_keys, fate)


def _withdraw_again(session: Session, whom: _Whom, purpose: Purpose, withdrawn_at: datetime) -> None:
    """Take a consent back again, by the operator's hand and at this moment, unless it was given later."""
    last = session.execute(
        select(ConsentRecord.decision, ConsentRecord.happened_at)
        .where(ConsentRecord.subject == whom.uuid, ConsentRecord.purpose == purpose)
        .order_by(ConsentRecord.sequence.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.decision is Decision.GIVEN and last.happened_at <= withdrawn_at:
        take_back(session, whom.id, purpose, ConsentMethod.OPERATOR)


def _replay_post(session: Session, line: Line) -> bool:
    """Do one line about a post again; say whether there was any such post."""
    if line.post_id is None or hold_topic_of(session, line.post_id) is None:
        return False
    post = session.get_one(Post, line.post_id)
    if post.state in (PostState.DELETED, PostState.MOVED):
        return False
    stood = post.edited_at or post.written_at
    purged = line.kind is ErasureKind.EARLIER_TEXT_PURGED
    # The backup has the very text that was purged, and not the one that came in its place.
    if not purged or (line.stands_since is not None and stood < line.stands_since):
        take_back_post(session, line.post_id)
        return True
    session.execute(
        delete(PostVersion).where(PostVersion.post_id == line.post_id),
        execution_options={"synchronize_session": False},
    )
    return True
