"""Not wanting to meet somebody, and ending that. It counts in both directions, and only one of the two knows of it.

No page that everybody sees changes with it, so nothing is emitted; whose words are shown to whom is ``visibility``'s.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import hold_member
from forum.accounts.models import Member
from forum.community.models.blocks import Block
from forum.community.queries.blocking import SomebodyToBlock, member_to_block
from forum.community.subjects import visible_post
from forum.database.rows import rows_changed
from forum.errors import Conflict, NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import require
from forum.text.translate import gettext as _

# Far more than anybody means; a list that one request carries along has to end somewhere.
MOST_BLOCKED = 500


def block_author(session: Session, actor: Actor, post_id: int) -> None:
    """Let the actor and whoever wrote a post not meet from now on; doing it twice changes nothing.

    A post is needed and no name, so that nobody learns here who is a member. The other one is not told.

    Emits: nothing
    Raises: NotFound, SignInFirst, Forbidden, Conflict (they blocked as many as can be)
    """
    post = visible_post(session, _without_own_blocks(session, actor), post_id)
    if post.author_id is None:
        raise NotFound
    _block(session, actor, MemberId(post.author_id))


def block_member(session: Session, actor: Actor, name: str) -> None:
    """Let the actor and the member of this name not meet from now on; doing it twice changes nothing.

    Only whose page the actor can open, or could before they blocked them, can be blocked by it: so nobody learns here
    who is a member. The other one is not told.

    Emits: nothing
    Raises: NotFound, SignInFirst, Forbidden, Conflict (they blocked as many as can be)
    """
    other, _name = member_to_block(session, _without_own_blocks(session, actor), name)
    _block(session, actor, other)


def _block(session: Session, actor: Actor, other: MemberId) -> None:
    require(actor, Action.MEMBER_BLOCK, SomebodyToBlock(other))
    if actor.member_id is None:
        raise NotFound
    # In one order, whoever begins: two who block each other at once must not wait for one another.
    held = [hold_member(session, member_id) for member_id in sorted([actor.member_id, other])]
    if None in held:
        raise NotFound
    theirs = Block.blocker_id == actor.member_id
    if session.scalar(select(Block.blocked_id).where(theirs, Block.blocked_id == other)) is not None:
        return
    count = select(func.count()).select_from(Block).where(theirs)
    if session.execute(count).scalar_one() >= MOST_BLOCKED:
        raise Conflict(
            _(
                "You have blocked %(most)s people, and more than that can't be kept. Under “Whom you blocked” in your "
                "settings you can end some of it first.",
                most=MOST_BLOCKED,
            )
        )
    session.add(Block(blocker_id=actor.member_id, blocked_id=other, blocked_on=clock.now().date()))
    session.flush()


def end_block(session: Session, actor: Actor, blocked: UUID) -> None:
    """Let the two meet again, unless the other one blocked the actor, too. Doing it twice changes nothing.

    Whoever was never blocked, and whoever is nobody, is answered alike.

    Emits: nothing
    Raises: SignInFirst, Forbidden
    """
    row = session.execute(
        select(Member.id)
        .join(Block, Block.blocked_id == Member.id)
        .where(Member.uuid == blocked, Block.blocker_id == actor.member_id)
    ).one_or_none()
    if row is None:
        return
    require(actor, Action.MEMBER_BLOCK, SomebodyToBlock(MemberId(row.id)))
    rows_changed(
        session, delete(Block).where(Block.blocker_id == actor.member_id, Block.blocked_id == row.id)
    )


def _without_own_blocks(session: Session, actor: Actor) -> Actor:
    """Return the actor as if they had blocked nobody: a form that is sent twice finds its post the second time, too."""
    own = session.scalars(select(Block.blocked_id).where(Block.blocker_id == actor.member_id)).all()
    return replace(actor, blocks=actor.blocks - {*own})
