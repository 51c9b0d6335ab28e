"""Signing in with Google and Facebook: the one place that speaks the providers' protocols.

``start`` gives the address to send a person to and the attempt to remember; ``finish`` takes that attempt
and what the callback got, and gives who it is. Neither knows Flask or the database: keeping an attempt
(hashed, ten minutes, used once, bound to its browser) is the caller's. No token leaves a call, and an error
carries a reason code alone.

Call both with no database session open: they talk to the network.
"""

import secrets
from collections.abc import Iterable, Mapping

from config import ProviderSettings
from forum.accounts.providers import facebook, openid
from forum.accounts.providers.exchange import is_same, is_visible_ascii
from forum.accounts.providers.facebook import (
    GRAPH_API_END_OF_LIFE,
    GRAPH_API_VERSION,
    graph_api_ends_soon,
)
from forum.accounts.providers.outcomes import (
    PROVIDER_NAMES,
    WITHOUT_AUTH_TIME,
    Attempt,
    PersonDeclined,
    ProvidedIdentity,
    Provider,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Reason,
)
from forum.accounts.providers.wire import ProviderCalls

__all__ = [
    "GRAPH_API_END_OF_LIFE",
    "GRAPH_API_VERSION",
    "PROVIDER_NAMES",
    "WITHOUT_AUTH_TIME",
    "Attempt",
    "PersonDeclined",
    "ProvidedIdentity",
    "Provider",
    "ProviderCalls",
    "ProviderError",
    "ProviderRefused",
    "ProviderUnavailable",
    "Reason",
    "callback_query",
    "finish",
    "graph_api_ends_soon",
    "start",
]

_MAX_CODE_LENGTH = 4096

# What callers share who name no bound of their own; a quarter of the default number of threads.
_SHARED_CALLS = ProviderCalls(4)


def start(
    settings: ProviderSettings,
    redirect_uri: str,
    *,
    prove: bool = False,
    choose: bool = False,
    calls: ProviderCalls = _SHARED_CALLS,
) -> tuple[str, Attempt]:
    """Return the provider's address to send the person to, and the attempt that the callback must match.

    To ``prove`` that it is they, the provider is asked to have them log in anew; with ``choose`` to let them say which
    of their accounts they mean, where it would take the one that it knows.

    Raises ProviderRefused when the provider describes itself wrongly, ProviderUnavailable when it can't be
    asked.
    """
    attempt = Attempt(
        provider=Provider(settings.provider),
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        code_verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
    )
    if attempt.provider is Provider.GOOGLE:
        return openid.start(calls, settings, attempt, prove=prove, choose=choose), attempt
    return facebook.start(settings, attempt, prove=prove), attempt


def callback_query(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a callback's parameters by name, given all of them in pairs.

    Raises ProviderRefused when one comes twice (RFC 6749, section 3.1): which one counts must not be a guess.
    """
    query: dict[str, str] = {}
    for name, value in parameters:
        if name in query:
            raise ProviderRefused(Reason.DUPLICATED_PARAMETER)
        query[name] = value
    return query


def finish(
    settings: ProviderSettings,
    attempt: Attempt,
    query: Mapping[str, str],
    *,
    calls: ProviderCalls = _SHARED_CALLS,
) -> ProvidedIdentity:
    """Return who the provider says came back, given the attempt and the callback's parameters.

    The attempt must be used up before this is called, whatever comes of it.

    Raises PersonDeclined when they said no; ProviderRefused when anything said is invalid;
    ProviderUnavailable when the provider can't be talked to in time.
    """
    if attempt.provider != settings.provider:
        raise ProviderRefused(Reason.WRONG_PROVIDER)
    if not is_same(query.get("state", ""), attempt.state):
        raise ProviderRefused(Reason.WRONG_STATE)
    # RFC 9207, section 2.4: whose answer this is comes before what it says, be that a code or an error.
    issuer = query.get("iss")
    if issuer is not None and issuer != settings.issuer:
        raise ProviderRefused(Reason.WRONG_ISSUER_PARAMETER)
    code = query.get("code", "")
    if "error" in query or len(code) > _MAX_CODE_LENGTH or not is_visible_ascii(code):
        if issuer is None and attempt.provider is Provider.GOOGLE:
            openid.require_issuer_parameter(calls, settings)
        raise _what_went_wrong(query.get("error"))
    if attempt.provider is Provider.GOOGLE:
        return openid.finish(calls, settings, attempt, code, had_issuer=issuer is not None)
    return facebook.finish(calls, settings, attempt, code)


def _what_went_wrong(error: str | None) -> ProviderError:
    """Translate an authorization error (RFC 6749, section 4.1.2.1); its description is not even looked at."""
    if error == "access_denied":
        return PersonDeclined()
    if error in ("server_error", "temporarily_unavailable"):
        return ProviderUnavailable(Reason.SERVER_ERROR)
    return ProviderRefused(Reason.MISSING_CODE if error is None else Reason.PROVIDER_SAID_ERROR)
