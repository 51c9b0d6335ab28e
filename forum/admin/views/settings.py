"""The first page of administration, and the settings of the community."""

from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from forum.admin import queries
from forum.admin.forms import PREVIEW, SettingsForm, parse_settings, show_settings
from forum.admin.queries import History, SettingsChange
from forum.admin.views.blueprint import SEE_OTHER, admin
from forum.community_settings import commands
from forum.community_settings.drafts import SettingsDraft
from forum.community_settings.models import SignUp
from forum.community_settings.queries import SettingsInForce, settings_in_force, settings_of
from forum.database.keyset import Window
from forum.errors import Conflict, Invalid, NotFound
from forum.permissions.actions import Action
from forum.web import current
from forum.web.access import staff_only
from forum.web.forms import show_refusal
from forum.web.rendering import render


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """The settings: the form, what it would change, and every version there was."""

    form: SettingsForm
    sign_ups: tuple[SignUp, ...]
    operator_contact: str
    history: History
    # The version that is in force now.
    version: int
    # What saving would change, for somebody who asked; None when nobody did.
    preview: tuple[str, ...] | None
    # What somebody else changed since the form was shown.
    meanwhile: SettingsChange | None
    # The version that the form was filled in with, to put it back; 0 for the one in force.
    put_back: int
    saved: bool


@admin.get("/admin")
@staff_only(Action.SETTINGS_CHANGE)
def admin_page() -> Response:
    """Show how things stand, and where what is changed."""
    return render("admin/admin_page.html", queries.admin_page(current.session(), current.settings()))


@admin.get("/admin/settings")
@staff_only(Action.SETTINGS_CHANGE)
def settings_page() -> Response:
    """Show the settings in force, or an earlier version to put back."""
    now = settings_in_force(current.session())
    version = _version()
    shown = settings_of(current.session(), version) if version else now
    return _settings(show_settings(shown, now.version), put_back=version)


@admin.post("/admin/settings")
@staff_only(Action.SETTINGS_CHANGE)
def change_settings() -> Answer:
    """Put new settings in force, or show first what that would change."""
    form = SettingsForm(request.form)
    try:
        draft = parse_settings(form, request.form)
        if form.step.data == PREVIEW:
            return _settings(form, preview=draft)
        commands.change_settings(current.session(), current.actor(), draft)
    except Invalid as refusal:
        show_refusal(form, refusal)
        return _settings(form, status=422)
    except Conflict:
        return _settings(form, status=409)
    return redirect("/admin/settings?saved", SEE_OTHER)


def _settings(
    form: SettingsForm, *, preview: SettingsDraft | None = None, put_back: int = 0, status: int = 200
) -> Response:
    """Show the form as it is; whoever missed a change sees it, and decides anew with their words still there."""
    window = Window(older=request.args.get("older", ""), newer=request.args.get("newer", ""))
    history = current.read(lambda session: queries.settings_history(session, window))
    newest = current.read(lambda session: queries.settings_history(session, Window(), 1).changes)
    version = newest[0].version if newest else 0
    missed = form.seen_version.data != str(version)
    form.seen_version.data = str(version)
    now = newest[0].settings if newest else SettingsInForce()
    page = SettingsPage(
        form=form,
        sign_ups=tuple(SignUp),
        operator_contact=current.settings().operator_contact,
        history=history,
        version=version,
        preview=queries.what_changes(now, _wanted(preview)) if preview else None,
        meanwhile=newest[0] if missed and newest else None,
        put_back=put_back,
        saved="saved" in request.args,
    )
    return render("admin/settings_page.html", page, status=status)


def _wanted(draft: SettingsDraft) -> SettingsInForce:
    return SettingsInForce(0, draft.sign_up, draft.read_only, draft.announcement, draft.contact)


def _version() -> int:
    given = request.args.get("version", "0")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise NotFound
    return int(given)
