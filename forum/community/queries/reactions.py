"""Who reacted to a post, for members: in the order of their names, since nobody keeps when it was."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.reactions import Reaction, ReactionKind
from forum.community.subjects import visible_post
from forum.community.visibility import author_is_shown
from forum.errors import NotFound
from forum.permissions.actor import Actor

# Of all kinds together: a longer list is read by nobody.
MOST_NAMED = 400


@dataclass(frozen=True, slots=True)
class GivenBy:
    """One kind of reaction, and the names of those who gave it."""

    kind: ReactionKind
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReactionsPage:
    """Who reacted to a post: each kind that somebody gave whom the reader may see."""

    number: int
    address: str
    topic_title: str
    given: tuple[GivenBy, ...]
    # Whether there are more than stand here.
    cut_short: bool


def reactions_page(session: Session, actor: Actor, post_id: int) -> ReactionsPage:
    """Return who reacted to a post. Raises NotFound where the actor may not read it, or doesn't read as a member yet.

    Nobody is named whom a block keeps apart from the reader, and nobody who is out of sight. There are no numbers here:
    the post's own count everybody in good standing, whoever is blocked as well (they are the same for every reader),
    and next to the names they would say that somebody is missing.

    Queries: 2
    """
    if not actor.reads_as_member:
        raise NotFound
    post = visible_post(session, actor, post_id)
    rows = session.execute(
        select(Reaction.kind, Member.name)
        .join(Member, Member.id == Reaction.member_id)
        .where(Reaction.post_id == post_id, author_is_shown(actor))
        .order_by(Member.name_key, Reaction.kind)
        .limit(MOST_NAMED + 1)
    ).all()
    named = rows[:MOST_NAMED]
    kinds = [kind for kind in ReactionKind if any(row.kind is kind for row in named)]
    return ReactionsPage(
        number=post.number,
        address=post.address,
        topic_title=post.topic_title,
        given=tuple(GivenBy(kind, tuple(row.name for row in named if row.kind is kind)) for kind in kinds),
        cut_short=len(rows) > MOST_NAMED,
    )
