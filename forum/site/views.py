"""The site's own addresses: home, about, help now, reading settings, health and what machines ask for."""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, jsonify, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as Answer

from forum.errors import Invalid, NotFound
from forum.site import health, queries
from forum.site.forms import AUTO, ReadingForm, parse_reading
from forum.text.translate import gettext as _
from forum.web import current, logs
from forum.web.access import public
from forum.web.forms import show_refusal
from forum.web.rendering import THEME_COOKIE, chosen_theme, render

site = Blueprint("site", __name__)

SEE_OTHER = 303
A_YEAR = 365 * 24 * 60 * 60
MARK = "mark.svg"

# Pages about one person, and forms: nothing there is worth a search engine's while.
_ROBOTS = """User-agent: *
Disallow: /auth/
Disallow: /join
Disallow: /log-in
Disallow: /settings/
Disallow: /moderation/
Disallow: /posts/
"""


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """A theme to choose."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """How somebody likes to read. No account is needed, and no cookie is set before something is chosen."""

    form: ReadingForm
    chosen: str
    choices: tuple[ThemeChoice, ...]
    saved: bool


@site.get("/")
@public
def home_page() -> Response:
    """Show what this is, and what goes on."""
    return render("site/home_page.html", queries.home_page(current.session()))


@site.get("/about")
@public
def about_page() -> Response:
    """Show who runs this community."""
    return render("site/about_page.html", queries.about_page(current.settings()))


@site.get("/help-now")
@public
def help_now_page() -> Response:
    """Show where to call."""
    settings = current.settings()
    # This page must come whatever fails, also for members, whom only the database can recognise.
    try:
        known = current.settle_actor()
        page = queries.help_now_page(current.session(), settings) if known else None
    except SQLAlchemyError as error:
        logs.fault(error)
        page = None
    answer = render("site/help_now_page.html", page or queries.shipped_help_now_page(settings))
    return answer if page else _unstored(answer)


@site.get("/settings/reading")
@public
def reading_page() -> Response:
    """Show the reading settings."""
    return _reading(ReadingForm(), saved="saved" in request.args)


@site.post("/settings/reading")
@public
def choose_reading() -> Answer:
    """Remember the theme in this browser; following the device needs no cookie, so it removes ours."""
    form = ReadingForm(request.form)
    try:
        theme = parse_reading(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _reading(form, saved=False, status=422)
    answer = redirect("/settings/reading?saved", SEE_OTHER)
    secure = current.settings().over_https
    if theme == AUTO:
        answer.delete_cookie(THEME_COOKIE, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer


@site.get("/health/live")
@public
def live() -> Response:
    """Say that the process answers."""
    return _unstored(jsonify(status="live"))


@site.get("/health/ready")
@public
def ready() -> Response:
    """Say whether pages can be served, and whether jobs get done."""
    found = health.look(current.database())
    answer = _unstored(jsonify(status=found.readiness.value))
    answer.status_code = 200 if found.can_serve else 503
    return answer


@site.get("/robots.txt")
@public
def robots() -> Response:
    """Tell crawlers where not to look."""
    return Response(_ROBOTS, content_type="text/plain; charset=utf-8")


@site.get("/favicon.ico")
@public
def favicon() -> Answer:
    """Lead browsers that ask for it unbidden to our mark."""
    hashed = current_app.extensions["static_manifest"].get(MARK)
    if hashed is None:
        raise NotFound
    return redirect(f"/static/{hashed}", SEE_OTHER)


def _reading(form: ReadingForm, *, saved: bool, status: int = 200) -> Response:
    page = ReadingPage(form, form.theme.data or chosen_theme() or AUTO, _choices(), saved)
    return render("site/reading_page.html", page, status=status)


def _choices() -> tuple[ThemeChoice, ...]:
    return (
        ThemeChoice(AUTO, _("Like your device"), _("Light by day, dark when your device is dark.")),
        ThemeChoice("light", _("Light"), _("Warm paper.")),
        ThemeChoice("dark", _("Dark"), _("Light words on a dark page.")),
        ThemeChoice("dim", _("Dim"), _("Low and warm, for migraine and for nights.")),
    )


def _unstored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
