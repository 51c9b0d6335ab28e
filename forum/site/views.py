"""The site's own addresses: home, about, help now, reading settings, health and what machines ask for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import Blueprint, Response, current_app, jsonify, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from config import Settings
from forum.accounts.addresses import safe_next
from forum.accounts.views import keys_of_issuers
from forum.community.reading import remember_visit
from forum.errors import Invalid, NotFound
from forum.site import health, queries
from forum.site.forms import AUTO, ReadingForm, parse_reading, show_reading
from forum.site.syndication import atom, feeds, sitemap
from forum.site.syndication.feeds import Feed
from forum.text.translate import gettext as _
from forum.text.translate import own_name, speaking
from forum.web import current, logs, reading
from forum.web.access import public
from forum.web.forms import show_refusal
from forum.web.rendering import render

site = Blueprint("site", __name__)

SEE_OTHER = 303
MARK = "mark.svg"

# Pages about one person, and forms: nothing there is worth a search engine's while.
_ROBOTS = """User-agent: *
Disallow: /auth/
Disallow: /join
Disallow: /log-in
Disallow: /settings
Disallow: /settings/
Disallow: /search
Disallow: /my-topics
Disallow: /my-posts
Disallow: /bookmarks
Disallow: /catch-up
Disallow: /drafts
Disallow: /waiting
Disallow: /notices
Disallow: /moderation/
Disallow: /admin
Disallow: /posts/
Disallow: /topics/new
Disallow: /topics/*/edit
Disallow: /topics/*/reply

Sitemap: {base_url}/sitemap.xml
"""
_XML = "application/xml"


@dataclass(frozen=True, slots=True)
class WayToRead:
    """One way to read, to choose among others."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """How somebody likes to read. No account is needed, and no cookie is set before something is chosen."""

    form: ReadingForm
    themes: tuple[WayToRead, ...]
    sizes: tuple[WayToRead, ...]
    motions: tuple[WayToRead, ...]
    notes: tuple[WayToRead, ...]
    # Empty where there is one language alone.
    languages: tuple[WayToRead, ...]
    saved: bool


@site.get("/")
@public
def home_page() -> Response:
    """Show what this is, and what goes on."""
    hide_notes = reading.chosen().hides_notes
    actor = current.actor()
    page = queries.home_page(current.session(), actor, hide_notes=hide_notes)
    if page.to_you is not None:
        remember_visit(actor, page.to_you.visited_at)
    return render("site/home_page.html", page)


@site.get("/about")
@public
def about_page() -> Response:
    """Show who runs this community."""
    return render("site/about_page.html", queries.about_page(_with_contact()))


@site.get("/help-now")
@public
def help_now_page() -> Response:
    """Show where to call."""
    settings = current.settings()
    # This page must come whatever fails, also for members, whom only the database can recognise.
    try:
        known = current.settle_actor()
        page = queries.help_now_page(current.session(), _with_contact()) if known else None
    except SQLAlchemyError as error:
        logs.fault(error)
        page = None
    answer = render("site/help_now_page.html", page or queries.shipped_help_now_page(settings))
    return answer if page else _unstored(answer)


@site.get("/settings")
@public
def settings_page() -> Response:
    """Show what can be set, and a member what their account is."""
    page = queries.settings_page(current.session(), current.actor(), keys_of_issuers())
    return render("site/settings_page.html", page)


@site.get("/settings/reading")
@public
def reading_page() -> Response:
    """Show the reading settings."""
    came_from = safe_next(request.args["next"]) if "next" in request.args else ""
    return _reading(show_reading(reading.chosen(), came_from), saved="saved" in request.args)


@site.post("/settings/reading")
@public
def choose_reading() -> Answer:
    """Remember in this browser what was chosen; following the device needs no cookie, so it removes ours."""
    form = ReadingForm(request.form)
    try:
        chosen = parse_reading(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _reading(form, saved=False, status=422)
    back = safe_next(form.next.data) if form.next.data else "/settings/reading?saved"
    answer = redirect(back, SEE_OTHER)
    reading.keep(answer, chosen, secure=current.settings().over_https)
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
    lines = _ROBOTS.format(base_url=current.settings().base_url)
    return Response(lines, content_type="text/plain; charset=utf-8")


@site.get("/sitemap.xml")
@public
def sitemap_index() -> Response:
    """Tell crawlers what the sitemap consists of."""
    parts = sitemap.ranges(current.session())
    return _for_machines(sitemap.index_of(parts, current.settings().base_url), _XML)


@site.get("/sitemap/pages.xml")
@public
def sitemap_of_pages() -> Response:
    """Tell crawlers of every public page that is no topic."""
    with speaking(current.settings().default_locale):
        places = sitemap.pages(current.session())
    return _for_machines(sitemap.map_of(places, current.settings().base_url), _XML)


@site.get("/sitemap/topics-<int:number>.xml")
@public
def sitemap_of_topics(number: int) -> Response:
    """Tell crawlers of the public topics in a range of numbers."""
    places = sitemap.topics(current.session(), number)
    return _for_machines(sitemap.map_of(places, current.settings().base_url), _XML)


@site.get("/feeds/latest.atom")
@public
def latest_feed() -> Response:
    """Give feed readers the newest topics."""
    return _feed(feeds.latest_feed)


@site.get("/feeds/categories/<slug>.atom")
@public
def category_feed(slug: str) -> Response:
    """Give feed readers the newest topics of a category."""
    return _feed(lambda session: feeds.category_feed(session, slug))


@site.get("/feeds/topics/<int:topic_id>.atom")
@public
def topic_feed(topic_id: int) -> Response:
    """Give feed readers the newest posts of a topic."""
    return _feed(lambda session: feeds.topic_feed(session, topic_id))


@site.get("/feeds/treatments/<slug>.atom")
@public
def treatment_feed(slug: str) -> Response:
    """Give feed readers a treatment's page, and what is said of it."""
    return _feed(lambda session: feeds.treatment_feed(session, slug))


@site.get("/favicon.ico")
@public
def favicon() -> Answer:
    """Lead browsers that ask for it unbidden to our mark."""
    hashed = current_app.extensions["static_manifest"].get(MARK)
    if hashed is None:
        raise NotFound
    return redirect(f"/static/{hashed}", SEE_OTHER)


def _reading(form: ReadingForm, *, saved: bool, status: int = 200) -> Response:
    themes, sizes, motions, notes = _ways_to_read()
    page = ReadingPage(form, themes, sizes, motions, notes, _languages(), saved)
    return render("site/reading_page.html", page, status=status)


def _languages() -> tuple[WayToRead, ...]:
    """Return the languages to choose from, each under its own name."""
    codes = reading.offered()["language"]
    if not codes:
        return ()
    auto = WayToRead(AUTO, _("Like your browser"), _("The first of your browser’s languages that we have."))
    return (auto, *(WayToRead(code, own_name(code), "") for code in codes))


def _ways_to_read() -> tuple[tuple[WayToRead, ...], ...]:
    """Return what is offered for each choice: themes, sizes, motions, content notes."""
    return (
        (
            WayToRead(AUTO, _("Like your device"), _("Light by day, dark when your device is dark.")),
            WayToRead("light", _("Light"), _("Warm paper.")),
            WayToRead("dark", _("Dark"), _("Light words on a dark page.")),
            WayToRead("dim", _("Dim"), _("Low and warm, for migraine and for nights.")),
        ),
        (
            WayToRead(AUTO, _("Normal"), _("The size that is set in your browser or on your device.")),
            WayToRead("larger", _("Larger"), _("About a fifth larger.")),
            WayToRead("largest", _("Largest"), _("Almost half as large again.")),
        ),
        (
            WayToRead(
                AUTO, _("Like your device"), _("Very little moves here: a line under a link, a small arrow.")
            ),
            WayToRead("none", _("None"), _("Nothing moves at all.")),
        ),
        (
            WayToRead(AUTO, _("Show them"), _("The note stands in the list, and you choose each time.")),
            WayToRead(reading.HIDE_TODAY, _("Hide them for today"), _("For the next 24 hours.")),
            WayToRead(reading.HIDE, _("Hide them"), _("Until you choose otherwise here.")),
        ),
    )


def _with_contact() -> Settings:
    """Return the deploy settings with what administrators say instead of the operator's contact, if they do."""
    return replace(current.settings(), operator_contact=current.contact())


def _feed(query: Callable[[Session], Feed]) -> Response:
    """Answer with a feed, in the community's own language, whoever asks."""
    settings = current.settings()
    with speaking(settings.default_locale):
        feed = query(current.session())
    written = atom.written(feed, settings.base_url, settings.site_name, settings.default_locale)
    return _for_machines(written, atom.MEDIA_TYPE)


def _for_machines(document: bytes, media_type: str) -> Response:
    """Answer with a document that is asked for again and again; who has it in this state gets it no second time."""
    answer = Response(document, content_type=f"{media_type}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _unstored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
