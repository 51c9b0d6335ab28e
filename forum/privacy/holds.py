"""Legal holds: the words of one post, copied where the law obliges us to keep them. Two people, a reason, an end.

A hold keeps nothing from being edited, taken back, purged or erased: it is a copy, made of what is there when the
second person confirms it. No page shows it, and the audit log says that there is one, without a word of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from forum import clock
from forum.audit_log.commands import record
from forum.community.models.threads import Post
from forum.community.subjects import hold_topic_of
from forum.database.rows import rows_changed
from forum.errors import Conflict, Invalid, NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.privacy.models import LONGEST_HOLD_REASON, LegalHold
from forum.text.plain import tidy_line
from forum.text.slots import neutral_words
from forum.text.translate import gettext as _

LONGEST_HOLD = timedelta(days=730)
# A request that nobody else stands by is none.
CONFIRMED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HoldSubject:
    """A hold that waits for a second person, for the rule."""

    id: int
    post_id: int
    asked_by: UUID


def ask_for_hold(session: Session, actor: Actor, post_id: int, reason: str, until: datetime) -> int:
    """Ask that the words of a post be kept until then, and return the hold's id. Nothing is copied yet.

    Raises: SignInFirst, Forbidden, NotFound (no such post), Conflict (there are no words), Invalid (no reason, or an
    end that is past or more than two years away)
    """
    require(actor, Action.HOLD_ASK)
    tidied, now = tidy_line(reason), clock.now()
    if not tidied or len(tidied) > LONGEST_HOLD_REASON:
        raise Invalid({"reason": _("Say which law obliges us, in at most 400 characters.")})
    if not now < until <= now + LONGEST_HOLD:
        raise Invalid({"until": _("Choose an end within the next two years.")})
    _words_of(session, post_id)
    hold = LegalHold(
        post_id=post_id, post_markdown="", reason=tidied, asked_by=actor.uuid, asked_at=now, until=until
    )
    session.add(hold)
    session.flush()
    _keep(session, actor, Action.HOLD_ASK, hold)
    return hold.id


def confirm_hold(session: Session, actor: Actor, hold_id: int) -> None:
    """Confirm a hold that somebody else asked for: the post's words are copied as they stand now.

    Words that are gone by then are gone: what somebody took back earlier is not put together again from elsewhere.

    Raises: SignInFirst, Forbidden, NotFound (no such hold, or its time is over), Conflict (confirmed already, or there
    are no words any more)
    """
    require(actor, Action.HOLD_ASK)
    post_id = session.scalar(select(LegalHold.post_id).where(LegalHold.id == hold_id))
    if post_id is None:
        raise NotFound
    # Whoever takes the post back at this moment does so before the copy or after it.
    hold_topic_of(session, post_id)
    hold = session.scalars(select(LegalHold).where(LegalHold.id == hold_id).with_for_update()).one_or_none()
    now = clock.now()
    if hold is None or hold.until <= now:
        raise NotFound
    if hold.confirmed_at is not None:
        raise Conflict(_("Somebody has confirmed this already."))
    if hold.asked_at <= now - CONFIRMED_WITHIN:
        raise NotFound
    require(actor, Action.HOLD_CONFIRM, HoldSubject(hold.id, hold.post_id, hold.asked_by))
    hold.post_markdown = _words_of(session, hold.post_id)
    hold.confirmed_by, hold.confirmed_at = actor.uuid, now
    session.flush()
    _keep(session, actor, Action.HOLD_CONFIRM, hold)


def sweep_holds(session: Session) -> int:
    """Forget holds whose time is over, and requests that nobody confirmed within a week; return how many."""
    now = clock.now()
    unconfirmed = and_(LegalHold.confirmed_at.is_(None), LegalHold.asked_at <= now - CONFIRMED_WITHIN)
    return rows_changed(session, delete(LegalHold).where(or_(LegalHold.until <= now, unconfirmed)))


def _words_of(session: Session, post_id: int) -> str:
    """Return a post's words as they stand. Raises NotFound, and Conflict where none are left."""
    markdown = session.scalar(select(Post.markdown).where(Post.id == post_id))
    if markdown is None:
        raise NotFound
    if not markdown:
        raise Conflict(_("There are no words in this post any more, so there is nothing to keep."))
    return neutral_words(markdown)


def _keep(session: Session, actor: Actor, action: Action, hold: LegalHold) -> None:
    # The post stands among the facts: entries about a post are for its moderators to read, and this is not.
    record(session, actor, action, facts={"hold": hold.id, "post": hold.post_id, "until": hold.until})
