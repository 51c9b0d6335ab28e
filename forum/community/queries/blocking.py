"""Whom a member blocked: for their eyes alone. Who blocked them is never read for anybody."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.addresses import permalink
from forum.community.bylines import face_to_show, name_to_show
from forum.community.models.blocks import Block
from forum.community.models.threads import Post
from forum.community.queries.profiles import profile_address, profile_page
from forum.community.subjects import visible_post
from forum.community.visibility import is_shown
from forum.errors import NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import require


@dataclass(frozen=True, slots=True)
class SomebodyToBlock:
    """Who may be blocked, for the rule."""

    id: MemberId


@dataclass(frozen=True, slots=True)
class BlockPage:
    """The question before somebody is blocked, asked from a post of theirs or from their page."""

    name: str
    # Where the answer goes.
    action: str
    # Where the post or the page stands.
    back: str
    # Where the post can be reported, or "".
    report: str


@dataclass(frozen=True, slots=True)
class BlockedOne:
    """Somebody whom the member blocked; without a name where they are out of everybody's sight."""

    uuid: UUID
    name: str | None
    face: str
    blocked_on: date


@dataclass(frozen=True, slots=True)
class BlockedPage:
    """Everybody whom the member blocked, the newest first. ``commands/blocking`` says how many they can be."""

    blocked: tuple[BlockedOne, ...]


def block_page(session: Session, actor: Actor, post_id: int) -> BlockPage:
    """Return what the question names. Raises NotFound, SignInFirst, Forbidden.

    What nobody wrote who has an account answers as what isn't there: there is nobody to block.

    Queries: 2
    """
    post = visible_post(session, actor, post_id)
    if post.author_id is None:
        raise NotFound
    require(actor, Action.MEMBER_BLOCK, SomebodyToBlock(MemberId(post.author_id)))
    name = session.execute(
        select(Member.name).join(Post, Post.author_id == Member.id).where(Post.id == post.id)
    ).scalar_one()
    post_is = permalink(post.id)
    return BlockPage(name, f"{post_is}/block", post.address, f"{post_is}/report")


def block_member_page(session: Session, actor: Actor, typed: str) -> BlockPage:
    """Return what the question names. Raises NotFound for whose page isn't there for the actor, SignInFirst, Forbidden.

    Queries: 2
    """
    other, name = member_to_block(session, actor, typed)
    require(actor, Action.MEMBER_BLOCK, SomebodyToBlock(other))
    address = profile_address(name)
    return BlockPage(name, f"{address}/block", address, "")


def member_to_block(session: Session, actor: Actor, typed: str) -> tuple[MemberId, str]:
    """Return the number and the name of a member whose page the actor can open. Raises NotFound.

    Queries: 2
    """
    page = profile_page(session, actor, typed)
    return page.member_id, page.name


def blocked_page(session: Session, actor: Actor) -> BlockedPage:
    """Return everybody whom the actor blocked.

    Queries: 1
    """
    rows = session.execute(
        select(Member.uuid, Member.name, Member.state, Block.blocked_on)
        .join(Block, Block.blocked_id == Member.id)
        .where(Block.blocker_id == actor.member_id)
        .order_by(Block.blocked_on.desc(), Member.name_key)
    )
    return BlockedPage(
        tuple(
            BlockedOne(
                uuid=row.uuid,
                name=name_to_show(row.name, from_community=False, shown=is_shown(row.state)),
                face=face_to_show(row.name, from_community=False, shown=is_shown(row.state)),
                blocked_on=row.blocked_on,
            )
            for row in rows
        )
    )
