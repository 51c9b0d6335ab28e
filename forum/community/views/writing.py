"""Writing: composers, and what they send. A view parses, asks one command, and answers."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.commands import writing as commands
from forum.community.forms import (
    EditForm,
    ReplyForm,
    TopicForm,
    new_submission_key,
    parse_edit,
    parse_post,
    parse_topic,
)
from forum.community.models.threads import OFFERED_AUDIENCES, Audience, Intent
from forum.community.purging import earlier_versions
from forum.community.queries import threads
from forum.community.queries.threads import TopicPage
from forum.community.queries.topics import CategoryLine, category_lines
from forum.community.subjects import PostSubject, TopicWentOn, post_to_take_back, visible_post, where_merged
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Invalid, NotFound
from forum.permissions.actions import Action
from forum.permissions.check import require
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class NewTopicPage:
    """The composer for a new topic."""

    form: TopicForm
    categories: tuple[CategoryLine, ...]
    intents: tuple[Intent, ...]
    audiences: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """The composer for a reply, on a page of its own (a refused reply comes back here with its text)."""

    topic: TopicPage
    form: ReplyForm
    # What happened to the topic that the reply was written for, where it is no more.
    went_on: str = ""


@dataclass(frozen=True, slots=True)
class EditPage:
    """The composer for a post of one's own."""

    post: PostSubject
    form: EditForm
    # How many earlier versions are kept.
    earlier: int


@dataclass(frozen=True, slots=True)
class DeletePage:
    """The question before a post is taken back. Earlier versions alone can be deleted here, too."""

    post: PostSubject
    earlier: int


@community.get("/topics/<int:topic_id>/reply")
@members_only
def reply_page(topic_id: int) -> Answer:
    """Show the reply form on a page of its own."""
    try:
        topic = threads.topic_page(current.session(), current.actor(), topic_id, 1)
    except NotFound:
        went_on = where_merged(current.session(), current.actor(), topic_id)
        if went_on is None:
            raise
        return redirect(f"/topics/{went_on.topic_id}/reply", SEE_OTHER)
    require(current.actor(), Action.POST_PUBLISH, topic)
    form = ReplyForm(submission_key=new_submission_key())
    return render("community/reply_page.html", ReplyPage(topic, form))


@community.post("/topics/<int:topic_id>/reply")
@members_only
def publish_post(topic_id: int) -> Answer:
    """Publish a reply."""
    form = ReplyForm(request.form)
    try:
        draft = parse_post(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _reply_page(topic_id, form, 422)
    try:
        post_id = commands.publish_post(current.session(), current.actor(), topic_id, draft)
    except TopicWentOn as refusal:
        # The same form, with the same words and the same key, for the topic that it was joined with.
        return _reply_page(refusal.went_on.topic_id, form, 409, refusal.reason)
    return _to_post(post_id)


@community.get("/topics/new")
@members_only
def new_topic_page() -> Response:
    """Show the composer for a topic."""
    require(current.actor(), Action.TOPIC_START)
    form = TopicForm(category=request.args.get("category", ""), submission_key=new_submission_key())
    return _composer(form)


@community.post("/topics/new")
@members_only
def start_topic() -> Answer:
    """Start a topic."""
    form = TopicForm(request.form)
    try:
        draft = parse_topic(form, request.form)
        post_id = commands.start_topic(current.session(), current.actor(), draft)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _composer(form, status=422)
    return _to_post(post_id)


@community.get("/posts/<int:post_id>/edit")
@members_only
def edit_page(post_id: int) -> Response:
    """Show the composer for a post of one's own."""
    subject = visible_post(current.session(), current.actor(), post_id)
    require(current.actor(), Action.POST_EDIT, subject)
    return _edit_page(subject, EditForm(text=subject.markdown))


@community.post("/posts/<int:post_id>/edit")
@members_only
def edit_post(post_id: int) -> Answer:
    """Give a post of one's own a new text."""
    form = EditForm(request.form)
    try:
        edit = parse_edit(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        subject = current.read(lambda session: visible_post(session, current.actor(), post_id))
        require(current.actor(), Action.POST_EDIT, subject)
        return _edit_page(subject, form, 422)
    return _to_post(commands.edit_post(current.session(), current.actor(), post_id, edit))


@community.get("/posts/<int:post_id>/delete")
@members_only
def delete_page(post_id: int) -> Response:
    """Ask before a post is taken back."""
    subject = post_to_take_back(current.session(), current.actor(), post_id)
    require(current.actor(), Action.POST_DELETE, subject)
    earlier = earlier_versions(current.session(), subject.id)
    return render("community/delete_page.html", DeletePage(subject, earlier))


@community.post("/posts/<int:post_id>/delete")
@members_only
def delete_post(post_id: int) -> Answer:
    """Take back a post of one's own."""
    check_form(Form(request.form), request.form)
    topic_id = commands.delete_post(current.session(), current.actor(), post_id)
    return redirect("/categories" if topic_id is None else f"/topics/{topic_id}", SEE_OTHER)


def _reply_page(topic_id: int, form: ReplyForm, status: int, went_on: str = "") -> Response:
    topic = current.read(lambda session: threads.topic_page(session, current.actor(), topic_id, 1))
    require(current.actor(), Action.POST_PUBLISH, topic)
    return render("community/reply_page.html", ReplyPage(topic, form, went_on), status=status)


def _edit_page(subject: PostSubject, form: EditForm, status: int = 200) -> Response:
    earlier = current.read(lambda session: earlier_versions(session, subject.id))
    return render("community/edit_page.html", EditPage(subject, form, earlier), status=status)


def _composer(form: TopicForm, status: int = 200) -> Response:
    categories = current.read(category_lines)
    return render(
        "community/new_topic_page.html",
        NewTopicPage(form, categories, tuple(Intent), OFFERED_AUDIENCES),
        status=status,
    )


def _to_post(post_id: int) -> Answer:
    """Lead to a post just written; read in the same transaction, which commits after the view returned."""
    return redirect(visible_post(current.session(), current.actor(), post_id).address, SEE_OTHER)
