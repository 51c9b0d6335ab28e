"""What every change of a member's ways in does besides: others wait, their other sessions end, and they are told."""

from sqlalchemy.orm import Session

from forum.accounts.account_notices import tell
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent
from forum.accounts.sign_in_sessions import end_other_sessions, renew
from forum.errors import NotFound
from forum.permissions.actor import Actor, MemberId


def hold_ways_in(session: Session, actor: Actor) -> MemberId:
    """Keep everybody else from changing the actor's ways in until this transaction ends. Raises NotFound."""
    if actor.member_id is None or hold_member(session, actor.member_id) is None:
        raise NotFound
    return actor.member_id


def ways_in_changed(session: Session, actor: Actor, event: AccountEvent, provider: str = "") -> str:
    """End the actor's other sessions, tell them, and return their session's new token.

    It comes after the change itself, so that a session which began by what is gone now ends as well.

    Emits: AccountNoticeMade
    Raises: Conflict (their session ended or was renewed meanwhile)
    """
    if actor.member_id is None:
        raise NotFound
    end_other_sessions(session, actor)
    token = renew(session, actor)
    tell(session, actor.member_id, event, provider)
    return token
