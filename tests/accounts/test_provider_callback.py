"""What comes back from a provider to the callback, and what of it is refused before a token is asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from forum import clock
from forum.accounts import providers
from forum.accounts.providers import (
    PersonDeclined,
    ProviderCalls,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Reason,
)
from tests.accounts.conversations import BOTH, ROBIN, came_back, signed_in, token_requests
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient


def test_a_parameter_given_twice_is_refused() -> None:
    assert providers.callback_query([("state", "s"), ("code", "c")]) == {"state": "s", "code": "c"}
    with pytest.raises(ProviderRefused) as refused:
        providers.callback_query([("state", "s"), ("code", "c"), ("state", "s")])
    assert refused.value.reason is Reason.DUPLICATED_PARAMETER


@pytest.mark.proves("A7")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("state", [None, "", "another", "é\udce9"])
def test_a_wrong_state_makes_no_token_request(
    registered: StandInClient, calls: ProviderCalls, provider: str, state: str | None
) -> None:
    attempt, query = came_back(registered, provider, calls)
    del query["state"]
    if state is not None:
        query["state"] = state
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.settings(provider), attempt, query, calls=calls)
    assert refused.value.reason is Reason.WRONG_STATE
    assert token_requests(registered) == 0


@pytest.mark.proves("A11")
def test_one_providers_attempt_is_refused_at_the_other(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    attempt, query = came_back(registered, "google", calls)
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.facebook, attempt, query, calls=calls)
    assert refused.value.reason is Reason.WRONG_PROVIDER
    assert token_requests(registered) == 0


@pytest.mark.proves("A12")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("wrong_iss_parameter", Reason.WRONG_ISSUER_PARAMETER),
        ("missing_iss_parameter", Reason.MISSING_ISSUER_PARAMETER),
    ],
)
@pytest.mark.parametrize("persona", ["robin", "says-no"])
def test_an_answer_from_another_issuer_makes_no_token_request(
    registered: StandInClient, calls: ProviderCalls, fault: str, reason: Reason, persona: str
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "google", calls, persona)
    assert refused.value.reason is reason
    assert token_requests(registered) == 0


def test_a_missing_issuer_is_fine_where_none_was_promised(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    registered.misbehave(missing_iss_parameter=True, iss_not_advertised=True)
    assert signed_in(registered, "google", calls).subject == ROBIN.google_subject


@pytest.mark.proves("A12")
def test_facebooks_answer_may_not_name_another_issuer(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    attempt, query = came_back(registered, "facebook", calls)
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.facebook, attempt, query | {"iss": registered.google.issuer}, calls=calls)
    assert refused.value.reason is Reason.WRONG_ISSUER_PARAMETER
    assert token_requests(registered) == 0


@pytest.mark.proves("A18")
@pytest.mark.parametrize("persona", ["robin", "says-no"])
def test_a_discovery_document_that_turned_wrong_meanwhile_ends_the_sign_in(
    registered: StandInClient, calls: ProviderCalls, persona: str
) -> None:
    attempt, query = came_back(registered, "google", calls, persona)
    registered.misbehave(wrong_issuer_in_discovery=True)
    # What a start was led by is asked for again once it is an hour old.
    if persona == "says-no":
        del query["iss"]
    with (
        time_machine.travel(clock.now() + timedelta(minutes=61), tick=True),
        pytest.raises(ProviderRefused) as refused,
    ):
        providers.finish(registered.google, attempt, query, calls=calls)
    assert refused.value.reason is Reason.DISCOVERY_ISSUER
    assert token_requests(registered) == 0


@pytest.mark.proves("A13")
@pytest.mark.parametrize("provider", BOTH)
def test_saying_no_is_told_apart_from_errors(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    with pytest.raises(PersonDeclined):
        signed_in(registered, provider, calls, "says-no")
    assert token_requests(registered) == 0


@pytest.mark.proves("A13")
@pytest.mark.parametrize("provider", BOTH)
def test_saying_no_with_another_state_is_no_friendly_matter(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    registered.misbehave(wrong_state=True)
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, provider, calls, "says-no")
    assert refused.value.reason is Reason.WRONG_STATE


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("server_error", ProviderUnavailable),
        ("temporarily_unavailable", ProviderUnavailable),
        ("invalid_scope", ProviderRefused),
        ("<script>", ProviderRefused),
        ("", ProviderRefused),
    ],
)
def test_an_error_in_place_of_a_code(
    registered: StandInClient, calls: ProviderCalls, provider: str, error: str, kind: type[ProviderError]
) -> None:
    attempt, query = came_back(registered, provider, calls)
    with pytest.raises(kind):
        providers.finish(registered.settings(provider), attempt, query | {"error": error}, calls=calls)
    assert token_requests(registered) == 0


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("code", [None, "", "x" * 5000, "é", "a\r\nb", "\udce9"])
def test_no_code_or_an_absurd_one(
    registered: StandInClient, calls: ProviderCalls, provider: str, code: str | None
) -> None:
    attempt, query = came_back(registered, provider, calls)
    del query["code"]
    if code is not None:
        query["code"] = code
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.settings(provider), attempt, query, calls=calls)
    assert refused.value.reason is Reason.MISSING_CODE
    assert token_requests(registered) == 0


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("change", ["code", "code_verifier", "redirect_uri"])
def test_the_provider_refuses_a_code_that_does_not_fit(
    registered: StandInClient, calls: ProviderCalls, provider: str, change: str
) -> None:
    attempt, query = came_back(registered, provider, calls)
    if change == "code":
        query["code"] = "another"
    elif change == "code_verifier":
        attempt = replace(attempt, code_verifier="another-verifier-that-is-long-enough-to-be-one")
    else:
        attempt = replace(
            attempt, redirect_uri=REDIRECT_URIS["facebook" if provider == "google" else "google"]
        )
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.settings(provider), attempt, query, calls=calls)
    assert refused.value.reason is Reason.CODE_REFUSED


@pytest.mark.parametrize("provider", BOTH)
def test_a_code_serves_once(registered: StandInClient, calls: ProviderCalls, provider: str) -> None:
    attempt, query = came_back(registered, provider, calls)
    assert providers.finish(registered.settings(provider), attempt, query, calls=calls).subject
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.settings(provider), attempt, query, calls=calls)
    assert refused.value.reason is Reason.CODE_REFUSED
