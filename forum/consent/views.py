"""Joining, from the first page to the welcome. Until somebody agrees, nothing is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response

from forum.accounts.addresses import safe_next
from forum.accounts.bans import banned_until, hashes_of
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.providers import Provider
from forum.accounts.sign_in_sessions import sign_in_as
from forum.accounts.views import (
    PROVIDER_NAMES,
    ProviderChoice,
    browser,
    nobody_new,
    provider_choices,
)
from forum.accounts.views.browser import unstored
from forum.community_settings.models import SignUp
from forum.consent import commands, queries, wording
from forum.consent.drafts import AlreadyMember, Banned, NobodyNew, ShownBefore, TooYoung
from forum.consent.forms import JoinForm, field_name, names_of_versions, parse_join
from forum.consent.queries import PolicyReference
from forum.consent.wording import Choice
from forum.errors import Invalid, NotFound
from forum.text.translate import content_locale
from forum.web import current
from forum.web.access import members_only, public
from forum.web.forms import show_refusal
from forum.web.headers import SAFE_METHODS
from forum.web.privacy_signal import sends_gpc
from forum.web.rendering import render

consent = Blueprint("consent", __name__)

# How long a browser remembers that somebody said they are too young. It is all that is kept of that.
TOO_YOUNG_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JoinPage:
    """The first page of joining. ``is_open`` is False while no policies are published.

    ``why_nobody_joins`` is empty unless administrators let nobody join at present.
    """

    choices: tuple[ProviderChoice, ...]
    next: str
    is_open: bool
    minimum_age: int
    why_nobody_joins: str = ""
    by_approval: bool = False


@dataclass(frozen=True, slots=True)
class AskedChoice:
    """A choice as the page shows it: its words, the name of its box, whether it is ticked, what is wrong with it."""

    words: Choice
    field: str
    is_ticked: bool
    error: str


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """The consent step."""

    provider: str
    form: JoinForm
    needed: tuple[AskedChoice, ...]
    optional: tuple[AskedChoice, ...]
    policies: tuple[PolicyReference, ...]
    versions: str
    wording: str
    gpc: bool
    minimum_age: int
    # What was shown before is no longer what counts.
    is_shown_again: bool
    # A moderator lets newcomers in before they write.
    by_approval: bool


@dataclass(frozen=True, slots=True)
class AgePage:
    """What somebody too young reads."""

    minimum_age: int


@dataclass(frozen=True, slots=True)
class BannedPage:
    """What somebody reads who can't join with the account that they chose, until when, and whom they can ask."""

    until: datetime
    contact: str


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """What a new member reads first; ``next`` is where they were going, or nothing."""

    next: str


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page that says one thing and needs to know nothing."""


@consent.get("/join")
@public
def join_page() -> Response:
    """Say what joining means, and offer the providers."""
    next_page = safe_next(request.args.get("next"))
    if current.actor().is_member:
        return redirect(next_page, 303)
    if _said_too_young():
        return _too_young()
    is_open = queries.site_is_ready(current.session(), _asked_in())
    page = JoinPage(
        provider_choices(),
        next_page,
        is_open,
        current.settings().minimum_age,
        current.community_settings().why_nobody_joins,
        _by_approval(),
    )
    return unstored(render("consent/join_page.html", page))


@consent.get("/join/consent")
@public
def consent_page() -> Response:
    """Ask what may be kept, of somebody whom a provider just vouched for."""
    pending = browser.pending_identity()
    elsewhere = _not_to_be_asked(pending)
    if elsewhere is not None or pending is None:
        return elsewhere or _expired()
    return _ask(pending, JoinForm())


@consent.post("/join/consent")
@public
def join() -> Response:
    """Make a member of whoever agreed, and lead them where they were going."""
    pending = browser.pending_identity()
    elsewhere = _not_to_be_asked(pending)
    if elsewhere is not None or pending is None:
        return elsewhere or _expired()
    form = JoinForm(request.form)
    try:
        age = current.settings().minimum_age
        draft = parse_join(form, request.form, minimum_age=age, gpc=sends_gpc(), locale=_asked_in())
        commands.join(current.session(), pending, draft, ban_keys=current.settings().ban_keys)
    except TooYoung:
        return _too_young(remember=True)
    except AlreadyMember:
        return _expired()
    except Banned as refusal:
        return _banned(refusal.until)
    except NobodyNew as refusal:
        return nobody_new(refusal.reason, _name_of(pending))
    except ShownBefore:
        return _ask(pending, form, status=409)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _ask(pending, form, status=422)
    return _welcome(pending)


@consent.post("/join/consent/decline")
@public
def decline() -> Response:
    """Forget who it was. There is nothing else to undo."""
    browser.forget_browser()
    response = make_response(render("consent/declined_page.html", PlainPage()))
    browser.drop_pending(response)
    return unstored(response)


@consent.get("/join/welcome")
@members_only
def welcome_page() -> Response:
    """Greet a new member who came from nowhere in particular, or who has to wait before they can write."""
    next_page = safe_next(request.args.get("next"))
    return render("consent/welcome_page.html", WelcomePage("" if next_page == "/" else next_page))


def _not_to_be_asked(pending: PendingIdentity | None) -> Response | None:
    """Return where somebody belongs who is not to be asked, or None."""
    if current.actor().is_member:
        return redirect("/" if pending is None else pending.next, 303)
    if _said_too_young():
        return _too_young()
    why_not = current.community_settings().why_nobody_joins
    # Whoever sends the form is answered by the command, which looks while nobody can change it.
    if why_not and request.method in SAFE_METHODS:
        return nobody_new(why_not, _name_of(pending) if pending else "")
    until = None if pending is None else _banned_until(pending)
    if until is not None:
        return _banned(until)
    locale = _asked_in()
    if not current.read(lambda session: queries.site_is_ready(session, locale)):
        page = JoinPage((), "/", is_open=False, minimum_age=current.settings().minimum_age)
        return unstored(render("consent/join_page.html", page, status=503))
    return None


def _banned_until(pending: PendingIdentity) -> datetime | None:
    hashes = hashes_of(current.settings().ban_keys, pending.issuer, pending.subject)
    return current.read(lambda session: banned_until(session, hashes))


def _banned(until: datetime) -> Response:
    """Say so kindly, and neither why nor who it was: the answer is all that is left to be known."""
    browser.forget_browser()
    page = BannedPage(until, current.contact())
    response = unstored(render("consent/banned_page.html", page, status=403))
    browser.drop_pending(response)
    return response


def _asked_in() -> str:
    """Return the language in which policies are shown and agreed to."""
    return current.read(lambda session: queries.locale_to_ask_in(session, content_locale()))


def _ask(pending: PendingIdentity, form: JoinForm, status: int = 200) -> Response:
    """Show the consent step, with what was typed and ticked before."""
    locale = _asked_in()
    policies = current.read(lambda session: queries.policies_in_force(session, locale))
    choices = wording.choices(policies, locale=locale, gpc=sends_gpc())
    given = form.given()
    asked = [
        AskedChoice(
            words=choice,
            field=field_name(choice.purpose),
            is_ticked=choice.purpose in given and not choice.locked,
            error="".join(map(str, form.box(choice.purpose).errors[:1])),
        )
        for choice in choices
    ]
    page = ConsentPage(
        provider=_name_of(pending),
        form=form,
        needed=tuple(one for one in asked if one.words.is_needed),
        optional=tuple(one for one in asked if not one.words.is_needed),
        policies=policies,
        versions=names_of_versions(policies),
        wording=wording.hash_of_choices(choices),
        gpc=sends_gpc(),
        minimum_age=current.settings().minimum_age,
        is_shown_again=status == 409,
        by_approval=_by_approval(),
    )
    return unstored(render("consent/consent_page.html", page, status=status))


def _welcome(pending: PendingIdentity) -> Response:
    signed_in = sign_in_as(
        current.session(),
        pending.issuer,
        pending.subject,
        device=browser.device(),
        proven=pending.proven,
    )
    if signed_in is None:
        raise NotFound
    member_id, token = signed_in
    browser.carry_sign_in(token)
    address = "/join/welcome" if pending.next == "/" else pending.next
    if queries.waits_to_be_let_in(current.session(), member_id):
        # Wherever they were going: it is here that they read what comes next.
        address = "/join/welcome?" + urlencode({"next": pending.next})
    response = make_response(redirect(address, 303))
    browser.drop_pending(response)
    return unstored(response)


def _expired() -> Response:
    page = JoinPage(provider_choices(), "/", is_open=True, minimum_age=current.settings().minimum_age)
    response = unstored(render("consent/expired_page.html", page, status=410))
    browser.drop_pending(response)
    return response


def _name_of(pending: PendingIdentity) -> str:
    """Return what people call the provider that vouched for somebody."""
    return PROVIDER_NAMES[Provider(pending.provider)]


def _by_approval() -> bool:
    """Say whether a moderator lets newcomers in before they write."""
    return current.community_settings().sign_up is SignUp.APPROVAL


def _said_too_young() -> bool:
    return _too_young_name() in request.cookies


def _too_young(*, remember: bool = False) -> Response:
    """Say so kindly. All that is kept is a mark in this browser, and only of somebody who just said so."""
    browser.forget_browser()
    page = AgePage(current.settings().minimum_age)
    response = unstored(render("consent/too_young_page.html", page, status=403))
    browser.drop_pending(response)
    if remember:
        response.set_cookie(
            _too_young_name(),
            "1",
            max_age=TOO_YOUNG_FOR,
            path="/",
            secure=current.settings().over_https,
            httponly=True,
            samesite="Lax",
        )
    return response


def _too_young_name() -> str:
    return "__Host-not-old-enough" if current.settings().over_https else "not-old-enough"
