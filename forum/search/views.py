"""The search's address. What somebody looks for stands in it and nowhere else: no log line and no table has it."""

from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from config import Settings, SettingsError
from forum.community.queries.topics import Wanted
from forum.search import queries, synonyms
from forum.search.synonyms import Synonyms, WrongSynonyms
from forum.web import current, reading
from forum.web.access import public
from forum.web.address_parts import page_number
from forum.web.rendering import render

search = Blueprint("search", __name__)

_EXTENSION = "search-synonyms"


def install(app: Flask, settings: Settings) -> None:
    """Read the synonyms, the operator's own too, once. Raises SettingsError for a file that can't be read."""
    try:
        app.extensions[_EXTENSION] = synonyms.load(settings.data_folder)
    except WrongSynonyms as error:
        raise SettingsError(str(error)) from None


@search.get("/search")
@public
def search_page() -> Response:
    """Find posts and treatment pages by their words, among what whoever asks may see."""
    page = queries.search_page(
        current.session(),
        current.actor(),
        request.args.get("q", ""),
        cast(Synonyms, current_app.extensions[_EXTENSION]),
        number=page_number(),
        choice=Wanted(
            hide_notes=reading.chosen().hides_notes, show_notes=request.args.get("notes") == "show"
        ),
    )
    answer = render("search/search_page.html", page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
