"""Doing again what a restored backup doesn't know: whoever was erased since is erased, and what was hidden is hidden.

It is done before anybody is served. What is to be done stands in the erasure ledger's file; reading and writing that
is ``erasure_file``'s, and putting a backup back the command line's. Whoever is erased here, or sent on their way again,
keeps no post, whatever they had chosen: a backup has older words than those that they wanted to stay, posts that were
hidden or that they changed their mind about, and nobody is left who could take those back.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import GRACE, begin_leaving, cancel_leaving, hold_member
from forum.accounts.models import Member, PostsFate, SignInSession
from forum.community.models.images import Image
from forum.community.models.people import HealthTerm
from forum.community.models.threads import Audience, Post, PostState, Topic, is_narrower
from forum.community.pictures import drop_one, with_pictures
from forum.community.profiles import say_nothing
from forum.community.purging import delete_versions
from forum.community.subjects import hold_topic_of
from forum.community.taking_back import take_back_post
from forum.consent import ledger
from forum.consent.changing import take_back
from forum.consent.models import ConsentMethod, ConsentRecord, Decision
from forum.database import migrate, page_stamps
from forum.database.dialects import tools
from forum.database.page_stamps import PageStamp
from forum.database.personal_data import Subject
from forum.database.session import Database
from forum.errors import Conflict
from forum.events import LATEST, SITE
from forum.permissions.actor import STAFF_ROLES, Actor, MemberId, Purpose, Role
from forum.privacy import erasing, erasure_file
from forum.privacy.erasure_file import FILE, Damaged, Kept, Line, Missing
from forum.privacy.erasure_ledger import MARK, newest_moment, readers_in_detail, unknown_lines
from forum.privacy.models import Erasure, ErasureKind
from forum.privacy.restriction import lift_restriction, restrict_member

_REPLAY_FIRST = (
    "A backup was put back, and what was deleted since it was made is not deleted again yet. "
    "Run this first: forum backup replay"
)
_WITHOUT = "If there is none: forum backup replay --without-erasures"


class NotFinished(Exception):
    """Nobody may be served yet; the message says why, and what the operator does."""


@dataclass(frozen=True, slots=True)
class _Whom:
    """A member whom a line names, and who is in this database."""

    id: MemberId
    uuid: UUID
    name: str


def require_finished(folder: Path, database_url: str, keys: Sequence[str]) -> None:
    """Raise NotFinished while a database that was put back may still have what was deleted since it was copied.

    It costs a look at a small file and a few statements.
    """
    if (folder / MARK).exists():
        raise NotFinished(_REPLAY_FIRST)
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        # Looking would make it.
        return
    database = Database(database_url, size=1)
    try:
        with database.reading() as session:
            if _holds_people(session) and _unfinished(session, folder, keys):
                raise NotFinished(_REPLAY_FIRST)
    except Damaged as damaged:
        raise NotFinished(str(damaged)) from None
    finally:
        database.dispose()


def _holds_people(session: Session) -> bool:
    """Say whether anybody could come back. In a database that is still empty there is not even a table."""
    if not inspect(session.connection()).has_table(Member.__tablename__):
        return False
    return session.scalar(select(Member.id).limit(1)) is not None


def _unfinished(session: Session, folder: Path, keys: Sequence[str]) -> bool:
    if not migrate.has_structure(session.connection()):
        raise NotFinished(
            "The database doesn't have the structure of this release yet. Run this first: forum db upgrade"
        )
    try:
        kept = erasure_file.read(folder, keys)
    except Missing:
        raise NotFinished(missing(folder)) from None
    if begins_too_late(session, kept):
        raise NotFinished(_too_late(folder, kept))
    return bool(unknown_lines(session, kept))


def missing(folder: Path) -> str:
    """Return what the operator is told who has no such file."""
    return (
        f"{folder / FILE} is missing: nobody can say what was deleted and must not come back. "
        f"Bring back your newest copy of it, and run: forum backup replay. {_WITHOUT}"
    )


def _too_late(folder: Path, kept: Kept) -> str:
    return (
        f"{folder / FILE} was begun at {kept.begun_at:%Y-%m-%d %H:%M} UTC, after all that this database knows: it is "
        "another database's, and nobody can say what was deleted in between. Bring back your newest copy of the one "
        f"that belongs to it, and run: forum backup replay. {_WITHOUT}"
    )


def begins_too_late(session: Session, kept: Kept) -> bool:
    """Say whether the file was begun after the newest moment that this database knows: then it can't be its own.

    Queries: 2
    """
    newest = newest_moment(session)
    return newest is not None and newest < kept.begun_at


def lacks_some(session: Session, kept: Kept) -> bool:
    """Say whether entries that this database saw in the file are not there: then it is not the whole file.

    Queries: 1
    """
    written = select(
        Erasure.kind, Erasure.subject, Erasure.post_id, Erasure.purpose, Erasure.happened_at
    ).where(Erasure.written_at.is_not(None), Erasure.happened_at >= kept.since)
    there = {line.mark for line in kept.lines}
    return any(tuple(row) not in there for row in session.execute(written))


def gap(session: Session, folder: Path, kept: Kept | None) -> str | None:
    """Return what the operator is told when the file can't tell everything that this database brought back.

    Queries: 3
    """
    if kept is None:
        return missing(folder)
    if begins_too_late(session, kept):
        return _too_late(folder, kept)
    if lacks_some(session, kept):
        return (
            f"{folder / FILE} is not whole: this database saw entries there that are gone, so nobody can say what else "
            f"was deleted. Bring back your newest copy of it, and run: forum backup replay. {_WITHOUT}"
        )
    return None


def staff(session: Session) -> list[tuple[str, Role]]:
    """Return the names of those who moderate, and how: a role that was taken away comes back with a backup.

    Queries: 1
    """
    rows = session.execute(
        select(Member.name, Member.role)
        .where(Member.role.in_(STAFF_ROLES))
        .order_by(Member.role, Member.name)
    )
    return [(row.name, row.role) for row in rows]


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
            detail=line.detail,
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
    if line.kind is ErasureKind.MEMBER_ERASED:
        # Whatever was left of their days.
        hold_member(session, whom.id)
        with clock.held_at(line.happened_at):
            erasing.erase_now(session, Subject(whom.id, whom.uuid), ban_keys, PostsFate.DELETE)
    elif line.kind is ErasureKind.CONSENT_WITHDRAWN and line.purpose is not None:
        _withdraw_again(session, whom, line.purpose, line.happened_at)
    else:
        # Whoever stands otherwise by now, since they are leaving, say, stays so.
        with suppress(Conflict), clock.held_at(line.happened_at):
            _change_again(session, whom, line)
    return True


def _change_again(session: Session, whom: _Whom, line: Line) -> None:
    """Let a member stand as they did after what a line tells. Raises Conflict where they can't by now."""
    actor = Actor(member_id=whom.id, uuid=whom.uuid, name=whom.name)
    match line.kind:
        case ErasureKind.LEAVING_BEGUN:
            until = line.until or line.happened_at + GRACE
            begin_leaving(session, whom.id, posts=PostsFate.DELETE, grace=until - line.happened_at)
        case ErasureKind.LEAVING_CANCELLED:
            cancel_leaving(session, whom.id)
        case ErasureKind.PROFILE_NARROWED:
            say_nothing(session, whom.id)
        case ErasureKind.RESTRICTED:
            restrict_member(session, actor)
        case ErasureKind.RESTRICTION_LIFTED:
            lift_restriction(session, actor)


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
    """Do one line about a post again; say whether there was that very post, and not one that got its number since."""
    if line.kind is ErasureKind.PICTURE_REMOVED:
        return _remove_picture_again(session, line)
    if line.post_id is None or hold_topic_of(session, line.post_id) is None:
        return False
    post = session.get_one(Post, line.post_id)
    if post.written_at != line.written_at:
        return False
    if line.kind is ErasureKind.TOPIC_NARROWED:
        _narrow_again(session, post, line)
        return True
    if post.state in (PostState.DELETED, PostState.MOVED):
        return False
    stood = post.edited_at or post.written_at
    purged = line.kind is ErasureKind.EARLIER_TEXT_PURGED
    # The backup has the very text that was purged, and not the one that came in its place.
    if not purged or (line.stands_since is not None and stood < line.stands_since):
        take_back_post(session, line.post_id)
        return True
    delete_versions(session, post.id, post.markdown)
    return True


def _remove_picture_again(session: Session, line: Line) -> bool:
    """Remove a picture, wherever the backup has it: its name is random, and given to no other one.

    That the post was edited by it is not said again: of a text that was purged since it has to be known how old it is.
    """
    image = session.execute(select(Image.id, Image.post_id).where(Image.name == line.detail)).one_or_none()
    if image is None:
        return False
    if image.post_id is not None:
        hold_topic_of(session, image.post_id)
    drop_one(session, image.id)
    if image.post_id is not None:
        post = session.get_one(Post, image.post_id)
        post.html = with_pictures(session, post.id, post.html)
    session.flush()
    return True


def _narrow_again(session: Session, post: Post, line: Line) -> None:
    """Let no more people read a topic than after what a line tells. Its author can widen it again, if they had.

    Where the post stood in somebody else's topic when the backup was made, that one stays for members: it is no more
    its author's than the others'.
    """
    topic = session.get_one(Topic, post.topic_id)
    wanted, condition_id = readers_in_detail(line.detail)
    if post.number != 1 and is_narrower(wanted, Audience.MEMBERS):
        wanted, condition_id = Audience.MEMBERS, None
    if condition_id is not None and session.get(HealthTerm, condition_id) is None:
        # The backup is older than the list had it: nobody here says that it is theirs.
        wanted, condition_id = Audience.MODERATORS_AND_AUTHOR, None
    others = wanted is topic.audience and condition_id != topic.condition_id
    if others or is_narrower(wanted, topic.audience):
        topic.audience, topic.condition_id = wanted, condition_id
        session.flush()
