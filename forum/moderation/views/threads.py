"""The addresses at which moderators work on topics and posts: a page to look at them, and one for each decision."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.subjects import post_at_work, topic_at_work
from forum.errors import Invalid, NotFound
from forum.moderation.commands import threads as commands
from forum.moderation.drafts import ThreadDraft
from forum.moderation.forms.deciding import ReasonedForm, Step, step_of
from forum.moderation.forms.threads import form_for, parse_decision, parse_split, parse_target
from forum.moderation.queries import previews
from forum.moderation.queries import threads as queries
from forum.moderation.queries.previews import Preview, ThreadFields
from forum.moderation.queries.threads import PostActionPage, TopicActionPage, desk_address
from forum.moderation.reasons import REASONS, label_of_code
from forum.moderation.views.blueprint import moderation
from forum.moderation.wording import name_of_action, what_follows
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.address_parts import page_number
from forum.web.forms import show_refusal
from forum.web.rendering import render

SEE_OTHER = 303
# More digits than the number of any case has.
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    """A reason to choose."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ThreadForms:
    """What the pages of all decisions share."""

    heading: str
    what_follows: str
    # Where the form goes; ``first_page`` is that without the page of the posts one can choose.
    address: str
    first_page: str
    # Where moderators work on the topic, and where somebody who changes their mind goes: there, or to the case.
    desk: str
    back: str
    reasons: tuple[ReasonChoice, ...]
    form: ReasonedForm
    preview: Preview | None


@dataclass(frozen=True, slots=True)
class TopicAction:
    """The page that asks for a decision on a topic."""

    on: TopicActionPage
    ask: ThreadForms


@dataclass(frozen=True, slots=True)
class PostAction:
    """The page that asks for a decision on a post."""

    on: PostActionPage
    ask: ThreadForms


@moderation.get("/moderation/topics/<int:topic_id>")
@staff_only(Action.MODERATE)
def desk_topic_page(topic_id: int) -> Response:
    """Show a topic to its moderators."""
    page = queries.desk_topic_page(current.session(), current.actor(), topic_id, page_number())
    return render("moderation/desk_topic_page.html", page)


@moderation.get(
    "/moderation/topics/<int:topic_id>"
    "/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
)
@staff_only(Action.MODERATE)
def topic_action_page(topic_id: int, word: str) -> Response:
    """Ask for a decision on a topic."""
    page = _topic(topic_id, _on_topic(word))
    form = form_for(page.action, seen=page.seen)
    if page.came_from:
        form["category"].data = page.came_from
    return _show_topic(page, form)


@moderation.post(
    "/moderation/topics/<int:topic_id>"
    "/<any(lock, unlock, pin, unpin, move, hide, remove, restore, merge, split):word>"
)
@staff_only(Action.MODERATE)
def decide_on_topic(topic_id: int, word: str) -> Answer:
    """Show what a decision on a topic would tell its author, or take it."""
    action = _on_topic(word)
    form = form_for(action, request.form)
    try:
        draft = parse_decision(form, request.form)
        if step_of(form) is Step.PREVIEW:
            page = _topic(topic_id, action)
            preview = current.read(
                lambda session: previews.preview_on_topic(
                    session, current.actor(), page, draft, _fields(form, action)
                )
            )
            return _show_topic(page, form, preview)
        return redirect(_act_on_topic(topic_id, action, form, draft), SEE_OTHER)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _show_topic(_topic(topic_id, action), form, status=422)


@moderation.get("/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>")
@staff_only(Action.MODERATE)
def post_action_page(post_id: int, word: str) -> Response:
    """Ask for a decision on a post."""
    page = _post(post_id, _on_post(word))
    return _show_post(page, form_for(page.action, seen=page.seen))


@moderation.post("/moderation/posts/<int:post_id>/<any(hide, remove, restore):word>")
@staff_only(Action.MODERATE)
def decide_on_post(post_id: int, word: str) -> Answer:
    """Show what a decision on a post would tell its author, or take it."""
    action = _on_post(word)
    form = form_for(action, request.form)
    try:
        draft = parse_decision(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _show_post(_post(post_id, action), form, status=422)
    if step_of(form) is Step.PREVIEW:
        page = _post(post_id, action)
        preview = current.read(
            lambda session: previews.preview_on_post(session, current.actor(), page, draft)
        )
        return _show_post(page, form, preview)
    commands.decide_on_post(current.session(), current.actor(), post_id, action, draft)
    if case := _case():
        return redirect(case, SEE_OTHER)
    post = post_at_work(current.session(), current.actor(), post_id)
    return redirect(desk_address(post.topic_id, post.number), SEE_OTHER)


def _act_on_topic(topic_id: int, action: Action, form: ReasonedForm, draft: ThreadDraft) -> str:
    """Take the decision, and return where it leads."""
    session, actor = current.session(), current.actor()
    match action:
        case Action.TOPIC_MOVE:
            topic_id = commands.move_topic(session, actor, topic_id, form["category"].data or "", draft)
        case Action.TOPIC_MERGE:
            topic_id = commands.merge_topic(session, actor, topic_id, parse_target(form), draft)
        case Action.TOPIC_SPLIT:
            topic_id = commands.split_topic(session, actor, topic_id, parse_split(form), draft)
        case _:
            topic_id = commands.decide_on_topic(session, actor, topic_id, action, draft)
    if case := _case():
        return case
    try:
        return desk_address(topic_at_work(session, actor, topic_id).id)
    except NotFound:
        # It went to a category that somebody else answers for.
        return f"/topics/{topic_id}"


def _fields(form: ReasonedForm, action: Action) -> ThreadFields:
    match action:
        case Action.TOPIC_MOVE:
            return str(form["category"].data or "")
        case Action.TOPIC_MERGE:
            return parse_target(form)
        case Action.TOPIC_SPLIT:
            return parse_split(form)
    return None


def _topic(topic_id: int, action: Action) -> TopicActionPage:
    number = page_number()
    return current.read(
        lambda session: queries.topic_action_page(session, current.actor(), topic_id, action, number)
    )


def _post(post_id: int, action: Action) -> PostActionPage:
    return current.read(lambda session: queries.post_action_page(session, current.actor(), post_id, action))


def _show_topic(
    page: TopicActionPage, form: ReasonedForm, preview: Preview | None = None, status: int = 200
) -> Response:
    address = queries.action_address("topics", page.topic.id, page.action)
    ask = _asking(page.action, form, preview, address, desk_address(page.topic.id), page.page)
    return render("moderation/topic_action_page.html", TopicAction(page, ask), status=status)


def _show_post(
    page: PostActionPage, form: ReasonedForm, preview: Preview | None = None, status: int = 200
) -> Response:
    address = queries.action_address("posts", page.post.id, page.action)
    ask = _asking(page.action, form, preview, address, desk_address(page.post.topic_id, page.post.number))
    return render("moderation/post_action_page.html", PostAction(page, ask), status=status)


def _asking(
    action: Action, form: ReasonedForm, preview: Preview | None, address: str, desk: str, page: int = 1
) -> ThreadForms:
    carried = {"report": report} if (report := _report()) else {}
    return ThreadForms(
        heading=name_of_action(action),
        what_follows=what_follows(action),
        address=_with(address, {**carried, "page": str(page)} if page > 1 else carried),
        first_page=_with(address, carried),
        desk=desk,
        back=_case() or desk,
        reasons=tuple(ReasonChoice(code.value, label_of_code(code)) for code in REASONS[action]),
        form=form,
        preview=preview,
    )


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _report() -> str:
    """Return the number of the case that somebody came from; "" for none, and for whatever else was typed there."""
    given = request.args.get("report", "")
    return given if given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER else ""


def _case() -> str:
    """Return the page of that case, which says itself whether they may see it; "" for none."""
    return f"/moderation/reports/{report}" if (report := _report()) else ""


def _on_topic(word: str) -> Action:
    return Action(f"community:topic:{word}")


def _on_post(word: str) -> Action:
    return Action(f"community:post:{word}")
