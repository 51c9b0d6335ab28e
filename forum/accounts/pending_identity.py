"""Who is at the consent step: an identity that a provider vouched for and that nobody has agreed to keep yet.

It exists only inside an encrypted cookie of fifteen minutes, in the browser of the person themselves, and only there
is it worth anything: sealed with it is the hash of that browser's random value, which goes with declining and with
logging out. Nothing of it is written anywhere else; declining, or doing nothing, leaves no trace here.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from forum.accounts.proofs import Proven
from forum.accounts.tokens import hash_of
from forum.permissions.actor import Proof

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
    # What coming back from the provider proved, and when, as seconds since 1970; "" and 0 for nothing.
    proof: str = ""
    proved_at: float = 0

    @property
    def proven(self) -> Proven | None:
        """Return what coming back from the provider proved, or None."""
        return Proven(Proof(self.proof), datetime.fromtimestamp(self.proved_at, UTC)) if self.proof else None


def seal(identity: PendingIdentity, browser: str, keys: Sequence[str], now: datetime) -> str:
    """Return the identity encrypted and signed with the first key, for a cookie of the browser with this value."""
    values = {**asdict(identity), "browser_hash": hash_of(browser)}
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    sealed = Fernet(keys[0]).encrypt_at_time(plain.encode(), int(now.timestamp())).decode()
    if len(sealed) <= LONGEST_SEALED:
        return sealed
    # Only a place to go back to and hints of unusual length can make it so long: they are what can be missed.
    return seal(
        replace(identity, name_hints=(), next="/"),
        browser,
        keys,
        now,
    )


def unseal(sealed: str, browser: str, keys: Sequence[str], now: datetime) -> PendingIdentity | None:
    """Return the identity; None when it is older than fifteen minutes, another browser's, or not sealed here."""
    try:
        plain = MultiFernet([Fernet(key) for key in keys]).decrypt_at_time(
            sealed.encode("ascii", "replace"), int(PENDING_FOR.total_seconds()), int(now.timestamp())
        )
    except InvalidToken:
        return None
    values = json.loads(plain)
    if not hmac.compare_digest(values["browser_hash"], hash_of(browser)):
        return None
    return PendingIdentity(
        provider=values["provider"],
        issuer=values["issuer"],
        subject=values["subject"],
        email=values["email"],
        name_hints=tuple(values["name_hints"]),
        next=values["next"],
        proof=values.get("proof", ""),
        proved_at=values.get("proved_at", 0),
    )
