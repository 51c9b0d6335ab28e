"""What a decision on a topic or a post would tell whom, before it is taken."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.community.arranging import narrower_audience, posts_to_split, refuse_merge, refuse_move
from forum.community.bylines import title_to_show
from forum.community.models.threads import WIDTH, Audience, is_narrower
from forum.community.queries.rooms import Room
from forum.community.subjects import TopicAtWork
from forum.moderation.deciding import (
    about_post,
    about_topic,
    category_named,
    is_narrowed,
    narrows,
    refuse_discussion,
    refuse_narrowed_discussion,
    topics_to_merge,
    words_taken_down,
)
from forum.moderation.decisions import refuse_if_decided_since
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.queries.threads import PostActionPage, TopicActionPage
from forum.moderation.wording import Told, signed_by, told
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.translate import gettext as _

# What a decision on a topic needs beside its reason: the posts of a split, the other topic of a merge, or the slug of
# the category to which it moves.
ThreadFields = SplitDraft | int | str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What will be told, word for word, and to how many; nobody hears of their own deeds."""

    told: Told
    message: str
    # Empty, too, where they are part of it but nobody's to read, because their author's account rests.
    their_words: str
    words_rest: bool
    signed_by: str
    readers: int
    # What is about to happen, where the form only names it.
    about: tuple[str, ...] = ()


def preview_on_topic(
    session: Session, actor: Actor, page: TopicActionPage, draft: ThreadDraft, fields: ThreadFields
) -> Preview:
    """Return what deciding so would tell whom, and refuse what the command would refuse. It changes nothing.

    Raises Forbidden, Invalid and Conflict.

    Queries: at most 4
    """
    refuse_if_decided_since(session, about_topic(page.topic.id), draft.seen, actor)
    authors = {page.topic.author_id}
    about: tuple[str, ...] = ()
    match fields:
        case SplitDraft():
            authors = {post.author_id for post in posts_to_split(session, page.topic, fields.post_ids)}
        case int():
            topic, target = topics_to_merge(session, actor, page.topic.id, fields)
            require(actor, page.action, topic)
            refuse_merge(topic, target)
            refuse_discussion(session, topic, target)
            about = _on_merging(topic, target)
            if is_narrowed(topic, target):
                authors.add(target.author_id)
        case str():
            room = category_named(session, fields)
            refuse_move(page.topic, room.id)
            refuse_narrowed_discussion(session, page.topic, room)
            about = _on_moving(page.topic, room)
    words = words_taken_down(session, page.action, page.topic)
    return _preview(actor, page.action, draft, authors, words, page.topic.author_is_shown, about)


def preview_on_post(session: Session, actor: Actor, page: PostActionPage, draft: ThreadDraft) -> Preview:
    """Return what deciding so would tell the post's author, and refuse what the command would refuse.

    It changes nothing. Raises Conflict.

    Queries: 1
    """
    refuse_if_decided_since(session, about_post(page.post.id), draft.seen, actor)
    words = words_taken_down(session, page.action, page.post)
    return _preview(actor, page.action, draft, {page.post.author_id}, words, page.post.author_is_shown)


def _preview(
    actor: Actor,
    action: Action,
    draft: ThreadDraft,
    authors: set[int | None],
    words: str,
    author_is_shown: bool,
    about: tuple[str, ...] = (),
) -> Preview:
    # A paused or leaving member's words are nobody's to read, moderators included.
    return Preview(
        told=told(action, draft.reason),
        message=draft.message,
        their_words=words if author_is_shown else "",
        words_rest=bool(words) and not author_is_shown,
        signed_by=signed_by(actor.role),
        readers=len(authors - {None, actor.member_id}),
        about=about,
    )


def _on_merging(topic: TopicAtWork, target: TopicAtWork) -> tuple[str, ...]:
    title = title_to_show(target.title, target.author_is_shown)
    about = [_("They go to the end of “%(title)s”.", title=title)]
    audience = narrower_audience(topic, target)
    members_only = audience is Audience.MEMBERS
    if is_narrower(audience, max(topic.audience, target.audience, key=WIDTH.index)):
        about.append(_("Where that topic stands, so many readers are not allowed."))
    if audience is not target.audience:
        about.append(
            _("“%(title)s” can then be read by members only. This can't be undone.", title=title)
            if members_only
            else _(
                "“%(title)s” is then kept from search engines and out of lists. This can't be undone.",
                title=title,
            )
        )
    elif audience is not topic.audience:
        about.append(
            _("These posts can then be read by members only. This can't be undone.")
            if members_only
            else _("These posts are then kept from search engines and out of lists. This can't be undone.")
        )
    return tuple(about)


def _on_moving(topic: TopicAtWork, room: Room) -> tuple[str, ...]:
    about = [_("It goes to “%(category)s”.", category=room.name)]
    if narrows(room, topic):
        about.append(
            _(
                "“%(category)s” allows fewer readers, so from then on it is for: %(readers)s. Moving it back doesn’t"
                " change that.",
                category=room.name,
                readers=room.widest_audience.label,
            )
        )
    if topic.audience is Audience.SAME_CONDITION:
        about.append(
            _(
                "The moderators of “%(category)s” can read it then, beside members who say that they live with the same"
                " condition.",
                category=room.name,
            )
        )
    elif topic.audience is Audience.MODERATORS_AND_AUTHOR:
        about.append(
            _(
                "The moderators of “%(category)s” can read it then, although only its author and moderators may.",
                category=room.name,
            )
        )
    return tuple(about)
