"""A member's own sign-in sessions, as they see them: kinds of devices, and days."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.devices import Device, say_device
from forum.accounts.models import SignInSession
from forum.accounts.sign_in_sessions import session_is_valid
from forum.permissions.actor import Actor

# More than anybody looks through; whoever has them ends all others at once.
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser in which the member is signed in."""

    id: int
    # In words, such as "Firefox on Windows".
    device: str
    begun_on: date
    last_seen_on: date
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Where a member is signed in: this browser first, then those that were used last."""

    sessions: tuple[SessionLine, ...]
    # There are more than are shown.
    has_more: bool
    # One or more were ended just now.
    just_ended: bool = False

    @property
    def has_others(self) -> bool:
        """Say whether there is any other to end."""
        return any(not line.is_this_one for line in self.sessions)


def sessions_page(session: Session, actor: Actor) -> SessionsPage:
    """Return the actor's sessions that are good at this moment.

    Queries: 1
    """
    now = clock.now()
    is_this_one = SignInSession.id == actor.sign_in_session_id
    rows = session.execute(
        select(
            SignInSession.id,
            SignInSession.browser,
            SignInSession.system,
            SignInSession.begun_at,
            SignInSession.last_seen_on,
        )
        .where(SignInSession.member_id == actor.member_id, session_is_valid())
        .order_by(case((is_this_one, 0), else_=1), SignInSession.last_seen_on.desc(), SignInSession.id.desc())
        .limit(MOST_SHOWN + 1)
    ).all()
    lines = (
        SessionLine(
            id=row.id,
            device=say_device(Device(row.browser, row.system)),
            begun_on=row.begun_at.date(),
            # This one is in use, whether that has been written down already or not.
            last_seen_on=now.date() if row.id == actor.sign_in_session_id else row.last_seen_on,
            is_this_one=row.id == actor.sign_in_session_id,
        )
        for row in rows[:MOST_SHOWN]
    )
    return SessionsPage(tuple(lines), has_more=len(rows) > MOST_SHOWN)
