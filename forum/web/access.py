"""Who may reach a route at all. Each view declares it; an undeclared one is closed, and fails a test."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, request

from forum.errors import NotFound, SignInFirst
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberState
from forum.permissions.check import can, require
from forum.text.translate import gettext as _
from forum.web import current

View = TypeVar("View", bound=Callable[..., Any])


def _declare(view: View, access: str, action: Action | None = None) -> View:
    view.access = access  # type: ignore[attr-defined]  # Functions take attributes; mypy can't say so.
    view.staff_action = action  # type: ignore[attr-defined]  # The same here.
    return view


def public(view: View) -> View:
    """Anyone may ask; what they see is decided by visibility."""
    return _declare(view, "public")


def members_only(view: View) -> View:
    """Only a signed-in member may ask."""
    return _declare(view, "members_only")


def staff_only(action: Action) -> Callable[[View], View]:
    """Only who may do this action may ask; to every other member the address does not exist."""
    return lambda view: _declare(view, "staff_only", action)


def check_access() -> None:
    """Hold the declaration against who asks (runs before every view)."""
    if request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    access = getattr(view, "access", None)
    if access == "public":
        return
    actor = current.actor()
    if not actor.is_member:
        raise SignInFirst(_("Log in first. Reading needs no account; this page does."))
    if access == "members_only":
        return
    action = getattr(view, "staff_action", None)
    if action is None or not can(_in_good_standing(actor), action):
        raise NotFound
    require(actor, action)


def _in_good_standing(actor: Actor) -> Actor:
    """Return who they are when nothing is amiss: whose task it is may know that the page exists, and why not now."""
    return replace(actor, is_suspended=False, state=MemberState.ACTIVE)
