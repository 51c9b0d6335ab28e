"""Setting out to leave of one's own accord, and marking posts that are to stay. Erasing itself is in ``erasing``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from forum.accounts.leaving import ERASED_WITHIN, begin_leaving, hold_member
from forum.accounts.models import Leaving, PostsFate
from forum.accounts.sign_in_sessions import end_all_sessions
from forum.community.models.threads import Post
from forum.community.taking_back import can_be_kept
from forum.errors import Conflict, Invalid, SignInFirst
from forum.permissions.actor import Actor, MemberId, MemberState
from forum.privacy.models import KeptPost
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class LeaveDraft:
    """What is to become of the posts, and how long one may change one's mind."""

    posts: PostsFate
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Farewell:
    """Until when logging in brings everything back, and when everything is deleted at the latest."""

    can_return_until: datetime
    erased_by: datetime


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """One page of the member's posts: which were shown there, and which of them are to stay."""

    shown: frozenset[int]
    kept: frozenset[int]


def leave(session: Session, actor: Actor, draft: LeaveDraft) -> Farewell:
    """Let the actor set out to leave, and log them out everywhere. However things stand with them, they may.

    Posts stay only for somebody in whose name they are shown now: where a consent is gone, or everything of theirs
    was to rest, nobody may begin to show them again.

    Emits: MemberPaused, LeavingBegun, AccountNoticeMade
    Raises: Invalid (posts can't stay, or none is marked), Conflict (they were erased at this very moment), SignInFirst
    """
    member_id = _member(actor)
    state = hold_member(session, member_id)
    if state is None:
        raise Conflict(_("Your account was deleted at this very moment. Nothing of it is left."))
    if draft.posts is not PostsFate.DELETE and state is not MemberState.ACTIVE:
        raise Invalid({"posts": why_posts_go()})
    if draft.posts is PostsFate.KEEP_CHOSEN and not _has_marked(session, member_id):
        raise Invalid(
            {"posts": _("You have marked no post that can stay. Mark some first, or choose something else.")}
        )
    begin_leaving(session, member_id, posts=draft.posts, grace=draft.grace)
    end_all_sessions(session, member_id)
    until = session.scalars(select(Leaving.until).where(Leaving.member_id == member_id)).one()
    return Farewell(until, until + ERASED_WITHIN)


def mark_kept_posts(session: Session, actor: Actor, draft: KeptDraft) -> None:
    """Remember which of the actor's posts on one page are to stay should they leave. It changes nothing else.

    What isn't theirs, or isn't shown any more, is passed over: it may have gone since the page was opened.

    Raises: SignInFirst
    """
    member_id = _member(actor)
    # Two that are sent at once take turns.
    hold_member(session, member_id)
    own = select(Post.id).where(Post.author_id == member_id, Post.id.in_(draft.shown))
    may_stay = session.scalars(own.where(Post.id.in_(draft.kept), can_be_kept())).all()
    session.execute(
        delete(KeptPost).where(KeptPost.member_id == member_id, KeptPost.post_id.in_(draft.shown))
    )
    if may_stay:
        session.execute(
            insert(KeptPost), [{"post_id": post_id, "member_id": member_id} for post_id in may_stay]
        )


def why_posts_go() -> str:
    """Return why somebody whose words are out of sight can't leave any of them behind."""
    return _(
        "Your posts can’t stay: as things stand with your account nobody sees them, and nobody may begin to "
        "show them again once you are gone."
    )


def may_keep_posts(actor: Actor) -> bool:
    """Say whether the actor may let posts stay."""
    return actor.state is MemberState.ACTIVE


def _member(actor: Actor) -> MemberId:
    if actor.member_id is None:
        raise SignInFirst(_("You are not logged in any more. Log in, then try again."))
    return actor.member_id


def _has_marked(session: Session, member_id: MemberId) -> bool:
    marked = select(KeptPost.post_id).join(Post, Post.id == KeptPost.post_id)
    mine = marked.where(KeptPost.member_id == member_id, Post.author_id == member_id, can_be_kept())
    return session.execute(mine.limit(1)).first() is not None
