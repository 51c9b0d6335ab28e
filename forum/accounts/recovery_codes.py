"""Recovery codes: ten of them on the member's own paper, each good for once. The database has their hashes alone."""

import secrets
import unicodedata
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.changing_ways_in import hold_ways_in, ways_in_changed
from forum.accounts.devices import UNKNOWN_DEVICE, Device
from forum.accounts.leaving import hold_member
from forum.accounts.models import AccountEvent, AccountNotice, RecoveryCode
from forum.accounts.proofs import Proven
from forum.accounts.sign_in_sessions import renew, sign_in
from forum.accounts.suspensions import hold_member_named
from forum.accounts.tokens import hash_of
from forum.audit_log.commands import record
from forum.errors import Invalid, NotFound, TooMany
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId, Proof
from forum.permissions.check import require
from forum.text.translate import gettext as _

MOST_CODES = 10
MOST_SETS_A_DAY = 3
DAY = timedelta(days=1)
# Crockford's base32: no letter looks like a digit. Five bits each, so that sixteen are eighty bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
# More of what somebody typed is not looked at.
LONGEST_TYPED = 100
# What a hand writes for another.
_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make_codes(session: Session, actor: Actor) -> tuple[tuple[str, ...], str]:
    """Give the actor ten new codes in place of those they had; return them, and their session's new token.

    They can't be read again. The actor's other sessions end, and they are told.

    Emits: AccountNoticeMade
    Raises: NotFound, Conflict (their session ended or was renewed meanwhile), TooMany (three times in a day)
    """
    held = hold_ways_in(session, actor)
    _check_not_too_often(session, held)
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == held))
    codes = _add_codes(session, held, MOST_CODES)
    token = ways_in_changed(session, actor, AccountEvent.CODES_MADE)
    return tuple(_grouped(code) for code in codes), token


def give_code(session: Session, actor: Actor, name: str) -> str:
    """Make one more code for the member of this name, for the operator to hand over, and return it. They are told.

    It is for whoever lost their passkey, and for staff who have none yet. Those they have stay good.

    Emits: AccountNoticeMade
    Raises: Forbidden, NotFound (nobody has the name)
    """
    require(actor, Action.RECOVERY_CODE_GIVE)
    member = hold_member_named(session, name)
    (code,) = _add_codes(session, member.id, 1)
    record(session, actor, Action.RECOVERY_CODE_GIVE, member_uuid=member.uuid)
    tell(session, member.id, AccountEvent.CODE_GIVEN)
    return _grouped(code)


def sign_in_by_code(session: Session, typed: str, device: Device = UNKNOWN_DEVICE) -> str:
    """Sign in whoever has this code, which is used up by it, and return the new session's token. They are told.

    Emits: AccountNoticeMade
    Raises: Invalid (the same, whatever is wrong with it)
    """
    member_id = _use(session, typed, None)
    tell(session, member_id, AccountEvent.CODE_USED)
    return sign_in(session, member_id, device=device, proven=Proven(Proof.RECOVERY_CODE, clock.now()))


def prove_by_code(session: Session, actor: Actor, typed: str) -> str:
    """Remember that the actor showed by a code of theirs that it is they; return their session's new token.

    The code is used up by it, and they are told.

    Emits: AccountNoticeMade
    Raises: Invalid (the same, whatever is wrong with it), NotFound (their session ended meanwhile)
    """
    if actor.member_id is None:
        raise NotFound
    _use(session, typed, actor.member_id)
    tell(session, actor.member_id, AccountEvent.CODE_USED)
    return renew(session, actor, Proven(Proof.RECOVERY_CODE, clock.now()))


def read_code(typed: str) -> str:
    """Return a code as it was made, given how somebody typed it: in small letters, with gaps, O for 0, l for 1."""
    # Also what keyboards of other scripts have for digits and letters.
    plain = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).upper().translate(_MISTAKEN)
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] not in "ZPC")


def _use(session: Session, typed: str, member_id: MemberId | None) -> MemberId:
    """Delete the code and return whose it was: of two who use it at once, one does. Raises Invalid."""
    chosen = RecoveryCode.code_hash == hash_of(read_code(typed))
    owner = session.scalar(select(RecoveryCode.member_id).where(chosen))
    if owner is not None and member_id in (None, owner) and hold_member(session, MemberId(owner)) is not None:
        # Between the look and the hold somebody may have used it, or had new ones made.
        used = delete(RecoveryCode).where(chosen, RecoveryCode.member_id == owner).returning(RecoveryCode.id)
        if session.scalar(used, execution_options={"synchronize_session": False}) is not None:
            return MemberId(owner)
    raise Invalid(
        {"code": _("This code doesn’t count. Look whether each letter is right, or take the next one.")}
    )


def _add_codes(session: Session, member_id: MemberId, number: int) -> list[str]:
    codes = [_new_code() for _number in range(number)]
    made_at = clock.now()
    session.add_all(
        RecoveryCode(member_id=member_id, code_hash=hash_of(code), made_at=made_at) for code in codes
    )
    return codes


def _check_not_too_often(session: Session, member_id: MemberId) -> None:
    """Raise TooMany where somebody would push everything else they are told out of sight."""
    lately = session.scalar(
        select(func.count()).where(
            AccountNotice.member_id == member_id,
            AccountNotice.event == AccountEvent.CODES_MADE,
            AccountNotice.made_at > clock.now() - DAY,
        )
    )
    if lately is not None and lately >= MOST_SETS_A_DAY:
        raise TooMany(
            _("You made new codes three times today. The last ones are good; you can make others tomorrow."),
            int(DAY.total_seconds()),
        )


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH))


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))
