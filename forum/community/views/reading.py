"""The addresses of a member's own reading: what changed since they were here, and what they follow or mute."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.commands import watching
from forum.community.queries import catch_up
from forum.community.reading import remember_visit
from forum.community.views.blueprint import SEE_OTHER, community
from forum.community.watch_forms import WatchForm, parse_watch
from forum.errors import Malformed
from forum.web import current, reading
from forum.web.access import members_only
from forum.web.rendering import render


@community.get("/catch-up")
@members_only
def catch_up_page() -> Response:
    """Show what changed since the member was here."""
    actor = current.actor()
    page = catch_up.catch_up_page(
        current.session(),
        actor,
        back=_days_back(),
        hides_notes=reading.chosen().hides_notes,
        shows_notes=request.args.get("notes") == "show",
    )
    remember_visit(actor, page.to_you.visited_at)
    return render("community/catch_up_page.html", page)


@community.post("/topics/<int:topic_id>/watch")
@members_only
def watch_topic(topic_id: int) -> Answer:
    """Follow or mute a topic."""
    level, page = parse_watch(WatchForm(request.form), request.form)
    watching.watch_topic(current.session(), current.actor(), topic_id, level)
    return redirect(f"/topics/{topic_id}{f'?page={page}' if page > 1 else ''}", SEE_OTHER)


@community.post("/categories/<slug>/watch")
@members_only
def watch_category(slug: str) -> Answer:
    """Follow or mute a category."""
    level, _page = parse_watch(WatchForm(request.form), request.form)
    watching.watch_category(current.session(), current.actor(), slug, level)
    return redirect(f"/categories/{slug}", SEE_OTHER)


def _days_back() -> int:
    given = request.args.get("back", "0")
    if given not in {"0", *map(str, catch_up.WAYS_BACK)}:
        raise Malformed
    return int(given)
