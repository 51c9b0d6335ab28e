"""Policies at work: how each stands, its draft, how that will be read, and publishing it for good."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from forum import clock
from forum.admin import policy_queries
from forum.admin.policy_forms import (
    LONGEST_AHEAD,
    NO,
    YES,
    DiscardForm,
    PolicyTextForm,
    PublishForm,
    parse_discard,
    parse_policy_text,
    parse_publication,
    said,
)
from forum.admin.policy_queries import Language, Wording, Workplace
from forum.admin.views.blueprint import SEE_OTHER, admin
from forum.consent import policies
from forum.consent.models import PolicyKind
from forum.errors import Conflict, Invalid, NotFound
from forum.permissions.actions import Action
from forum.text.differences import Passage
from forum.text.pseudo import PSEUDO
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import show_refusal
from forum.web.languages import offered
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """How every policy stands; ``told`` is what somebody just did."""

    languages: tuple[Language, ...]
    told: str


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A policy's words in a form. ``theirs`` is what somebody else made of it meanwhile, with what differs from it."""

    work: Workplace
    form: PolicyTextForm
    theirs: Wording | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A draft as readers will see it, and what it changes of the version in force."""

    work: Workplace
    html: Markup
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class PublishPage:
    """The form that publishes a draft. ``is_late``: what was to be published is no longer what is there."""

    work: Workplace
    form: PublishForm
    first_day: str
    last_day: str
    is_late: bool
    yes: str = YES
    no: str = NO


@dataclass(frozen=True, slots=True)
class DiscardPage:
    """The question whether a draft is to be thrown away."""

    work: Workplace
    form: DiscardForm
    is_late: bool


@admin.get("/admin/policies")
@staff_only(Action.POLICY_PUBLISH)
def policies_page() -> Response:
    """Show how every policy stands in every language."""
    told = next((word for word in ("published", "discarded") if word in request.args), "")
    languages = policy_queries.policies_by_language(current.session(), _offered())
    return render("admin/policies_page.html", PoliciesPage(languages, told))


@admin.get("/admin/policies/<kind>/<locale>")
@staff_only(Action.POLICY_PUBLISH)
def policy_draft_page(kind: str, locale: str) -> Response:
    """Show the words of a policy to change them in a draft."""
    work = _work(kind, locale)
    words = {"seen": said(work.seen), "title": work.words.title, "markdown": work.words.markdown}
    return _draft(work, PolicyTextForm(data=words))


@admin.post("/admin/policies/<kind>/<locale>")
@staff_only(Action.POLICY_PUBLISH)
def save_policy_draft(kind: str, locale: str) -> Answer:
    """Keep the draft, and show how it will be read."""
    work = _work(kind, locale)
    form = PolicyTextForm(request.form)
    try:
        edit = parse_policy_text(form, request.form, work.kind, locale)
        policies.save_draft(current.session(), current.actor(), edit)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _draft(work, form, status=422)
    except Conflict:
        # What the others did is there only now: whoever was slower waited for them.
        return _draft(_work(kind, locale), form, status=409)
    return redirect(f"{work.address}/preview", SEE_OTHER)


@admin.get("/admin/policies/<kind>/<locale>/preview")
@staff_only(Action.POLICY_PUBLISH)
def policy_preview_page(kind: str, locale: str) -> Response:
    """Show a draft as readers will see it, and what is different from the version in force."""
    work = _drafted(_work(kind, locale))
    return render("admin/policy_preview_page.html", PreviewPage(work, work.rendered(), work.changes()))


@admin.get("/admin/policies/<kind>/<locale>/publish")
@staff_only(Action.POLICY_PUBLISH)
def policy_publish_page(kind: str, locale: str) -> Response:
    """Ask from when a draft holds, and what it asks of members."""
    work = _drafted(_work(kind, locale))
    return _publish(work, PublishForm(data={"seen": said(work.seen)}))


@admin.post("/admin/policies/<kind>/<locale>/publish")
@staff_only(Action.POLICY_PUBLISH)
def publish_policy_draft(kind: str, locale: str) -> Answer:
    """Publish a draft for good."""
    work = _work(kind, locale)
    form = PublishForm(request.form)
    try:
        zone = current.settings().time_zone
        publication = parse_publication(form, request.form, work.kind, locale, zone)
        policies.publish_draft(current.session(), current.actor(), publication)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _publish(_drafted(work), form, status=422)
    except Conflict:
        return _publish(_work(kind, locale), form, status=409)
    return redirect("/admin/policies?published", SEE_OTHER)


@admin.get("/admin/policies/<kind>/<locale>/discard")
@staff_only(Action.POLICY_PUBLISH)
def policy_discard_page(kind: str, locale: str) -> Response:
    """Ask whether a draft is to be thrown away."""
    work = _drafted(_work(kind, locale))
    return _discard(work)


@admin.post("/admin/policies/<kind>/<locale>/discard")
@staff_only(Action.POLICY_PUBLISH)
def discard_policy_draft(kind: str, locale: str) -> Answer:
    """Throw a draft away."""
    work = _work(kind, locale)
    try:
        seen = parse_discard(DiscardForm(request.form), request.form)
        policies.discard_draft(current.session(), current.actor(), work.kind, locale, seen)
    except Conflict:
        return _discard(_work(kind, locale), status=409)
    return redirect("/admin/policies?discarded", SEE_OTHER)


def _work(kind: str, locale: str) -> Workplace:
    if kind not in set(PolicyKind):
        raise NotFound
    return current.read(
        lambda session: policy_queries.workplace(session, PolicyKind(kind), locale, _offered())
    )


def _drafted(work: Workplace) -> Workplace:
    """Return it if there is a draft. Raises NotFound."""
    if work.draft is None:
        raise NotFound
    return work


def _offered() -> tuple[str, ...]:
    """Return the languages that members can choose; nobody speaks those that find forgotten sentences."""
    return tuple(code for code in offered().codes if code not in PSEUDO)


def _draft(work: Workplace, form: PolicyTextForm, status: int = 200) -> Response:
    """Show the form as it is. Whoever was slower sees the others' words beside their own, and decides anew."""
    theirs = work.words if status == 409 else None
    mine = Wording(form.title.data or "", form.markdown.data or "")
    form.seen.data = said(work.seen) if status == 409 else form.seen.data
    passages = policy_queries.difference(theirs, mine) if theirs else ()
    page = DraftPage(work, form, theirs, passages)
    return render("admin/policy_draft_page.html", page, status=status)


def _publish(work: Workplace, form: PublishForm, status: int = 200) -> Response:
    today = clock.now().astimezone(ZoneInfo(current.settings().time_zone)).date()
    page = PublishPage(
        work=work,
        form=form,
        first_day=today.isoformat(),
        last_day=(today + LONGEST_AHEAD).isoformat(),
        is_late=status == 409 and not work.is_unchanged,
    )
    return render("admin/policy_publish_page.html", page, status=status)


def _discard(work: Workplace, status: int = 200) -> Response:
    page = DiscardPage(work, DiscardForm(data={"seen": said(work.seen)}), is_late=status == 409)
    return render("admin/policy_discard_page.html", page, status=status)
