"""The addresses of what a member wrote: theirs alone to see, however things stand with them."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.purging import purge_earlier_text
from forum.community.queries import my_pages as queries
from forum.community.views.blueprint import SEE_OTHER, community
from forum.database.keyset import Window
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render


@community.get("/my-topics")
@members_only
def my_topics_page() -> Response:
    """Show the topics that the member started."""
    page = queries.my_topics_page(current.session(), current.actor(), _window())
    return render("community/my_topics_page.html", page)


@community.get("/my-posts")
@members_only
def my_posts_page() -> Response:
    """Show the posts that the member wrote."""
    page = queries.my_posts_page(current.session(), current.actor(), _window())
    return render("community/my_posts_page.html", page)


@community.post("/posts/<int:post_id>/purge-earlier")
@members_only
def purge_earlier(post_id: int) -> Answer:
    """Delete the earlier versions of a post of one's own."""
    check_form(Form(request.form), request.form)
    return redirect(purge_earlier_text(current.session(), current.actor(), post_id), SEE_OTHER)


def _window() -> Window:
    return Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
