"""Reading: rooms, topics and posts. A view parses, asks one query, and answers."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.community.forms import ReplyForm, new_submission_key
from forum.community.queries import threads, topics
from forum.community.queries.threads import TopicPage
from forum.community.queries.topics import Sort
from forum.community.subjects import visible_post, where_merged
from forum.community.views.blueprint import SEE_OTHER, community
from forum.database.keyset import Window
from forum.errors import Malformed, NotFound
from forum.permissions.actions import Action
from forum.permissions.check import can
from forum.web import current
from forum.web.access import public
from forum.web.address_parts import page_number
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class TopicWithReply:
    """A topic's page, and the reply form for whoever may use it."""

    topic: TopicPage
    reply: ReplyForm | None


@community.get("/categories")
@public
def categories_page() -> Response:
    """Show all categories."""
    return render("community/categories_page.html", topics.categories_page(current.session()))


@community.get("/categories/<slug>")
@public
def category_page(slug: str) -> Response:
    """Show a category's topics."""
    sort = request.args.get("sort", Sort.ACTIVE.value)
    if sort not in set(Sort):
        raise Malformed
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = topics.category_page(current.session(), current.actor(), slug, Sort(sort), window)
    return render("community/category_page.html", page)


@community.get("/topics/<int:topic_id>")
@community.get("/topics/<int:topic_id>/<slug>")
@public
def topic_page(topic_id: int, slug: str = "") -> Answer:  # noqa: ARG001 - the id decides; the slug is for eyes.
    """Show a topic, at its own address."""
    actor = current.actor()
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
    reply = None
    if can(actor, Action.POST_PUBLISH, page):
        reply = ReplyForm(submission_key=new_submission_key())
    return render("community/topic_page.html", TopicWithReply(page, reply))


@community.get("/posts/<int:post_id>")
@public
def post(post_id: int) -> Answer:
    """Lead to where the post stands now."""
    return redirect(visible_post(current.session(), current.actor(), post_id).address, SEE_OTHER)
