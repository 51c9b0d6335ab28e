"""Topics and posts as their authors write them: starting, answering, editing and taking back.

How a topic begins stands in ``opening``, and what a category is and who answers for it in ``categories``.
"""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.leaving import hold_member
from forum.community.audiences import no_wider_than, too_wide
from forum.community.models.threads import Audience, Post, PostVersion, SubmissionKey, Topic
from forum.community.opening import new_topic, open_topic, published
from forum.community.pictures import with_pictures, without_pictures
from forum.community.queries.rooms import room_named
from forum.community.queries.terms import shared_terms
from forum.community.slotting import re_anchor, slotted, store
from forum.community.subjects import (
    TopicWentOn,
    hold_topic,
    hold_topic_of,
    post_to_take_back,
    refuse_moved,
    visible_post,
    visible_topic,
    where_merged,
)
from forum.community.taking_back import take_back_post
from forum.community.visibility import topic_is_visible
from forum.community.what_is_sent import PostDraft, PostEdit, TopicDraft
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.errors import Invalid, NotFound
from forum.events import PostEdited, PostPublished, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _

# A form is never sent again after that long; the key is only there to tell one sending from two.
SUBMISSION_KEYS_KEPT = timedelta(days=2)


def start_topic(session: Session, actor: Actor, draft: TopicDraft) -> int:
    """Start a topic with its first post and return the post's id; sending the same form again changes nothing.

    Emits: TopicStarted
    Raises: SignInFirst, Forbidden, Invalid (no such category, more readers than it allows, a condition that is not the
    actor's, words that can't be quoted)
    """
    require(actor, Action.TOPIC_START)
    sent_before = _made_by(session, actor, draft.submission_key)
    if sent_before is not None:
        return sent_before
    category_id, audience = _place_of(session, draft)
    condition_id = shared_condition(session, actor, audience, draft.condition_slug)
    text = slotted(session, actor, draft.body, audience=audience)
    topic = new_topic(category_id, draft.title, draft.intent, author_id=actor.member_id)
    topic.content_note = draft.content_note
    topic.audience, topic.condition_id = audience, condition_id
    post_id = open_topic(session, topic, text.body)
    store(session, post_id, text)
    _remember_submission(session, actor, draft.submission_key, post_id)
    return post_id


def shared_condition(session: Session, actor: Actor, audience: Audience, slug: str) -> int | None:
    """Return the condition that a topic's readers shall share, which is one of the actor's; None for other readers.

    Raises Invalid.

    Queries: 1 where it is for those with the same condition, else none
    """
    if audience is not Audience.SAME_CONDITION:
        return None
    if not actor.shared_conditions:
        raise Invalid(
            {"audience": _("Your profile says no condition that others could share. Choose other readers.")}
        )
    if not slug:
        raise Invalid({"condition": _("Choose the condition that its readers share.")})
    term = next((one for one in shared_terms(session, actor) if one.slug == slug), None)
    if term is None:
        raise Invalid({"condition": _("Choose a condition that stands in your profile.")})
    return term.id


def publish_post(session: Session, actor: Actor, topic_id: int, draft: PostDraft) -> int:
    """Publish a reply and return its id; sending the same form again changes nothing.

    Emits: PostPublished
    Raises: NotFound, SignInFirst, Forbidden, TopicWentOn (it was joined with another topic), Invalid (words that
    can't be quoted)
    """
    # As whoever pauses them does: the reply is counted by that, or not at all.
    if actor.member_id is not None:
        hold_member(session, actor.member_id)
    hold_topic(session, topic_id)
    try:
        topic = visible_topic(session, actor, topic_id)
    except NotFound:
        went_on = where_merged(session, actor, topic_id)
        if went_on is None:
            raise
        sent_before = _made_by(session, actor, draft.submission_key)
        if sent_before is not None:
            return sent_before
        require(actor, Action.POST_PUBLISH, visible_topic(session, actor, went_on.topic_id))
        raise TopicWentOn(went_on) from None
    require(actor, Action.POST_PUBLISH, topic)
    sent_before = _made_by(session, actor, draft.submission_key)
    if sent_before is not None:
        return sent_before
    text = slotted(session, actor, draft.body, topic_id=topic.id)
    post = Post(
        topic_id=topic.id,
        number=_next_number(session, topic.id),
        author_id=actor.member_id,
        from_community=False,
        by_topic_author=topic.author_id == actor.member_id,
        **published(text.body),
    )
    session.add(post)
    session.flush()
    store(session, post.id, text)
    _remember_submission(session, actor, draft.submission_key, post.id)
    emit(session, PostPublished(topic_id=topic.id, category_id=topic.category_id, post_id=post.id))
    return post.id


def edit_post(session: Session, actor: Actor, post_id: int, edit: PostEdit) -> int:
    """Give a post of one's own a new text, keep the old one as a version, and return the post's id.

    Emits: PostEdited (unless the text is the same)
    Raises: NotFound, SignInFirst, Forbidden, Conflict (moderators put it into another topic at this moment), Invalid
    (words that can't be quoted)
    """
    held = hold_topic_of(session, post_id)
    subject = visible_post(session, actor, post_id)
    refuse_moved(held, subject.topic_id)
    require(actor, Action.POST_EDIT, subject)
    text = slotted(session, actor, edit.body, topic_id=subject.topic_id, post_id=subject.id)
    if text.body.markdown == subject.markdown and not text.new:
        return subject.id
    post = session.get_one(Post, subject.id)
    version = PostVersion(
        post_id=post.id,
        markdown=post.markdown,
        html=without_pictures(post.html),
        renderer_version=post.renderer_version,
        written_at=post.edited_at or post.written_at,
        replaced_at=clock.now(),
    )
    session.add(version)
    post.markdown = text.body.markdown
    post.html = with_pictures(session, post.id, text.body.html)
    post.renderer_version = text.body.renderer_version
    post.edited_at = clock.now()
    session.flush()
    store(session, post.id, text)
    re_anchor(session, post.id, version.html, post.html, version.id)
    emit(session, PostEdited(topic_id=subject.topic_id, category_id=subject.category_id, post_id=post.id))
    return post.id


def delete_post(session: Session, actor: Actor, post_id: int) -> int | None:
    """Take back a post of one's own: its words and their versions go, its number stays.

    It works whatever became of the post, its topic or its author: held, hidden, removed, paused or leaving. Taking
    back post 1 takes the title with it; a topic in which nobody else answered goes whole. Returns the topic's id,
    or None when the topic went or isn't open to its author.

    Emits: PostDeleted
    Raises: NotFound, SignInFirst, Forbidden, Conflict (moderators put it into another topic at this moment)
    """
    held = hold_topic_of(session, post_id)
    subject = post_to_take_back(session, actor, post_id)
    refuse_moved(held, subject.topic_id)
    require(actor, Action.POST_DELETE, subject)
    take_back_post(session, subject.id)
    return session.scalar(select(Topic.id).where(Topic.id == subject.topic_id, topic_is_visible(actor)))


def sweep_submission_keys(session: Session) -> int:
    """Forget the keys of forms that nobody will send again, and return how many."""
    old = delete(SubmissionKey).where(SubmissionKey.made_at < clock.now() - SUBMISSION_KEYS_KEPT)
    return rows_changed(session, old)


def _place_of(session: Session, draft: TopicDraft) -> tuple[int, Audience]:
    """Return the category of a new topic, and who may read it there. Raises Invalid."""
    try:
        room = room_named(session, draft.category_slug)
    except NotFound:
        raise Invalid({"category": _("Choose where it belongs.")}) from None
    audience = no_wider_than(room.widest_audience, draft.audience)
    if audience is not draft.audience and not draft.takes_fewer:
        raise Invalid({"audience": too_wide(room.name, room.widest_audience)})
    return room.id, audience


def _next_number(session: Session, topic_id: int) -> int:
    """Take the topic's next post number; the row stays held, so that numbers are dense and given once."""
    return session.execute(
        update(Topic)
        .where(Topic.id == topic_id)
        .values(last_number=Topic.last_number + 1)
        .returning(Topic.last_number)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def _made_by(session: Session, actor: Actor, key: str) -> int | None:
    """Return the post that this sending already made; two sendings at once take turns here."""
    tools(session).take_turn(session, f"submission:{actor.member_id}:{key}")
    return session.scalar(
        select(SubmissionKey.post_id).where(
            SubmissionKey.member_id == actor.member_id, SubmissionKey.key == key
        )
    )


def _remember_submission(session: Session, actor: Actor, key: str, post_id: int) -> None:
    session.add(SubmissionKey(member_id=actor.member_id, key=key, post_id=post_id, made_at=clock.now()))
