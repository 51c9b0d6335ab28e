"""OpenID Connect, as Google speaks it: discovery, signing keys, and the checks an ID token must pass.

The checks are OpenID Connect Core 1.0, section 3.1.3.7, and stricter where that leaves a choice: one
algorithm, one audience, half a minute of leeway. Documents are kept in this process for an hour.
"""

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import base64_to_int, to_bytes

from config import ProviderSettings
from forum import clock
from forum.accounts.providers.exchange import (
    authorization_address,
    is_same,
    is_visible_ascii,
    require_token,
    token_reply,
)
from forum.accounts.providers.outcomes import Attempt, ProvidedIdentity, Provider, ProviderRefused, Reason
from forum.accounts.providers.wire import Conversation, ProviderCalls, place

SCOPE = "openid email"
ALGORITHM = "RS256"
LEEWAY = timedelta(seconds=30)
# An ID token is made when the code is traded, so it can't be much older than the attempt may be.
OLDEST = timedelta(minutes=10)
KEPT_FOR = timedelta(hours=1)
# How often an unknown key id may make us ask for the keys again before they are due.
KEYS_AGAIN_AFTER = timedelta(minutes=1)
MIN_KEY_BITS = 2048
MAX_SUBJECT_LENGTH = 255
MAX_EMAIL_LENGTH = 320

# Google's documents name these three; a discovery document elsewhere may name its own host alone.
_GOOGLE_METADATA_PLACE = "accounts.google.com:443"
_GOOGLE_PLACES = frozenset({_GOOGLE_METADATA_PLACE, "oauth2.googleapis.com:443", "www.googleapis.com:443"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we use of a discovery document (OpenID Connect Discovery 1.0, section 3), already checked."""

    authorization_endpoint: str
    token_endpoint: str
    keys_address: str
    # RFC 9207: the provider puts its issuer into every authorization response.
    sends_issuer: bool


@dataclass(frozen=True, slots=True)
class _Keys:
    by_id: dict[str, RSAKey]
    fetched_at: datetime
    # When an unknown key id last made us fetch; None when only time did.
    asked_again_at: datetime | None


_lock = threading.Lock()
_metadata: dict[tuple[str, str], tuple[Metadata, datetime]] = {}
_keys: dict[str, _Keys] = {}


def start(calls: ProviderCalls, settings: ProviderSettings, attempt: Attempt) -> str:
    """Return the authorization address; asks the provider only when its discovery document isn't at hand."""
    metadata = _kept_metadata(settings)
    if metadata is None:
        metadata = calls.run(_places(settings), lambda talk: _known_metadata(talk, settings))
    return authorization_address(
        settings, attempt, metadata.authorization_endpoint, SCOPE, nonce=attempt.nonce
    )


def require_issuer_parameter(calls: ProviderCalls, settings: ProviderSettings) -> None:
    """Raise ProviderRefused when a response without ``iss`` comes from a provider that always sends one."""
    if calls.run(_places(settings), lambda talk: _known_metadata(talk, settings)).sends_issuer:
        raise ProviderRefused(Reason.MISSING_ISSUER_PARAMETER)


def finish(
    calls: ProviderCalls, settings: ProviderSettings, attempt: Attempt, code: str, *, had_issuer: bool
) -> ProvidedIdentity:
    """Trade the code and return who the ID token says this is, once it has passed every check."""

    def conversation(talk: Conversation) -> ProvidedIdentity:
        metadata = _known_metadata(talk, settings)
        if metadata.sends_issuer and not had_issuer:
            raise ProviderRefused(Reason.MISSING_ISSUER_PARAMETER)
        reply = token_reply(talk, settings, attempt, metadata.token_endpoint, code)
        id_token = require_token(reply, "id_token", Reason.NO_ID_TOKEN)
        claims = _signed_claims(talk, metadata, id_token)
        _check_claims(settings, attempt, claims)
        return _identity(settings, claims)

    return calls.run(_places(settings), conversation)


def _metadata_address(settings: ProviderSettings) -> str:
    if settings.metadata_url is None:
        raise ProviderRefused(Reason.DISCOVERY_INCOMPLETE)
    return settings.metadata_url


def _places(settings: ProviderSettings) -> frozenset[str]:
    """Return the hosts that may be contacted, and that a discovery document may name."""
    own = place(_metadata_address(settings))
    return _GOOGLE_PLACES if own == _GOOGLE_METADATA_PLACE else frozenset({own})


def _fresh(fetched_at: datetime) -> bool:
    # A clock that was set back makes an age negative: then ask again.
    return timedelta(0) <= clock.now() - fetched_at < KEPT_FOR


def _kept_metadata(settings: ProviderSettings) -> Metadata | None:
    with _lock:
        kept = _metadata.get((_metadata_address(settings), settings.issuer))
    return kept[0] if kept is not None and _fresh(kept[1]) else None


def _known_metadata(talk: Conversation, settings: ProviderSettings) -> Metadata:
    kept = _kept_metadata(settings)
    if kept is not None:
        return kept
    status, document = talk.get_json(_metadata_address(settings))
    if status != 200:
        raise ProviderRefused(Reason.DISCOVERY_INCOMPLETE)
    metadata = _checked_metadata(settings, document)
    with _lock:
        _metadata[_metadata_address(settings), settings.issuer] = (metadata, clock.now())
    return metadata


def _checked_metadata(settings: ProviderSettings, document: dict[str, object]) -> Metadata:
    if document.get("issuer") != settings.issuer:
        raise ProviderRefused(Reason.DISCOVERY_ISSUER)
    algorithms = document.get("id_token_signing_alg_values_supported")
    if not isinstance(algorithms, list) or ALGORITHM not in algorithms:
        raise ProviderRefused(Reason.DISCOVERY_ALGORITHM)
    allowed = _places(settings)

    def endpoint(name: str) -> str:
        address = document.get(name)
        if not isinstance(address, str):
            raise ProviderRefused(Reason.DISCOVERY_INCOMPLETE)
        if place(address) not in allowed:
            raise ProviderRefused(Reason.ENDPOINT_NOT_ALLOWED)
        return address

    return Metadata(
        authorization_endpoint=endpoint("authorization_endpoint"),
        token_endpoint=endpoint("token_endpoint"),
        keys_address=endpoint("jwks_uri"),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _signed_claims(talk: Conversation, metadata: Metadata, id_token: str) -> dict[str, object]:
    """Return the claims of an ID token whose signature is the provider's."""
    try:
        header = jws.extract_compact(to_bytes(id_token)).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise ProviderRefused(Reason.MALFORMED_ID_TOKEN) from None
    # The algorithm is ours to choose: neither the token nor the discovery document has a say.
    if header.get("alg") != ALGORITHM:
        raise ProviderRefused(Reason.WRONG_ALGORITHM)
    key = _signing_key(talk, metadata.keys_address, header.get("kid"))
    try:
        claims: dict[str, object] = jwt.decode(id_token, key, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise ProviderRefused(Reason.WRONG_SIGNATURE) from None
    return claims


def _signing_key(talk: Conversation, address: str, key_id: object) -> RSAKey:
    with _lock:
        kept = _keys.get(address)
    if kept is None or not _fresh(kept.fetched_at):
        kept = _fetch_keys(talk, address, asked_again_at=None)
    key = _chosen(kept, key_id)
    if key is not None:
        return key
    # The provider may have changed its keys since; but a token can't make us ask over and over.
    now = clock.now()
    if kept.asked_again_at is None or now - kept.asked_again_at >= KEYS_AGAIN_AFTER:
        key = _chosen(_fetch_keys(talk, address, asked_again_at=now), key_id)
    if key is None:
        raise ProviderRefused(Reason.UNKNOWN_KEY)
    return key


def _chosen(keys: _Keys, key_id: object) -> RSAKey | None:
    if key_id is None:
        # OpenID Connect Core 1.0, section 10.1: without a key id there must be no choice.
        return next(iter(keys.by_id.values())) if len(keys.by_id) == 1 else None
    return keys.by_id.get(key_id) if isinstance(key_id, str) else None


def _fetch_keys(talk: Conversation, address: str, asked_again_at: datetime | None) -> _Keys:
    status, document = talk.get_json(address)
    listed = document.get("keys")
    if status != 200 or not isinstance(listed, list):
        raise ProviderRefused(Reason.UNKNOWN_KEY)
    by_id: dict[str, RSAKey] = {}
    for place_in_list, entry in enumerate(listed):
        key = _usable(entry)
        if key is not None:
            kid = entry.get("kid")
            by_id[kid if isinstance(kid, str) else f"unnamed {place_in_list}"] = key
    fetched = _Keys(by_id, clock.now(), asked_again_at)
    with _lock:
        _keys[address] = fetched
    return fetched


def _usable(entry: object) -> RSAKey | None:
    """Return a published key that may sign ID tokens; others are none of our business."""
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


def _check_claims(settings: ProviderSettings, attempt: Attempt, claims: dict[str, object]) -> None:
    """Raise ProviderRefused for the first claim that isn't as it must be."""
    now = clock.now()
    if claims.get("iss") != settings.issuer:
        raise ProviderRefused(Reason.WRONG_ISSUER)
    # Exactly us: a token that is also for someone else could have been taken from them.
    if claims.get("aud") not in (settings.client_id, [settings.client_id]):
        raise ProviderRefused(Reason.WRONG_AUDIENCE)
    if claims.get("azp", settings.client_id) != settings.client_id:
        raise ProviderRefused(Reason.WRONG_AUDIENCE)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not is_same(nonce, attempt.nonce):
        raise ProviderRefused(Reason.WRONG_NONCE)
    expires = _moment(claims.get("exp"))
    if expires is None or now > expires + LEEWAY:
        raise ProviderRefused(Reason.EXPIRED)
    issued = _moment(claims.get("iat"))
    if issued is None or not now - OLDEST <= issued <= now + LEEWAY:
        raise ProviderRefused(Reason.WRONG_ISSUE_TIME)
    if "auth_time" in claims:
        proved = _moment(claims["auth_time"])
        if proved is None or proved > now + LEEWAY:
            raise ProviderRefused(Reason.WRONG_AUTHENTICATION_TIME)
    subject = claims.get("sub")
    # OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT_LENGTH or not is_visible_ascii(subject):
        raise ProviderRefused(Reason.WRONG_SUBJECT)


def _moment(value: object) -> datetime | None:
    """Return a NumericDate (RFC 7519, section 2) as a moment; None when it isn't one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC) if math.isfinite(value) else None
    except (OverflowError, ValueError, OSError):
        return None


def _like_an_email(text: str) -> bool:
    return "@" in text and text.isprintable() and " " not in text


def _identity(settings: ProviderSettings, claims: dict[str, object]) -> ProvidedIdentity:
    email = claims.get("email")
    if not isinstance(email, str) or len(email) > MAX_EMAIL_LENGTH or not _like_an_email(email):
        email = None
    return ProvidedIdentity(
        provider=Provider.GOOGLE,
        issuer=settings.issuer,
        subject=str(claims["sub"]),
        email=email,
        email_verified=email is not None and claims.get("email_verified") is True,
        name_hints=(email.rpartition("@")[0],) if email is not None else (),
        auth_time=_moment(claims.get("auth_time")),
    )
