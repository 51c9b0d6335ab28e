"""The address of the list of members."""

from flask import Response, request

from forum.community.queries import members as queries
from forum.community.views.blueprint import community
from forum.database.keyset import Window
from forum.web import current
from forum.web.access import members_only, private_question
from forum.web.rendering import render


@community.get(queries.MEMBERS)
@members_only
@private_question
def members_page() -> Response:
    """Show who chose to be listed."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    condition = request.args.get("condition", "")
    page = queries.members_page(current.session(), current.actor(), condition, window)
    return render("community/members_page.html", page)
