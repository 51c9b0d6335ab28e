"""How signing in at a provider begins: what it is asked for, and where it says it lives.

The providers' client runs against the stand-in over HTTP, here and in the other ``test_provider_…`` files. What a
browser and the database have a part in (one use of an attempt, cookies, pages) is tested at the front door.
"""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from config import ProviderSettings
from forum import clock
from forum.accounts import providers
from forum.accounts.providers import (
    ProviderCalls,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Reason,
)
from tests.accounts.conversations import BOTH, ROBIN, begun, signed_in
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient, query_of

# --- what the provider is asked for ----------------------------------------------------------------------


@pytest.mark.proves("A2")
@pytest.mark.parametrize("provider", BOTH)
def test_start_asks_for_a_code_with_s256_and_the_exact_redirect_address(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    address, attempt = begun(registered, provider, calls)
    query = query_of(address)
    digest = hashlib.sha256(attempt.code_verifier.encode()).digest()
    assert query["response_type"] == "code"
    assert query["client_id"] == registered.google.client_id
    assert query["redirect_uri"] == attempt.redirect_uri == REDIRECT_URIS[provider]
    assert query["code_challenge_method"] == "S256"
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert query["state"] == attempt.state
    assert query.get("nonce") == (attempt.nonce if provider == "google" else None)
    assert min(map(len, (attempt.state, attempt.nonce, attempt.code_verifier))) >= 43


@pytest.mark.proves("A2", "A3")
@pytest.mark.parametrize(
    ("provider", "prove", "choose", "more"),
    [
        ("google", True, False, {"max_age", "claims"}),
        ("google", False, True, {"prompt"}),
        ("google", True, True, {"max_age", "claims", "prompt"}),
        ("facebook", True, False, {"auth_type"}),
        ("facebook", False, True, set()),
    ],
)
def test_whatever_it_is_for_no_more_is_asked_for(
    registered: StandInClient,
    calls: ProviderCalls,
    provider: str,
    prove: bool,
    choose: bool,
    more: set[str],
) -> None:
    plain = query_of(begun(registered, provider, calls)[0])
    address, _attempt = providers.start(
        registered.settings(provider), REDIRECT_URIS[provider], prove=prove, choose=choose, calls=calls
    )
    asked = query_of(address)
    assert set(asked) - set(plain) == more
    assert set(plain) <= set(asked)
    assert asked["scope"] == {"google": "openid email", "facebook": "public_profile"}[provider]
    assert asked.get("prompt") in (None, "select_account")


def test_no_two_attempts_share_a_secret(registered: StandInClient, calls: ProviderCalls) -> None:
    attempts = [begun(registered, "google", calls)[1] for _ in range(3)]
    secrets = {secret for a in attempts for secret in (a.state, a.nonce, a.code_verifier)}
    assert len(secrets) == 9


def test_facebooks_addresses_carry_the_pinned_version() -> None:
    settings = ProviderSettings(
        provider="facebook", client_id="1", client_secret="made up", issuer="https://www.facebook.com"
    )
    address, _attempt = providers.start(settings, "https://forum.example/auth/facebook/callback")
    assert address.startswith(f"https://www.facebook.com/{providers.GRAPH_API_VERSION}/dialog/oauth?")


# --- where the provider says it lives --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        pytest.param(
            "wrong_issuer_in_discovery",
            ProviderRefused,
            Reason.DISCOVERY_ISSUER,
            marks=pytest.mark.proves("A18"),
        ),
        pytest.param(
            "no_rs256_in_discovery",
            ProviderRefused,
            Reason.DISCOVERY_ALGORITHM,
            marks=pytest.mark.proves("A20"),
        ),
        pytest.param(
            "endpoints_on_other_host",
            ProviderRefused,
            Reason.ENDPOINT_NOT_ALLOWED,
            marks=pytest.mark.proves("W10"),
        ),
        pytest.param(
            "token_endpoint_without_tls",
            ProviderRefused,
            Reason.ENDPOINT_NOT_ALLOWED,
            marks=pytest.mark.proves("W10"),
        ),
        pytest.param(
            "discovery_down",
            ProviderUnavailable,
            Reason.SERVER_ERROR,
            marks=pytest.mark.proves("A26"),
        ),
        pytest.param("discovery_html", ProviderUnavailable, Reason.NOT_JSON, marks=pytest.mark.proves("A26")),
    ],
)
def test_a_bad_discovery_document_stops_the_start(
    registered: StandInClient, calls: ProviderCalls, fault: str, kind: type[ProviderError], reason: Reason
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(kind) as stopped:
        begun(registered, "google", calls)
    assert stopped.value.reason is reason
    # Nothing of it is kept: once the provider behaves, people get in.
    registered.behave()
    assert signed_in(registered, "google", calls).subject == ROBIN.google_subject


@pytest.mark.proves("A26")
def test_discovery_down_leaves_the_other_provider_alone(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    registered.misbehave(discovery_down=True)
    with pytest.raises(ProviderUnavailable):
        begun(registered, "google", calls)
    assert signed_in(registered, "facebook", calls).subject == ROBIN.facebook_subject


def test_a_provider_that_is_not_there(calls: ProviderCalls, registered: StandInClient) -> None:
    gone = replace(registered.google, metadata_url="http://127.0.0.1:9/.well-known/openid-configuration")
    with pytest.raises(ProviderUnavailable) as stopped:
        providers.start(gone, REDIRECT_URIS["google"], calls=calls)
    assert stopped.value.reason is Reason.UNREACHABLE


def test_the_discovery_document_is_kept_for_an_hour(registered: StandInClient, calls: ProviderCalls) -> None:
    with time_machine.travel(clock.now(), tick=True) as traveller:
        for minutes, asked in ((0, 1), (59, 1), (2, 2)):
            traveller.shift(timedelta(minutes=minutes))
            begun(registered, "google", calls)
            assert registered.requested("/openid-configuration") == asked
