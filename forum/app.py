"""``create_app``: the only wiring. Read it to see what the forum is made of."""

import re
from functools import partial
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, current_app, request
from sqlalchemy.exc import DatabaseError
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from config import PREFIX, STAND_IN_ISSUERS, Mode, Settings, SettingsError
from forum import consequences, viewer
from forum.accounts.queries import identity_of_issuer_exists
from forum.accounts.sign_in_sessions import SESSION_LASTS
from forum.accounts.views import accounts, sign_in
from forum.admin.views import admin
from forum.community.views import community
from forum.consent.changing import keep_vouched_address
from forum.consent.views import consent
from forum.database.session import Database
from forum.images.decoding import LARGEST_FILE
from forum.moderation.views import moderation
from forum.privacy.views import privacy
from forum.search.views import install as install_search
from forum.search.views import search
from forum.site.views import site
from forum.treatments.views import treatments
from forum.web import (
    access,
    address_parts,
    csrf,
    current,
    error_pages,
    languages,
    logs,
    rendering,
    soft_writes,
    static_files,
)
from forum.web.boundary import ForumFlask
from forum.web.headers import Outermost
from forum.web.living_components import web
from forum.web.request_bodies import BodiesFirst

# The largest form we take, in bytes; a post's own limit is far below and answers with a sentence.
LARGEST_REQUEST = 1024 * 1024
# A picture, the form around it, and a little, so that a file that is hardly too large gets its sentence at the field.
LARGEST_UPLOAD = LARGEST_FILE + LARGEST_REQUEST
# The one address to which files are sent.
_UPLOADS = re.compile(r"/drafts/[0-9]+/pictures")


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application for these settings."""
    logs.configure()
    app = ForumFlask("forum", template_folder=str(config.TEMPLATES), static_folder=None)
    _configure(app, settings)
    if settings.mode is Mode.PRODUCTION:
        _refuse_made_up_people(settings)
    database = Database(settings.database_url, size=settings.threads, follower=consequences.follow)
    current.install(app, settings, database)
    app.before_request(_limit_body)
    soft_writes.install(app, database)
    address_parts.install(app)
    logs.install(app)
    error_pages.install(app)
    languages.install(app, settings)
    viewer.install(app)
    sign_in.install(app, keep_vouched_address)
    app.before_request(access.check_access)
    csrf.install(app)
    # After the token: the page that asks for a proof shows again what was sent, which must not be a stranger's.
    app.before_request(access.check_proof)
    rendering.install(app)
    install_search(app, settings)
    for blueprint in (site, accounts, consent, community, treatments, search, moderation, privacy, admin):
        app.register_blueprint(blueprint)
    if settings.mode is Mode.DEMO:
        app.register_blueprint(web)
    _wrap(app, settings)
    return app


def largest_of(app: Flask, environ: WSGIEnvironment) -> int:
    """Return how many bytes may come: more than a form's only where pictures are sent, and by whoever once signed in.

    Whether they still are is asked later, of the database; their browser's cookie, which we signed, is enough here.
    """
    if not _UPLOADS.fullmatch(environ.get("PATH_INFO", "")):
        return LARGEST_REQUEST
    kept = app.session_interface.open_session(app, Request(environ))
    return LARGEST_UPLOAD if kept and "_user_id" in kept else LARGEST_REQUEST


def _limit_body() -> None:
    """Hold this request to its limit, before anything reads its form."""
    request.max_content_length = largest_of(current_app, request.environ)


def _refuse_made_up_people(settings: Settings) -> None:
    """Raise SettingsError when a demo's people are in a real forum's database: anyone could have been them."""
    database = Database(settings.database_url, size=1)
    try:
        with database.reading() as session:
            found = identity_of_issuer_exists(session, STAND_IN_ISSUERS)
    except DatabaseError:
        raise SettingsError(
            f"{PREFIX}DATABASE_URL can't be read or lacks this release's structure. Run first: forum db upgrade"
        ) from None
    finally:
        database.dispose()
    if found:
        raise SettingsError(
            f"{PREFIX}DATABASE_URL holds people of the stand-in provider: a demo's database can't serve real people."
        )


def _configure(app: Flask, settings: Settings) -> None:
    secure = settings.over_https
    app.config.update(
        SECRET_KEY=settings.session_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.session_keys[1:]),
        # The __Host- prefix needs https; on plain loopback the cookie goes without it.
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        # The server's own rows decide how long a sign-in lasts; answers need not repeat the cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        PREFERRED_URL_SCHEME="https" if secure else "http",
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=200,
    )


def _wrap(app: Flask, settings: Settings) -> None:
    """Put the WSGI layers around Flask, innermost first."""
    static_files.install(app)
    inner = Outermost(
        BodiesFirst(app.wsgi_app, settings.threads, partial(largest_of, app), LARGEST_REQUEST), settings
    )
    hops = settings.proxy_hops
    app.wsgi_app = (  # type: ignore[method-assign]  # The documented way to wrap a Flask application.
        ProxyFix(inner, x_for=hops, x_proto=hops, x_host=hops) if hops else inner
    )
