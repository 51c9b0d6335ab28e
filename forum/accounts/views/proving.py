"""Showing once more that it is still they: the page that offers the ways, and the way by a provider or a code.

Whatever was sent when that was asked for waits on the page, in hidden fields, so that nothing typed is lost. It is
shown only to whoever sent it with the token of a page of ours. Passkeys have views of their own.
"""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.accounts import identities, recovery_codes
from forum.accounts.addresses import HOME, safe_next
from forum.accounts.forms import CodeForm, parse_code
from forum.accounts.providers import PROVIDER_NAMES, ProvidedIdentity, Provider
from forum.accounts.views import browser
from forum.accounts.views.blueprint import SEE_OTHER, ProviderChoice, accounts, keys_of_issuers
from forum.accounts.views.browser import unstored
from forum.accounts.views.not_done import not_done
from forum.accounts.ways_in import ways_to_prove
from forum.errors import Conflict, Forbidden, Invalid, ProveFirst
from forum.text.translate import gettext as _
from forum.web import current, error_pages
from forum.web.access import is_proven, members_only
from forum.web.forms import show_refusal
from forum.web.headers import SAFE_METHODS
from forum.web.rendering import render
from forum.web.waiting import WaitingForm, asked_for, waiting_form

AGAIN = "/log-in/again"


@dataclass(frozen=True, slots=True)
class ProvePage:
    """The ways in which the member can show that it is they, as far as they count here."""

    choices: tuple[ProviderChoice, ...]
    passkey: bool
    form: CodeForm | None
    # Where it goes on; the home page when it goes on in another tab, or nowhere in particular.
    next: str
    waiting: WaitingForm | None
    # They showed it already.
    is_proven: bool

    @property
    def has_ways(self) -> bool:
        """Say whether there is any way at all."""
        return bool(self.choices or self.passkey or self.form)


@accounts.get(AGAIN)
@members_only
def prove_page() -> Response:
    """Offer the ways, or say that it is known already."""
    return _show(next_page=safe_next(request.args.get("next")))


@accounts.post(AGAIN)
@members_only
def prove_with_code() -> Answer:
    """Take a recovery code."""
    form = CodeForm(request.form)
    next_page = safe_next(form.next.data)
    try:
        typed = parse_code(form, request.form)
        browser.carry_renewed(recovery_codes.prove_by_code(current.session(), current.actor(), typed))
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _show(next_page=next_page, form=form, status=422)
    return unstored(redirect(proven_at(next_page), SEE_OTHER))


@accounts.app_errorhandler(ProveFirst)
def ask_for_proof(refusal: ProveFirst) -> Response:
    """Offer the ways in place of what was asked for, and keep what was sent."""
    if error_pages.wants_json():
        return error_pages.answer(403, refusal.reason)
    if request.method in SAFE_METHODS:
        return _show(next_page=safe_next(asked_for()), status=403)
    return _show(next_page=HOME, waiting=waiting_form(), status=403)


def finish_proof(identity: ProvidedIdentity, next_page: str) -> Answer:
    """Take whom the provider sent back as a proof, if it is the member's own identity and they logged in just now."""
    try:
        token = identities.prove_by_identity(current.session(), current.actor(), identity)
    except (Conflict, Forbidden) as refusal:
        status = 409 if isinstance(refusal, Conflict) else 403
        return not_done(refusal.reason, status, again_at(next_page), try_another_way())
    browser.carry_renewed(token)
    return redirect(proven_at(next_page), SEE_OTHER)


def proven_at(next_page: str) -> str:
    """Return where it goes on after a proof: home stands for another tab, in which something waits to be sent."""
    return AGAIN if next_page == HOME else next_page


def again_at(next_page: str) -> str:
    """Return where the ways to show it are offered, on the way to this page."""
    return AGAIN if next_page == HOME else f"{AGAIN}?next={quote(next_page)}"


def try_another_way() -> str:
    """Return the words that lead to the ways to show that it is they."""
    return _("See the ways to show that it is you")


def ask_before(next_page: str) -> Response:
    """Offer the ways, on the way to a page where it can be begun anew."""
    return _show(next_page=next_page, status=403)


def _show(
    *,
    next_page: str,
    status: int = 200,
    waiting: WaitingForm | None = None,
    form: CodeForm | None = None,
) -> Response:
    issuers = keys_of_issuers()
    ways = current.read(lambda session: ways_to_prove(session, current.actor(), issuers))
    page = ProvePage(
        choices=tuple(ProviderChoice(key, PROVIDER_NAMES[Provider(key)]) for key in ways.providers),
        passkey=ways.passkey,
        form=(form or CodeForm()) if ways.codes else None,
        next=next_page,
        waiting=waiting,
        is_proven=status == 200 and is_proven(),
    )
    return unstored(render("accounts/prove_page.html", page, status=status))
