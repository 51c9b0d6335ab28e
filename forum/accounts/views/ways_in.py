"""The page on which members look after their ways in, and what they change there. Passkeys have views of their own."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.accounts import identities, recovery_codes
from forum.accounts import ways_in as queries
from forum.accounts.addresses import HOME, WAYS_IN, safe_next
from forum.accounts.providers import ProvidedIdentity
from forum.accounts.views import browser
from forum.accounts.views.blueprint import (
    SEE_OTHER,
    ProviderChoice,
    accounts,
    keys_of_issuers,
    provider_choices,
)
from forum.accounts.views.browser import unstored
from forum.accounts.views.not_done import not_done
from forum.accounts.views.proving import ask_before
from forum.accounts.ways_in import IdentityLine, SignInSettingsPage
from forum.errors import Conflict
from forum.permissions.actor import Proof
from forum.text.translate import gettext as _
from forum.web import current
from forum.web.access import is_proven, members_only, needs_proof
from forum.web.forms import check_form
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class WaysInPage:
    """All ways in, and what can be added."""

    ways: SignInSettingsPage
    # Providers by whom the member doesn't log in yet.
    others: tuple[ProviderChoice, ...]
    # Providers by whom they do; somebody may have two accounts there.
    known: tuple[ProviderChoice, ...]
    passkeys: bool
    # They have just logged in with a recovery code, and were going there ("" for nowhere in particular).
    came_by_code: bool
    next: str


@dataclass(frozen=True, slots=True)
class RemoveIdentityPage:
    """What would happen if an identity were taken away, or why it can't be."""

    identity: IdentityLine


@dataclass(frozen=True, slots=True)
class CodesPage:
    """The codes, this once."""

    codes: tuple[str, ...]


@accounts.get(WAYS_IN)
@members_only
def sign_in_settings_page() -> Response:
    """Show the member's ways in."""
    ways = queries.sign_in_settings_page(current.session(), current.actor(), keys_of_issuers())
    has = {line.key for line in ways.identities}
    next_page = safe_next(request.args.get("next"))
    page = WaysInPage(
        ways=ways,
        others=tuple(choice for choice in provider_choices() if choice.key not in has),
        known=tuple(choice for choice in provider_choices() if choice.key in has),
        passkeys=current.settings().passkeys,
        came_by_code="came-by-code" in request.args and _just_used_a_code(),
        next="" if next_page == HOME else next_page,
    )
    return unstored(render("accounts/sign_in_settings_page.html", page))


@accounts.get(f"{WAYS_IN}/identities/<int:identity_id>/remove")
@members_only
def remove_identity_page(identity_id: int) -> Response:
    """Say what would happen."""
    line = queries.identity_line(current.session(), current.actor(), identity_id, keys_of_issuers())
    return unstored(render("accounts/remove_identity_page.html", RemoveIdentityPage(line)))


@accounts.post(f"{WAYS_IN}/identities/<int:identity_id>/remove")
@members_only
@needs_proof
def remove_identity(identity_id: int) -> Answer:
    """Take it away."""
    check_form(Form(request.form), request.form)
    token = identities.remove_identity(
        current.session(), current.actor(), identity_id, keys_of_issuers(), current.settings().ban_keys
    )
    browser.carry_renewed(token)
    return unstored(redirect(WAYS_IN, SEE_OTHER))


@accounts.post(f"{WAYS_IN}/codes")
@members_only
@needs_proof
def make_codes() -> Response:
    """Make new recovery codes, and show them this once."""
    check_form(Form(request.form), request.form)
    codes, token = recovery_codes.make_codes(current.session(), current.actor())
    browser.carry_renewed(token)
    return unstored(render("accounts/codes_page.html", CodesPage(codes)))


def finish_adding(identity: ProvidedIdentity, next_page: str) -> Answer:
    """Let the member log in by whom the provider sent back, too."""
    if not is_proven():
        # They were longer there than a proof lasts. What they did there makes the next try a short one.
        return ask_before(WAYS_IN)
    try:
        token = identities.add_identity(current.session(), current.actor(), identity)
    except Conflict as refusal:
        return not_done(refusal.reason, 409, WAYS_IN, back_to_ways_in())
    browser.carry_renewed(token)
    return redirect(next_page, SEE_OTHER)


def _just_used_a_code() -> bool:
    """Say whether it was by a recovery code that they logged in; a link that says so proves nothing."""
    return is_proven() and current.actor().proof is Proof.RECOVERY_CODE


def back_to_ways_in() -> str:
    """Return the words that lead to the page."""
    return _("Back to how you log in")
