"""Lists of topics: rooms, and what waits for an answer. A view parses, asks one query, and answers."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from flask import Response, request

from forum.community.models.threads import Intent
from forum.community.queries import topics
from forum.community.queries.topics import Sort, Wanted
from forum.community.views.blueprint import community
from forum.database.keyset import Window
from forum.errors import Malformed
from forum.text.translate import gettext as _
from forum.web import current, reading
from forum.web.access import members_only, public
from forum.web.rendering import render

_MONTH = re.compile(r"([0-9]{4})-(0?[1-9]|1[0-2])")
_LAST_YEAR = 9998


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
    wanted = _wanted()
    page = topics.category_page(current.session(), current.actor(), slug, Sort(sort), _window(), wanted)
    return render("community/category_page.html", page, 422 if wanted.month_error else 200)


@community.get("/waiting")
@members_only
def waiting_page() -> Response:
    """Show which topics wait for a first reply."""
    page = topics.waiting_page(
        current.session(),
        current.actor(),
        _window(),
        Wanted(hide_notes=reading.chosen().hides_notes, show_notes=_show_notes()),
        longer_ago="longer-ago" in request.args,
    )
    return render("community/waiting_page.html", page)


def _window() -> Window:
    return Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))


def _wanted() -> Wanted:
    """Return what of a list is wanted. Raises Malformed for what no page offers; a field left empty asks nothing."""
    intent = request.args.get("intent", "")
    if intent and intent not in set(Intent):
        raise Malformed
    wanted = Wanted(
        intent=Intent(intent) if intent else None,
        hide_notes=reading.chosen().hides_notes,
        show_notes=_show_notes(),
    )
    month = request.args.get("month", "").strip()
    return _back_from(wanted, month) if month else wanted


def _show_notes() -> bool:
    return request.args.get("notes") == "show"


def _back_from(wanted: Wanted, month: str) -> Wanted:
    """Return what is wanted, from a month on; not every browser has a calendar to choose it from."""
    found = _MONTH.fullmatch(month)
    if found is None or not 1 <= int(found[1]) <= _LAST_YEAR:
        error = _("Write the month as a year and two digits, like 2026-03.")
        return replace(wanted, month=month, month_error=error)
    year, number = int(found[1]), int(found[2])
    # The first moment after it.
    until = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return replace(wanted, month=f"{year:04}-{number:02}", until=until)
