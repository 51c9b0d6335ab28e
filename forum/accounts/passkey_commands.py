"""What changes passkeys: challenges under way, adding, renaming, removing, and using one.

A challenge holds nothing about a person. It is gone with the first answer that brings it, whatever else that answer
holds. Whether an answer holds is said in ``passkeys``.
"""

from datetime import date
from typing import cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.changing_ways_in import hold_ways_in, ways_in_changed
from forum.accounts.devices import Device, SystemFamily
from forum.accounts.leaving import hold_member
from forum.accounts.models import (
    LONGEST_PASSKEY_NAME,
    AccountEvent,
    Passkey,
    PasskeyChallenge,
    SignInPurpose,
)
from forum.accounts.passkey_queries import own_passkey, own_passkeys
from forum.accounts.passkeys import (
    CHALLENGE_LASTS,
    Brought,
    PasskeyReason,
    PasskeyRefused,
    Site,
    verify_new,
    verify_use,
)
from forum.accounts.tokens import hash_of
from forum.database.dialects import tools
from forum.database.rows import rows_changed
from forum.errors import Conflict, Invalid
from forum.permissions.actor import Actor, MemberId
from forum.text.plain import tidy_line
from forum.text.translate import gettext as _

MOST_CHALLENGES = 5
MOST_PASSKEYS = 10

_PHONES = frozenset({SystemFamily.ANDROID, SystemFamily.IPHONE})
_COMPUTERS = frozenset({SystemFamily.WINDOWS, SystemFamily.MAC, SystemFamily.CHROMEBOOK, SystemFamily.LINUX})


def begin_challenge(session: Session, browser: str, challenge: str, purpose: SignInPurpose) -> None:
    """Remember what a passkey is to sign; of one browser, only the five newest are kept.

    ``browser`` is the random value in its session cookie.
    """
    sweep_passkey_challenges(session)
    kept = (
        select(PasskeyChallenge.id)
        .where(PasskeyChallenge.browser_hash == hash_of(browser))
        .order_by(PasskeyChallenge.id.desc())
        .limit(MOST_CHALLENGES - 1)
    )
    session.execute(
        delete(PasskeyChallenge).where(
            PasskeyChallenge.browser_hash == hash_of(browser),
            PasskeyChallenge.id.not_in(list(session.scalars(kept))),
        )
    )
    session.add(
        PasskeyChallenge(
            challenge_hash=hash_of(challenge),
            browser_hash=hash_of(browser),
            purpose=purpose,
            expires_at=clock.now() + CHALLENGE_LASTS,
        )
    )


def take_challenge(session: Session, browser: str, challenge: str, purpose: SignInPurpose) -> bool:
    """Use up a challenge of this browser, and say whether it was good for this purpose and no older than five minutes.

    It is gone in any case; one that another browser was given is left alone. Commit before looking at the answer, so
    that a second one finds nothing.
    """
    row = session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == hash_of(challenge),
            PasskeyChallenge.browser_hash == hash_of(browser),
        )
        .returning(PasskeyChallenge.purpose, PasskeyChallenge.expires_at)
    ).one_or_none()
    return row is not None and row.purpose is purpose and row.expires_at > clock.now()


def sweep_passkey_challenges(session: Session) -> int:
    """Delete the challenges that nobody answered within five minutes, and return how many there were."""
    return rows_changed(session, delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= clock.now()))


def use_passkey(session: Session, site: Site, brought: Brought, only_of: MemberId | None = None) -> MemberId:
    """Return the member whose passkey signed the challenge, and remember that it was used, by the day alone.

    With ``only_of`` it must be that member's. Whoever calls has used the challenge up.

    Raises: PasskeyRefused
    """
    whose = session.scalar(select(Passkey.member_id).where(Passkey.credential_id == brought.credential_id))
    if whose is None or hold_member(session, MemberId(whose)) is None:
        raise PasskeyRefused(PasskeyReason.UNKNOWN)
    # Its member may have removed it at this very moment; now nobody can, nor use it twice with one count.
    known = session.execute(
        select(
            Passkey.id, Passkey.member_id, Passkey.user_handle, Passkey.public_key, Passkey.sign_count
        ).where(Passkey.credential_id == brought.credential_id, Passkey.member_id == whose)
    ).one_or_none()
    if known is None:
        raise PasskeyRefused(PasskeyReason.UNKNOWN)
    # A device that was told which passkeys to offer need not say whose one is; any other has to.
    handles = {known.user_handle} if only_of is None else {known.user_handle, None}
    if brought.user_handle not in handles or only_of not in (None, known.member_id):
        raise PasskeyRefused(PasskeyReason.WRONG_PERSON)
    counted = verify_use(site, brought, known.public_key, known.sign_count)
    session.execute(
        update(Passkey)
        .where(Passkey.id == known.id)
        .values(sign_count=counted, last_used_on=_today())
        .execution_options(synchronize_session=False)
    )
    return MemberId(known.member_id)


def check_room(session: Session, actor: Actor) -> None:
    """Say no before the device makes a passkey that is one too many.

    Raises: Conflict
    """
    if len(own_passkeys(session, actor)) >= MOST_PASSKEYS:
        raise Conflict(
            _("You have ten passkeys already. Remove one that you no longer use; then there is room.")
        )


def add_passkey(
    session: Session, actor: Actor, site: Site, brought: Brought, user_handle: str, device: Device
) -> str:
    """Add the passkey that a device just made, and return the session's new token; other sessions end.

    ``user_handle`` is under which name the device was told to keep it. It is named after the device; the member may
    rename it. Whoever calls has used the challenge up.

    Emits: AccountNoticeMade
    Raises: Conflict (ten are there, or it is known already), PasskeyRefused, NotFound (they are gone)
    """
    member_id = hold_ways_in(session, actor)
    check_room(session, actor)
    made = verify_new(site, brought)
    row: dict[str, object] = {
        "member_id": member_id,
        "credential_id": made.credential_id,
        "user_handle": user_handle,
        "public_key": made.public_key,
        "sign_count": made.sign_count,
        "name": _free_name(session, actor, device),
        "added_at": clock.now(),
        "last_used_on": None,
    }
    # The database says whether anybody has it; whoever it is, the answer is the same.
    if not tools(session).insert_unless_there(session, cast(Table, Passkey.__table__), row):
        raise Conflict(_("This passkey is in use already. Nothing was added."))
    return ways_in_changed(session, actor, AccountEvent.PASSKEY_ADDED)


def rename_passkey(session: Session, actor: Actor, passkey_id: int, name: str) -> None:
    """Give one of the actor's passkeys another name, which nobody else ever sees.

    Raises: NotFound, Invalid
    """
    own_passkey(session, actor, passkey_id)
    tidied = tidy_line(name)
    if not tidied:
        raise Invalid({"name": _("Give it a name by which you know the device again.")})
    if len(tidied) > LONGEST_PASSKEY_NAME:
        raise Invalid({"name": _("Make it shorter: at most 60 characters.")})
    session.execute(
        update(Passkey)
        .where(Passkey.id == passkey_id)
        .values(name=tidied)
        .execution_options(synchronize_session=False)
    )


def remove_passkey(session: Session, actor: Actor, passkey_id: int) -> str:
    """Remove one of the actor's passkeys, and return the session's new token; other sessions end.

    There is always another way in: nobody is without an identity.

    Emits: AccountNoticeMade
    Raises: NotFound
    """
    hold_ways_in(session, actor)
    own_passkey(session, actor, passkey_id)
    session.execute(delete(Passkey).where(Passkey.id == passkey_id))
    return ways_in_changed(session, actor, AccountEvent.PASSKEY_REMOVED)


def _free_name(session: Session, actor: Actor, device: Device) -> str:
    """Return what the device is called, with a number where the member has one of that name."""
    taken = {passkey.name for passkey in own_passkeys(session, actor)}
    plain = _name_of(device)
    numbered = (f"{plain} {number}" for number in range(2, MOST_PASSKEYS + 1))
    return next((name for name in (plain, *numbered) if name not in taken), plain)


def _name_of(device: Device) -> str:
    if device.system in _PHONES:
        return _("Phone")
    if device.system is SystemFamily.IPAD:
        return _("Tablet")
    return _("Computer") if device.system in _COMPUTERS else _("Passkey")


def _today() -> date:
    return clock.now().date()
