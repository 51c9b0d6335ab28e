"""Names that somebody had: nobody else gets one for a year, so that nobody is taken for whoever had it.

Of a name only the hash of its key is kept. It hides the name from a glance and not from somebody who guesses: names
are few, and no secret goes in, so that whoever erases or renames needs none. It therefore holds nothing else of a
person, and goes after the year. That a member gave a name up is a second hash, with their uuid in it, by which they
can have it back; it leads from a name and a member to a yes, and from nothing to either.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import FormerName, Member
from forum.accounts.names import name_key
from forum.database.rows import rows_changed

HELD_FOR = timedelta(days=365)


def name_can_be_had(session: Session, name: str, by: UUID | None = None) -> bool:
    """Say whether a name, and whatever looks like it, is nobody else's and was nobody else's within the last year.

    ``by`` is the member who asks: what is theirs, or was, they may have. For somebody new it is None.

    Queries: 1
    """
    key, now = name_key(name), clock.now()
    # One statement, so that a name that is given up at this moment is found in one place or in the other.
    somebody_has_it = exists().where(Member.name_key == key, Member.uuid.is_distinct_from(by))
    is_held = exists().where(FormerName.name_key_hash == _hash_of(key), FormerName.free_at > now)
    was_theirs = exists().where(FormerName.name_key_hash == _hash_of(key, by), FormerName.free_at > now)
    has, held, theirs = session.execute(select(somebody_has_it, is_held, was_theirs)).one()
    return not has and (not held or (by is not None and theirs))


def hold_name(session: Session, key: str, had_by: UUID | None = None) -> None:
    """Keep a name, by its key, from everybody but ``had_by`` for a year from now. Without them: from everybody.

    Queries: 2
    """
    free_at = clock.now() + HELD_FOR
    _forget(session, key, had_by)
    hashes = {_hash_of(key)} | ({_hash_of(key, had_by)} if had_by else set())
    session.add_all(FormerName(name_key_hash=one, free_at=free_at) for one in sorted(hashes))
    session.flush()


def take_name_back(session: Session, key: str, had_by: UUID) -> None:
    """Forget that a name, by its key, was given up: whoever had it goes by it again.

    Queries: 1
    """
    _forget(session, key, had_by)


def sweep_former_names(session: Session) -> int:
    """Forget names that anybody may have again, and return how many."""
    return rows_changed(session, delete(FormerName).where(FormerName.free_at <= clock.now()))


def _forget(session: Session, key: str, had_by: UUID | None) -> None:
    hashes = [_hash_of(key), _hash_of(key, had_by)]
    session.execute(
        delete(FormerName).where(FormerName.name_key_hash.in_(hashes)),
        execution_options={"synchronize_session": False},
    )


def _hash_of(key: str, had_by: UUID | None = None) -> str:
    return hashlib.sha256(f"former name\0{key}\0{had_by or ''}".encode()).hexdigest()
