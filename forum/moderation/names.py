"""How people are called in the moderators' and administrators' rooms: by their names until they leave.

Whoever waits, rests or was turned away is named here, because somebody has to decide about them. Readers' pages go by
``community.bylines``.
"""

from forum.audit_log.commands import OPERATOR_ROLE
from forum.permissions.actor import MemberState
from forum.text.translate import gettext as _


def is_named(state: MemberState | None) -> bool:
    """Say of a row that was read what ``accounts.suspensions.is_known`` says in SQL; None is somebody erased."""
    return state is not None and state is not MemberState.LEAVING


def name_of(name: str | None, state: MemberState | None, *, begins: bool = False) -> str:
    """Return what somebody is called; ``begins`` where a sentence does with it."""
    if name and is_named(state):
        return name
    return _("A former member") if begins else _("a former member")


def decider(name: str | None, state: MemberState | None, role: str) -> str:
    """Return who decided something, for the beginning of a sentence. The operator has no name."""
    return _("The operator") if role == OPERATOR_ROLE else name_of(name, state, begins=True)
