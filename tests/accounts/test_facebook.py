"""What is Facebook's alone: the Graph API, who vouches for a token, and the end of the pinned version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from forum.accounts import providers
from forum.accounts.providers import ProviderCalls, ProviderRefused, ProviderUnavailable, Reason, facebook
from tests.accounts.conversations import signed_in
from tests.accounts.stand_in import StandInClient


@pytest.mark.proves("A28")
def test_the_profile_is_asked_for_id_and_name_with_proof(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    # The stand-in answers with an error unless the proof is right, so getting in shows that it is.
    signed_in(registered, "facebook", calls)
    asked = [entry["parameters"] for entry in registered.log() if entry["path"].endswith("/me")]
    assert asked == [["appsecret_proof", "fields"]]


@pytest.mark.proves("A28")
def test_a_profile_call_with_another_secret_is_refused(
    registered: StandInClient, calls: ProviderCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the proof is made with another secret; every other call is as it should be.
    right = facebook.proof_of_secret
    monkeypatch.setattr(
        facebook,
        "proof_of_secret",
        lambda settings, token: right(replace(settings, client_secret="x"), token),
    )
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "facebook", calls)
    assert refused.value.reason is Reason.PROFILE_REFUSED


@pytest.mark.proves("A29")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("debug_token_invalid", Reason.TOKEN_NOT_VALID),
        ("debug_token_other_app", Reason.TOKEN_OF_ANOTHER_APP),
        ("debug_token_other_user", Reason.TOKEN_OF_ANOTHER_PERSON),
    ],
)
def test_a_token_nobody_vouches_for_is_refused(
    registered: StandInClient, calls: ProviderCalls, fault: str, reason: Reason
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "facebook", calls)
    assert refused.value.reason is reason


@pytest.mark.proves("A25")
@pytest.mark.parametrize("fault", ["debug_token_500", "profile_500", "profile_html"])
def test_a_graph_api_in_trouble_is_unavailable(
    registered: StandInClient, calls: ProviderCalls, fault: str
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderUnavailable):
        signed_in(registered, "facebook", calls)


@pytest.mark.proves("A24")
@pytest.mark.parametrize("fault", ["empty_subject", "numeric_subject"])
def test_a_facebook_id_that_is_empty_or_no_text_is_refused(
    registered: StandInClient, calls: ProviderCalls, fault: str
) -> None:
    registered.misbehave(**{fault: True})
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "facebook", calls)
    assert refused.value.reason is Reason.WRONG_SUBJECT


@pytest.mark.proves("A27")
@pytest.mark.parametrize(
    ("days_left", "soon"), [(400, False), (184, False), (183, True), (0, True), (-9, True)]
)
def test_the_end_of_the_pinned_version_is_seen_coming(days_left: int, soon: bool) -> None:
    day = providers.GRAPH_API_END_OF_LIFE - timedelta(days=days_left)
    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        assert providers.graph_api_ends_soon() is soon
