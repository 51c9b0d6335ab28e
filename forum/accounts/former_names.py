"""Names that somebody had: nobody else gets one for a year, so that nobody is taken for whoever had it.

Of a name only a keyed hash is kept. Names are few and easily guessed, so a hash without a secret would tell anybody
with a list of names which of them somebody had. While its owner is a member the row names them, so that they can have
the name back; when they are erased it names nobody. The year is rounded up to a whole month: it would otherwise tell
the moment at which somebody left. The keys are handed in, as those of ``bans`` are, and are the same ones: the newest
is hashed with, and all are looked with.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select, true
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import FormerName, Member
from forum.accounts.names import name_key
from forum.database.rows import rows_changed
from forum.permissions.actor import MemberId

HELD_FOR = timedelta(days=365)
_NEXT_MONTH_AT_THE_LATEST = timedelta(days=31)


def name_can_be_had(session: Session, name: str, keys: Sequence[str], by: MemberId | None = None) -> bool:
    """Say whether a name, and whatever looks like it, is nobody else's and was nobody else's within the last year.

    ``by`` is the member who asks: what is theirs, or was, they may have. For somebody new it is None.

    Queries: 1
    """
    key = name_key(name)
    # One statement, so that a name that is given up at this moment is found in one place or in the other.
    somebody_has_it = exists().where(Member.name_key == key, Member.id.is_distinct_from(by))
    # A row that names nobody was that of somebody who is gone, and so not of whoever is new.
    not_theirs = true() if by is None else FormerName.member_id.is_distinct_from(by)
    is_held = exists().where(_is_held(key, keys), not_theirs)
    has, held = session.execute(select(somebody_has_it, is_held)).one()
    return not (has or held)


def was_theirs(session: Session, name: str, keys: Sequence[str], member_id: MemberId) -> bool:
    """Say whether a member gave this name up, or one that looks like it, and can still have it back.

    Queries: 1
    """
    theirs = exists().where(_is_held(name_key(name), keys), FormerName.member_id == member_id)
    return bool(session.scalar(select(theirs)))


def hold_name(session: Session, key: str, keys: Sequence[str], had_by: MemberId | None = None) -> None:
    """Keep a name, by its key, from everybody but ``had_by`` for a year from now. Without them: from everybody.

    Queries: 2
    """
    _forget(session, key, keys)
    session.add(FormerName(name_key_hash=_hashes_of(key, keys)[0], member_id=had_by, free_at=_free_at()))
    session.flush()


def take_name_back(session: Session, key: str, keys: Sequence[str]) -> None:
    """Forget that a name, by its key, was given up: whoever had it goes by it again.

    Queries: 1
    """
    _forget(session, key, keys)


def sweep_former_names(session: Session) -> int:
    """Forget names that anybody may have again, and return how many."""
    return rows_changed(session, delete(FormerName).where(FormerName.free_at <= clock.now()))


def _free_at() -> datetime:
    """Return the first moment of the month that begins after a year from now."""
    year_on = clock.now() + HELD_FOR
    first = year_on.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + _NEXT_MONTH_AT_THE_LATEST).replace(day=1)


def _is_held(key: str, keys: Sequence[str]) -> ColumnElement[bool]:
    in_time = FormerName.free_at > clock.now()
    return FormerName.name_key_hash.in_(_hashes_of(key, keys)) & in_time


def _forget(session: Session, key: str, keys: Sequence[str]) -> None:
    session.execute(
        delete(FormerName).where(FormerName.name_key_hash.in_(_hashes_of(key, keys))),
        execution_options={"synchronize_session": False},
    )


def _hashes_of(key: str, keys: Sequence[str]) -> tuple[str, ...]:
    told = json.dumps(["former name", key]).encode()
    return tuple(hmac.new(secret.encode(), told, hashlib.sha256).hexdigest() for secret in keys)
