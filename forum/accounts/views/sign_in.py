"""Going to a provider and coming back, to sign in or for what else somebody set out, and signing out again.

What becomes of coming back is decided by the purpose of the attempt that the callback uses up, in one place; showing
that it is still they is in ``proving``, adding a way in in ``ways_in``. The pages of joining are consent's: nobody
joins without it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from flask import Flask, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from forum.accounts import commands, providers
from forum.accounts.addresses import WAYS_IN, safe_next
from forum.accounts.models import SignInPurpose
from forum.accounts.pending_identity import PendingIdentity
from forum.accounts.proofs import proven_by
from forum.accounts.providers import PROVIDER_NAMES, Provider
from forum.accounts.queries import identity_of
from forum.accounts.sign_in_sessions import sign_in_as, sign_out
from forum.accounts.views import browser
from forum.accounts.views.blueprint import (
    SEE_OTHER,
    ProviderChoice,
    accounts,
    calls,
    configured,
    provider_choices,
)
from forum.accounts.views.browser import unstored
from forum.accounts.views.not_done import came_to_nothing
from forum.accounts.views.proving import again_at, finish_proof, try_another_way
from forum.accounts.views.ways_in import back_to_ways_in, finish_adding
from forum.errors import Malformed, SignInFirst
from forum.permissions.actor import MemberId
from forum.text.translate import gettext as _
from forum.web import current
from forum.web.access import public, require_proof
from forum.web.boundary import writes_on_get
from forum.web.rendering import render

log = structlog.get_logger()

# What is done with an address that a provider vouches for when a member logs in: only whoever knows of consents can say
# whether it may be kept, so the application's wiring hands it over.
KeepAddress: TypeAlias = Callable[[Session, MemberId, str], None]
_KEEP_ADDRESS = "keep_address"
# What an address can be at most (RFC 5321, section 4.5.3.1.3).
_LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the log-in page and the pages of a sign-in that went wrong show."""

    choices: tuple[ProviderChoice, ...]
    next: str
    # The provider that the page is about, where it is about one.
    provider: str = ""
    # The name of the member whose page this is, where somebody is signed in already.
    signed_in_as: str = ""
    # Whether members can log in with a passkey, too.
    passkeys: bool = False


@dataclass(frozen=True, slots=True)
class NobodyNewPage:
    """What somebody unknown reads while nobody new can join; ``provider`` is empty where none vouched for them."""

    why: str
    provider: str


def install(app: Flask, keep_address: KeepAddress) -> None:
    """Let an address that a provider vouches for at a log-in be kept, where it may be."""
    app.extensions[_KEEP_ADDRESS] = keep_address


@accounts.get("/log-in")
@public
def log_in_page() -> Response:
    """Offer the providers, and say what they will learn."""
    next_page = safe_next(request.args.get("next"))
    if current.actor().is_member:
        return redirect(next_page, SEE_OTHER)
    page = SignInPage(provider_choices(), next_page, passkeys=current.settings().passkeys)
    return unstored(render("accounts/log_in_page.html", page))


@accounts.post("/auth/<provider>/start")
@public
def start_sign_in(provider: str) -> Response:
    """Send the person to the provider, and remember that they set out."""
    settings = configured(provider)
    next_page = safe_next(request.form.get("next"))
    purpose = _allowed_purpose()
    try:
        address, attempt = providers.start(
            settings,
            _redirect_uri(provider),
            prove=purpose is SignInPurpose.PROVE,
            choose=purpose is SignInPurpose.ADD,
            calls=calls(),
        )
    except providers.ProviderError as error:
        # Discovery that says something wrong is as good as none: the person can only try another way.
        unavailable = providers.ProviderUnavailable(error.reason)
        return _came_to_nothing(provider, unavailable, next_page, purpose)
    commands.begin_attempt(current.session(), browser.browser_value(), attempt, next_page, purpose)
    return unstored(redirect(address, SEE_OTHER))


@accounts.get("/auth/<provider>/callback")
@public
@writes_on_get("The provider sends people back by GET, and the attempt they come back to is used up at once.")
def finish_sign_in(provider: str) -> Response:
    """Take whom the provider sends back, and do with it what they set out for."""
    settings = configured(provider)
    next_page, purpose = "/", SignInPurpose.SIGN_IN
    taken = None
    try:
        taken = _take_attempt(Provider(provider), request.args.getlist("state"))
        next_page, purpose = taken.next, taken.purpose
        query = providers.callback_query(request.args.items(multi=True))
        identity = providers.finish(settings, taken.attempt, query, calls=calls())
    except providers.ProviderError as error:
        if taken is not None and purpose is SignInPurpose.SIGN_IN:
            browser.forget_browser_value()
        return _came_to_nothing(provider, error, next_page, purpose)
    return unstored(_FINISHES[purpose](identity, next_page))


@accounts.post("/log-out")
@public
def log_out() -> Response:
    """End the sign-in session on the server, and empty this browser's cookies and cache of it."""
    ended = current.actor().sign_in_session_id
    if ended is not None:
        sign_out(current.session(), ended)
    browser.forget_sign_in()
    response = current_app.make_response(redirect("/", SEE_OTHER))
    browser.drop_pending(response)
    browser.clear_storage(response)
    return unstored(response)


def nobody_new(why: str, provider: str) -> Response:
    """Say to somebody unknown that nobody new can join, and forget who it is: nothing about them is kept."""
    browser.forget_browser()
    response = current_app.make_response(
        render("accounts/nobody_new_page.html", NobodyNewPage(why, provider), status=403)
    )
    browser.drop_pending(response)
    return unstored(response)


def _let_in(identity: providers.ProvidedIdentity, next_page: str) -> Response:
    """Sign in the member whose identity this is, or send whoever it is to the consent step, if they may join."""
    actor = current.actor()
    if actor.is_member:
        known = identity_of(current.session(), identity.issuer, identity.subject)
        if known is None or known.member_id != actor.member_id:
            browser.forget_browser_value()
            page = SignInPage((), next_page, PROVIDER_NAMES[identity.provider], actor.name)
            return render("accounts/already_signed_in_page.html", page, status=409)
    signed_in = sign_in_as(
        current.session(),
        identity.issuer,
        identity.subject,
        device=browser.device(),
        proven=proven_by(identity),
    )
    if actor.sign_in_session_id is not None:
        # After the member is held, as everybody does who ends sessions: else two could wait for each other.
        sign_out(current.session(), actor.sign_in_session_id)
    if signed_in is not None:
        address = _vouched_address(identity)
        if address is not None:
            keep_address: KeepAddress = current_app.extensions[_KEEP_ADDRESS]
            keep_address(current.session(), signed_in[0], address)
        browser.carry_sign_in(signed_in[1])
        response = current_app.make_response(redirect(next_page, SEE_OTHER))
        browser.drop_pending(response)
        return response
    why_not = current.community_settings().why_nobody_joins
    if why_not:
        return nobody_new(why_not, PROVIDER_NAMES[identity.provider])
    response = current_app.make_response(redirect(url_for("consent.consent_page"), SEE_OTHER))
    browser.keep_pending(response, _pending(identity, next_page))
    return response


def _vouched_address(identity: providers.ProvidedIdentity) -> str | None:
    """Return the e-mail address, if the provider says that it is theirs."""
    verified = identity.email if identity.email_verified else None
    return verified if verified and len(verified) <= _LONGEST_EMAIL else None


def _pending(identity: providers.ProvidedIdentity, next_page: str) -> PendingIdentity:
    proven = proven_by(identity)
    return PendingIdentity(
        provider=identity.provider.value,
        issuer=identity.issuer,
        subject=identity.subject,
        email=_vouched_address(identity),
        name_hints=identity.name_hints,
        next=next_page,
        proof=proven.proof.value if proven else "",
        proved_at=proven.at.timestamp() if proven else 0,
    )


def _redirect_uri(provider: str) -> str:
    return current.settings().base_url + url_for("accounts.finish_sign_in", provider=provider)


def _take_attempt(provider: Provider, states: list[str]) -> commands.TakenAttempt:
    """Use the attempt up in a transaction of its own: it stays used up, whatever the provider says."""
    value = browser.known_browser_value()
    if value is None or not states:
        raise providers.ProviderRefused(providers.Reason.WRONG_STATE)
    with current.database().transaction() as own:
        taken = commands.take_attempt(own, value, provider, states, _redirect_uri(provider.value))
    if taken is None:
        raise providers.ProviderRefused(providers.Reason.WRONG_STATE)
    # Signing in takes another value, and so does logging out: what was begun for one member is never another's. Only
    # a session that ended elsewhere leaves it in the cookie.
    if taken.purpose is not SignInPurpose.SIGN_IN and not current.actor().is_member:
        raise providers.ProviderRefused(providers.Reason.WRONG_STATE)
    return taken


def _allowed_purpose() -> SignInPurpose:
    """Return what the person sets out for, if they may. Raises Malformed, SignInFirst, ProveFirst."""
    wanted = request.form.get("purpose", SignInPurpose.SIGN_IN.value)
    if wanted not in set(SignInPurpose):
        raise Malformed
    purpose = SignInPurpose(wanted)
    if purpose is not SignInPurpose.SIGN_IN and not current.actor().is_member:
        raise SignInFirst(_("You are not logged in any more. Log in, then try again."))
    if purpose is SignInPurpose.ADD:
        require_proof()
    return purpose


# What is done with whom a provider sends back, by what they set out for.
_FINISHES: Mapping[SignInPurpose, Callable[[providers.ProvidedIdentity, str], Response]] = {
    SignInPurpose.SIGN_IN: _let_in,
    SignInPurpose.PROVE: finish_proof,
    SignInPurpose.ADD: finish_adding,
}


def _page_about(provider: str, next_page: str) -> SignInPage:
    return SignInPage(
        provider_choices(),
        next_page,
        PROVIDER_NAMES[Provider(provider)],
        passkeys=current.settings().passkeys,
    )


def _came_to_nothing(
    provider: str, error: providers.ProviderError, next_page: str, purpose: SignInPurpose
) -> Response:
    """Say what became of going to the provider, after which everything is as before."""
    if purpose is not SignInPurpose.SIGN_IN and current.actor().is_member:
        proves = purpose is SignInPurpose.PROVE
        back, label = (again_at(next_page), try_another_way()) if proves else (WAYS_IN, back_to_ways_in())
        return came_to_nothing(provider, error, back, label)
    if isinstance(error, providers.ProviderUnavailable):
        return _out_of_reach(provider, error, next_page)
    page = _page_about(provider, next_page)
    if isinstance(error, providers.PersonDeclined):
        return unstored(render("accounts/declined_page.html", page))
    log.info("sign_in.refused", provider=provider, reason=error.reason.value)
    return unstored(render("accounts/refused_page.html", page, status=400))


def _out_of_reach(provider: str, error: providers.ProviderError, next_page: str) -> Response:
    log.warning("sign_in.unavailable", provider=provider, reason=error.reason.value)
    response = unstored(
        render("accounts/out_of_reach_page.html", _page_about(provider, next_page), status=503)
    )
    response.headers["Retry-After"] = "60"
    return response
