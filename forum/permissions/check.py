"""Asking the table: ``can`` for a button, ``require`` for a command. Both give the same sentence."""

from typing import Any

from forum.errors import AgreeFirst, Forbidden, SignInFirst
from forum.permissions.actions import Action
from forum.permissions.actor import Actor
from forum.permissions.rules import Verdict, WayOn
from forum.permissions.table import TABLE


def can(actor: Actor, action: Action, subject: Any = None) -> Verdict:
    """Return whether the actor may do this to the subject, and if not, why not."""
    return TABLE[action](actor, subject)


def require(actor: Actor, action: Action, subject: Any = None) -> None:
    """Raise Forbidden with the reason unless the actor may.

    It is SignInFirst when signing in would decide it, and AgreeFirst when agreeing to what changed would.
    """
    verdict = can(actor, action, subject)
    if not verdict:
        if not actor.is_member:
            raise SignInFirst(verdict.reason)
        if verdict.way_on is WayOn.AGREE_AGAIN:
            raise AgreeFirst(verdict.reason)
        raise Forbidden(verdict.reason)
