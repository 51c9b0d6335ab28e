"""The addresses of changing what is said about a topic, and who may read it."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from forum.community.commands import details as commands
from forum.community.commands.details import DetailsEdit
from forum.community.forms import TopicForm
from forum.community.models.threads import Audience, Intent
from forum.community.queries.details import TopicDetails, topic_details
from forum.community.queries.terms import Term, shared_terms
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Invalid
from forum.permissions.actions import Action
from forum.permissions.check import can, require
from forum.permissions.rules import Verdict
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render

_ALL = ("title", "intent", "content_note", "audience", "condition")
_READERS = ("audience", "condition")
# What the form's field of conditions is filled in with.
_AS = {"condition": "condition_slug"}


@dataclass(frozen=True, slots=True)
class TopicDetailsPage:
    """A topic's details to change. ``words`` says whether more than its readers can be, and if not, why."""

    topic: TopicDetails
    form: TopicForm
    words: Verdict
    audiences: tuple[Audience, ...]
    intents: tuple[Intent, ...]
    # What its readers can share: the actor's own, and what they share now.
    conditions: tuple[Term, ...]


@community.get("/topics/<int:topic_id>/edit")
@members_only
def topic_details_page(topic_id: int) -> Response:
    """Show a topic's details, for its author to change."""
    topic = topic_details(current.session(), current.actor(), topic_id)
    return _page(topic, None)


@community.post("/topics/<int:topic_id>/edit")
@members_only
def change_details(topic_id: int) -> Answer:
    """Change a topic's details."""
    form = _form(request.form, _ALL if set(request.form) & {"title", "intent", "content_note"} else _READERS)
    try:
        check_form(form, request.form)
        address = commands.change_details(current.session(), current.actor(), topic_id, _edit(form))
    except Invalid as refusal:
        show_refusal(form, refusal)
        topic = current.read(lambda session: topic_details(session, current.actor(), topic_id))
        return _page(topic, form, 422)
    return redirect(address, SEE_OTHER)


def _form(
    given: MultiDict[str, str] | None, names: tuple[str, ...], topic: TopicDetails | None = None
) -> TopicForm:
    """Return the form of a topic with these of its fields, as it was sent or as things stand."""
    form = TopicForm(
        given, data={name: getattr(topic, _AS.get(name, name)) for name in names} if topic else None
    )
    for name in [field.name for field in form if field.name not in names]:
        delattr(form, name)
    return form


def _edit(form: TopicForm) -> DetailsEdit:
    audience, condition = Audience(form.audience.data), form.condition.data or ""
    if "title" not in form:
        return DetailsEdit(audience, condition_slug=condition)
    return DetailsEdit(
        audience, form.title.data or "", Intent(form.intent.data), form.content_note.data or "", condition
    )


def _page(topic: TopicDetails, form: TopicForm | None, status: int = 200) -> Response:
    """Show the page to whoever may at least choose fewer readers."""
    require(current.actor(), Action.TOPIC_NARROW, topic)
    words = can(current.actor(), Action.TOPIC_EDIT, topic)
    form = form or _form(None, _ALL if words and topic.opening_stands else _READERS, topic)
    audiences = topic.audiences_for(may_write=bool(words))
    mine = current.read(lambda session: shared_terms(session, current.actor()))
    conditions = topic.conditions(mine) if Audience.SAME_CONDITION in audiences else ()
    page = TopicDetailsPage(topic, form, words, audiences, tuple(Intent), conditions)
    return render("community/topic_details_page.html", page, status)
