"""The address of what a post said before its author changed it."""

from flask import Response, request

from forum.community.queries import history as queries
from forum.community.views.blueprint import community
from forum.database.keyset import Window
from forum.web import current
from forum.web.access import public
from forum.web.rendering import render


@community.get("/posts/<int:post_id>/history")
@public
def history_page(post_id: int) -> Response:
    """Show what was changed in a post, to whoever may read it."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = queries.history_page(current.session(), current.actor(), post_id, window)
    return render("community/history_page.html", page)
