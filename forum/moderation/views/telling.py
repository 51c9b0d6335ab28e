"""The addresses at which anybody tells the moderators about a post."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.subjects import PostSubject, visible_post
from forum.errors import Invalid, NotFound
from forum.moderation.commands import reports as commands
from forum.moderation.forms.telling import RULE_REASONS, ReportForm, WorryForm, parse_report, parse_worry
from forum.moderation.reasons import label_of, meaning_of
from forum.moderation.views.blueprint import moderation
from forum.web import current
from forum.web.access import public
from forum.web.forms import show_refusal
from forum.web.rendering import render

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    """A reason to choose, with what it covers."""

    value: str
    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class WorryPage:
    """Telling the moderators that one is worried about somebody."""

    post: PostSubject
    form: WorryForm


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Telling the moderators that a post may break a rule."""

    post: PostSubject
    form: ReportForm
    reasons: tuple[ReasonChoice, ...]


@dataclass(frozen=True, slots=True)
class ReportThanksPage:
    """What happens next. ``back`` leads to the post, or is empty when it can't be seen any more."""

    is_worry: bool
    back: str


@moderation.get("/posts/<int:post_id>/worry")
@public
def worry_page(post_id: int) -> Response:
    """Ask what gives cause for worry."""
    post = visible_post(current.session(), current.actor(), post_id)
    return render("moderation/worry_page.html", WorryPage(post, WorryForm()))


@moderation.post("/posts/<int:post_id>/worry")
@public
def raise_worry(post_id: int) -> Answer:
    """Tell the moderators about a worry."""
    form = WorryForm(request.form)
    try:
        draft = parse_worry(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return render("moderation/worry_page.html", WorryPage(_post(post_id), form), status=422)
    commands.raise_report(current.session(), current.actor(), post_id, draft)
    return redirect(f"/posts/{post_id}/worry/thanks", SEE_OTHER)


@moderation.get("/posts/<int:post_id>/report")
@public
def report_page(post_id: int) -> Response:
    """Ask which rule the post may break."""
    post = visible_post(current.session(), current.actor(), post_id)
    return render("moderation/report_page.html", ReportPage(post, ReportForm(), _reasons()))


@moderation.post("/posts/<int:post_id>/report")
@public
def raise_report(post_id: int) -> Answer:
    """Tell the moderators about a post."""
    form = ReportForm(request.form)
    try:
        draft = parse_report(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        page = ReportPage(_post(post_id), form, _reasons())
        return render("moderation/report_page.html", page, status=422)
    commands.raise_report(current.session(), current.actor(), post_id, draft)
    return redirect(f"/posts/{post_id}/report/thanks", SEE_OTHER)


@moderation.get("/posts/<int:post_id>/<any(worry, report):told>/thanks")
@public
def report_thanks_page(post_id: int, told: str) -> Response:
    """Say what happens next, also when the post was taken away in the meantime."""
    try:
        back = visible_post(current.session(), current.actor(), post_id).address
    except NotFound:
        back = ""
    return render("moderation/report_thanks_page.html", ReportThanksPage(told == "worry", back))


def _post(post_id: int) -> PostSubject:
    return current.read(lambda session: visible_post(session, current.actor(), post_id))


def _reasons() -> tuple[ReasonChoice, ...]:
    return tuple(ReasonChoice(reason.value, label_of(reason), meaning_of(reason)) for reason in RULE_REASONS)
