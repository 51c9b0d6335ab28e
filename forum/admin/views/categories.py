"""Who may read the topics of each category: what is chosen beforehand, and how many it can be at most."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.admin.category_forms import (
    AudiencesForm,
    default_choices,
    limit_choices,
    parse_audiences,
    show_audiences,
)
from forum.admin.forms import Choice
from forum.admin.views.blueprint import SEE_OTHER, admin
from forum.community.commands.categories import set_audiences
from forum.community.queries.rooms import Room, has_wider_topics, room_named, rooms
from forum.errors import Invalid
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import show_refusal
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class CategoriesPage:
    """Every category, with who may read its topics; ``saved`` after one was changed."""

    rooms: tuple[Room, ...]
    saved: bool


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """A category's form. ``has_wider_topics``: some of its topics have more readers than its limit says."""

    room: Room
    form: AudiencesForm
    defaults: tuple[Choice, ...]
    limits: tuple[Choice, ...]
    has_wider_topics: bool


@admin.get("/admin/categories")
@staff_only(Action.CATEGORY_CHANGE)
def categories_page() -> Response:
    """Show who may read the topics of each category."""
    page = CategoriesPage(rooms(current.session()), "saved" in request.args)
    return render("admin/categories_page.html", page)


@admin.get("/admin/categories/<slug>")
@staff_only(Action.CATEGORY_CHANGE)
def category_page(slug: str) -> Response:
    """Show the form for one category."""
    room = room_named(current.session(), slug)
    return _page(room, show_audiences(room))


@admin.post("/admin/categories/<slug>")
@staff_only(Action.CATEGORY_CHANGE)
def change_category(slug: str) -> Answer:
    """Say who may read the category's topics from now on."""
    room = current.read(lambda session: room_named(session, slug))
    form = AudiencesForm(request.form)
    try:
        default, widest = parse_audiences(form, request.form)
        set_audiences(current.session(), current.actor(), slug, default, widest)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _page(room, form, 422)
    return redirect("/admin/categories?saved", SEE_OTHER)


def _page(room: Room, form: AudiencesForm, status: int = 200) -> Response:
    wider = current.read(lambda session: has_wider_topics(session, room))
    page = CategoryPage(room, form, default_choices(), limit_choices(), wider)
    return render("admin/category_page.html", page, status=status)
