"""Keeping what is a member's without using it, and ending that: two buttons on the page of privacy settings."""

from flask import redirect, request
from werkzeug.wrappers import Response
from wtforms import Form

from forum.privacy.restriction import lift_restriction, restrict_member
from forum.privacy.views.blueprint import privacy
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form

_BACK = "/settings/privacy"


@privacy.post("/settings/privacy/restrict")
@members_only
def restrict() -> Response:
    """Show and use nothing of the member's from now on."""
    check_form(Form(request.form), request.form)
    restrict_member(current.session(), current.actor())
    return redirect(_BACK, 303)


@privacy.post("/settings/privacy/lift-restriction")
@members_only
def lift() -> Response:
    """Bring back what is the member's."""
    check_form(Form(request.form), request.form)
    lift_restriction(current.session(), current.actor())
    return redirect(_BACK, 303)
