"""A member's drafts: the list of them, what a composer's script saves, and throwing one away."""

from flask import Response, jsonify, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.commands import drafts as commands
from forum.community.forms import DraftForm, check_unfinished
from forum.community.queries import drafts as queries
from forum.community.views.blueprint import SEE_OTHER, community
from forum.database.keyset import Window
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render


@community.get("/drafts")
@members_only
def drafts_page() -> Response:
    """Show what the member was writing."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = queries.drafts_page(current.session(), current.actor(), window)
    return render("community/drafts_page.html", page)


@community.post("/drafts/save")
@members_only
def save_draft() -> Response:
    """Keep what somebody is writing, and say how often that was done: their page sends it next time."""
    form = DraftForm(request.form)
    check_unfinished(form, request.form)
    _draft_id, revision = commands.keep_draft(
        current.session(), current.actor(), form.place, form.unsent, form.known
    )
    return jsonify(revision=revision)


@community.post("/drafts/<int:draft_id>/discard")
@members_only
def discard_draft(draft_id: int) -> Answer:
    """Throw a draft away."""
    check_form(Form(request.form), request.form)
    commands.forget_draft(current.session(), current.actor(), draft_id)
    return redirect("/drafts", SEE_OTHER)
