"""Who is at the consent step: an identity that a provider vouched for and that nobody has agreed to keep yet.

It exists only inside an encrypted cookie of fifteen minutes, in the browser of the person themselves. Nothing of it
is written anywhere else; declining, or doing nothing, leaves no trace here.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

PENDING_FOR = timedelta(minutes=15)
# Browsers drop a cookie of more than 4096 bytes, name and attributes included.
LONGEST_SEALED = 3900


@dataclass(frozen=True, slots=True)
class PendingIdentity:
    """What the consent step needs, and nothing else."""

    provider: str
    issuer: str
    subject: str = field(repr=False)
    # Only one that the provider verified; it is stored only if the person agrees to e-mail.
    email: str | None = field(repr=False)
    # For one comparison with the chosen name, then forgotten.
    name_hints: tuple[str, ...] = field(repr=False)
    # Where on this site the person was going, already found safe.
    next: str


def seal(identity: PendingIdentity, keys: Sequence[str], now: datetime) -> str:
    """Return the identity encrypted and signed with the first key, for a cookie."""
    plain = json.dumps(asdict(identity), ensure_ascii=False, separators=(",", ":"))
    sealed = Fernet(keys[0]).encrypt_at_time(plain.encode(), int(now.timestamp())).decode()
    if len(sealed) <= LONGEST_SEALED:
        return sealed
    # Only a place to go back to and hints of unusual length can make it so long: they are what can be missed.
    return seal(
        PendingIdentity(identity.provider, identity.issuer, identity.subject, identity.email, (), "/"),
        keys,
        now,
    )


def unseal(sealed: str, keys: Sequence[str], now: datetime) -> PendingIdentity | None:
    """Return the identity, or None when it is older than fifteen minutes or nobody here sealed it."""
    try:
        plain = MultiFernet([Fernet(key) for key in keys]).decrypt_at_time(
            sealed.encode("ascii", "replace"), int(PENDING_FOR.total_seconds()), int(now.timestamp())
        )
    except InvalidToken:
        return None
    values = json.loads(plain)
    return PendingIdentity(
        provider=values["provider"],
        issuer=values["issuer"],
        subject=values["subject"],
        email=values["email"],
        name_hints=tuple(values["name_hints"]),
        next=values["next"],
    )
