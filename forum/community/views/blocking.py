"""The addresses of not wanting to meet somebody: from a post of theirs or their page, and one's own list of it."""

from dataclasses import dataclass
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form, HiddenField

from forum.community.commands import blocking as commands
from forum.community.queries import blocking as queries
from forum.community.queries.blocking import BlockedPage, BlockPage
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Malformed
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render


class EndBlockForm(Form):
    """Whom one wants to meet again."""

    member = HiddenField()


@dataclass(frozen=True, slots=True)
class BeforeBlocking:
    """The question, and how to tell the moderators where no post can be reported, or ""."""

    question: BlockPage
    contact: str


@dataclass(frozen=True, slots=True)
class BlockedList:
    """The list, and what was just done."""

    list: BlockedPage
    # "blocked" or "ended", or "" when one only looks.
    just: str


@community.get("/posts/<int:post_id>/block")
@members_only
def block_page(post_id: int) -> Response:
    """Ask before the author of a post is blocked."""
    page = queries.block_page(current.session(), current.actor(), post_id)
    return render("community/block_page.html", BeforeBlocking(page, current.contact()))


@community.post("/posts/<int:post_id>/block")
@members_only
def block_author(post_id: int) -> Answer:
    """Block the author of a post."""
    check_form(Form(request.form), request.form)
    commands.block_author(current.session(), current.actor(), post_id)
    return redirect("/settings/blocked?blocked", SEE_OTHER)


@community.get("/members/<name>/block")
@members_only
def block_member_page(name: str) -> Response:
    """Ask before a member is blocked from their page."""
    page = queries.block_member_page(current.session(), current.actor(), name)
    return render("community/block_page.html", BeforeBlocking(page, current.contact()))


@community.post("/members/<name>/block")
@members_only
def block_member(name: str) -> Answer:
    """Block a member."""
    check_form(Form(request.form), request.form)
    commands.block_member(current.session(), current.actor(), name)
    return redirect("/settings/blocked?blocked", SEE_OTHER)


@community.get("/settings/blocked")
@members_only
def blocked_page() -> Response:
    """Show whom the member blocked."""
    just = next((word for word in ("blocked", "ended") if word in request.args), "")
    page = queries.blocked_page(current.session(), current.actor())
    return render("community/blocked_page.html", BlockedList(page, just))


@community.post("/settings/blocked")
@members_only
def end_block() -> Answer:
    """Let two people meet again."""
    form = check_form(EndBlockForm(request.form), request.form)
    try:
        blocked = UUID(form.member.data or "")
    except ValueError:
        raise Malformed from None
    commands.end_block(current.session(), current.actor(), blocked)
    return redirect("/settings/blocked?ended", SEE_OTHER)
