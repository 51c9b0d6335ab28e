"""Where a member is logged in, and ending that: one browser, or every other. Ending asks for no proof; it is safe."""

from dataclasses import replace

from flask import redirect, request
from werkzeug.wrappers import Response
from wtforms import Form

from forum.accounts import session_queries
from forum.accounts.sign_in_sessions import end_other_sessions, end_session
from forum.accounts.views.blueprint import SEE_OTHER, accounts
from forum.accounts.views.browser import unstored
from forum.accounts.views.sign_in import log_out
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render

_DONE = "/settings/sessions?ended"


@accounts.get("/settings/sessions")
@members_only
def sessions_page() -> Response:
    """Show in which browsers the member is logged in."""
    page = session_queries.sessions_page(current.session(), current.actor())
    page = replace(page, just_ended="ended" in request.args)
    return unstored(render("accounts/sessions_page.html", page))


@accounts.post("/settings/sessions/<int:session_id>/end")
@members_only
def end_one_session(session_id: int) -> Response:
    """Log the member out in one browser; in this one that is what logging out is."""
    check_form(Form(request.form), request.form)
    if session_id == current.actor().sign_in_session_id:
        return log_out()
    end_session(current.session(), current.actor(), session_id)
    return redirect(_DONE, SEE_OTHER)


@accounts.post("/settings/sessions/end-others")
@members_only
def end_all_other_sessions() -> Response:
    """Log the member out everywhere but here."""
    check_form(Form(request.form), request.form)
    end_other_sessions(current.session(), current.actor())
    return redirect(_DONE, SEE_OTHER)
