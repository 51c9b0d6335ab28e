"""The addresses at which moderators work through what they were told."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.database.keyset import Window
from forum.errors import Invalid, Malformed
from forum.moderation.commands import working as commands
from forum.moderation.forms.deciding import SeenForm, Step, step_of
from forum.moderation.forms.working import ClaimForm, CloseForm, parse_claim, parse_close, parse_let_go
from forum.moderation.outcomes import label_of_outcome, meaning_of_outcome
from forum.moderation.queries import case as case_queries
from forum.moderation.queries import reports as queries
from forum.moderation.queries.case import CasePage
from forum.moderation.queries.reports import Show, report_address
from forum.moderation.views.blueprint import moderation
from forum.moderation.views.telling import ReasonChoice
from forum.moderation.wording import Told, signed_by, told
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import show_refusal
from forum.web.rendering import render

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class CaseWithForm:
    """What was told about a post, how it is closed, and with ``preview`` what its reporters will be told."""

    case: CasePage
    form: CloseForm
    outcomes: tuple[ReasonChoice, ...]
    preview: Told | None
    signed_by: str


@moderation.get("/moderation/reports")
@staff_only(Action.REPORT_LIST)
def reports_page() -> Response:
    """Show what the moderators were told."""
    show = request.args.get("show", Show.OPEN.value)
    if show not in set(Show):
        raise Malformed
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = queries.reports_page(current.session(), current.actor(), Show(show), window)
    return render("moderation/reports_page.html", page)


@moderation.get("/moderation/reports/<int:report_id>")
@staff_only(Action.REPORT_LIST)
def case_page(report_id: int) -> Response:
    """Show what was told about one post."""
    return _case(report_id, None)


@moderation.post("/moderation/reports/<int:report_id>/claim")
@staff_only(Action.REPORT_LIST)
def claim_report(report_id: int) -> Answer:
    """Take it on."""
    draft = parse_claim(ClaimForm(request.form), request.form)
    commands.claim_report(current.session(), current.actor(), report_id, draft)
    return redirect(report_address(report_id), SEE_OTHER)


@moderation.post("/moderation/reports/<int:report_id>/let-go")
@staff_only(Action.REPORT_LIST)
def let_go_report(report_id: int) -> Answer:
    """Give it back."""
    seen = parse_let_go(SeenForm(request.form), request.form)
    commands.let_go_report(current.session(), current.actor(), report_id, seen)
    return redirect(report_address(report_id), SEE_OTHER)


@moderation.post("/moderation/reports/<int:report_id>/close")
@staff_only(Action.REPORT_LIST)
def close_report(report_id: int) -> Answer:
    """Show what its reporters will be told, or close it and tell them."""
    form = CloseForm(request.form)
    try:
        draft = parse_close(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _case(report_id, form, status=422)
    if step_of(form) is Step.PREVIEW:
        return _case(report_id, form, told(Action.REPORT_CLOSE, outcome=draft.outcome))
    commands.close_report(current.session(), current.actor(), report_id, draft)
    return redirect("/moderation/reports", SEE_OTHER)


def _case(report_id: int, form: CloseForm | None, preview: Told | None = None, status: int = 200) -> Response:
    actor = current.actor()
    case = current.read(lambda session: case_queries.case_page(session, actor, report_id))
    outcomes = tuple(
        ReasonChoice(
            outcome.value,
            label_of_outcome(outcome, is_worry=case.is_worry),
            meaning_of_outcome(outcome, is_worry=case.is_worry),
        )
        for outcome in case.outcomes
    )
    page = CaseWithForm(
        case=case,
        form=form or CloseForm(seen=str(case.seen)),
        outcomes=outcomes,
        preview=preview,
        signed_by=signed_by(actor.role),
    )
    return render("moderation/case_page.html", page, status=status)
