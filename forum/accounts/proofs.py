"""What shows that it is still the member who sits there. How long it counts, and for what, stands in ``web.access``."""

from dataclasses import dataclass
from datetime import datetime

from forum import clock
from forum.accounts.providers.outcomes import ProvidedIdentity
from forum.permissions.actor import PROOF_LASTS, Proof


@dataclass(frozen=True, slots=True)
class Proven:
    """That somebody showed that it is they: how, and when."""

    proof: Proof
    at: datetime


def proven_by(identity: ProvidedIdentity) -> Proven | None:
    """Return what coming back from a provider proves; None when it says that they logged in there long ago."""
    now = clock.now()
    if identity.auth_time is None:
        return Proven(Proof.RETURN, now)
    if now - identity.auth_time >= PROOF_LASTS:
        return None
    return Proven(Proof.FRESH_LOG_IN, min(identity.auth_time, now))
