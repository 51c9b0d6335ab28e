"""The addresses at which members read what they were told, however things stand with their account."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.accounts import account_notices
from forum.accounts.forms import parse_up_to
from forum.consent import changing
from forum.database.keyset import Window
from forum.moderation.commands import notices as commands
from forum.moderation.queries import notices as queries
from forum.moderation.queries.notices import NoticePage
from forum.moderation.views.blueprint import moderation
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class NoticeWithContact:
    """A notice, and where to write about it ("" where the community names no contact)."""

    notice: NoticePage
    contact: str


@moderation.get("/notices")
@members_only
def notices_page() -> Response:
    """Show what the member was told."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    return render(
        "moderation/notices_page.html", queries.notices_page(current.session(), current.actor(), window)
    )


@moderation.get("/notices/<int:notice_id>")
@members_only
def notice_page(notice_id: int) -> Response:
    """Show one notice, whole."""
    notice = queries.notice_page(current.session(), current.actor(), notice_id)
    contact = current.community_settings().contact or current.settings().operator_contact
    return render("moderation/notice_page.html", NoticeWithContact(notice, contact))


@moderation.post("/notices/account/seen")
@members_only
def mark_account_notices_seen() -> Answer:
    """Remember that the member has read what is new about their account, as far as the page showed it."""
    account_notices.mark_account_notices_seen(current.session(), current.actor(), parse_up_to(request.form))
    return redirect("/notices", SEE_OTHER)


@moderation.post("/notices/policies/seen")
@members_only
def mark_policies_seen() -> Answer:
    """Remember that the member has read what is new in the policies, as far as the page showed it."""
    changing.mark_policies_seen(current.session(), current.actor(), parse_up_to(request.form))
    return redirect("/notices", SEE_OTHER)


@moderation.post("/notices/<int:notice_id>/seen")
@members_only
def mark_notice_seen(notice_id: int) -> Answer:
    """Remember that the member has read it."""
    check_form(Form(request.form), request.form)
    commands.mark_notice_seen(current.session(), current.actor(), notice_id)
    return redirect("/notices", SEE_OTHER)
