"""Passkeys as WebAuthn (level 3) has them: what a browser is asked, and whether what it brings holds.

The only module that knows the library for it, which comes with the extra "passkeys": it is imported when the first
passkey is looked at, so that a forum without the extra runs all the same. Nothing here knows a table.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

CHALLENGE_LASTS = timedelta(minutes=5)
# What a browser sends is far shorter, also with the longest id and the longest key.
LONGEST_CREDENTIAL = 16_384
# The longest that an id may be (WebAuthn, section 4), in bytes.
LONGEST_ID = 1023

# The kinds of key that we take, by their COSE numbers, the best liked first: ES256, EdDSA, RS256.
_ALGORITHMS = (-7, -8, -257)
_TYPE = "public-key"


class PasskeyReason(StrEnum):
    """Why a passkey was refused, for the log: a word of a closed set, and nothing of the passkey."""

    MALFORMED = "malformed"
    # None that is under way in this browser for this purpose, or it took longer than five minutes.
    WRONG_CHALLENGE = "wrong-challenge"
    UNKNOWN = "unknown"
    WRONG_PERSON = "wrong-person"
    NOT_VERIFIED = "not-verified"
    # It counts how often it was used, and counted backwards: there may be a copy of it.
    COUNTER = "counter"


class PasskeyRefused(Exception):
    """What the browser brought proves nothing."""

    def __init__(self, reason: PasskeyReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Site:
    """The forum as passkeys know it: the name that they are tied to, and the address at which they may be used."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What a browser brought, read but not verified."""

    credential_id: str = field(repr=False)
    challenge: str = field(repr=False)
    # Under which name the device keeps the passkey; it says so only when it is used.
    user_handle: str | None = field(repr=False)
    content: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made: its public half."""

    credential_id: str = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


def site_of(base_url: str, name: str) -> Site:
    """Return the forum at this address, as passkeys know it."""
    return Site(urlsplit(base_url).hostname or "", base_url, name)


def options_for_use(site: Site, challenge: str, allowed: Sequence[str]) -> dict[str, Any]:
    """Return what a browser is to be asked so that somebody uses a passkey, in WebAuthn's JSON.

    Without ids in ``allowed`` it offers every passkey that it has for this forum.
    """
    return {
        "challenge": challenge,
        "rpId": site.id,
        "timeout": _milliseconds(),
        "userVerification": "required",
        "allowCredentials": _named(allowed),
    }


def options_for_adding(
    site: Site, challenge: str, *, user_handle: str, member_name: str, known: Sequence[str]
) -> dict[str, Any]:
    """Return what a browser is to be asked so that a member adds a passkey, in WebAuthn's JSON.

    ``known`` are the ids of those that the member has, so that no device makes a second one.
    """
    return {
        "challenge": challenge,
        "rp": {"id": site.id, "name": site.name},
        "user": {"id": user_handle, "name": member_name, "displayName": member_name},
        "pubKeyCredParams": [{"type": _TYPE, "alg": number} for number in _ALGORITHMS],
        "timeout": _milliseconds(),
        "excludeCredentials": _named(known),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def read_credential(text: str) -> Brought:
    """Read what a browser brought. Nothing of it is proven yet. Raises PasskeyRefused."""
    try:
        content = _object(text if len(text) <= LONGEST_CREDENTIAL else "")
        response = content["response"]
        client_data = _object(_bytes(response["clientDataJSON"]))
        credential_id = _bytes(content["id"])
        handle = response.get("userHandle")
        challenge = client_data["challenge"]
        # No page of ours is ever a part of somebody else's.
        is_apart = client_data.get("crossOrigin") in (None, False)
        if not (is_apart and isinstance(challenge, str) and 0 < len(credential_id) <= LONGEST_ID):
            raise PasskeyRefused(PasskeyReason.MALFORMED)
        return Brought(
            credential_id=_text(credential_id),
            challenge=challenge,
            user_handle=None if handle is None else _text(_bytes(handle)),
            content=content,
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise PasskeyRefused(PasskeyReason.MALFORMED) from None


def load_library() -> None:
    """Load what verifies passkeys now: the first use must not do so while everybody else waits for their turn."""
    import webauthn  # noqa: F401, PLC0415 - comes with an extra, and this alone needs it.


def verify_new(site: Site, brought: Brought) -> NewPasskey:
    """Return the passkey that was made for this challenge. Raises PasskeyRefused.

    Who built the device is neither asked nor looked at: a statement about it is taken only where the passkey itself
    signed it.
    """
    import webauthn  # noqa: PLC0415 - comes with an extra, and this alone needs it.
    from webauthn.helpers import parse_attestation_object  # noqa: PLC0415 - the same again.
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415 - the same again.

    try:
        statement = parse_attestation_object(_bytes(brought.content["response"]["attestationObject"]))
        if statement.fmt not in ("none", "packed") or statement.att_stmt.x5c:
            raise PasskeyRefused(PasskeyReason.NOT_VERIFIED)
        verified = webauthn.verify_registration_response(
            credential=brought.content,
            expected_challenge=_bytes(brought.challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in _ALGORITHMS],
        )
    except Exception:
        # What a stranger made up can break the library in more ways than it has names for; nor is its message ours
        # to repeat, which holds parts of what was sent.
        raise PasskeyRefused(PasskeyReason.NOT_VERIFIED) from None
    made = NewPasskey(_text(verified.credential_id), verified.credential_public_key, verified.sign_count)
    if made.credential_id != brought.credential_id:
        raise PasskeyRefused(PasskeyReason.NOT_VERIFIED)
    return made


def verify_use(site: Site, brought: Brought, public_key: bytes, sign_count: int) -> int:
    """Return how often a passkey says that it was used, when it signed this challenge. Raises PasskeyRefused."""
    import webauthn  # noqa: PLC0415 - comes with an extra, and this alone needs it.

    try:
        verified = webauthn.verify_authentication_response(
            credential=brought.content,
            expected_challenge=_bytes(brought.challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            # Held against the count below: the library gives one and the same answer to everything.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        # As above.
        raise PasskeyRefused(PasskeyReason.NOT_VERIFIED) from None
    counted = verified.new_sign_count
    # Those that are shared between a person's devices don't count at all, and always say 0.
    if (counted or sign_count) and counted <= sign_count:
        raise PasskeyRefused(PasskeyReason.COUNTER)
    return counted


def _milliseconds() -> int:
    return int(CHALLENGE_LASTS.total_seconds() * 1000)


def _named(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"type": _TYPE, "id": one} for one in ids]


def _object(text: str | bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError
    return found


def _bytes(text: str) -> bytes:
    """Read base64url without padding, and nothing that only resembles it."""
    read = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(read) != text:
        raise ValueError
    return read


def _text(some: bytes) -> str:
    return base64.urlsafe_b64encode(some).rstrip(b"=").decode()
