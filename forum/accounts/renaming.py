"""Changing one's display name, and the rules that it shares with choosing the first one.

The old name leads nowhere from then on: nothing redirects, and the face is drawn from the new one.

Whoever just joined, or chose wrongly, must not be stuck with it, and nobody else's choice may stand: the first change
is free, and one's own former name can be taken back at any time. Only another new one has to wait. The keys that
former names are hashed with are handed in, as in ``former_names``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts import former_names
from forum.accounts.account_notices import tell
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent, Member
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


def check_name(session: Session, name: str, keys: Sequence[str], actor: Actor | None = None) -> None:
    """Raise Invalid unless a tidied name can be had: by somebody new, or by the actor in place of the one they have.

    Queries: 1
    """
    problem = problem_with(name)
    if problem is not None:
        raise Invalid({"name": problem})
    if not former_names.name_can_be_had(session, name, keys, actor.member_id if actor else None):
        # The same sentence for a name that somebody has and one that somebody had: nobody learns who left.
        raise Invalid(
            {
                "name": _(
                    "Somebody here has this name, or one that looks like it, or had it within the last year. "
                    "Choose another one."
                )
            }
        )


def new_name_from(moment: datetime) -> str:
    """Return the sentence that says from when on somebody may have a new name, and what they may have until then."""
    return _(
        "You can take a name of yours back at any time. Another new one you can have from %(moment)s on.",
        moment=say_moment(moment),
    )


def rename_from(name_since: datetime, joined_at: datetime) -> datetime:
    """Return from when on somebody may have a new name: 30 days after their last change, or at once before the first.

    The name with which they joined was no change.
    """
    return joined_at if name_since == joined_at else name_since + RENAMED_ONCE_IN


def rename_member(session: Session, actor: Actor, name: str, keys: Sequence[str]) -> None:
    """Give the actor another display name, which nobody else has or had within a year; the same one changes nothing.

    The old one is nobody else's for a year, and theirs to take back at any time. They are told, in case it was not
    they who did it.

    Emits: MemberRenamed, AccountNoticeMade (unless they have this name already)
    Raises: SignInFirst, Forbidden, Invalid (a name that can't be had, or too early), Conflict (they were erased)
    """
    require(actor, Action.ACCOUNT_RENAME)
    if actor.member_id is None or hold_member(session, actor.member_id) is None:
        raise Conflict(_("Your account was deleted at this very moment."))
    old = session.execute(
        select(Member.name, Member.name_key, Member.name_since, Member.joined_at).where(
            Member.id == actor.member_id
        )
    ).one()
    if old.name == name:
        return
    new_key = name_key(name)
    may_from = rename_from(old.name_since, old.joined_at)
    # What looks like the name that they have, or had, is no new one.
    is_new = new_key != old.name_key and not former_names.was_theirs(session, name, keys, actor.member_id)
    if is_new and clock.now() < may_from:
        raise Invalid({"name": new_name_from(may_from)})
    # Whether it is like the name at their provider, as joining asks, can't be said here: that one is never kept.
    check_name(session, name, keys, actor)
    if new_key != old.name_key:
        former_names.take_name_back(session, new_key, keys)
        former_names.hold_name(session, old.name_key, keys, actor.member_id)
    _set_name(session, actor.member_id, name, new_key)
    emit(session, MemberRenamed(actor.member_id))
    tell(session, actor.member_id, AccountEvent.NAME_CHANGED)


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
