"""The token endpoint, the ID token and the keys that sign it: whatever isn't right is refused, and by its own name."""

import pytest
import requests
from joserfc.jwk import RSAKey

from forum.accounts.providers import ProviderCalls, ProviderRefused, ProviderUnavailable, Reason, signing_keys
from tests.accounts.conversations import BOTH, ROBIN, signed_in, token_requests
from tests.accounts.stand_in import StandInClient

# --- the token endpoint ----------------------------------------------------------------------------------


@pytest.mark.proves("A25")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("token_redirect", Reason.REDIRECTED),
        ("token_html", Reason.NOT_JSON),
        ("token_500", Reason.SERVER_ERROR),
        ("token_500_json", Reason.SERVER_ERROR),
        ("token_broken_json", Reason.NOT_JSON),
        ("token_list", Reason.NOT_JSON),
        ("token_huge", Reason.TOO_LARGE),
        ("token_odd_lifetime", Reason.NOT_JSON),
        ("token_not_our_client", Reason.CLIENT_REFUSED),
    ],
)
def test_a_token_endpoint_in_trouble_is_unavailable(
    registered: StandInClient, calls: ProviderCalls, provider: str, fault: str, reason: Reason
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderUnavailable) as stopped:
        signed_in(registered, provider, calls)
    assert stopped.value.reason is reason
    assert token_requests(registered) == 1


@pytest.mark.proves("A25")
@pytest.mark.parametrize("provider", BOTH)
def test_a_redirect_is_not_followed(registered: StandInClient, calls: ProviderCalls, provider: str) -> None:
    registered.misbehave(token_redirect=True)
    before = len(everyones_log(registered, "/elsewhere"))
    with pytest.raises(ProviderUnavailable):
        signed_in(registered, provider, calls)
    assert len(everyones_log(registered, "/elsewhere")) == before


def everyones_log(client: StandInClient, path: str) -> list[object]:
    """Return the requests to a path that names no client."""
    return [e for e in requests.get(f"{client.base_url}/log", timeout=10).json() if e["path"] == path]


@pytest.mark.proves("A25")
@pytest.mark.parametrize("provider", BOTH)
def test_the_broken_persona_finds_the_provider_unavailable(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    with pytest.raises(ProviderUnavailable) as stopped:
        signed_in(registered, provider, calls, "broken")
    assert stopped.value.reason is Reason.SERVER_ERROR


@pytest.mark.proves("A23")
@pytest.mark.parametrize(
    ("provider", "fault", "reason"),
    [
        ("google", "no_id_token", Reason.NO_ID_TOKEN),
        ("google", "no_access_token", Reason.NO_ACCESS_TOKEN),
        ("facebook", "no_access_token", Reason.NO_ACCESS_TOKEN),
    ],
)
def test_a_reply_without_its_tokens_is_refused(
    registered: StandInClient, calls: ProviderCalls, provider: str, fault: str, reason: Reason
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, provider, calls)
    assert refused.value.reason is reason


# --- the ID token ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        pytest.param(faults, reason, marks=pytest.mark.proves(requirement), id=repr(faults))
        for requirement, faults, reason in [
            ("A19", {"wrong_audience": True}, Reason.WRONG_AUDIENCE),
            ("A19", {"audience_list_with_azp": True}, Reason.WRONG_AUDIENCE),
            ("A19", {"other_audience_with_azp": True}, Reason.WRONG_AUDIENCE),
            ("A19", {"other_azp": True}, Reason.WRONG_AUDIENCE),
            ("A19", {"wrong_issuer": True}, Reason.WRONG_ISSUER),
            ("A20", {"algorithm_none": True}, Reason.WRONG_ALGORITHM),
            ("A20", {"algorithm_hs256": True}, Reason.WRONG_ALGORITHM),
            ("A20", {"algorithm_hs256_with_public_key": True}, Reason.WRONG_ALGORITHM),
            ("A20", {"algorithm_rs512": True}, Reason.WRONG_ALGORITHM),
            ("A20", {"not_a_token": True}, Reason.MALFORMED_ID_TOKEN),
            ("A20", {"unknown_key": True}, Reason.UNKNOWN_KEY),
            ("A20", {"wrong_key": True}, Reason.WRONG_SIGNATURE),
            ("A21", {"nonce_missing": True}, Reason.WRONG_NONCE),
            ("A21", {"nonce_wrong": True}, Reason.WRONG_NONCE),
            ("A22", {"expired_seconds": 32}, Reason.EXPIRED),
            ("A22", {"no_expiry": True}, Reason.EXPIRED),
            ("A22", {"issued_seconds_ago": 700}, Reason.WRONG_ISSUE_TIME),
            ("A22", {"issued_in_seconds": 40}, Reason.WRONG_ISSUE_TIME),
            ("A22", {"authenticated_seconds_ago": -40}, Reason.WRONG_AUTHENTICATION_TIME),
            ("A24", {"empty_subject": True}, Reason.WRONG_SUBJECT),
            ("A24", {"numeric_subject": True}, Reason.WRONG_SUBJECT),
            ("A24", {"missing_subject": True}, Reason.WRONG_SUBJECT),
            ("A24", {"long_subject": True}, Reason.WRONG_SUBJECT),
            ("A24", {"subject": " "}, Reason.WRONG_SUBJECT),
            ("A24", {"subject": "1\n2"}, Reason.WRONG_SUBJECT),
        ]
    ],
)
def test_an_id_token_that_is_not_right_is_refused(
    registered: StandInClient, calls: ProviderCalls, faults: dict[str, bool | int | str], reason: Reason
) -> None:
    registered.misbehave(**faults)
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "google", calls)
    assert refused.value.reason is reason
    # It was this and nothing else: without it the same person gets in.
    registered.behave()
    assert signed_in(registered, "google", calls).subject == ROBIN.google_subject


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"audience_list": True}, marks=pytest.mark.proves("A19")),
        pytest.param({"expired_seconds": 20}, marks=pytest.mark.proves("A22")),
        pytest.param({"issued_in_seconds": 20}, marks=pytest.mark.proves("A22")),
        {"issued_seconds_ago": 120},
        {"keys_without_ids": True},
    ],
    ids=lambda faults: next(iter(faults)),
)
def test_what_is_unusual_but_right_is_taken(
    registered: StandInClient, calls: ProviderCalls, faults: dict[str, bool | int | str]
) -> None:
    registered.misbehave(**faults)
    assert signed_in(registered, "google", calls).subject == ROBIN.google_subject


# --- signing keys ----------------------------------------------------------------------------------------


def test_keys_are_asked_for_once_an_hour(registered: StandInClient, calls: ProviderCalls) -> None:
    for _ in range(3):
        signed_in(registered, "google", calls)
    assert registered.requested("/keys") == 1


def test_a_new_key_is_found_at_once(registered: StandInClient, calls: ProviderCalls) -> None:
    signed_in(registered, "google", calls)
    registered.misbehave(new_key=True)
    assert signed_in(registered, "google", calls).subject == ROBIN.google_subject
    assert registered.requested("/keys") == 2


def test_unknown_keys_do_not_make_us_ask_over_and_over(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    signed_in(registered, "google", calls)
    registered.misbehave(unknown_key=True)
    for _ in range(3):
        with pytest.raises(ProviderRefused):
            signed_in(registered, "google", calls)
    assert registered.requested("/keys") == 2


@pytest.mark.parametrize(
    ("change", "usable"),
    [
        ({}, True),
        ({"n": "f" * 171}, False),
        ({"n": "!"}, False),
        ({"n": 5}, False),
        ({"e": None}, False),
        ({"kty": "EC"}, False),
        ({"use": "enc"}, False),
        ({"alg": "RS512"}, False),
    ],
    ids=repr,
)
def test_only_strong_keys_for_our_algorithm_are_used(change: dict[str, object], usable: bool) -> None:
    published = RSAKey.generate_key(2048).as_dict(private=False)
    entry = {**published, "use": "sig", "alg": "RS256"}
    assert (signing_keys.usable_key(entry | change) is not None) is usable


def test_without_keys_the_provider_is_unavailable(registered: StandInClient, calls: ProviderCalls) -> None:
    registered.misbehave(keys_down=True)
    with pytest.raises(ProviderUnavailable):
        signed_in(registered, "google", calls)
