"""Drafts: kept as one types, and gone once they are sent, thrown away or 90 days old. A command never commits."""

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum import clock
from forum.community.commands.images import attach
from forum.community.kept_words import topic_of
from forum.community.letting_go import remove_drafts
from forum.community.models.images import Image
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import (
    LONGEST_CONTENT_NOTE,
    LONGEST_TITLE,
    Category,
    Post,
    SubmissionKey,
    Topic,
)
from forum.community.queries.drafts import is_at, stored_in, unsent_in
from forum.community.slotting import by_numbers
from forum.community.subjects import visible_post, visible_topic
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.database.dialects import tools
from forum.errors import Conflict, Invalid, NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _

DRAFTS_KEPT = timedelta(days=90)
# What is too long for a post can still be kept, and split later.
LONGEST_DRAFT = 100_000
_LONGEST_WORD = 40
_LONGEST_SLUG = 80


class SavedElsewhere(Conflict):
    """Another device or tab saved this draft later; ``revision`` and ``unsent`` are what stands there now."""

    def __init__(self, revision: int, unsent: Unsent) -> None:
        super().__init__(
            _("You saved this draft later, on another device or in another tab. Nothing was written over.")
        )
        self.revision = revision
        self.unsent = unsent


def keep_draft(
    session: Session,
    actor: Actor,
    place: DraftPlace,
    unsent: Unsent,
    known: Known,
    *,
    even_empty: bool = False,
) -> tuple[int, int]:
    """Keep a text on its way in place of what was kept there, and return its id and its revision, or (0, 0).

    Whom it mentions and what it quotes is kept by numbers: see ``slotting.by_numbers``.
    A text without a word is kept only if somebody asks for it (a picture needs a draft to belong to); otherwise it
    takes what was kept away, unless that has pictures. What was sent in the meantime isn't kept again.

    Emits: nothing
    Raises: NotFound (nothing there that the actor could write for), SignInFirst, Forbidden, Invalid (far too long),
    SavedElsewhere
    """
    require(actor, Action.DRAFT_KEEP)
    if len(unsent.words) > LONGEST_DRAFT:
        raise Invalid({"text": _("This is too long to be kept. Split it, please.")})
    _take_turn(session, actor, place)
    found = _draft_at(session, actor, place)
    keeps_nothing = unsent.is_empty and not even_empty
    kept = _clipped(unsent, _by_numbers(session, actor, place, unsent.words, found))
    if found is None:
        _refuse_foreign(session, actor, place)
        if keeps_nothing or _was_sent(session, actor, known.submission_key):
            return 0, 0
        found = _new_draft(session, actor, place)
    elif not _is_known(session, actor, place, found, kept.words, known):
        raise SavedElsewhere(found.revision, unsent_in(session, actor, place, found))
    elif keeps_nothing and not _has_pictures(session, found.id):
        _remove(session, found.id)
        return 0, 0
    if found.revision == 0 or stored_in(found) != kept:
        _write(found, kept)
        session.flush()
    return found.id, found.revision


def take_along(
    session: Session, actor: Actor, place: DraftPlace, unsent: Unsent, known: Known, post_id: int
) -> None:
    """Give a post the pictures of the draft that it was sent from, and remove that draft.

    A draft that another device saved later is another text, and stays.

    Emits: PostEdited (if a post that was there before gets pictures)
    """
    _take_turn(session, actor, place)
    found = _draft_at(session, actor, place)
    words = _by_numbers(session, actor, place, unsent.words, found) if found is not None else ""
    if found is not None and _is_known(session, actor, place, found, words, known):
        attach(session, found.id, post_id)
        _remove(session, found.id)


def move_draft(session: Session, actor: Actor, topic_id: int, joined_with: int) -> bool:
    """Let a reply on its way, with its pictures, go along with a topic that was joined with another one.

    Returns whether it did: where the actor was writing a reply already, both texts stay where they are.

    Emits: nothing
    Raises: NotFound (nothing there that the actor could write for), SignInFirst, Forbidden
    """
    require(actor, Action.DRAFT_KEEP)
    both = select(Topic.id).where(Topic.id.in_((topic_id, joined_with))).order_by(Topic.id)
    session.execute(both.with_for_update(read=True, key_share=True, of=Topic)).all()
    tools(session).take_turn(session, f"drafts:{actor.member_id}")
    visible_topic(session, actor, joined_with)
    found = _draft_at(session, actor, DraftPlace(topic_id=topic_id))
    if found is None or _draft_at(session, actor, DraftPlace(topic_id=joined_with)) is not None:
        return False
    found.topic_id = joined_with
    session.flush()
    return True


def forget_draft(session: Session, actor: Actor, draft_id: int) -> None:
    """Remove a draft of the actor's own, with the pictures in it.

    Emits: nothing
    Raises: NotFound
    """
    own = KeptDraft.member_id == actor.member_id
    if session.scalar(select(KeptDraft.id).where(KeptDraft.id == draft_id, own).with_for_update()) is None:
        raise NotFound
    _remove(session, draft_id)


def sweep_drafts(session: Session) -> int:
    """Remove what nobody went on with for 90 days, and return how many."""
    old = KeptDraft.saved_at < clock.now() - DRAFTS_KEPT
    return remove_drafts(session, old)


def _take_turn(session: Session, actor: Actor, place: DraftPlace) -> None:
    """Let a member's savings and sendings go one after the other.

    The topic comes first, as with everything that writes there: whoever sends holds it already.
    """
    topic = select(Topic.id).with_for_update(read=True, key_share=True, of=Topic)
    if place.topic_id is not None:
        session.execute(topic.where(Topic.id == place.topic_id))
    if place.post_id is not None:
        session.execute(topic.join(Post, Post.topic_id == Topic.id).where(Post.id == place.post_id))
    tools(session).take_turn(session, f"drafts:{actor.member_id}")


def _draft_at(session: Session, actor: Actor, place: DraftPlace) -> KeptDraft | None:
    # Read anew: another transaction may have changed it while this one waited.
    return session.scalar(
        select(KeptDraft)
        .where(KeptDraft.member_id == actor.member_id, is_at(place))
        .execution_options(populate_existing=True)
    )


def _refuse_foreign(session: Session, actor: Actor, place: DraftPlace) -> None:
    """Raise NotFound where the actor has nothing to write for. What they began stays theirs, whatever became of it."""
    if place.topic_id is not None:
        visible_topic(session, actor, place.topic_id)
    if place.post_id is not None and visible_post(session, actor, place.post_id).author_id != actor.member_id:
        raise NotFound


def _was_sent(session: Session, actor: Actor, key: str) -> bool:
    """Say whether the form made a post: a saving that was on its way then may arrive after it."""
    sent = exists().where(SubmissionKey.member_id == actor.member_id, SubmissionKey.key == key)
    return bool(key) and bool(session.scalar(select(sent)))


def _by_numbers(
    session: Session, actor: Actor, place: DraftPlace, words: str, found: KeptDraft | None
) -> str:
    """Return words as a row holds them: nobody else's name and words are among them.

    Queries: none for words without @ and quotes, else up to 5
    """
    if "@" not in words and "/posts/" not in words:
        return words
    before = found.words if found is not None else ""
    return by_numbers(session, actor, words, before, topic_of(session, place), place.post_id)


def _is_known(
    session: Session, actor: Actor, place: DraftPlace, found: KeptDraft, words: str, known: Known
) -> bool:
    """Say whether what stands there is what the page went on from, or what it sent before."""
    if found.revision == known.revision or found.words == words:
        return True
    sent = known.unanswered
    return bool(sent) and found.words == _by_numbers(session, actor, place, sent, found)


def _new_draft(session: Session, actor: Actor, place: DraftPlace) -> KeptDraft:
    category_id = None
    if place.topic_id is None and place.post_id is None and place.category_slug:
        category_id = session.scalar(select(Category.id).where(Category.slug == place.category_slug))
        if category_id is None:
            raise NotFound
    draft = KeptDraft(
        member_id=actor.member_id,
        category_id=category_id,
        topic_id=place.topic_id,
        post_id=place.post_id,
        revision=0,
    )
    session.add(draft)
    return draft


def _write(draft: KeptDraft, kept: Unsent) -> None:
    draft.words = kept.words
    draft.title = kept.title
    draft.content_note = kept.content_note
    draft.category_slug = kept.category_slug
    draft.intent = kept.intent
    draft.audience = kept.audience
    draft.condition = kept.condition
    draft.revision += 1
    draft.saved_at = clock.now()


def _clipped(unsent: Unsent, words: str) -> Unsent:
    """Return what the columns hold of it. No page lets anybody type more there than that."""
    return Unsent(
        words=words,
        title=unsent.title[: LONGEST_TITLE * 4],
        content_note=unsent.content_note[: LONGEST_CONTENT_NOTE * 4],
        category_slug=unsent.category_slug[:_LONGEST_SLUG],
        intent=unsent.intent[:_LONGEST_WORD],
        audience=unsent.audience[:_LONGEST_WORD],
        condition=unsent.condition[:_LONGEST_SLUG],
    )


def _has_pictures(session: Session, draft_id: int) -> bool:
    return bool(session.scalar(select(exists().where(Image.draft_id == draft_id))))


def _remove(session: Session, draft_id: int) -> None:
    remove_drafts(session, KeptDraft.id == draft_id)
