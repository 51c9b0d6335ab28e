"""The keys with which a provider signs its tokens, and whether a token's signature is by one of them.

One algorithm, and keys of sane length. What a provider publishes is kept in this process for an hour; what the claims
of a token must be is not known here.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import base64_to_int, to_bytes

from forum import clock
from forum.accounts.providers.outcomes import ProviderRefused, ProviderUnavailable, Reason
from forum.accounts.providers.wire import Conversation

ALGORITHM = "RS256"
KEPT_FOR = timedelta(hours=1)
# How often an unknown key id may make us ask for the keys again before they are due.
KEYS_AGAIN_AFTER = timedelta(minutes=1)
MIN_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class _Keys:
    by_id: dict[str, RSAKey]
    fetched_at: datetime
    # When an unknown key id last made us fetch; None when only time did.
    asked_again_at: datetime | None


_lock = threading.Lock()
_keys: dict[str, _Keys] = {}


def is_fresh(fetched_at: datetime) -> bool:
    """Say whether what was fetched then may still be used."""
    # A clock that was set back makes an age negative: then ask again.
    return timedelta(0) <= clock.now() - fetched_at < KEPT_FOR


def header_of(token: str, malformed: Reason) -> Mapping[str, Any]:
    """Return the header of a token that says it is signed by our algorithm. Raises ProviderRefused."""
    try:
        header: Mapping[str, Any] = jws.extract_compact(to_bytes(token)).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise ProviderRefused(malformed) from None
    # The algorithm is ours to choose: neither the token nor a discovery document has a say.
    if header.get("alg") != ALGORITHM:
        raise ProviderRefused(Reason.WRONG_ALGORITHM)
    return header


def claims_signed_by(key: RSAKey, token: str) -> dict[str, object]:
    """Return a token's claims. Raises ProviderRefused unless the key signed them."""
    try:
        claims: dict[str, object] = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise ProviderRefused(Reason.WRONG_SIGNATURE) from None
    return claims


def kept_key(address: str, key_id: object) -> RSAKey | None:
    """Return a key that is at hand, or None when its provider has to be asked.

    Raises ProviderRefused when it was asked for an unknown key just now: nobody can make us ask over and over.
    """
    kept = _kept(address)
    if kept is None:
        return None
    key = _chosen(kept, key_id)
    if key is None and not _may_ask_again(kept):
        raise ProviderRefused(Reason.UNKNOWN_KEY)
    return key


def signing_key(talk: Conversation, address: str, key_id: object) -> RSAKey:
    """Return a provider's key, asking for what it publishes at this address where need be.

    Raises ProviderRefused when it has no such key, ProviderUnavailable when it can't be asked.
    """
    kept = _kept(address) or _fetch(talk, address, asked_again_at=None)
    key = _chosen(kept, key_id)
    # The provider may have changed its keys since.
    if key is None and _may_ask_again(kept):
        key = _chosen(_fetch(talk, address, asked_again_at=clock.now()), key_id)
    if key is None:
        raise ProviderRefused(Reason.UNKNOWN_KEY)
    return key


def usable_keys(talk: Conversation, address: str) -> int:
    """Return how many of the keys that are published at this address now may sign a token."""
    return len(_fetch(talk, address, asked_again_at=None).by_id)


def usable_key(entry: object) -> RSAKey | None:
    """Return a published key that may sign tokens; others are none of our business."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA":
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        return None
    # Only the public numbers are taken, so that nothing else in the entry has a meaning.
    modulus, exponent = entry.get("n"), entry.get("e")
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    try:
        if base64_to_int(modulus).bit_length() < MIN_KEY_BITS:
            return None
        return RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})
    except (JoseError, ValueError, TypeError):
        return None


def _kept(address: str) -> _Keys | None:
    with _lock:
        kept = _keys.get(address)
    return kept if kept is not None and is_fresh(kept.fetched_at) else None


def _may_ask_again(kept: _Keys) -> bool:
    return kept.asked_again_at is None or clock.now() - kept.asked_again_at >= KEYS_AGAIN_AFTER


def _chosen(keys: _Keys, key_id: object) -> RSAKey | None:
    if key_id is None:
        # OpenID Connect Core 1.0, section 10.1: without a key id there must be no choice.
        return next(iter(keys.by_id.values())) if len(keys.by_id) == 1 else None
    return keys.by_id.get(key_id) if isinstance(key_id, str) else None


def _fetch(talk: Conversation, address: str, asked_again_at: datetime | None) -> _Keys:
    status, document = talk.get_json(address)
    listed = document.get("keys")
    if status != 200 or not isinstance(listed, list):
        # It says nothing about a token, good or forged.
        raise ProviderUnavailable(Reason.UNKNOWN_KEY)
    by_id: dict[str, RSAKey] = {}
    for place_in_list, entry in enumerate(listed):
        key = usable_key(entry)
        if key is not None:
            kid = entry.get("kid")
            by_id[kid if isinstance(kid, str) else f"unnamed {place_in_list}"] = key
    fetched = _Keys(by_id, clock.now(), asked_again_at)
    with _lock:
        _keys[address] = fetched
    return fetched
