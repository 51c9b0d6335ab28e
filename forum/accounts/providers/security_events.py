"""Google's security events: what it tells us about accounts there (RFC 8417, RFC 8935, OpenID RISC).

A token is checked as an ID token is: one algorithm, keys that the provider publishes where its own configuration says,
one audience. What follows from a good one is not known here.

Call this with no database session open: it may have to ask the provider for its keys.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from joserfc.jwk import RSAKey

from config import ProviderSettings
from forum import clock
from forum.accounts.providers import signing_keys
from forum.accounts.providers.exchange import is_visible_ascii
from forum.accounts.providers.openid import LEEWAY, moment_of, places_beside
from forum.accounts.providers.outcomes import ProviderRefused, ProviderUnavailable, Reason
from forum.accounts.providers.wire import Conversation, ProviderCalls, place

# What happened so long ago has been acted on, or is of no use to anybody any more.
OLDEST = timedelta(days=30)
MAX_LENGTH = 16 * 1024
MAX_ID_LENGTH = 1000

_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
_OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"
# The subject types that name a person by issuer and subject: as drafts wrote it, and as RFC 9493 does.
_BY_SUBJECT = ("iss-sub", "iss_sub")


class EventKind(StrEnum):
    """The kinds of event after which somebody else may sit in a session that Google opened."""

    SESSIONS_REVOKED = f"{_RISC}sessions-revoked"
    ACCOUNT_DISABLED = f"{_RISC}account-disabled"
    TOKENS_REVOKED = f"{_OAUTH}tokens-revoked"


@dataclass(frozen=True, slots=True)
class ProvidedEvents:
    """What one token says: who sent it, under which id, when, and whom it warns about, each by their subject."""

    issuer: str
    id: str
    # By the provider's clock, which may differ from ours by LEEWAY.
    issued_at: datetime
    subjects: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Configuration:
    """What we use of the RISC configuration document, already checked."""

    issuer: str
    keys_address: str


_lock = threading.Lock()
_configurations: dict[tuple[str, str], tuple[_Configuration, datetime]] = {}


def events_in(settings: ProviderSettings, token: str, *, calls: ProviderCalls) -> ProvidedEvents:
    """Return what a security event token says, once it has passed every check.

    Events of a kind that we don't act on, and about subjects that are no person, are left out.

    Raises ProviderRefused when anything in it is not as it must be; ProviderUnavailable when the provider can't be
    asked for its keys now, so that nothing can be said about the token.
    """
    if len(token) > MAX_LENGTH or not token.isascii():
        raise ProviderRefused(Reason.MALFORMED_SECURITY_EVENT)
    header = signing_keys.header_of(token, Reason.MALFORMED_SECURITY_EVENT)
    configuration, key = _at_hand(settings, header.get("kid")) or calls.run(
        places_beside(_address(settings)), lambda talk: _asked_for(talk, settings, header.get("kid"))
    )
    claims = signing_keys.claims_signed_by(key, token)
    issued_at = _checked_claims(settings, configuration, claims)
    event_id = claims.get("jti")
    if not isinstance(event_id, str) or not 0 < len(event_id) <= MAX_ID_LENGTH:
        raise ProviderRefused(Reason.MALFORMED_SECURITY_EVENT)
    events = claims.get("events")
    # That an ID token has none is what tells it from one of these.
    if not isinstance(events, dict) or not all(isinstance(event, dict) for event in events.values()):
        raise ProviderRefused(Reason.MALFORMED_SECURITY_EVENT)
    acted_on = [event for kind, event in events.items() if kind in set(EventKind)]
    return ProvidedEvents(configuration.issuer, event_id, issued_at, _subjects(settings, acted_on))


def require_configuration(calls: ProviderCalls, settings: ProviderSettings) -> None:
    """Ask who signs events; for whoever looks at the set-up. Raises ProviderUnavailable when it can't be found out."""
    calls.run(places_beside(_address(settings)), lambda talk: _fetched(talk, settings))


def _checked_claims(
    settings: ProviderSettings, configuration: _Configuration, claims: dict[str, object]
) -> datetime:
    """Return when a token was issued. There is no expiry: it tells of the past.

    Raises ProviderRefused for the first claim that isn't as it must be.
    """
    if claims.get("iss") != configuration.issuer:
        raise ProviderRefused(Reason.WRONG_ISSUER)
    if claims.get("aud") not in (settings.client_id, [settings.client_id]):
        raise ProviderRefused(Reason.WRONG_AUDIENCE)
    issued = moment_of(claims.get("iat"))
    now = clock.now()
    if issued is None or not now - OLDEST <= issued <= now + LEEWAY:
        raise ProviderRefused(Reason.WRONG_ISSUE_TIME)
    return issued


def _subjects(settings: ProviderSettings, events: Iterable[dict[str, object]]) -> tuple[str, ...]:
    """Return the persons that events are about, as the provider knows them."""
    found: dict[str, None] = {}
    for event in events:
        subject = event.get("subject")
        if not isinstance(subject, dict):
            continue
        issuer, name = subject.get("iss"), subject.get("sub")
        if subject.get("subject_type") not in _BY_SUBJECT or not isinstance(issuer, str):
            continue
        if _is_ours(settings, issuer) and isinstance(name, str) and is_visible_ascii(name):
            found[name] = None
    return tuple(found)


def _is_ours(settings: ProviderSettings, issuer: str) -> bool:
    """Say whether an issuer is the configured one. Here Google writes it with a slash at its end, elsewhere without."""
    return issuer.removesuffix("/") == settings.issuer.removesuffix("/")


def _address(settings: ProviderSettings) -> str:
    if settings.security_events_url is None:
        raise ProviderRefused(Reason.DISCOVERY_INCOMPLETE)
    return settings.security_events_url


def _kept(settings: ProviderSettings) -> _Configuration | None:
    with _lock:
        kept = _configurations.get((_address(settings), settings.issuer))
    return kept[0] if kept is not None and signing_keys.is_fresh(kept[1]) else None


def _at_hand(settings: ProviderSettings, key_id: object) -> tuple[_Configuration, RSAKey] | None:
    """Return who signs and the key, when nobody has to be asked for them."""
    configuration = _kept(settings)
    key = None if configuration is None else signing_keys.kept_key(configuration.keys_address, key_id)
    return None if configuration is None or key is None else (configuration, key)


def _asked_for(
    talk: Conversation, settings: ProviderSettings, key_id: object
) -> tuple[_Configuration, RSAKey]:
    configuration = _kept(settings) or _fetched(talk, settings)
    return configuration, signing_keys.signing_key(talk, configuration.keys_address, key_id)


def _fetched(talk: Conversation, settings: ProviderSettings) -> _Configuration:
    """Ask for the document. That it isn't right says nothing about a token: it is to be sent again later."""
    address = _address(settings)
    status, document = talk.get_json(address)
    issuer, keys_address = document.get("issuer"), document.get("jwks_uri")
    if status != 200 or not isinstance(issuer, str) or not isinstance(keys_address, str):
        raise ProviderUnavailable(Reason.DISCOVERY_INCOMPLETE)
    if not _is_ours(settings, issuer):
        raise ProviderUnavailable(Reason.DISCOVERY_ISSUER)
    try:
        is_allowed = place(keys_address) in places_beside(address)
    except ProviderRefused:
        is_allowed = False
    if not is_allowed:
        raise ProviderUnavailable(Reason.ENDPOINT_NOT_ALLOWED)
    configuration = _Configuration(issuer, keys_address)
    with _lock:
        _configurations[address, settings.issuer] = (configuration, clock.now())
    return configuration
