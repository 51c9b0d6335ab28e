"""Who may reach a route at all, and for what they must have shown just now that it is they.

Each view declares it; an undeclared one is closed, and fails a test.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, request

from forum import clock
from forum.errors import NotFound, ProveFirst, SignInFirst
from forum.permissions.actions import Action
from forum.permissions.actor import PROOF_LASTS, STRONG_PROOFS, Actor, MemberState
from forum.permissions.check import can, require
from forum.text.translate import gettext as _
from forum.web import current
from forum.web.headers import SAFE_METHODS

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


def needs_proof(view: View) -> View:
    """Only who showed a few minutes ago that it is they may ask. What staff send always needs it."""
    view.needs_proof = True  # type: ignore[attr-defined]  # The same again.
    return view


def private_question(view: View) -> View:
    """Whoever has to log in first comes back to the page without what was asked of it, which may be about health."""
    view.private_question = True  # type: ignore[attr-defined]  # And again.
    return view


def check_proof() -> None:
    """Hold the proof against what is asked (runs before every view, once the form's token was found good)."""
    if request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    sent_by_staff = getattr(view, "access", None) == "staff_only" and request.method not in SAFE_METHODS
    if sent_by_staff or getattr(view, "needs_proof", False):
        require_proof()


def require_proof() -> None:
    """Raise ProveFirst unless the actor showed within the last five minutes that it is they."""
    if not is_proven():
        raise ProveFirst(_("Show us once more that it is you, and it goes on."))


def is_proven() -> bool:
    """Say whether the actor showed within the last five minutes, and well enough for them, that it is they."""
    actor = current.actor()
    is_fresh = actor.proved_at is not None and clock.now() - actor.proved_at < PROOF_LASTS
    return is_fresh and (actor.proof in STRONG_PROOFS or not actor.needs_strong_proof)


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
    return replace(actor, is_suspended=False, state=MemberState.ACTIVE, has_to_agree_again=False)
