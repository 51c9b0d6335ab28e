"""That somebody has read what moderators told them, and forgetting its words in time. Telling them is in ``notices``,
beside the features that tell.
"""

from sqlalchemy import func, or_, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.queries import restricted_members
from forum.database.rows import rows_changed
from forum.errors import NotFound
from forum.moderation.models import Notice
from forum.moderation.notices import WORDS_KEPT
from forum.permissions.actor import Actor


def mark_notice_seen(session: Session, actor: Actor, notice_id: int) -> int:
    """Remember that the actor has read this notice of theirs, and return its id. Reading it twice changes nothing.

    It asks for no permission: whoever is told something may say that they read it, however things stand with them.

    Raises: NotFound (also for anybody else's)
    """
    found = session.execute(
        update(Notice)
        .where(Notice.id == notice_id, Notice.member_id == actor.member_id)
        .values(seen_at=func.coalesce(Notice.seen_at, clock.now()))
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if found is None:
        raise NotFound
    return notice_id


def sweep_notices(session: Session) -> int:
    """Forget the words in notices when the time is over for which they are kept; return in how many there were some.

    That something was decided stays, and so do the words of restricted members.
    """
    with_words = or_(Notice.their_words != "", Notice.message != "")
    old = update(Notice).where(
        Notice.made_at < clock.now() - WORDS_KEPT,
        with_words,
        Notice.member_id.not_in(restricted_members()),
    )
    return rows_changed(session, old.values(their_words="", message=""))
