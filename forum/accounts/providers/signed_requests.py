"""Facebook's signed requests: whom it means when it tells us that somebody cut the tie, or wants to be deleted.

Nothing in one is even decoded before its signature was found to be by our own secret. What follows from a good one is
not known here.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta

from config import ProviderSettings
from forum import clock
from forum.accounts.providers.exchange import is_same, is_visible_ascii
from forum.accounts.providers.facebook import MAX_SUBJECT_LENGTH
from forum.accounts.providers.outcomes import ProviderRefused, Reason

ALGORITHM = "HMAC-SHA256"
# Who overheard one can't use it for long.
OLDEST = timedelta(minutes=10)
# How far Facebook's clock may be ahead of ours.
AHEAD = timedelta(minutes=1)
# They hold four small fields; no parser sees more than this.
MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class SignedCall:
    """What a signed request says: whom Facebook means, by their subject. Its text tells it apart from any other."""

    subject: str = field(repr=False)
    text: str = field(repr=False)


def call_in(settings: ProviderSettings, signed_request: str) -> SignedCall:
    """Return what a signed request says.

    Raises ProviderRefused for one that isn't signed with our secret, that says another algorithm, whose time is
    missing, over or still to come, or that is anything else than what Facebook sends.
    """
    given, _dot, payload = signed_request.partition(".")
    if len(signed_request) > MAX_LENGTH or not given or not payload:
        raise ProviderRefused(Reason.MALFORMED_SIGNED_REQUEST)
    # Signatures are compared as they are written, so that there is one way to write a right one.
    if not is_same(given, _signature(settings.client_secret, payload)):
        raise ProviderRefused(Reason.WRONG_SIGNATURE)
    content = _content(payload)
    if content.get("algorithm") != ALGORITHM:
        raise ProviderRefused(Reason.WRONG_ALGORITHM)
    _check_time(content.get("issued_at"))
    subject = content.get("user_id")
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT_LENGTH or not is_visible_ascii(subject):
        raise ProviderRefused(Reason.WRONG_SUBJECT)
    return SignedCall(subject, signed_request)


def _signature(secret: str, payload: str) -> str:
    """Return the signature of a payload, in base64url without padding."""
    digest = hmac.new(secret.encode(), payload.encode(errors="surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _content(payload: str) -> dict[str, object]:
    try:
        # The standard library skips characters that don't belong, unless it is told not to.
        raw = base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True)
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise ProviderRefused(Reason.MALFORMED_SIGNED_REQUEST) from None
    if not isinstance(content, dict):
        raise ProviderRefused(Reason.MALFORMED_SIGNED_REQUEST)
    return content


def _check_time(issued_at: object) -> None:
    # Whole seconds since 1970. Compared as numbers: one that no calendar holds is late or early like any other.
    if isinstance(issued_at, bool) or not isinstance(issued_at, int):
        raise ProviderRefused(Reason.WRONG_ISSUE_TIME)
    now = clock.now()
    if not (now - OLDEST).timestamp() <= issued_at <= (now + AHEAD).timestamp():
        raise ProviderRefused(Reason.WRONG_ISSUE_TIME)
