"""Reading: topics and posts. A view parses, asks one query, and answers."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.queries import threads
from forum.community.queries.threads import TopicPage
from forum.community.reading import remember_page
from forum.community.structured_data import discussion
from forum.community.subjects import visible_post, visible_topic, where_merged
from forum.community.views import composing
from forum.community.views.blueprint import SEE_OTHER, community
from forum.community.views.composing import Composer
from forum.errors import Malformed, NotFound
from forum.permissions.actions import Action
from forum.permissions.actor import VISITOR, Actor
from forum.permissions.check import can
from forum.web import current
from forum.web.access import public
from forum.web.address_parts import page_number
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class TopicWithReply:
    """A topic's page, and the reply form for whoever may use it."""

    topic: TopicPage
    reply: Composer | None
    # What search engines are told of it; None where they may not keep it, and for members.
    structured_data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class HiddenFromStrangers:
    """What a member is told of a topic that nobody sees who isn't signed in."""

    # Their own view of it.
    back: str


@community.get("/topics/<int:topic_id>")
@community.get("/topics/<int:topic_id>/<slug>")
@public
def topic_page(topic_id: int, slug: str = "") -> Answer:  # noqa: ARG001 - the id decides; the slug is for eyes.
    """Show a topic, at its own address."""
    actor = current.actor()
    # A visitor sees just that anyway.
    if "as" in request.args and actor.is_member:
        return _as_stranger(actor, topic_id)
    try:
        page = threads.topic_page(current.session(), actor, topic_id, page_number())
    except NotFound:
        went_on = where_merged(current.session(), actor, topic_id)
        if went_on is None:
            raise
        return redirect(went_on.post_address, SEE_OTHER)
    if request.path != page.address:
        query = f"?page={page.page}" if page.page > 1 else ""
        return redirect(page.address + query, SEE_OTHER)
    remember_page(actor, page)
    reply = None
    if can(actor, Action.POST_PUBLISH, page):
        reply = composing.reply_below(page)
    data = None if actor.is_member else discussion(page, current.settings().base_url)
    return render("community/topic_page.html", TopicWithReply(page, reply, data))


@community.get("/posts/<int:post_id>")
@public
def post(post_id: int) -> Answer:
    """Lead to where the post stands now."""
    return redirect(visible_post(current.session(), current.actor(), post_id).address, SEE_OTHER)


def _as_stranger(actor: Actor, topic_id: int) -> Answer:
    """Show a member what whoever isn't signed in gets of a topic."""
    if request.args["as"] != "stranger":
        raise Malformed
    try:
        page = threads.topic_page(current.session(), VISITOR, topic_id, page_number())
    except NotFound:
        went_on = where_merged(current.session(), actor, topic_id)
        if went_on is not None:
            return redirect(went_on.post_address, SEE_OTHER)
        _refuse_unless_only_strangers_miss_it(actor, topic_id)
        page_for_them = HiddenFromStrangers(f"/topics/{topic_id}")
        return render("community/hidden_from_strangers_page.html", page_for_them)
    # From here on the rest of the page is a visitor's, too: what they may do, and their menu.
    current.go_on_as_visitor()
    return render("community/as_stranger_page.html", TopicWithReply(page, None))


def _refuse_unless_only_strangers_miss_it(actor: Actor, topic_id: int) -> None:
    """Raise NotFound for a topic that the member doesn't see either, and for a page that no topic has."""
    visible_topic(current.session(), actor, topic_id)
    try:
        visible_topic(current.session(), VISITOR, topic_id)
    except NotFound:
        return
    raise NotFound
