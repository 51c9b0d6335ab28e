"""What others see of a member, and changing it."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request
from werkzeug.wrappers import Response

from forum.accounts.renaming import rename_member
from forum.errors import Invalid
from forum.privacy.profile_forms import NameForm, parse_name
from forum.privacy.profile_queries import own_profile
from forum.privacy.views.blueprint import privacy
from forum.web import current
from forum.web.access import members_only, needs_proof
from forum.web.forms import show_refusal
from forum.web.rendering import render

_DONE = "/settings/profile?saved"


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """The member's name, and the form for another one, or why there is none."""

    name: str
    name_since: datetime
    why_not: str
    # Why it can be no new one for now, but one that they had, or "".
    no_new_one_yet: str
    form: NameForm | None
    saved: bool


@privacy.get("/settings/profile")
@members_only
def profile_page() -> Response:
    """Show what others see of the member."""
    return _page(None)


@privacy.post("/settings/profile")
@members_only
@needs_proof
def rename() -> Response:
    """Give the member another name."""
    form = NameForm(request.form)
    try:
        name = parse_name(form, request.form)
        rename_member(current.session(), current.actor(), name, current.settings().ban_keys)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _page(form, 422)
    return redirect(_DONE, 303)


def _page(refused: NameForm | None, status: int = 200) -> Response:
    own = current.read(lambda session: own_profile(session, current.actor()))
    page = ProfilePage(
        own.name,
        own.name_since,
        own.why_not,
        own.no_new_one_yet,
        refused or (None if own.why_not else NameForm()),
        "saved" in request.args,
    )
    return render("privacy/profile_page.html", page, status=status)
