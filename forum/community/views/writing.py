"""Writing: composers, and what they send. A view parses, asks one command, and answers."""

from dataclasses import dataclass, replace

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.audiences import audiences_in, chosen_beforehand, limited_by
from forum.community.commands import writing as commands
from forum.community.forms import (
    EditForm,
    Pressed,
    ReplyForm,
    ShortForm,
    TopicForm,
    check_words,
    new_submission_key,
    parse_edit,
    parse_post,
    parse_short,
    parse_topic,
)
from forum.community.models.threads import WIDTH, Audience, Intent
from forum.community.purging import earlier_versions
from forum.community.queries import topic_heads
from forum.community.queries.rooms import Room, room_of, rooms
from forum.community.queries.terms import Term, shared_terms
from forum.community.queries.topic_heads import ReplyPlace
from forum.community.short_posts import Need, Today
from forum.community.slots import as_typed, quote_of
from forum.community.slotting import preview
from forum.community.subjects import PostSubject, TopicWentOn, post_to_take_back, visible_post, where_merged
from forum.community.unsent import DraftPlace
from forum.community.views import composing
from forum.community.views.blueprint import SEE_OTHER, community
from forum.community.views.composing import Composer
from forum.errors import Invalid, NotFound
from forum.permissions.actions import Action
from forum.permissions.check import require
from forum.text.slots import neutral_words
from forum.web import current
from forum.web.access import members_only
from forum.web.address_parts import LARGEST_KEY
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render
from forum.web.same_form import Refused, shows_again

_NEW_TOPIC = "/topics/new"


@dataclass(frozen=True, slots=True)
class NewTopicPage:
    """The composer for a new topic."""

    composer: Composer
    categories: tuple[Room, ...]
    intents: tuple[Intent, ...]
    # As far as the chosen category allows; as long as none is, all of them.
    audiences: tuple[Audience, ...]
    # What readers can share: the member's own conditions.
    conditions: tuple[Term, ...]
    # The category that allows not everybody, if that is the chosen one.
    limited_by: str


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """The composer for a reply, on a page of its own; without the topic where that can't be read any more."""

    topic: ReplyPlace | None
    composer: Composer


@dataclass(frozen=True, slots=True)
class EditPage:
    """The composer for a post of one's own; without the post where that can't be read any more."""

    post: PostSubject | None
    composer: Composer
    # How many earlier versions are kept.
    earlier: int


@dataclass(frozen=True, slots=True)
class LowEnergyPage:
    """Three taps that make a topic."""

    form: ShortForm
    categories: tuple[Room, ...]
    days: tuple[Today, ...]
    needs: tuple[Need, ...]
    # Of a refused one: why, where no single tap is missing.
    trouble: str
    is_signed_in: bool


@dataclass(frozen=True, slots=True)
class DeletePage:
    """The question before a post is taken back. Earlier versions alone can be deleted here, too."""

    post: PostSubject
    earlier: int


# --- a reply ----------------------------------------------------------------------------------------------


@community.get("/topics/<int:topic_id>/reply")
@members_only
def reply_page(topic_id: int) -> Answer:
    """Show the reply form on a page of its own; with ``?quote=`` it quotes a post."""
    try:
        topic = topic_heads.reply_place(current.session(), current.actor(), topic_id)
    except NotFound:
        went_on = where_merged(current.session(), current.actor(), topic_id)
        if went_on is None:
            raise
        return redirect(f"/topics/{went_on.topic_id}/reply", SEE_OTHER)
    require(current.actor(), Action.POST_PUBLISH, topic)
    composer = composing.reply_below(topic)
    _quote(composer, request.args.get("quote", ""))
    return render("community/reply_page.html", ReplyPage(topic, composer))


def _reply_again(refused: Refused, topic_id: int) -> Response:
    form, error = ReplyForm(request.form), refused.error
    if isinstance(error, TopicWentOn):
        # The same words and the same key, for the topic that it was joined with.
        begun_for, topic_id = topic_id, error.went_on.topic_id
        composing.go_along(form, begun_for, topic_id)
    place = DraftPlace(topic_id=topic_id)
    topic = composing.if_there(lambda session: topic_heads.reply_place(session, current.actor(), topic_id))
    composer = composing.again(form, place, place.composer, refused)
    return render("community/reply_page.html", ReplyPage(topic, composer), refused.status)


@community.post("/topics/<int:topic_id>/reply")
@members_only
@shows_again(_reply_again)
def publish_post(topic_id: int) -> Answer:
    """Publish a reply, or show or keep it first."""
    form, place = ReplyForm(request.form), DraftPlace(topic_id=topic_id)
    if set_aside := composing.set_aside(form, place):
        return set_aside
    if form.pressed is Pressed.PREVIEW:
        return _reply_preview(topic_id, form)
    draft = parse_post(form, request.form)
    composing.ask_once(form)
    post_id = commands.publish_post(current.session(), current.actor(), topic_id, draft)
    composing.sent(form, place, post_id)
    return _to_post(post_id)


def _reply_preview(topic_id: int, form: ReplyForm) -> Response:
    check_words(form, request.form)
    actor, words = current.actor(), form.text.data or ""
    topic = current.read(lambda session: topic_heads.reply_place(session, actor, topic_id))
    require(actor, Action.POST_PUBLISH, topic)
    shown = current.read(lambda session: preview(session, actor, topic_id, None, words))
    place = DraftPlace(topic_id=topic_id)
    composer = composing.looked_at(form, place, place.composer, shown)
    return render("community/reply_page.html", ReplyPage(topic, composer))


def _quote(composer: Composer, post_id: str) -> None:
    """Add a post to the words of a reply, as a quote; one that isn't there for the actor is passed over."""
    if not post_id.isdecimal() or int(post_id) > LARGEST_KEY:
        return
    text = composer.form.text
    try:
        quote = quote_of(current.session(), current.actor(), int(post_id))
    except NotFound:
        return
    text.data = "\n\n".join(part for part in ((text.data or "").rstrip(), quote) if part) + "\n\n"


# --- a topic ----------------------------------------------------------------------------------------------


@community.get("/topics/new")
@members_only
def new_topic_page() -> Response:
    """Show the composer for a topic."""
    require(current.actor(), Action.TOPIC_START)
    categories = rooms(current.session())
    begun_in = request.args.get("category", "")
    begun_in = begun_in if begun_in in {one.slug for one in categories} else ""
    form = TopicForm(category=begun_in, begun_in=begun_in, submission_key=new_submission_key())
    place = DraftPlace(category_slug=begun_in)
    composer = composing.opened(current.session(), form, place, _NEW_TOPIC)
    if not form.audience.data:
        form.audience.data = chosen_beforehand(room_of(categories, form.category.data or ""))
    return _topic_page(composer, categories)


def _topic_again(refused: Refused) -> Response:
    form = TopicForm(request.form)
    composer = composing.again(form, _begun(form), _NEW_TOPIC, refused)
    return _topic_page(composer, composing.if_there(rooms) or (), refused.status)


@community.post("/topics/new")
@members_only
@shows_again(_topic_again)
def start_topic() -> Answer:
    """Start a topic, or show or keep it first."""
    form = TopicForm(request.form)
    place = _begun(form)
    if set_aside := composing.set_aside(form, place):
        return set_aside
    if form.pressed is Pressed.PREVIEW:
        return _topic_preview(form)
    draft = parse_topic(form, request.form)
    composing.ask_once(form)
    post_id = commands.start_topic(current.session(), current.actor(), draft)
    composing.sent(form, place, post_id)
    return _to_post(post_id)


def _topic_preview(form: TopicForm) -> Response:
    check_words(form, request.form)
    actor, words = current.actor(), form.text.data or ""
    require(actor, Action.TOPIC_START)
    # As long as nothing was chosen, what everybody may read is what can be quoted.
    audience = Audience(form.audience.data) if form.audience.data in WIDTH else Audience.PUBLIC
    shown = current.read(lambda session: preview(session, actor, None, audience, words))
    composer = composing.looked_at(form, _begun(form), _NEW_TOPIC, shown)
    return _topic_page(composer, current.read(rooms))


def _topic_page(composer: Composer, categories: tuple[Room, ...], status: int = 200) -> Response:
    actor = current.actor()
    conditions = composing.if_there(lambda session: shared_terms(session, actor)) or ()
    room = room_of(categories, composer.form.unsent.category_slug)
    audiences = audiences_in(room, may_share=bool(conditions))
    page = NewTopicPage(composer, categories, tuple(Intent), audiences, conditions, limited_by(room))
    return render("community/new_topic_page.html", page, status)


def _begun(form: TopicForm) -> DraftPlace:
    return DraftPlace(category_slug=form.begun_in.data or "")


@community.get("/topics/new/short")
@members_only
def low_energy_page() -> Response:
    """Show three taps for whoever has no strength to write."""
    require(current.actor(), Action.TOPIC_START)
    form = ShortForm(category=request.args.get("category", ""), submission_key=new_submission_key())
    return _low_energy_page(form)


def _short_again(refused: Refused) -> Response:
    form, error, trouble = ShortForm(request.form), refused.error, ""
    if isinstance(error, Invalid):
        show_refusal(form, error)
    else:
        trouble = composing.trouble(refused)
    return _low_energy_page(form, trouble, refused.status)


@community.post("/topics/new/short")
@members_only
@shows_again(_short_again)
def start_short_topic() -> Answer:
    """Start the topic that three taps make."""
    draft = parse_short(ShortForm(request.form), request.form)
    post_id = commands.start_topic(current.session(), current.actor(), draft)
    return _to_post(post_id)


def _low_energy_page(form: ShortForm, trouble: str = "", status: int = 200) -> Response:
    categories = composing.if_there(rooms) or ()
    page = LowEnergyPage(form, categories, tuple(Today), tuple(Need), trouble, current.actor().is_member)
    return render("community/low_energy_page.html", page, status)


# --- a new text for a post --------------------------------------------------------------------------------


@community.get("/posts/<int:post_id>/edit")
@members_only
def edit_page(post_id: int) -> Response:
    """Show the composer for a post of one's own."""
    session, actor = current.session(), current.actor()
    subject = visible_post(session, actor, post_id)
    require(actor, Action.POST_EDIT, subject)
    form, place = (
        EditForm(text=as_typed(session, actor, post_id, subject.markdown)),
        DraftPlace(post_id=post_id),
    )
    composer = composing.opened(session, form, place, place.composer)
    return _edit_page(subject, composer)


def _edit_again(refused: Refused, post_id: int) -> Response:
    form, place = EditForm(request.form), DraftPlace(post_id=post_id)
    actor = current.actor()
    subject = None
    if refused.token_was_good:
        # Nobody goes on writing for somebody else: then the page that says so has the words.
        subject = current.read(lambda session: visible_post(session, actor, post_id))
        if subject.author_id != actor.member_id:
            raise NotFound
    return _edit_page(subject, composing.again(form, place, place.composer, refused), refused.status)


@community.post("/posts/<int:post_id>/edit")
@members_only
@shows_again(_edit_again)
def edit_post(post_id: int) -> Answer:
    """Give a post of one's own a new text, or show or keep it first."""
    form, place = EditForm(request.form), DraftPlace(post_id=post_id)
    if set_aside := composing.set_aside(form, place):
        return set_aside
    if form.pressed is Pressed.PREVIEW:
        return _edit_preview(post_id, form)
    edit = parse_edit(form, request.form)
    composing.ask_once(form)
    commands.edit_post(current.session(), current.actor(), post_id, edit)
    composing.sent(form, place, post_id)
    return _to_post(post_id)


def _edit_preview(post_id: int, form: EditForm) -> Response:
    check_words(form, request.form)
    actor, words, place = current.actor(), form.text.data or "", DraftPlace(post_id=post_id)
    subject = current.read(lambda session: visible_post(session, actor, post_id))
    require(actor, Action.POST_EDIT, subject)
    shown = current.read(
        lambda session: preview(session, actor, subject.topic_id, subject.audience, words, post_id)
    )
    return _edit_page(subject, composing.looked_at(form, place, place.composer, shown))


def _edit_page(subject: PostSubject | None, composer: Composer, status: int = 200) -> Response:
    earlier = 0
    if subject is not None:
        earlier = current.read(lambda session: earlier_versions(session, subject.id))
        composer = replace(composer, in_topic=subject.topic_id)
    return render("community/edit_page.html", EditPage(subject, composer, earlier), status)


# --- taking back ------------------------------------------------------------------------------------------


@community.get("/posts/<int:post_id>/delete")
@members_only
def delete_page(post_id: int) -> Response:
    """Ask before a post is taken back."""
    subject = post_to_take_back(current.session(), current.actor(), post_id)
    require(current.actor(), Action.POST_DELETE, subject)
    earlier = earlier_versions(current.session(), subject.id)
    page = DeletePage(replace(subject, markdown=neutral_words(subject.markdown)), earlier)
    return render("community/delete_page.html", page)


@community.post("/posts/<int:post_id>/delete")
@members_only
def delete_post(post_id: int) -> Answer:
    """Take back a post of one's own."""
    check_form(Form(request.form), request.form)
    topic_id = commands.delete_post(current.session(), current.actor(), post_id)
    return redirect("/categories" if topic_id is None else f"/topics/{topic_id}", SEE_OTHER)


def _to_post(post_id: int) -> Answer:
    """Lead to a post just written; read in the same transaction, which commits after the view returned."""
    return redirect(visible_post(current.session(), current.actor(), post_id).address, SEE_OTHER)
