"""Reactions: giving one, taking it back, and who reacted."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form, StringField

from forum.community.commands import reactions as commands
from forum.community.models.reactions import ReactionKind
from forum.community.queries import reactions as queries
from forum.community.views.blueprint import SEE_OTHER, community
from forum.errors import Malformed
from forum.web import current
from forum.web.access import members_only
from forum.web.forms import check_form
from forum.web.rendering import render

# What the buttons of a page say that shall be done.
_COMMANDS = {"give": commands.give_reaction, "take-back": commands.take_back_reaction}
# No number of a post is longer than the databases' own.
_LONGEST_NUMBER = 18


class ReactionForm(Form):
    """The one form of a page of posts: each button is its post's, and says which kind is given or taken back."""

    reaction = StringField()


@community.post("/reactions")
@members_only
def react() -> Answer:
    """Give a reaction or take one back."""
    form = check_form(ReactionForm(request.form), request.form)
    what, post_id, kind = _button(form.reaction.data or "")
    return redirect(_COMMANDS[what](current.session(), current.actor(), post_id, kind), SEE_OTHER)


@community.get("/posts/<int:post_id>/reactions")
@members_only
def reactions_page(post_id: int) -> Response:
    """Show who reacted to a post."""
    page = queries.reactions_page(current.session(), current.actor(), post_id)
    return render("community/reactions_page.html", page)


def _button(value: str) -> tuple[str, int, ReactionKind]:
    """Return what was pressed. Raises Malformed for what no page offers."""
    what, _, rest = value.partition(":")
    post_id, _, kind = rest.partition(":")
    a_number = post_id.isascii() and post_id.isdecimal() and len(post_id) <= _LONGEST_NUMBER
    if what not in _COMMANDS or not a_number or kind not in set(ReactionKind):
        raise Malformed
    return what, int(post_id), ReactionKind(kind)
