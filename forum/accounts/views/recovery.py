"""Logging in with a recovery code, for whoever can't get in any other way."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, current_app, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.accounts import recovery_codes
from forum.accounts.addresses import WAYS_IN, safe_next
from forum.accounts.forms import CodeForm, parse_code
from forum.accounts.views import browser
from forum.accounts.views.blueprint import SEE_OTHER, accounts
from forum.accounts.views.browser import unstored
from forum.errors import Invalid
from forum.web import current
from forum.web.access import public
from forum.web.forms import show_refusal
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    """The form for a code, and where it leads."""

    form: CodeForm
    next: str


@accounts.get("/log-in/code")
@public
def recovery_page() -> Answer:
    """Ask for a code."""
    next_page = safe_next(request.args.get("next"))
    if current.actor().is_member:
        return redirect(next_page, SEE_OTHER)
    return _ask(CodeForm(), next_page)


@accounts.post("/log-in/code")
@public
def log_in_with_code() -> Answer:
    """Log in whoever has the code. Whoever is logged in stays who they are, and the code stays good."""
    form = CodeForm(request.form)
    next_page = safe_next(form.next.data)
    try:
        typed = parse_code(form, request.form)
        if current.actor().is_member:
            return unstored(redirect(next_page, SEE_OTHER))
        token = recovery_codes.sign_in_by_code(current.session(), typed, browser.device())
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _ask(form, next_page, status=422)
    browser.carry_sign_in(token)
    # Where they see how many are left, and how not to need the next one.
    address = f"{WAYS_IN}?{urlencode({'came-by-code': 'yes', 'next': next_page})}"
    response = current_app.make_response(redirect(address, SEE_OTHER))
    browser.drop_pending(response)
    return unstored(response)


def _ask(form: CodeForm, next_page: str, status: int = 200) -> Response:
    return unstored(render("accounts/recovery_page.html", RecoveryPage(form, next_page), status=status))
