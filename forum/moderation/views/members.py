"""The addresses at which moderators look members up, leave notes on them and decide how things stand with them."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import Form

from forum import clock
from forum.accounts.suspensions import MemberSubject
from forum.database.keyset import Window
from forum.errors import Invalid, Malformed
from forum.moderation.commands import members as commands
from forum.moderation.drafts import MemberDraft
from forum.moderation.forms.deciding import DecisionForm, Step, step_of
from forum.moderation.forms.members import (
    LENGTHS,
    NoteForm,
    SuspendForm,
    form_for,
    parse_member_decision,
    parse_note,
    parse_suspension,
)
from forum.moderation.leaving_authors import page_of
from forum.moderation.queries import members as queries
from forum.moderation.queries.members import MemberPage
from forum.moderation.reasons import REASONS, label_of_code
from forum.moderation.views.blueprint import moderation
from forum.moderation.wording import Told, signed_by, told
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId, MemberState
from forum.permissions.check import require
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _
from forum.text.translate import ngettext
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import check_form, show_refusal
from forum.web.rendering import render

SEE_OTHER = 303
LONGEST_TYPED = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Words:
    """How a decision is asked for."""

    title: str
    what_happens: str
    button: str
    kind: str


@dataclass(frozen=True, slots=True)
class MemberWithForm:
    """A member's page, and room for a note."""

    about: MemberPage
    form: NoteForm


@dataclass(frozen=True, slots=True)
class MemberDecisionPage:
    """The question before something is decided about a member; with ``preview``, what they will be told."""

    member: MemberSubject
    words: Words
    address: str
    back: str
    form: DecisionForm
    reasons: tuple[Choice, ...]
    lengths: tuple[Choice, ...]
    preview: Told | None
    signed_by: str
    # The words that are to be taken down, or "".
    their_words: str


@moderation.get("/moderation/members")
@staff_only(Action.MEMBER_LOOK_UP)
def members_page() -> Answer:
    """Look somebody up, or show who waits and who is suspended."""
    show = request.args.get("show", "waiting")
    if show not in ("waiting", "suspended"):
        raise Malformed
    typed = tidy_line(request.args.get("name", "")[:LONGEST_TYPED])
    if typed and (name := queries.looked_up(current.session(), current.actor(), typed)):
        return redirect(f"/moderation/members/{name}", SEE_OTHER)
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    page = queries.members_page(current.session(), current.actor(), show, window, typed)
    return render("moderation/members_page.html", page)


@moderation.get("/moderation/members/<name>")
@staff_only(Action.MEMBER_LOOK_UP)
def member_page(name: str) -> Response:
    """Show a member."""
    return _member(name, NoteForm())


@moderation.post("/moderation/members/<name>/notes")
@staff_only(Action.MEMBER_LOOK_UP)
def note_member(name: str) -> Answer:
    """Leave the other moderators a note."""
    form = NoteForm(request.form)
    try:
        text = parse_note(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _member(name, form, status=422)
    commands.note_member(current.session(), current.actor(), name, text)
    return redirect(f"/moderation/members/{name}", SEE_OTHER)


@moderation.post("/moderation/notes/<int:note_id>/delete")
@staff_only(Action.MEMBER_LOOK_UP)
def delete_note(note_id: int) -> Answer:
    """Take a note away."""
    check_form(Form(request.form), request.form)
    name = commands.delete_note(current.session(), current.actor(), note_id)
    return redirect(f"/moderation/members/{name}", SEE_OTHER)


@moderation.get(
    "/moderation/members/<name>/<any('suspend','lift','clear-profile','let-in','turn-away'):deed>"
)
@staff_only(Action.MEMBER_LOOK_UP)
def member_decision_page(name: str, deed: str) -> Response:
    """Ask before something is decided about a member."""
    return _ask(name, deed, None)


@moderation.post("/moderation/members/<name>/suspend")
@staff_only(Action.MEMBER_LOOK_UP)
def suspend_member(name: str) -> Answer:
    """Show what the member will be told, or suspend them."""
    form = SuspendForm(Action.MEMBER_SUSPEND, request.form)
    try:
        draft = parse_suspension(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _ask(name, "suspend", form, status=422)
    if step_of(form) is Step.PREVIEW:
        return _ask(
            name, "suspend", form, told(Action.MEMBER_SUSPEND, draft.reason, until=draft.ends(clock.now()))
        )
    commands.suspend_member(current.session(), current.actor(), name, draft)
    return redirect(page_of(name), SEE_OTHER)


@moderation.post("/moderation/members/<name>/lift")
@staff_only(Action.MEMBER_LOOK_UP)
def unsuspend_member(name: str) -> Answer:
    """Show what the member will be told, or lift their suspension."""
    return _decide(name, "lift", commands.unsuspend_member)


@moderation.post("/moderation/members/<name>/clear-profile")
@staff_only(Action.MEMBER_LOOK_UP)
def clear_profile(name: str) -> Answer:
    """Show what the member will be told, or take down what they say about themselves."""
    return _decide(name, "clear-profile", commands.clear_profile)


@moderation.post("/moderation/members/<name>/let-in")
@staff_only(Action.MEMBER_LOOK_UP)
def let_in_member(name: str) -> Answer:
    """Show what the newcomer will be told, or let them in."""
    return _decide(name, "let-in", commands.let_in_member)


@moderation.post("/moderation/members/<name>/turn-away")
@staff_only(Action.MEMBER_LOOK_UP)
def turn_away_member(name: str) -> Answer:
    """Show what the newcomer will be told, or turn them away."""
    return _decide(name, "turn-away", commands.turn_away_member)


def _decide(name: str, deed: str, command: Callable[[Session, Actor, str, MemberDraft], MemberId]) -> Answer:
    action = _ACTIONS[deed]
    form = form_for(action, request.form)
    try:
        draft = parse_member_decision(form, request.form)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _ask(name, deed, form, status=422)
    if step_of(form) is Step.PREVIEW:
        return _ask(name, deed, form, told(action, draft.reason))
    command(current.session(), current.actor(), name, draft)
    return redirect(page_of(name), SEE_OTHER)


def _member(name: str, form: NoteForm, status: int = 200) -> Response:
    about = current.read(lambda session: queries.member_page(session, current.actor(), name))
    return render("moderation/member_page.html", MemberWithForm(about, form), status=status)


_ACTIONS = {
    "suspend": Action.MEMBER_SUSPEND,
    "lift": Action.MEMBER_UNSUSPEND,
    "clear-profile": Action.MEMBER_PROFILE_CLEAR,
    "let-in": Action.MEMBER_LET_IN,
    "turn-away": Action.MEMBER_TURN_AWAY,
}


def _ask(
    name: str, deed: str, form: DecisionForm | None, preview: Told | None = None, status: int = 200
) -> Response:
    actor = current.actor()
    action = _ACTIONS[deed]
    member, seen, words = current.read(lambda session: queries.decision_on(session, actor, name, action))
    require(actor, action, member)
    page = MemberDecisionPage(
        member=member,
        words=_words(deed, member),
        address=f"/moderation/members/{name}/{deed}",
        back=page_of(name),
        form=form or form_for(action, seen=seen),
        reasons=tuple(Choice(code.value, label_of_code(code)) for code in REASONS.get(action, ())),
        lengths=_lengths() if deed == "suspend" else (),
        preview=preview,
        signed_by=signed_by(actor.role),
        their_words=words,
    )
    return render("moderation/member_decision_page.html", page, status=status)


def _lengths() -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value,
            _("Until somebody lifts it") if days is None else ngettext("%(n)s day", "%(n)s days", days),
        )
        for value, days in LENGTHS.items()
    )


def _words(deed: str, member: MemberSubject) -> Words:
    name = member.name
    if deed == "suspend" and member.state is MemberState.LEAVING:
        return Words(
            _("Suspend whoever wrote this?"),
            _(
                "They are leaving, and can still come back. If they do, they can read but not write. If they don’t, "
                "nobody can join anew with their Google or Facebook account before this is over, or before two years "
                "have passed."
            ),
            _("Suspend them"),
            "danger",
        )
    return {
        "suspend": Words(
            _("Suspend %(name)s?", name=name),
            _(
                "From their next click on they can read, take back what they wrote, report, and change their settings,"
                " but not write. What they wrote stays where it is."
            ),
            _("Suspend them"),
            "danger",
        ),
        "lift": Words(
            _("Let %(name)s write again?", name=name),
            _("Their suspension ends at once."),
            _("Lift the suspension"),
            "primary",
        ),
        "clear-profile": Words(
            _("Take down what %(name)s says about themselves?", name=name),
            _(
                "Nobody sees these words any more, and %(name)s is told which they were and why. The rest of their "
                "page stays, and they can write something else there.",
                name=name,
            ),
            _("Take it down"),
            "danger",
        ),
        "let-in": Words(
            _("Let %(name)s in?", name=name),
            _("They can write from their next click on."),
            _("Let them in"),
            "primary",
        ),
        "turn-away": Words(
            _("Turn %(name)s away?", name=name),
            _(
                "They can read why for 14 days. Then everything we keep about them is erased. Until then, you can"
                " still let them in."
            ),
            _("Turn them away"),
            "danger",
        ),
    }[deed]
