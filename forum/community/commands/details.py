"""What a topic's author changes about it after it was sent: its title, its intent, its note, and who may read it."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.community.audiences import too_wide
from forum.community.commands.writing import shared_condition
from forum.community.models.threads import Audience, Intent, Topic, is_narrower
from forum.community.queries.details import TopicDetails, topic_details
from forum.community.subjects import hold_topic
from forum.errors import Conflict, Invalid
from forum.events import TopicChanged, TopicNarrowed, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.check import require
from forum.text.slugs import slug_of
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class DetailsEdit:
    """What shall be so from now on; None leaves a detail as it is, and so does no condition."""

    audience: Audience
    title: str | None = None
    intent: Intent | None = None
    content_note: str | None = None
    # What its readers share from now on, where it is for those with the same condition.
    condition_slug: str = ""


def change_details(session: Session, actor: Actor, topic_id: int, edit: DetailsEdit) -> str:
    """Change what is said about a topic of one's own, or who may read it, and return where it stands then.

    Fewer readers can always be chosen, however things stand with the author and with the topic; the rest is writing.
    Nothing of what was so before is kept. Quotes of its posts follow by themselves: they show what their readers may
    read. Earlier addresses lead on to the new one, for whoever may still read it.

    Emits: TopicChanged (unless it is so already), TopicNarrowed (where somebody may read it no more)
    Raises: NotFound, SignInFirst, Forbidden, Invalid (more readers after others answered or than the category allows, a
        condition that is not the actor's), Conflict (its first post is not shown, so there is no title to change)
    """
    hold_topic(session, topic_id)
    topic = topic_details(session, actor, topic_id)
    worded = _worded(topic, edit)
    others = _changes_condition(topic, edit)
    wider = others or (edit.audience is not topic.audience and not is_narrower(edit.audience, topic.audience))
    require(actor, Action.TOPIC_EDIT if worded or wider else Action.TOPIC_NARROW, topic)
    if edit.audience not in topic.audiences:
        raise Invalid({"audience": why_not(topic, edit.audience)})
    if others and topic.others_answered:
        raise Invalid(
            {"condition": _("Others answered for the readers it has now, so it can’t have other ones.")}
        )
    if worded and not topic.opening_stands:
        raise Conflict(_("The first post is not shown, so its title stays as it is. Nothing was changed."))
    changed = dict(worded)
    if others or edit.audience is not topic.audience:
        condition_id = shared_condition(session, actor, edit.audience, edit.condition_slug)
        changed |= {"audience": edit.audience, "condition_id": condition_id}
    if changed:
        session.execute(
            update(Topic)
            .where(Topic.id == topic.id)
            .values(**changed)
            .execution_options(synchronize_session=False)
        )
        emit(session, TopicChanged(topic_id=topic.id, category_id=topic.category_id))
    if others or is_narrower(edit.audience, topic.audience):
        emit(session, TopicNarrowed(topic_id=topic.id, category_id=topic.category_id))
    return topic_details(session, actor, topic.id).address


def _changes_condition(topic: TopicDetails, edit: DetailsEdit) -> bool:
    """Say whether a topic for members with one condition shall be for those with another one."""
    shared = topic.audience is edit.audience is Audience.SAME_CONDITION
    return shared and edit.condition_slug not in ("", topic.condition_slug)


def why_not(topic: TopicDetails, audience: Audience) -> str:
    """Return why a topic can't be for these readers."""
    if audience is Audience.MODERATORS_AND_AUTHOR and topic.others_answered:
        return _(
            "Others answered, and they would lose their own words. Choose somebody else, or leave it as it is."
        )
    if topic.others_answered and not is_narrower(audience, topic.audience):
        return _("Others answered for the readers it has now, so it can have fewer, but not more.")
    if is_narrower(topic.widest_audience, audience):
        return too_wide(topic.category_name, topic.widest_audience)
    if audience is Audience.SAME_CONDITION:
        return _("Your profile says no condition that others could share. Choose other readers.")
    return _("Choose who may read it.")


def _worded(topic: TopicDetails, edit: DetailsEdit) -> dict[str, object]:
    """Return the columns of words that become different."""
    wanted: dict[str, object] = {
        name: value
        for name, value in (
            ("title", edit.title),
            ("intent", edit.intent),
            ("content_note", edit.content_note),
        )
        if value is not None and value != getattr(topic, name)
    }
    if "title" in wanted:
        wanted["slug"] = slug_of(str(wanted["title"]))
    return wanted
