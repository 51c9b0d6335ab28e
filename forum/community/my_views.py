"""The addresses of what a member wrote: theirs alone to see, however things stand with them."""

from flask import Blueprint, Response, request

from forum.community import my_queries
from forum.database.keyset import Window
from forum.web import current
from forum.web.access import members_only
from forum.web.rendering import render

my_pages = Blueprint("my_pages", __name__)


@my_pages.get("/my-topics")
@members_only
def my_topics_page() -> Response:
    """Show the topics that the member started."""
    page = my_queries.my_topics_page(current.session(), current.actor(), _window())
    return render("community/my_topics_page.html", page)


@my_pages.get("/my-posts")
@members_only
def my_posts_page() -> Response:
    """Show the posts that the member wrote."""
    page = my_queries.my_posts_page(current.session(), current.actor(), _window())
    return render("community/my_posts_page.html", page)


def _window() -> Window:
    return Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
