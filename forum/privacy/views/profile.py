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
from forum.web.access import members_only
from forum.web.forms import show_refusal
from forum.web.rendering import render

_DONE = "/settings/profile?saved"


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """The member's name, and the form for another one; without a form it says from when there is one, or why not."""

    name: str
    name_since: datetime
    why_not: str
    may_rename_from: datetime | None
    form: NameForm | None
    saved: bool


@privacy.get("/settings/profile")
@members_only
def profile_page() -> Response:
    """Show what others see of the member."""
    return _page(None)


@privacy.post("/settings/profile")
@members_only
def rename() -> Response:
    """Give the member another name."""
    form = NameForm(request.form)
    try:
        rename_member(current.session(), current.actor(), parse_name(form, request.form))
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _page(form, 422)
    return redirect(_DONE, 303)


def _page(refused: NameForm | None, status: int = 200) -> Response:
    own = current.read(lambda session: own_profile(session, current.actor()))
    can_now = not own.why_not and own.may_rename_from is None
    page = ProfilePage(
        own.name,
        own.name_since,
        own.why_not,
        own.may_rename_from,
        refused or (NameForm() if can_now else None),
        "saved" in request.args,
    )
    return render("privacy/profile_page.html", page, status=status)
