"""Pictures to be looked at: one that somebody's browser fetches, and those of a draft for whoever writes it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community.models.images import Image
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Category, Post, PostState, Topic
from forum.community.pictures import MOST_PICTURES, address_of
from forum.community.queries.drafts import is_at
from forum.community.unsent import DraftPlace
from forum.community.visibility import author_is_shown, post_is_readable, topic_is_visible, topic_is_worked_on
from forum.errors import NotFound
from forum.permissions.actor import Actor


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A picture, for its owner."""

    name: str
    address: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DraftPictures:
    """The pictures of a draft, and those that stand already in the post that it changes."""

    draft_id: int
    # Where one goes on writing.
    composer: str
    pictures: tuple[PictureLine, ...]
    in_post: tuple[PictureLine, ...]
    # How many more there may be.
    free: int


def picture_to_show(session: Session, actor: Actor, name: str) -> str:
    """Return the name of a picture if the actor may see it now, else raise NotFound.

    It is seen where the words are seen that it belongs to: by whoever may read the post, by its author as long as its
    words are stored, and by the moderators who may have to decide on it. A draft's is its writer's alone.

    Queries: 1
    """
    found = session.scalar(
        select(Image.name)
        .outerjoin(Post, Post.id == Image.post_id)
        .outerjoin(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Image.name == name, _is_open(actor))
    )
    if found is None:
        raise NotFound
    return found


def draft_pictures(session: Session, actor: Actor, draft_id: int) -> DraftPictures:
    """Return the pictures of a draft of the actor's own, else raise NotFound.

    Queries: 2
    """
    draft = session.execute(
        select(KeptDraft.id, KeptDraft.topic_id, KeptDraft.post_id, Category.slug)
        .outerjoin(Category, Category.id == KeptDraft.category_id)
        .where(KeptDraft.id == draft_id, KeptDraft.member_id == actor.member_id)
    ).one_or_none()
    if draft is None or not actor.is_member:
        raise NotFound
    of_these = [Image.draft_id == draft.id]
    if draft.post_id is not None:
        of_these.append(Image.post_id == draft.post_id)
    rows = session.execute(
        select(Image.name, Image.alt, Image.width, Image.height, Image.post_id)
        .where(or_(*of_these))
        .order_by(Image.id)
    ).all()
    lines = [
        (row.post_id, PictureLine(row.name, address_of(row.name), row.alt, row.width, row.height))
        for row in rows
    ]
    return DraftPictures(
        draft_id=draft.id,
        composer=DraftPlace(draft.topic_id, draft.post_id, draft.slug or "").composer,
        pictures=tuple(line for post_id, line in lines if post_id is None),
        in_post=tuple(line for post_id, line in lines if post_id is not None),
        free=max(0, MOST_PICTURES - len(lines)),
    )


def pictures_at(session: Session, actor: Actor, place: DraftPlace) -> tuple[PictureLine, ...]:
    """Return the pictures of the draft that the actor has at a place, for its composer.

    Queries: 1
    """
    rows = session.execute(
        select(Image.name, Image.alt, Image.width, Image.height)
        .join(KeptDraft, KeptDraft.id == Image.draft_id)
        .where(KeptDraft.member_id == actor.member_id, is_at(place))
        .order_by(Image.id)
    )
    return tuple(PictureLine(row.name, address_of(row.name), row.alt, row.width, row.height) for row in rows)


def _is_open(actor: Actor) -> ColumnElement[bool]:
    """Say which pictures the actor may see. Needs Image outer-joined to Post, Topic and the post's author."""
    ways: list[ColumnElement[bool]] = [and_(topic_is_visible(actor), post_is_readable(actor))]
    if actor.is_member:
        ways += [
            and_(Image.draft_id.is_not(None), Image.member_id == actor.member_id),
            and_(Post.author_id == actor.member_id, Post.state != PostState.DELETED),
        ]
    if actor.works_as_staff:
        taken_down = Post.state.in_(
            [PostState.HELD, PostState.HIDDEN, PostState.REMOVED, PostState.PUBLISHED]
        )
        ways.append(and_(topic_is_worked_on(actor), taken_down, author_is_shown(actor)))
    return or_(*ways)
