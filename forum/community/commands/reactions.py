"""Giving somebody's post a kind answer, and taking it back. How many there are is ``reaction_tallies``'s to count."""

from typing import cast

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from forum.accounts.leaving import hold_member
from forum.community import reaction_tallies
from forum.community.models.reactions import Reaction, ReactionKind
from forum.community.models.threads import Post, Topic
from forum.community.subjects import visible_post
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.errors import NotFound
from forum.events import PostReacted, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import require


def give_reaction(session: Session, actor: Actor, post_id: int, kind: ReactionKind) -> str:
    """Give a post a reaction of this kind and return where it stands; giving it twice changes nothing.

    Emits: PostReacted (unless it was given already)
    Raises: NotFound, SignInFirst, Forbidden
    """
    member_id = _hold(session, actor, post_id)
    post = visible_post(session, actor, post_id)
    if member_id is None:
        # They were erased at this very moment.
        raise NotFound
    require(actor, Action.POST_REACT, post)
    row: dict[str, object] = {"post_id": post.id, "kind": kind, "member_id": member_id}
    if tools(session).insert_unless_there(session, cast(Table, Reaction.__table__), row):
        _count_and_tell(session, post.id)
    return post.address


def take_back_reaction(session: Session, actor: Actor, post_id: int, kind: ReactionKind) -> str:
    """Take back one's own reaction of this kind, if there is one, and return where the post stands.

    It is one's own, so it works whatever became of the post: also where a block, or fewer readers, keep it from them.
    Where they don't see it, the home page's address is returned, as it is for a post that never was.

    Emits: PostReacted (unless there was none)
    Raises: SignInFirst
    """
    require(actor, Action.REACTION_TAKE_BACK)
    member_id = _hold(session, actor, post_id)
    mine = delete(Reaction).where(
        Reaction.post_id == post_id, Reaction.kind == kind, Reaction.member_id == member_id
    )
    if member_id is not None and rows_changed(session, mine):
        _count_and_tell(session, post_id)
    try:
        return visible_post(session, actor, post_id).address
    except NotFound:
        return "/"


def _hold(session: Session, actor: Actor, post_id: int) -> MemberId | None:
    """Hold the member and the post, and return who it is; None if they were erased at this very moment.

    The member comes first, as for whoever pauses or erases them: their reaction is counted by them or by this command.
    The post is held so that it is not taken back meanwhile; its topic isn't, so that nobody who writes there waits.
    """
    there = actor.member_id is not None and hold_member(session, actor.member_id) is not None
    session.execute(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
    return actor.member_id if there else None


def _count_and_tell(session: Session, post_id: int) -> None:
    reaction_tallies.tally_anew(session, post_id)
    stands_in = (
        select(Topic.id, Topic.category_id).join(Post, Post.topic_id == Topic.id).where(Post.id == post_id)
    )
    topic_id, category_id = session.execute(stands_in).one()
    emit(session, PostReacted(topic_id=topic_id, category_id=category_id, post_id=post_id))
