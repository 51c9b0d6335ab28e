"""Asking the table: ``can`` for a button, ``require`` for a command. Both give the same sentence."""

from typing import Any

from forum.errors import Forbidden, SignInFirst
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.rules import Verdict
from forum.permissions.table import TABLE


def can(actor: Actor, action: Action, subject: Any = None) -> Verdict:
    """Return whether the actor may do this to the subject, and if not, why not."""
    return TABLE[action](actor, subject)


def require(actor: Actor, action: Action, subject: Any = None) -> None:
    """Raise Forbidden with the reason unless the actor may; SignInFirst when signing in would decide it."""
    verdict = can(actor, action, subject)
    if not verdict:
        if not actor.is_member:
            raise SignInFirst(verdict.reason)
        raise Forbidden(verdict.reason)
