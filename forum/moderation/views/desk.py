"""The moderators' desk."""

from flask import Response

from forum.moderation.queries import desk as queries
from forum.moderation.views.blueprint import moderation
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.rendering import render


@moderation.get("/moderation")
@staff_only(Action.MODERATE)
def desk_page() -> Response:
    """Show what waits for the moderators."""
    return render("moderation/desk_page.html", queries.desk_page(current.session(), current.actor()))
