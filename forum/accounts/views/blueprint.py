"""What the views of accounts share: their blueprint, the providers as people know them, calls to them."""

from dataclasses import dataclass

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState

from config import ProviderSettings
from forum.accounts import providers
from forum.accounts.providers import PROVIDER_NAMES, Provider
from forum.errors import NotFound
from forum.web import current

accounts = Blueprint("accounts", __name__)

SEE_OTHER = 303
_CALLS = "provider_calls"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """One "Continue with …" button."""

    key: str
    name: str


@accounts.record
def _limit_calls(state: BlueprintSetupState) -> None:
    """At most a quarter of the threads may wait for providers, so that the forum goes on when they hang."""
    threads = state.app.extensions["alongside"].settings.threads
    state.app.extensions[_CALLS] = providers.ProviderCalls(max(1, threads // 4))


def provider_choices() -> tuple[ProviderChoice, ...]:
    """Return the configured providers, in the order in which they are offered."""
    return tuple(ProviderChoice(key, PROVIDER_NAMES[Provider(key)]) for key in current.settings().providers)


def configured(provider: str) -> ProviderSettings:
    """Return a provider's settings. Raises NotFound when it isn't offered here."""
    settings = current.settings().providers.get(provider)
    if settings is None:
        raise NotFound
    return settings


def keys_of_issuers() -> dict[str, str]:
    """Return the key of each configured provider, by the issuer under which it vouches for people."""
    return {settings.issuer: key for key, settings in current.settings().providers.items()}


def calls() -> providers.ProviderCalls:
    """Return the bound that all calls to providers share in this process."""
    kept: providers.ProviderCalls = current_app.extensions[_CALLS]
    return kept
