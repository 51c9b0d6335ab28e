"""What a member agrees to: the page that shows it, giving and taking back, and being asked again after a change.

Everybody who is signed in can use these, however things stand with their account, and nobody needs a fresh proof:
taking back must not be harder than giving, and what was taken back can be given again.
"""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum.accounts.addresses import HOME, safe_next
from forum.accounts.views.browser import unstored
from forum.consent import changing, choices_queries, wording
from forum.consent.change_wording import what_happened
from forum.consent.choices_queries import PRIVACY, AgreementDue, PurposeLine
from forum.consent.drafts import ShownBefore
from forum.consent.forms import (
    AgreeAgainForm,
    field_name,
    names_of_versions,
    parse_agree_again,
    parse_give,
)
from forum.consent.queries import PolicyReference, locale_to_ask_in, policies_in_force
from forum.consent.views import AskedChoice
from forum.database.keyset import Window
from forum.errors import AgreeFirst, Invalid, NotFound
from forum.permissions.actor import Purpose
from forum.privacy.restriction import can_be_restricted
from forum.privacy.views.blueprint import privacy
from forum.text.translate import content_locale
from forum.web import current, error_pages
from forum.web.access import members_only
from forum.web.forms import check_form, show_refusal
from forum.web.headers import SAFE_METHODS
from forum.web.privacy_signal import sends_gpc
from forum.web.rendering import render
from forum.web.waiting import WaitingForm, asked_for, waiting_form

AGREE_AGAIN = f"{PRIVACY}/agree-again"
SEE_OTHER = 303
# Being a member is agreed to by joining, and ends by leaving.
_CHANGEABLE = frozenset(Purpose) - {Purpose.MEMBERSHIP}


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    """How each purpose stands with a member, and what else they can do with what is theirs."""

    purposes: tuple[PurposeLine, ...]
    # What they are written to, if anything.
    email: str
    # The browser asks not to be shared with anybody.
    gpc: bool
    # In force now.
    policies: tuple[PolicyReference, ...]
    # What was changed just now, and what came of it, if anything was.
    changed: PurposeLine | None
    happened: str
    # The words beside a choice changed before it was sent.
    is_shown_again: bool
    # There is something of theirs that is used, and that they can ask not to be.
    can_be_restricted: bool


@dataclass(frozen=True, slots=True)
class AgreeAgainPage:
    """What a member is asked again, with what changed; or that there is nothing to ask."""

    due: AgreementDue
    asked: tuple[AskedChoice, ...]
    form: AgreeAgainForm
    versions: str
    wording: str
    # Where they go on after agreeing, and without it.
    next: str
    back: str
    waiting: WaitingForm | None
    is_shown_again: bool


@privacy.get(PRIVACY)
@members_only
def privacy_page() -> Response:
    """Show what the member agrees to."""
    return _show_choices()


@privacy.get(f"{PRIVACY}/decisions")
@members_only
def decisions_page() -> Response:
    """Show what the member decided, about everything or about one purpose, with the receipts."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    name = request.args.get("purpose")
    if name is not None and name not in set(Purpose):
        raise NotFound
    purpose = None if name is None else Purpose(name)
    page = choices_queries.decisions_page(current.session(), current.actor(), window, purpose)
    return unstored(render("privacy/decisions_page.html", page))


@privacy.post(f"{PRIVACY}/<purpose>/give")
@members_only
def give_consent(purpose: str) -> Answer:
    """Agree to a purpose."""
    wanted = _purpose(purpose)
    draft = parse_give(request.form, gpc=sends_gpc(), locale=_asked_in())
    try:
        changing.give_consent(current.session(), current.actor(), wanted, draft)
    except ShownBefore:
        return _show_choices(status=409)
    return _changed(wanted)


@privacy.post(f"{PRIVACY}/<purpose>/take-back")
@members_only
def take_consent_back(purpose: str) -> Answer:
    """Take back what was agreed to."""
    wanted = _purpose(purpose)
    check_form(Form(request.form), request.form)
    changing.take_consent_back(current.session(), current.actor(), wanted, gpc=sends_gpc())
    return _changed(wanted)


@privacy.get(AGREE_AGAIN)
@members_only
def agree_again_page() -> Response:
    """Ask again what changed policies make necessary, or say that there is nothing to ask."""
    next_page = safe_next(request.args.get("next"))
    return _ask(AgreeAgainForm(), next_page=next_page, back=next_page)


@privacy.post(AGREE_AGAIN)
@members_only
def agree_again() -> Answer:
    """Agree to what changed, and go on."""
    form = AgreeAgainForm(request.form)
    next_page = safe_next(form.next.data)
    due = current.read(lambda session: choices_queries.agreement_due(session, current.actor()))
    try:
        draft = parse_agree_again(form, request.form, gpc=sends_gpc(), locale=due.locale)
        changing.agree_again(current.session(), current.actor(), draft)
    except ShownBefore:
        return _ask(form, next_page=next_page, back=next_page, status=409)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _ask(form, next_page=next_page, back=next_page, status=422)
    return unstored(redirect(AGREE_AGAIN if next_page == HOME else next_page, SEE_OTHER))


@privacy.app_errorhandler(AgreeFirst)
def ask_first(refusal: AgreeFirst) -> Response:
    """Ask in place of what was asked for, and keep what was sent."""
    if error_pages.wants_json():
        return error_pages.answer(403, refusal.reason)
    if request.method in SAFE_METHODS:
        return _ask(AgreeAgainForm(), next_page=safe_next(asked_for()), back=HOME, status=403)
    return _ask(AgreeAgainForm(), next_page=HOME, back=HOME, waiting=waiting_form(), status=403)


def _purpose(name: str) -> Purpose:
    """Return a purpose that can be given and taken back. Raises NotFound."""
    if name not in set(_CHANGEABLE):
        raise NotFound
    return Purpose(name)


def _asked_in() -> str:
    """Return the language in which a choice is shown and agreed to."""
    return current.read(lambda session: locale_to_ask_in(session, content_locale()))


def _changed(purpose: Purpose) -> Answer:
    return unstored(redirect(f"{PRIVACY}?changed={purpose.value}", SEE_OTHER))


def _show_choices(status: int = 200) -> Response:
    actor, locale = current.actor(), _asked_in()
    choices = current.read(
        lambda session: choices_queries.own_choices(session, actor, locale=locale, gpc=sends_gpc())
    )
    name = request.args.get("changed", "") if status == 200 else ""
    changed = choices.line(Purpose(name)) if name in set(_CHANGEABLE) else None
    happened = (
        what_happened(actor, changed.purpose, stands=changed.stands, has_address=bool(choices.email))
        if changed
        else ""
    )
    page = PrivacyPage(
        purposes=choices.purposes,
        email=choices.email,
        gpc=sends_gpc(),
        policies=choices.policies,
        changed=changed,
        happened=happened,
        is_shown_again=status == 409,
        can_be_restricted=can_be_restricted(actor.state),
    )
    return unstored(render("privacy/privacy_page.html", page, status=status))


def _ask(
    form: AgreeAgainForm,
    *,
    next_page: str,
    back: str,
    waiting: WaitingForm | None = None,
    status: int = 200,
) -> Response:
    actor, gpc = current.actor(), sends_gpc()
    due = current.read(lambda session: choices_queries.agreement_due(session, actor))
    policies = current.read(lambda session: policies_in_force(session, due.locale))
    choices = wording.needed(wording.choices(policies, locale=due.locale, gpc=gpc))
    page = AgreeAgainPage(
        due=due,
        asked=tuple(
            AskedChoice(
                words=choice,
                field=field_name(choice.purpose),
                is_ticked=choice.purpose in form.given(),
                error="".join(map(str, form.box(choice.purpose).errors[:1])),
            )
            for choice in choices
        ),
        form=form,
        versions=names_of_versions(policies),
        wording=wording.hash_of_choices(choices),
        next=next_page,
        back=back,
        waiting=waiting,
        is_shown_again=status == 409,
    )
    return unstored(render("privacy/agree_again_page.html", page, status=status))
