"""Passkeys: logging in with one, proving with one that it is still they, and having them.

Where they are off nothing is there but renaming and removing those that members still have.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, jsonify, redirect, request
from flask import session as cookie
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import Form

from forum import clock
from forum.accounts import passkey_commands as commands
from forum.accounts import passkeys as webauthn
from forum.accounts.addresses import WAYS_IN, safe_next
from forum.accounts.models import SignInPurpose
from forum.accounts.passkey_forms import (
    AddPasskeyForm,
    PasskeyNameForm,
    parse_options,
    parse_use,
)
from forum.accounts.passkey_queries import OwnPasskey, known_credentials, own_passkey
from forum.accounts.passkeys import Brought, PasskeyReason, PasskeyRefused, Site
from forum.accounts.proofs import Proven
from forum.accounts.sign_in_sessions import renew, sign_in, sign_out
from forum.accounts.tokens import new_token
from forum.accounts.views import browser
from forum.accounts.views.blueprint import SEE_OTHER, ProviderChoice, accounts, provider_choices
from forum.accounts.views.browser import unstored
from forum.accounts.views.proving import proven_at
from forum.accounts.views.sign_in import SignInPage
from forum.errors import Invalid, SignInFirst
from forum.permissions.actor import Actor, Proof
from forum.text.translate import gettext as _
from forum.web import current, error_pages
from forum.web.access import members_only, needs_proof, public, require_proof
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render

log = structlog.get_logger()

passkeys = Blueprint("passkeys", __name__)

# Under which name a device was told to keep the passkey that it makes now.
_USER_HANDLE = "passkey_user"


@dataclass(frozen=True, slots=True)
class PasskeyRefusedPage:
    """What somebody reads whose passkey didn't work: what they wanted, and the other ways."""

    purpose: str
    choices: tuple[ProviderChoice, ...]
    next: str


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """One passkey that is to be renamed or removed; without a form it is the latter."""

    passkey: OwnPasskey
    form: PasskeyNameForm | None = None


@accounts.record
def _only_where_wanted(state: BlueprintSetupState) -> None:
    if state.app.extensions["alongside"].settings.passkeys:
        webauthn.load_library()
        state.app.register_blueprint(passkeys)


@passkeys.post("/auth/passkey/options")
@public
def ask_for_passkey() -> Response:
    """Say what the browser has to ask the device for, in WebAuthn's JSON."""
    purpose = parse_options(request.form)
    actor = current.actor()
    if purpose is not SignInPurpose.SIGN_IN and not actor.is_member:
        raise SignInFirst
    if purpose is SignInPurpose.ADD:
        require_proof()
    challenge = new_token()
    commands.begin_challenge(current.session(), browser.browser_value(), challenge, purpose)
    return unstored(jsonify(_options(actor, purpose, challenge)))


@passkeys.post("/auth/passkey")
@public
def use_passkey() -> Response:
    """Log in whose passkey it is, or remember that the member just showed that it is they."""
    purpose, wanted, credential = parse_use(request.form)
    next_page = safe_next(wanted)
    actor = current.actor()
    if purpose is SignInPurpose.PROVE and not actor.is_member:
        raise SignInFirst
    try:
        brought = _answered(credential, purpose)
        act = _prove if purpose is SignInPurpose.PROVE else _let_in
        return unstored(act(actor, brought, next_page))
    except PasskeyRefused as refused:
        return _refused(refused, purpose, next_page)


@passkeys.post("/settings/sign-in/passkeys")
@members_only
@needs_proof
def add_passkey() -> WerkzeugResponse:
    """Add the passkey that the device made; without one, show the button with which it makes it."""
    credential = check_form(AddPasskeyForm(request.form), request.form).credential.data
    if not credential:
        return unstored(render("accounts/passkey_add_page.html", None))
    try:
        brought = _answered(credential, SignInPurpose.ADD)
        token = commands.add_passkey(
            current.session(), current.actor(), _site(), brought, _told_user_handle(), browser.device()
        )
    except PasskeyRefused as refused:
        return _refused(refused, SignInPurpose.ADD, WAYS_IN)
    browser.carry_renewed(token)
    return unstored(redirect(WAYS_IN, SEE_OTHER))


@accounts.get("/settings/sign-in/passkeys/<int:passkey_id>/name")
@members_only
def passkey_name_page(passkey_id: int) -> Response:
    """Show the form with which a passkey gets another name."""
    passkey = own_passkey(current.session(), current.actor(), passkey_id)
    return render("accounts/passkey_name_page.html", PasskeyPage(passkey, PasskeyNameForm(obj=passkey)))


@accounts.post("/settings/sign-in/passkeys/<int:passkey_id>/name")
@members_only
@needs_proof
def rename_passkey(passkey_id: int) -> WerkzeugResponse:
    """Give a passkey another name."""
    form = PasskeyNameForm(request.form)
    try:
        check_form(form, request.form)
        commands.rename_passkey(current.session(), current.actor(), passkey_id, form.name.data or "")
    except Invalid as refusal:
        show_refusal(form, refusal)
        page = PasskeyPage(own_passkey(current.session(), current.actor(), passkey_id), form)
        return render("accounts/passkey_name_page.html", page, status=422)
    return redirect(WAYS_IN, SEE_OTHER)


@accounts.get("/settings/sign-in/passkeys/<int:passkey_id>/remove")
@members_only
def passkey_remove_page(passkey_id: int) -> Response:
    """Ask before a passkey is removed."""
    passkey = own_passkey(current.session(), current.actor(), passkey_id)
    return render("accounts/passkey_remove_page.html", PasskeyPage(passkey))


@accounts.post("/settings/sign-in/passkeys/<int:passkey_id>/remove")
@members_only
@needs_proof
def remove_passkey(passkey_id: int) -> WerkzeugResponse:
    """Remove a passkey."""
    check_form(Form(request.form), request.form)
    token = commands.remove_passkey(current.session(), current.actor(), passkey_id)
    browser.carry_renewed(token)
    return redirect(WAYS_IN, SEE_OTHER)


def _site() -> Site:
    # People who look at the device may see the name, so it is the one that betrays no illness.
    return webauthn.site_of(current.settings().base_url, current.settings().mail_name)


def _options(actor: Actor, purpose: SignInPurpose, challenge: str) -> dict[str, Any]:
    if purpose is SignInPurpose.SIGN_IN:
        return webauthn.options_for_use(_site(), challenge, ())
    known = known_credentials(current.session(), actor)
    if purpose is SignInPurpose.PROVE:
        return webauthn.options_for_use(_site(), challenge, known.ids)
    commands.check_room(current.session(), actor)
    # It can't be read from what the device makes, so that the browser keeps it until then, signed.
    cookie[_USER_HANDLE] = known.user_handle or cookie.get(_USER_HANDLE) or new_token()
    return webauthn.options_for_adding(
        _site(), challenge, user_handle=cookie[_USER_HANDLE], member_name=actor.name, known=known.ids
    )


def _told_user_handle() -> str:
    told = cookie.pop(_USER_HANDLE, None)
    if not isinstance(told, str):
        raise PasskeyRefused(PasskeyReason.WRONG_CHALLENGE)
    return told


def _answered(credential: str, purpose: SignInPurpose) -> Brought:
    """Use the challenge up in a transaction of its own: it stays used up, whatever the rest turns out to be."""
    brought = webauthn.read_credential(credential)
    value = browser.known_browser_value()
    if value is None:
        raise PasskeyRefused(PasskeyReason.WRONG_CHALLENGE)
    with current.database().transaction() as own:
        was_good = commands.take_challenge(own, value, brought.challenge, purpose)
    if not was_good:
        raise PasskeyRefused(PasskeyReason.WRONG_CHALLENGE)
    return brought


def _let_in(actor: Actor, brought: Brought, next_page: str) -> Response:
    """Sign in the member whose passkey it is, unless another one is signed in in this browser."""
    session = current.session()
    member_id = commands.use_passkey(session, _site(), brought)
    if actor.is_member and member_id != actor.member_id:
        return _somebody_elses(actor, next_page)
    if actor.sign_in_session_id is not None:
        sign_out(session, actor.sign_in_session_id)
    proven = Proven(Proof.PASSKEY, clock.now())
    browser.carry_sign_in(sign_in(session, member_id, device=browser.device(), proven=proven))
    response = _done(next_page)
    browser.drop_pending(response)
    return response


def _prove(actor: Actor, brought: Brought, next_page: str) -> Response:
    """Remember that the member just showed that it is they."""
    session = current.session()
    commands.use_passkey(session, _site(), brought, only_of=actor.member_id)
    browser.carry_renewed(renew(session, actor, Proven(Proof.PASSKEY, clock.now())))
    return _done(proven_at(next_page))


def _done(next_page: str) -> Response:
    """Go on to where the person was going; a script that asked goes on by itself."""
    return current_app.make_response(
        ("", 204) if error_pages.wants_json() else redirect(next_page, SEE_OTHER)
    )


def _refused(refused: PasskeyRefused, purpose: SignInPurpose, next_page: str) -> Response:
    """Say that a passkey didn't work, in the same words whatever was wrong with it."""
    log.info("passkey.refused", purpose=purpose.value, reason=refused.reason.value)
    if error_pages.wants_json():
        return error_pages.answer(400, _("That passkey didn't work. Try again, or take another way."))
    page = PasskeyRefusedPage(purpose.value, provider_choices(), next_page)
    return unstored(render("accounts/passkey_refused_page.html", page, status=400))


def _somebody_elses(actor: Actor, next_page: str) -> Response:
    if error_pages.wants_json():
        return error_pages.answer(
            409, _("This passkey belongs to another account. Log out first to use that one.")
        )
    page = SignInPage((), next_page, signed_in_as=actor.name)
    return render("accounts/already_signed_in_page.html", page, status=409)
