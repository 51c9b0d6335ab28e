"""The providers' client talking to the stand-in: the steps that every test of it takes, without the forum."""

from forum.accounts import providers
from forum.accounts.providers import Attempt, ProvidedIdentity, ProviderCalls
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient, query_of

BOTH = ("google", "facebook")
ROBIN = PERSONAS["robin"]


def begun(client: StandInClient, provider: str, calls: ProviderCalls) -> tuple[str, Attempt]:
    """Start signing in."""
    return providers.start(client.settings(provider), REDIRECT_URIS[provider], calls=calls)


def came_back(
    client: StandInClient, provider: str, calls: ProviderCalls, persona: str = "robin"
) -> tuple[Attempt, dict[str, str]]:
    """Start signing in and pick a persona; return the attempt and what the callback gets."""
    address, attempt = begun(client, provider, calls)
    return attempt, query_of(client.choose(address, persona))


def signed_in(
    client: StandInClient, provider: str, calls: ProviderCalls, persona: str = "robin"
) -> ProvidedIdentity:
    """Sign in from start to finish."""
    attempt, query = came_back(client, provider, calls, persona)
    return providers.finish(client.settings(provider), attempt, query, calls=calls)


def token_requests(client: StandInClient) -> int:
    """Return how often a code was brought to either token endpoint."""
    return client.requested("/token") + client.requested("/oauth/access_token")
