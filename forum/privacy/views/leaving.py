"""The pages of leaving: what would happen, which posts shall stay, and what somebody reads who just left."""

from dataclasses import dataclass

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from forum.accounts.views import browser
from forum.accounts.views.browser import unstored
from forum.database.keyset import Window
from forum.errors import Invalid
from forum.privacy import leaving_commands, leaving_queries
from forum.privacy.leaving_forms import KeptPostsForm, LeaveForm, fresh_form, parse_kept, parse_leave
from forum.privacy.leaving_queries import OwnPost, WhatThereIs
from forum.privacy.views.blueprint import privacy
from forum.web import current
from forum.web.access import members_only, needs_proof
from forum.web.forms import show_refusal
from forum.web.rendering import render

SEE_OTHER = 303
_LEAVE = "/settings/leave"
_POSTS = f"{_LEAVE}/posts"


@dataclass(frozen=True, slots=True)
class LeavePage:
    """What would happen, with the form."""

    there_is: WhatThereIs
    form: LeaveForm
    # Why none of the posts can stay, or "".
    why_posts_go: str
    backup_days: int


@dataclass(frozen=True, slots=True)
class FarewellPage:
    """What somebody reads who just left; the last page that knows anything of them."""

    farewell: leaving_commands.Farewell
    backup_days: int


@dataclass(frozen=True, slots=True)
class MarkPage:
    """Posts, each with a box."""

    posts: tuple[OwnPost, ...]
    newer: str
    older: str
    just_saved: bool


@privacy.get(_LEAVE)
@members_only
def leave_page() -> Response:
    """Say what would happen."""
    return unstored(_page(fresh_form()))


@privacy.post(_LEAVE)
@members_only
@needs_proof
def leave() -> Answer:
    """Let the member set out to leave, and say goodbye: they are logged out, so no other page knows them any more."""
    form = LeaveForm(request.form)
    try:
        farewell = leaving_commands.leave(current.session(), current.actor(), parse_leave(form, request.form))
    except Invalid as refusal:
        show_refusal(form, refusal)
        return unstored(_page(form, status=422))
    browser.forget_sign_in()
    current.go_on_as_visitor()
    page = FarewellPage(farewell, current.settings().backup_days)
    response = current_app.make_response(render("privacy/leave_farewell_page.html", page))
    browser.drop_pending(response)
    browser.clear_storage(response)
    return unstored(response)


@privacy.get(_POSTS)
@members_only
def kept_posts_page() -> Response:
    """Show the posts that can stay."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    found = leaving_queries.kept_posts_page(current.session(), current.actor(), window)
    page = MarkPage(found.posts, found.newer, found.older, just_saved="saved" in request.args)
    return unstored(render("privacy/leave_posts_page.html", page))


@privacy.post(_POSTS)
@members_only
def mark_kept_posts() -> Answer:
    """Remember which of one page shall stay, and go on to the next page or back to leaving."""
    form = KeptPostsForm(request.form)
    draft = parse_kept(form, request.form)
    leaving_commands.mark_kept_posts(current.session(), current.actor(), draft)
    if form.then.data == "older" and form.older.data:
        return redirect(url_for("privacy.kept_posts_page", older=form.older.data, saved=""), SEE_OTHER)
    return redirect(_LEAVE, SEE_OTHER)


def _page(form: LeaveForm, status: int = 200) -> Response:
    actor = current.actor()
    may_keep = leaving_commands.may_keep_posts(actor)
    # Read apart: a refused form comes with what it was refused for, and changes nothing.
    there_is = current.read(lambda session: leaving_queries.what_there_is(session, actor))
    page = LeavePage(
        there_is,
        form,
        "" if may_keep else leaving_commands.why_posts_go(),
        current.settings().backup_days,
    )
    return render("privacy/leave_page.html", page, status=status)
