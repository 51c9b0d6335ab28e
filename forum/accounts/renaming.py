"""Changing one's display name, and the rules that it shares with choosing the first one.

The old name leads nowhere from then on: nothing redirects, and the face is drawn from the new one.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts import former_names
from forum.accounts.leaving import hold_member
from forum.accounts.models import Member
from forum.accounts.names import name_key, problem_with
from forum.errors import Conflict, Invalid
from forum.events import MemberRenamed, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import require
from forum.text.translate import gettext as _
from forum.text.translate import say_moment

# Who is written to has to stay recognisable for a while.
RENAMED_ONCE_IN = timedelta(days=30)


def check_name(session: Session, name: str, actor: Actor | None = None) -> None:
    """Raise Invalid unless a tidied name can be had: by somebody new, or by the actor in place of the one they have.

    Queries: 1
    """
    problem = problem_with(name)
    if problem is not None:
        raise Invalid({"name": problem})
    if not former_names.name_can_be_had(session, name, actor.uuid if actor else None):
        # The same sentence for a name that somebody has and one that somebody had: nobody learns who left.
        raise Invalid(
            {
                "name": _(
                    "Somebody here has this name, or one that looks like it, or had it within the last year. "
                    "Choose another one."
                )
            }
        )


def rename_from(name_since: datetime) -> datetime:
    """Return when somebody who has had their name since then may change it."""
    return name_since + RENAMED_ONCE_IN


def rename_member(session: Session, actor: Actor, name: str) -> None:
    """Give the actor another display name, which nobody else has or had within a year; the same one changes nothing.

    The old one is nobody else's for a year, and theirs to take back.

    Emits: MemberRenamed (unless they have this name already)
    Raises: SignInFirst, Forbidden, Invalid (a name that can't be had, or too early), Conflict (they were erased)
    """
    require(actor, Action.ACCOUNT_RENAME)
    if actor.member_id is None or actor.uuid is None or hold_member(session, actor.member_id) is None:
        raise Conflict(_("Your account was deleted at this very moment."))
    old = session.execute(
        select(Member.name, Member.name_key, Member.name_since).where(Member.id == actor.member_id)
    ).one()
    if old.name == name:
        return
    may_from = rename_from(old.name_since)
    if clock.now() < may_from:
        raise Invalid(
            {"name": _("You can change your name again from %(moment)s on.", moment=say_moment(may_from))}
        )
    # Whether it is like the name at their provider, as joining asks, can't be said here: that one is never kept.
    check_name(session, name, actor)
    new_key = name_key(name)
    if new_key != old.name_key:
        former_names.take_name_back(session, new_key, actor.uuid)
        former_names.hold_name(session, old.name_key, actor.uuid)
    _set_name(session, actor.member_id, name, new_key)
    emit(session, MemberRenamed(actor.member_id))


def _set_name(session: Session, member_id: MemberId, name: str, key: str) -> None:
    try:
        # Somebody may choose the same one at this moment: the database has the last word.
        with session.begin_nested():
            session.execute(
                update(Member)
                .where(Member.id == member_id)
                .values(name=name, name_key=key, name_since=clock.now())
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        raise Invalid({"name": _("Somebody was faster with this name. Choose another one.")}) from None
