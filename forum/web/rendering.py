"""From a page dataclass to HTML. A template sees ``page`` and the few globals listed here, and nothing else."""

from typing import Any

from flask import Flask, Response, make_response, render_template, request
from jinja2 import StrictUndefined

from forum.permissions.actions import Action
from forum.permissions.check import can
from forum.permissions.rules import Verdict
from forum.text import translate
from forum.web import current, face, reading, static_files
from forum.web.structured_data import breadcrumb_list

# The contract between views and templates: tests hold every template's free variables against it.
TEMPLATE_GLOBALS = frozenset(
    {
        "_",
        "actor",
        "asset",
        "base_url",
        "breadcrumbs",
        "can",
        "community",
        "csrf_token",
        "date",
        "face_svg",
        "gettext",
        "here",
        "iso",
        "locale",
        "moment",
        "ngettext",
        "page",
        "reading",
        "site_name",
        "text_direction",
        "url_for",
    }
)


def install(app: Flask) -> None:
    """Set up Jinja: strict about what is undefined, translated, and with our globals only."""
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]  # Added by the extension.
        translate.gettext, translate.ngettext, newstyle=False
    )
    env.globals.update(
        {
            "_": translate.gettext,
            "asset": static_files.asset,
            "breadcrumbs": lambda trail: breadcrumb_list(current.settings().base_url, trail),
            "can": _can,
            "date": translate.say_date,
            "face_svg": face.draw,
            "iso": lambda moment: moment.isoformat(timespec="seconds"),
            "moment": translate.say_moment,
        }
    )
    app.context_processor(_of_this_request)


def _can(action: str, subject: Any = None) -> Verdict:
    return can(current.actor(), Action(action), subject)


def _of_this_request() -> dict[str, Any]:
    return {
        "actor": current.actor(),
        "base_url": current.settings().base_url,
        "community": current.community_settings(),
        "here": request.path,
        "locale": translate.locale_code(),
        "reading": reading.chosen(),
        "site_name": current.settings().site_name,
        "text_direction": translate.text_direction(),
    }


def render(template: str, page: Any, status: int = 200) -> Response:
    """Return the page, to be asked for anew each time; ``caching`` says which ones nobody may store at all."""
    response = make_response(render_template(template, page=page), status)
    response.headers["Cache-Control"] = "no-cache"
    return response
