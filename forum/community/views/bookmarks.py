"""The addresses of what a member keeps at hand: theirs alone to see."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.community.bookmark_forms import BookmarkForm, parse_bookmark
from forum.community.commands import bookmarks as commands
from forum.community.queries import bookmarks as queries
from forum.community.queries.bookmarks import OneBookmark
from forum.community.views.blueprint import SEE_OTHER, community
from forum.database.keyset import Window
from forum.errors import Invalid
from forum.permissions.actions import Action
from forum.permissions.check import require
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render

BOOKMARKS = "/bookmarks"


@dataclass(frozen=True, slots=True)
class BookmarkPage:
    """The question whether to keep a post, with room for a note."""

    kept: OneBookmark
    form: BookmarkForm


@community.get(BOOKMARKS)
@members_only
def bookmarks_page() -> Response:
    """Show what the member keeps at hand."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = queries.bookmarks_page(current.session(), current.actor(), window)
    return render("community/bookmarks_page.html", page)


@community.get("/posts/<int:post_id>/bookmark")
@members_only
def bookmark_page(post_id: int) -> Response:
    """Ask whether to keep a post at hand, and show the note on one that is kept."""
    kept = queries.one_bookmark(current.session(), current.actor(), post_id)
    require(current.actor(), Action.POST_BOOKMARK, kept.post)
    return _asked(kept, BookmarkForm(data={"note": kept.note}))


@community.post("/posts/<int:post_id>/bookmark")
@members_only
def keep_bookmark(post_id: int) -> Answer:
    """Keep a post at hand, and lead back to it."""
    form = BookmarkForm(request.form)
    try:
        note = parse_bookmark(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        kept = current.read(lambda session: queries.one_bookmark(session, current.actor(), post_id))
        require(current.actor(), Action.POST_BOOKMARK, kept.post)
        return _asked(kept, form, status=422)
    return redirect(commands.keep_bookmark(current.session(), current.actor(), post_id, note), SEE_OTHER)


@community.post("/bookmarks/<int:bookmark_id>/remove")
@members_only
def remove_bookmark(bookmark_id: int) -> Answer:
    """Keep a post at hand no more."""
    check_form(Form(request.form), request.form)
    commands.remove_bookmark(current.session(), current.actor(), bookmark_id)
    return redirect(BOOKMARKS, SEE_OTHER)


def _asked(kept: OneBookmark, form: BookmarkForm, status: int = 200) -> Response:
    return render("community/bookmark_page.html", BookmarkPage(kept, form), status=status)
