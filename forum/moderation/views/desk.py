"""The moderators' desk."""

from dataclasses import dataclass

from flask import Response

from forum.moderation.queries import desk as queries
from forum.moderation.queries.desk import DeskPage
from forum.moderation.views.blueprint import moderation
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class DeskWithWays:
    """The desk, and whether the moderator lacks the passkey that they could have."""

    desk: DeskPage
    wants_passkey: bool


@moderation.get("/moderation")
@staff_only(Action.MODERATE)
def desk_page() -> Response:
    """Show what waits for the moderators, and to whoever has no passkey yet that they need one."""
    actor = current.actor()
    page = DeskWithWays(
        desk=queries.desk_page(current.session(), actor),
        wants_passkey=current.settings().passkeys and not actor.has_passkey,
    )
    return render("moderation/desk_page.html", page)
