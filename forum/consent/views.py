"""Joining, from the first page to the welcome, and the policies. Until somebody agrees, nothing is written."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response

from forum.accounts.addresses import safe_next
from forum.accounts.commands import sign_in_as
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.providers import Provider
from forum.accounts.views import PROVIDER_NAMES, ProviderChoice, browser, provider_choices
from forum.accounts.views.browser import unstored
from forum.consent import commands, queries, wording
from forum.consent.drafts import AlreadyMember, ShownBefore, TooYoung
from forum.consent.forms import JoinForm, field_name, names_of_versions, parse_join
from forum.consent.models import PolicyKind
from forum.consent.queries import PolicyReference
from forum.consent.wording import Choice
from forum.errors import Invalid, NotFound
from forum.text.translate import locale_code
from forum.web import current
from forum.web.access import members_only, public
from forum.web.forms import show_refusal
from forum.web.rendering import render

consent = Blueprint("consent", __name__)

# How long a browser remembers that somebody said they are too young. It is all that is kept of that.
TOO_YOUNG_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JoinPage:
    """The first page of joining. ``is_open`` is False while no policies are published."""

    choices: tuple[ProviderChoice, ...]
    next: str
    is_open: bool
    minimum_age: int


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


@dataclass(frozen=True, slots=True)
class AgePage:
    """What somebody too young reads."""

    minimum_age: int


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
    is_open = queries.site_is_ready(current.session(), locale_code())
    page = JoinPage(provider_choices(), next_page, is_open, current.settings().minimum_age)
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
        draft = parse_join(form, request.form, minimum_age=current.settings().minimum_age, gpc=_gpc())
        commands.join(current.session(), pending, draft)
    except TooYoung:
        return _too_young(remember=True)
    except AlreadyMember:
        return _expired()
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
    """Greet a new member who came from nowhere in particular."""
    return render("consent/welcome_page.html", PlainPage())


@consent.get("/policies/<kind>")
@consent.get("/policies/<kind>/<int:version>")
@public
def policy_page(kind: str, version: int | None = None) -> Response:
    """Show a policy as it is in force, or one of its versions."""
    if kind not in set(PolicyKind):
        raise NotFound
    page = queries.policy_page(current.session(), PolicyKind(kind), locale_code(), version)
    return render("consent/policy_page.html", page)


def _not_to_be_asked(pending: PendingIdentity | None) -> Response | None:
    """Return where somebody belongs who is not to be asked, or None."""
    if current.actor().is_member:
        return redirect("/" if pending is None else pending.next, 303)
    if _said_too_young():
        return _too_young()
    if not current.read(lambda session: queries.site_is_ready(session, locale_code())):
        page = JoinPage((), "/", is_open=False, minimum_age=current.settings().minimum_age)
        return unstored(render("consent/join_page.html", page, status=503))
    return None


def _ask(pending: PendingIdentity, form: JoinForm, status: int = 200) -> Response:
    """Show the consent step, with what was typed and ticked before."""
    policies = current.read(lambda session: queries.policies_in_force(session, locale_code()))
    choices = wording.choices(policies, locale=locale_code(), gpc=_gpc())
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
        provider=PROVIDER_NAMES[Provider(pending.provider)],
        form=form,
        needed=tuple(one for one in asked if one.words.is_needed),
        optional=tuple(one for one in asked if not one.words.is_needed),
        policies=policies,
        versions=names_of_versions(policies),
        wording=wording.hash_of_choices(choices),
        gpc=_gpc(),
        minimum_age=current.settings().minimum_age,
        is_shown_again=status == 409,
    )
    return unstored(render("consent/consent_page.html", page, status=status))


def _welcome(pending: PendingIdentity) -> Response:
    signed_in = sign_in_as(current.session(), pending.issuer, pending.subject)
    if signed_in is None:
        raise NotFound
    browser.carry_sign_in(signed_in[1])
    response = make_response(redirect("/join/welcome" if pending.next == "/" else pending.next, 303))
    browser.drop_pending(response)
    return unstored(response)


def _expired() -> Response:
    page = JoinPage(provider_choices(), "/", is_open=True, minimum_age=current.settings().minimum_age)
    response = unstored(render("consent/expired_page.html", page, status=410))
    browser.drop_pending(response)
    return response


def _gpc() -> bool:
    """Say whether the browser sends Global Privacy Control."""
    return request.headers.get("Sec-GPC", "").strip() == "1"


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
