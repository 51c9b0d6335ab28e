"""How many reactions of each kind a post has, rewritten here and nowhere else, from those of members in good standing.

Which reactions there are is ``commands.reactions``'s to say, and who reacted ``queries.reactions``'s.
"""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, ScalarSelect, Table, delete, func, or_, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.accounts.models import Member
from forum.community.models.reactions import Reaction, ReactionKind, ReactionTally, tally_column
from forum.community.models.threads import Post, PostState, Topic
from forum.community.visibility import author_is_shown
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.events import (
    CountsMended,
    MemberPaused,
    MemberRestricted,
    MemberReturned,
    PostDeleted,
    PostsErased,
    emit,
)
from forum.permissions.actor import MemberId


def tally_anew(session: Session, post_id: int) -> None:
    """Rewrite the tally of one post, which gets its row if it has none.

    Queries: 3
    """
    none = {tally_column(kind): 0 for kind in ReactionKind}
    table = cast(Table, ReactionTally.__table__)
    tools(session).insert_unless_there(session, table, {"post_id": post_id, **none})
    _rewrite(session, ReactionTally.post_id == post_id)


def refresh_tallies_of_member(
    session: Session, event: MemberPaused | MemberRestricted | MemberReturned
) -> None:
    """Rewrite the tallies of every post that the member reacted to, now that they count no more, or again.

    Queries: 2
    """
    _rewrite(session, _reacted_to_by(event.member_id))


def forget_reactions_to(session: Session, event: PostDeleted) -> None:
    """Delete the reactions to a post whose words went: they answered nothing that is left.

    Queries: 2
    """
    _forget(session, Reaction.post_id == event.post_id, ReactionTally.post_id == event.post_id)


def forget_reactions_in(session: Session, event: PostsErased) -> None:
    """Do the same for every post of a topic whose words went.

    Queries: 2
    """
    gone = select(Post.id).where(Post.topic_id == event.topic_id, Post.state == PostState.DELETED)
    _forget(session, Reaction.post_id.in_(gone), ReactionTally.post_id.in_(gone))


def take_back_reactions_of(session: Session, member_id: MemberId) -> None:
    """Delete every reaction that a member gave, and count what is left. The caller holds the member.

    Queries: 3
    """
    # Counted while they are still there, as if they were not: afterwards nobody could tell which posts it was about.
    _rewrite(session, _reacted_to_by(member_id), without=member_id)
    rows_changed(session, delete(Reaction).where(Reaction.member_id == member_id))


def posts_after(session: Session, post_id: int, limit: int) -> Sequence[int]:
    """Return the next posts that have reactions or a tally, by their ids.

    Queries: 1
    """
    either = union(
        *(
            select(column)
            .where(column > post_id)
            .distinct()
            .order_by(column)
            .limit(limit)
            .subquery()
            .select()
            for column in (Reaction.post_id, ReactionTally.post_id)
        )
    ).subquery()
    return session.scalars(select(either.c.post_id).order_by(either.c.post_id).limit(limit)).all()


def wrong_among(session: Session, post_ids: Collection[int]) -> Sequence[int]:
    """Return those of the posts whose tally is not what it would be if it were rewritten now.

    Queries: 1
    """
    differs = [
        func.coalesce(getattr(ReactionTally, tally_column(kind)), 0) != _given(kind, Post.id)
        for kind in ReactionKind
    ]
    return session.scalars(
        select(Post.id)
        .outerjoin(ReactionTally, ReactionTally.post_id == Post.id)
        .where(Post.id.in_(post_ids), or_(*differs))
        .order_by(Post.id)
    ).all()


def mend(session: Session, post_id: int) -> None:
    """Rewrite the tally of a post that ``wrong_among`` found; if it was put right meanwhile, nothing changes.

    Emits: CountsMended
    """
    # Held, so that it is not taken back meanwhile with everything that was given to it.
    session.execute(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
    tally_anew(session, post_id)
    row = session.execute(
        select(Topic.id, Topic.category_id).join(Post, Post.topic_id == Topic.id).where(Post.id == post_id)
    ).one()
    emit(session, CountsMended(row.id, row.category_id))


def _given(
    kind: ReactionKind, post_id: InstrumentedAttribute[int], without: MemberId | None = None
) -> ScalarSelect[int]:
    """Return how many reactions of a kind count for a post, as a part of a statement about posts or tallies."""
    counting: list[ColumnElement[bool]] = [
        Reaction.post_id == post_id,
        Reaction.kind == kind,
        author_is_shown(),
    ]
    if without is not None:
        counting.append(Reaction.member_id != without)
    return (
        select(func.count())
        .select_from(Reaction)
        .join(Member, Member.id == Reaction.member_id)
        .where(*counting)
        .correlate_except(Reaction, Member)
        .scalar_subquery()
    )


def _reacted_to_by(member_id: int) -> ColumnElement[bool]:
    return ReactionTally.post_id.in_(select(Reaction.post_id).where(Reaction.member_id == member_id))


def _rewrite(session: Session, which: ColumnElement[bool], without: MemberId | None = None) -> None:
    """Rewrite these tallies; right whatever happened before, so it may run any number of times.

    They are held first, in the order in which everybody takes them, and counted afterwards: a statement that had to
    wait for somebody would count what was there before they came.
    """
    session.flush()
    session.execute(
        select(ReactionTally.post_id).where(which).order_by(ReactionTally.post_id).with_for_update()
    ).all()
    counts: dict[str, Any] = {
        tally_column(kind): _given(kind, ReactionTally.post_id, without) for kind in ReactionKind
    }
    rows_changed(session, update(ReactionTally).where(which).values(counts))


def _forget(session: Session, reactions: ColumnElement[bool], tallies: ColumnElement[bool]) -> None:
    """Delete reactions with their tallies. Their posts are held, so that nobody gives another one meanwhile."""
    session.flush()
    rows_changed(session, delete(Reaction).where(reactions))
    rows_changed(session, delete(ReactionTally).where(tallies))
