"""What changes accounts: sign-ins under way, and roles. Joining itself is consent's.

A sign-in attempt holds nothing about a person. It is made when somebody sets out for a provider and is gone with the
first callback that brings its state, whatever else that callback holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import Member, SignInAttempt, SignInPurpose
from forum.accounts.names import tidy_name
from forum.accounts.providers.outcomes import Attempt, Provider
from forum.accounts.tokens import hash_of
from forum.audit_log.commands import record
from forum.database.rows import rows_changed
from forum.errors import NotFound
from forum.events import MemberRoleChanged, emit
from forum.permissions.actions import Action
from forum.permissions.actor import STAFF_ROLES, Actor, MemberId, MemberState, Role
from forum.permissions.check import require
from forum.text.translate import gettext as _

ATTEMPT_LASTS = timedelta(minutes=10)
MOST_ATTEMPTS = 5
# A callback brings one. What a forged one holds beyond these isn't looked for.
MOST_STATES = 100


@dataclass(frozen=True, slots=True)
class TakenAttempt:
    """An attempt that its callback has used up, and where the person was going."""

    attempt: Attempt
    next: str
    purpose: SignInPurpose


def begin_attempt(
    session: Session,
    browser: str,
    attempt: Attempt,
    next: str,
    purpose: SignInPurpose = SignInPurpose.SIGN_IN,
) -> None:
    """Remember a sign-in that sets out now; of one browser, only the five newest are kept.

    ``browser`` is the random value in its session cookie, ``next`` a path that was found safe.
    """
    sweep_sign_in_attempts(session)
    kept = (
        select(SignInAttempt.id)
        .where(SignInAttempt.browser_hash == hash_of(browser))
        .order_by(SignInAttempt.id.desc())
        .limit(MOST_ATTEMPTS - 1)
    )
    session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.browser_hash == hash_of(browser),
            SignInAttempt.id.not_in(list(session.scalars(kept))),
        )
    )
    session.add(
        SignInAttempt(
            state_hash=hash_of(attempt.state),
            browser_hash=hash_of(browser),
            provider=attempt.provider.value,
            nonce=attempt.nonce,
            code_verifier=attempt.code_verifier,
            next=next,
            purpose=purpose,
            expires_at=clock.now() + ATTEMPT_LASTS,
        )
    )


def take_attempt(
    session: Session, browser: str, provider: Provider, states: Sequence[str], redirect_uri: str
) -> TakenAttempt | None:
    """Use up the attempt that this browser began with this state, and return it.

    None when there is none, when it is older than ten minutes, or when it was for another provider; it is gone in
    each of these cases. A callback that brings more than one state uses up the attempt of each, and gets none of
    them. A state that another browser began is left alone. Commit before talking to the provider, so that a second
    callback finds nothing.
    """
    rows = session.execute(
        delete(SignInAttempt)
        .where(
            SignInAttempt.state_hash.in_([hash_of(state) for state in states[:MOST_STATES]]),
            SignInAttempt.browser_hash == hash_of(browser),
        )
        .returning(
            SignInAttempt.provider,
            SignInAttempt.nonce,
            SignInAttempt.code_verifier,
            SignInAttempt.next,
            SignInAttempt.purpose,
            SignInAttempt.expires_at,
        )
    ).all()
    if len(states) != 1 or not rows:
        return None
    (row,) = rows
    if row.provider != provider or row.expires_at <= clock.now():
        return None
    attempt = Attempt(
        provider=provider,
        state=states[0],
        nonce=row.nonce,
        code_verifier=row.code_verifier,
        redirect_uri=redirect_uri,
    )
    return TakenAttempt(attempt, row.next, row.purpose)


def sweep_sign_in_attempts(session: Session) -> int:
    """Delete the attempts that nobody came back from within ten minutes, and return how many there were."""
    return rows_changed(session, delete(SignInAttempt).where(SignInAttempt.expires_at <= clock.now()))


def change_role(session: Session, actor: Actor, name: str, role: Role) -> MemberId:
    """Give the member of this name another role, from their next request on, and return who it is.

    Which categories a category moderator answers for is community's to say. Whoever is trusted with a task need not
    wait to be let in any more: where nobody else moderates yet, there would be nobody to do it.

    Emits: MemberRoleChanged
    Raises: SignInFirst, Forbidden, NotFound (nobody has the name)
    """
    require(actor, Action.ROLE_CHANGE)
    state: Any = Member.state
    if role in STAFF_ROLES:
        state = case((Member.state == MemberState.WAITING, MemberState.ACTIVE), else_=Member.state)
    changed = session.execute(
        update(Member)
        .where(Member.name == tidy_name(name))
        .values(role=role, state=state)
        .returning(Member.id, Member.uuid)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if changed is None:
        raise NotFound(_("No member has this name."))
    record(session, actor, Action.ROLE_CHANGE, member_uuid=changed.uuid, facts={"role": role})
    emit(session, MemberRoleChanged(changed.id))
    return MemberId(changed.id)
