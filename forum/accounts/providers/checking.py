"""What can be found out about the configured providers without a person: for whoever sets a forum up.

Everything goes through the code that signs people in, under the same deadlines and to the same places; what it finds
is said in plain sentences. What only a person's log-in can show is said to be unknown, never guessed. No sentence
holds anything that a provider sent, nor a secret.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config import PREFIX, ProviderSettings, Settings
from forum.accounts.providers import facebook, openid, security_events
from forum.accounts.providers.outcomes import (
    PROVIDER_NAMES,
    Provider,
    ProviderError,
    ProviderUnavailable,
    Reason,
)
from forum.accounts.providers.wire import ProviderCalls
from forum.findings import Finding, Level


@dataclass(frozen=True, slots=True)
class RegisteredAddress:
    """An address of ours that the provider has to know, and what the provider's console calls its field."""

    field: str
    address: str


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What is known of one provider. ``unknown`` says what can't be found out from here, if it is configured."""

    provider: Provider
    addresses: tuple[RegisteredAddress, ...]
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]


_TO_REGISTER = {
    Provider.GOOGLE: (
        ("Authorised redirect URI", "/auth/google/callback"),
        ("Cross-Account Protection: where events are delivered", "/auth/google/events"),
    ),
    Provider.FACEBOOK: (
        ("Valid OAuth redirect URI", "/auth/facebook/callback"),
        ("Deauthorise callback URL", "/auth/facebook/deauthorize"),
        ("Data deletion request URL", "/auth/facebook/deletion"),
    ),
}
_UNKNOWN = {
    Provider.GOOGLE: (
        "Whether Google takes the client id, the client secret and the redirect address: it says so only when a person "
        "logs in. Log in once.",
        "Whether Google sends security events here: ask it for a verification event, as docs/sign-in.md says.",
    ),
    Provider.FACEBOOK: (
        "Whether Facebook takes the redirect address, and whether the app is open to everybody: it says so only when a "
        "person without a role in the app logs in.",
        "Whether Facebook calls the other two addresses: remove the app in a Facebook account's settings and look.",
    ),
}

# What went wrong on the way, as it goes on after "Google's discovery document: ".
_TROUBLE = {
    Reason.UNREACHABLE: "nobody answers there. Is the network open to it?",
    Reason.TOOK_TOO_LONG: "no whole answer came in time, so it was given up.",
    Reason.SERVER_ERROR: "it answers that it can't answer now. Try again later.",
    Reason.NOT_JSON: "what comes is no JSON, so it is something else than the provider that answers.",
    Reason.REDIRECTED: "it leads somewhere else, which is not followed.",
    Reason.TOO_LARGE: "what comes is far too large.",
    Reason.DISCOVERY_ISSUER: "it is another issuer's than the configured one.",
    Reason.DISCOVERY_INCOMPLETE: "it isn't there, or it lacks an address that signing in needs.",
    Reason.DISCOVERY_ALGORITHM: f"it doesn't offer {openid.ALGORITHM}, the one algorithm that is taken here.",
    Reason.ENDPOINT_NOT_ALLOWED: "it is, or names, an address on another host or without https, which is not asked.",
    Reason.UNKNOWN_KEY: "there is no list of keys.",
    Reason.CLIENT_REFUSED: "they are not accepted. Compare both with the app's basic settings.",
    Reason.NO_ACCESS_TOKEN: "the answer holds neither a token nor an error.",
}


def check_providers(settings: Settings, calls: ProviderCalls) -> tuple[ProviderReport, ...]:
    """Look at both providers, configured or not; all questions are asked at once, so it takes seconds at most."""
    with ThreadPoolExecutor(max_workers=len(Provider)) as askers:
        reports = askers.map(lambda provider: _report(settings, provider, calls), Provider)
        return tuple(reports)


def check_graph_api() -> Finding:
    """Say how long the pinned version of the Graph API still answers: a warning from six months before its end."""
    version, ends = facebook.GRAPH_API_VERSION, facebook.GRAPH_API_END_OF_LIFE.isoformat()
    about = "Graph API version"
    if facebook.graph_api_ended():
        return Finding(
            Level.PROBLEM,
            about,
            f"Facebook's Graph API {version} came to its end on {ends}. Install a release that uses a newer one.",
        )
    if facebook.graph_api_ends_soon():
        return Finding(
            Level.WARNING,
            about,
            f"Facebook's Graph API {version} comes to its end on {ends}. A release that uses a newer one is due.",
        )
    return Finding(Level.OK, about, f"Facebook's Graph API {version} answers until {ends}.")


def _report(settings: Settings, provider: Provider, calls: ProviderCalls) -> ProviderReport:
    own = settings.providers.get(provider.value)
    addresses = tuple(
        RegisteredAddress(field, settings.base_url + path) for field, path in _TO_REGISTER[provider]
    )
    if own is None:
        variable = f"{PREFIX}{provider.value.upper()}_CLIENT_ID"
        says = f"{PROVIDER_NAMES[provider]} is not offered, because {variable} is not set."
        return ProviderReport(provider, addresses, (Finding(Level.OK, "settings", says),), ())
    look = _google if provider is Provider.GOOGLE else _facebook
    findings = (_settings(own, PROVIDER_NAMES[provider]), *look(own, calls))
    return ProviderReport(provider, addresses, findings, _UNKNOWN[provider])


def _settings(own: ProviderSettings, name: str) -> Finding:
    says = f"{name} is configured, and offered to whoever logs in. Its people are known by the issuer {own.issuer}."
    return Finding(Level.OK, "settings", says)


def _google(own: ProviderSettings, calls: ProviderCalls) -> tuple[Finding, ...]:
    with ThreadPoolExecutor(max_workers=1) as beside:
        events = beside.submit(_events, own, calls)
        return (*_discovery_and_keys(own, calls), events.result())


def _discovery_and_keys(own: ProviderSettings, calls: ProviderCalls) -> tuple[Finding, ...]:
    about, whose = "discovery", "Google's discovery document"
    try:
        metadata = openid.discovered(calls, own)
    except ProviderError as error:
        return (_trouble(about, whose, error),)
    found = Finding(
        Level.OK, about, f"{whose} is there, and its issuer, algorithm and addresses are as they must be."
    )

    def keys() -> Finding:
        number = openid.usable_keys(calls, own, metadata)
        if number:
            return Finding(Level.OK, "keys", f"Google's signing keys are there; {number} can be used.")
        return Finding(Level.PROBLEM, "keys", "None of Google's signing keys can be used here.")

    return found, _asked("keys", "Google's signing keys", keys)


def _events(own: ProviderSettings, calls: ProviderCalls) -> Finding:
    about = "security events"
    if own.security_events_url is None:
        variable = f"{PREFIX}GOOGLE_SECURITY_EVENTS_URL"
        return Finding(
            Level.WARNING, about, f"Google's security events are not taken, because {variable} is empty."
        )

    def configuration() -> Finding:
        security_events.require_configuration(calls, own)
        return Finding(Level.OK, about, "The document that says who signs Google's security events is there.")

    return _asked(about, "The document that says who signs Google's security events", configuration)


def _facebook(own: ProviderSettings, calls: ProviderCalls) -> tuple[Finding, ...]:
    def known() -> Finding:
        facebook.require_known_app(calls, own)
        return Finding(Level.OK, "app id and secret", "Facebook accepts the app id and the app secret.")

    return check_graph_api(), _asked("app id and secret", "Facebook's app id and app secret", known)


def _asked(about: str, what: str, question: Callable[[], Finding]) -> Finding:
    try:
        return question()
    except ProviderError as error:
        return _trouble(about, what, error)


def _trouble(about: str, what: str, error: ProviderError) -> Finding:
    known = "it can't be reached." if isinstance(error, ProviderUnavailable) else "it isn't as it must be."
    return Finding(Level.PROBLEM, about, f"{what}: {_TROUBLE.get(error.reason, known)}")
