"""OpenID Connect, as Google speaks it: discovery, and the checks an ID token must pass.

The checks are OpenID Connect Core 1.0, section 3.1.3.7, and stricter where that leaves a choice: one
algorithm, one audience, half a minute of leeway. Documents are kept in this process for an hour.
"""

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from config import ProviderSettings
from forum import clock
from forum.accounts.providers import signing_keys
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
ALGORITHM = signing_keys.ALGORITHM
LEEWAY = timedelta(seconds=30)
# An ID token is made when the code is traded, so it can't be much older than the attempt may be.
OLDEST = timedelta(minutes=10)
MAX_SUBJECT_LENGTH = 255
MAX_EMAIL_LENGTH = 320

_WITH_AUTH_TIME = '{"id_token":{"auth_time":{"essential":true}}}'

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


_lock = threading.Lock()
_metadata: dict[tuple[str, str], tuple[Metadata, datetime]] = {}


def start(
    calls: ProviderCalls,
    settings: ProviderSettings,
    attempt: Attempt,
    *,
    prove: bool = False,
    choose: bool = False,
) -> str:
    """Return the authorization address; asks the provider only when its discovery document isn't at hand."""
    metadata = _kept_metadata(settings)
    if metadata is None:
        metadata = calls.run(_places(settings), lambda talk: _known_metadata(talk, settings))
    more = {"nonce": attempt.nonce}
    if prove:
        # OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5: log in anew, and say when that was.
        more |= {"max_age": "0", "claims": _WITH_AUTH_TIME}
    if choose:
        more["prompt"] = "select_account"
    return authorization_address(settings, attempt, metadata.authorization_endpoint, SCOPE, more)


def require_issuer_parameter(calls: ProviderCalls, settings: ProviderSettings) -> None:
    """Raise ProviderRefused when a response without ``iss`` comes from a provider that always sends one."""
    if discovered(calls, settings).sends_issuer:
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


def discovered(calls: ProviderCalls, settings: ProviderSettings) -> Metadata:
    """Return what the provider says of itself, checked; for whoever looks at the set-up."""
    return calls.run(_places(settings), lambda talk: _known_metadata(talk, settings))


def usable_keys(calls: ProviderCalls, settings: ProviderSettings, metadata: Metadata) -> int:
    """Return how many of the keys that are published now may sign an ID token."""

    def conversation(talk: Conversation) -> int:
        return signing_keys.usable_keys(talk, metadata.keys_address)

    return calls.run(_places(settings), conversation)


def _metadata_address(settings: ProviderSettings) -> str:
    if settings.metadata_url is None:
        raise ProviderRefused(Reason.DISCOVERY_INCOMPLETE)
    return settings.metadata_url


def _places(settings: ProviderSettings) -> frozenset[str]:
    return places_beside(_metadata_address(settings))


def places_beside(address: str) -> frozenset[str]:
    """Return the hosts that may be contacted, and that a document at this address may name."""
    own = place(address)
    return _GOOGLE_PLACES if own == _GOOGLE_METADATA_PLACE else frozenset({own})


def _kept_metadata(settings: ProviderSettings) -> Metadata | None:
    with _lock:
        kept = _metadata.get((_metadata_address(settings), settings.issuer))
    return kept[0] if kept is not None and signing_keys.is_fresh(kept[1]) else None


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
    header = signing_keys.header_of(id_token, Reason.MALFORMED_ID_TOKEN)
    key = signing_keys.signing_key(talk, metadata.keys_address, header.get("kid"))
    return signing_keys.claims_signed_by(key, id_token)


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
    expires = moment_of(claims.get("exp"))
    if expires is None or now > expires + LEEWAY:
        raise ProviderRefused(Reason.EXPIRED)
    issued = moment_of(claims.get("iat"))
    if issued is None or not now - OLDEST <= issued <= now + LEEWAY:
        raise ProviderRefused(Reason.WRONG_ISSUE_TIME)
    if "auth_time" in claims:
        proved = moment_of(claims["auth_time"])
        if proved is None or proved > now + LEEWAY:
            raise ProviderRefused(Reason.WRONG_AUTHENTICATION_TIME)
    subject = claims.get("sub")
    # OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT_LENGTH or not is_visible_ascii(subject):
        raise ProviderRefused(Reason.WRONG_SUBJECT)


def moment_of(value: object) -> datetime | None:
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
        auth_time=moment_of(claims.get("auth_time")),
    )
