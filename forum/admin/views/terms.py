"""The list of conditions and treatments that members can say are theirs."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.admin.forms import Choice
from forum.admin.term_forms import (
    NewTermForm,
    TermForm,
    kind_choices,
    parse_new_term,
    parse_term,
    show_term,
)
from forum.admin.views.blueprint import SEE_OTHER, admin
from forum.community.commands import terms as commands
from forum.community.models.people import TermKind
from forum.community.queries.terms import TermLine, all_terms, term_of
from forum.errors import Invalid
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import show_refusal
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class HealthTermsPage:
    """Both lists, and the form that adds to them; ``saved`` after something was changed."""

    conditions: tuple[TermLine, ...]
    treatments: tuple[TermLine, ...]
    form: NewTermForm
    kinds: tuple[Choice, ...]
    saved: bool


@dataclass(frozen=True, slots=True)
class HealthTermPage:
    """One of them, to rename, to take off offer or to put back."""

    term: TermLine
    form: TermForm


@admin.get("/admin/health-terms")
@staff_only(Action.HEALTH_TERM_CHANGE)
def health_terms_page() -> Response:
    """Show what members can say is theirs."""
    return _list(NewTermForm())


@admin.post("/admin/health-terms")
@staff_only(Action.HEALTH_TERM_CHANGE)
def add_health_term() -> Answer:
    """Put a condition or a treatment on the list."""
    form = NewTermForm(request.form)
    try:
        draft = parse_new_term(form, request.form)
        commands.add_term(current.session(), current.actor(), draft)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _list(form, 422)
    return redirect("/admin/health-terms?saved", SEE_OTHER)


@admin.get("/admin/health-terms/<int:term_id>")
@staff_only(Action.HEALTH_TERM_CHANGE)
def health_term_page(term_id: int) -> Response:
    """Show one of the list, to change it."""
    term = term_of(current.session(), term_id)
    return render("admin/health_term_page.html", HealthTermPage(term, show_term(term)))


@admin.post("/admin/health-terms/<int:term_id>")
@staff_only(Action.HEALTH_TERM_CHANGE)
def change_health_term(term_id: int) -> Answer:
    """Rename one of the list, or offer it no more or again."""
    term = current.read(lambda session: term_of(session, term_id))
    form = TermForm(request.form)
    try:
        name, offered = parse_term(form, request.form)
        commands.change_term(current.session(), current.actor(), term_id, name, offered=offered)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return render("admin/health_term_page.html", HealthTermPage(term, form), status=422)
    return redirect("/admin/health-terms?saved", SEE_OTHER)


def _list(form: NewTermForm, status: int = 200) -> Response:
    terms = current.read(all_terms)
    page = HealthTermsPage(
        conditions=tuple(term for term in terms if term.kind is TermKind.CONDITION),
        treatments=tuple(term for term in terms if term.kind is TermKind.TREATMENT),
        form=form,
        kinds=kind_choices(),
        saved="saved" in request.args,
    )
    return render("admin/health_terms_page.html", page, status=status)
