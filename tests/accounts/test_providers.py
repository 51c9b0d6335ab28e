"""The providers' client against the stand-in over HTTP: the ways in, and everything that must be refused.

What a browser and the database have a part in (one use of an attempt, cookies, pages) is tested at the front door.
"""

import base64
import hashlib
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import requests
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey

from config import ProviderSettings
from forum import clock
from forum.accounts import providers
from forum.accounts.providers import (
    Attempt,
    PersonDeclined,
    ProvidedIdentity,
    Provider,
    ProviderCalls,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Reason,
    facebook,
    openid,
)
from forum.accounts.providers.wire import place
from forum.demo.stand_in.authorization import DESCRIPTION
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient, query_of

BOTH = ("google", "facebook")
ROBIN = PERSONAS["robin"]


@pytest.fixture
def calls() -> ProviderCalls:
    """Return room for a few conversations, each with as long as it has in production."""
    return ProviderCalls(4)


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


# --- the way in ------------------------------------------------------------------------------------------


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


@pytest.mark.proves("A3")
@pytest.mark.parametrize(("provider", "scope"), [("google", "openid email"), ("facebook", "public_profile")])
def test_start_asks_for_no_more_than_it_needs(
    registered: StandInClient, calls: ProviderCalls, provider: str, scope: str
) -> None:
    query = query_of(begun(registered, provider, calls)[0])
    known = {"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge"}
    assert query["scope"] == scope
    assert set(query) - {"nonce"} == known | {"code_challenge_method"}


def test_no_two_attempts_share_a_secret(registered: StandInClient, calls: ProviderCalls) -> None:
    attempts = [begun(registered, "google", calls)[1] for _ in range(3)]
    secrets = {secret for a in attempts for secret in (a.state, a.nonce, a.code_verifier)}
    assert len(secrets) == 9


def test_google_gives_the_identity_and_hints(registered: StandInClient, calls: ProviderCalls) -> None:
    before = clock.now()
    identity = signed_in(registered, "google", calls)
    assert identity.auth_time is not None
    assert before - timedelta(seconds=2) <= identity.auth_time <= clock.now()
    assert replace(identity, auth_time=None) == ProvidedIdentity(
        provider=Provider.GOOGLE,
        issuer="https://google.stand-in.invalid",
        subject=ROBIN.google_subject,
        email="robin.ordinary@people.stand-in.invalid",
        email_verified=True,
        name_hints=("robin.ordinary",),
        auth_time=None,
    )


@pytest.mark.proves("A30")
def test_facebook_gives_the_identity_and_never_an_email(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    assert signed_in(registered, "facebook", calls, "same-email") == ProvidedIdentity(
        provider=Provider.FACEBOOK,
        issuer="https://facebook.stand-in.invalid",
        subject=PERSONAS["same-email"].facebook_subject,
        email=None,
        email_verified=False,
        name_hints=("Emery Samemail",),
        auth_time=None,
    )


@pytest.mark.proves("A30")
@pytest.mark.parametrize("provider", BOTH)
def test_someone_without_email_can_sign_in(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    identity = signed_in(registered, provider, calls, "no-email")
    assert (identity.email, identity.email_verified) == (None, False)
    assert identity.subject


def test_an_unverified_email_is_said_to_be_unverified(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    registered.misbehave(email_not_verified=True)
    identity = signed_in(registered, "google", calls)
    assert identity.email is not None
    assert not identity.email_verified


@pytest.mark.proves("A35")
def test_the_same_subject_at_two_providers_is_two_identities(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    one, other = (signed_in(registered, provider, calls, "same-subject") for provider in BOTH)
    assert one.subject == other.subject
    assert (one.issuer, one.subject) != (other.issuer, other.subject)


@pytest.mark.parametrize("persona", [key for key, p in PERSONAS.items() if p.kind == "ordinary"])
@pytest.mark.parametrize("provider", BOTH)
def test_every_ordinary_persona_gets_in(
    registered: StandInClient, calls: ProviderCalls, provider: str, persona: str
) -> None:
    identity = signed_in(registered, provider, calls, persona)
    subjects = {"google": PERSONAS[persona].google_subject, "facebook": PERSONAS[persona].facebook_subject}
    assert identity.subject == subjects[provider]


# --- what comes back to the callback ---------------------------------------------------------------------


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


def test_facebooks_answer_may_not_name_another_issuer(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    attempt, query = came_back(registered, "facebook", calls)
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(registered.facebook, attempt, query | {"iss": registered.google.issuer}, calls=calls)
    assert refused.value.reason is Reason.WRONG_ISSUER_PARAMETER


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
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:  # noqa: TID251  (The moment to start from.)
        for minutes, asked in ((0, 1), (59, 1), (2, 2)):
            traveller.shift(timedelta(minutes=minutes))
            begun(registered, "google", calls)
            assert registered.requested("/openid-configuration") == asked


@pytest.mark.proves("W10")
@pytest.mark.parametrize(
    "address",
    [
        "http://graph.facebook.com/me",
        "ftp://127.0.0.1/me",
        "https://me@graph.facebook.com/me",
        "https:///me",
        "https://graph.facebook.com:port/me",
        "//graph.facebook.com/me",
        "",
    ],
)
def test_endpoints_need_https_except_on_this_machine(
    registered: StandInClient, calls: ProviderCalls, address: str
) -> None:
    attempt, query = came_back(registered, "facebook", calls)
    settings = replace(registered.facebook, profile_url=address or "/me")
    with pytest.raises(ProviderRefused) as refused:
        providers.finish(settings, attempt, query, calls=calls)
    assert refused.value.reason is Reason.ENDPOINT_NOT_ALLOWED
    assert token_requests(registered) == 0


@pytest.mark.proves("W10")
def test_a_conversation_reaches_its_own_places_alone(registered: StandInClient, calls: ProviderCalls) -> None:
    address = str(registered.google.metadata_url)
    for places in (frozenset[str](), frozenset({"127.0.0.1:9", "accounts.google.com:443"})):
        with pytest.raises(ProviderRefused) as refused:
            calls.run(places, lambda talk: talk.get_json(address))
        assert refused.value.reason is Reason.ENDPOINT_NOT_ALLOWED
    assert registered.log() == []
    assert calls.run(frozenset({place(address)}), lambda talk: talk.get_json(address))[0] == 200


def test_places_are_compared_with_their_ports() -> None:
    assert place("https://Accounts.Google.com/x") == place("https://accounts.google.com:443")
    assert place("http://127.0.0.1:8001/x") != place("http://127.0.0.1:8000/x")


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


def test_the_time_of_the_providers_proof_is_told(registered: StandInClient, calls: ProviderCalls) -> None:
    registered.misbehave(authenticated_seconds_ago=3600)
    proved = signed_in(registered, "google", calls).auth_time
    assert proved is not None
    assert timedelta(minutes=59) < clock.now() - proved < timedelta(minutes=61)


def test_another_email_is_the_same_identity(registered: StandInClient, calls: ProviderCalls) -> None:
    before = signed_in(registered, "google", calls)
    registered.misbehave(email="elsewhere@people.stand-in.invalid")
    after = signed_in(registered, "google", calls)
    assert (before.issuer, before.subject) == (after.issuer, after.subject)
    assert (after.email, after.name_hints) == ("elsewhere@people.stand-in.invalid", ("elsewhere",))


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
    assert (openid._usable(entry | change) is not None) is usable


def test_without_keys_the_provider_is_unavailable(registered: StandInClient, calls: ProviderCalls) -> None:
    registered.misbehave(keys_down=True)
    with pytest.raises(ProviderUnavailable):
        signed_in(registered, "google", calls)


# --- the Graph API ---------------------------------------------------------------------------------------


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
def test_an_empty_facebook_id_is_refused(registered: StandInClient, calls: ProviderCalls) -> None:
    registered.misbehave(empty_subject=True)
    with pytest.raises(ProviderRefused) as refused:
        signed_in(registered, "facebook", calls)
    assert refused.value.reason is Reason.WRONG_SUBJECT


def test_facebooks_addresses_carry_the_pinned_version() -> None:
    settings = ProviderSettings(
        provider="facebook", client_id="1", client_secret="made up", issuer="https://www.facebook.com"
    )
    address, _attempt = providers.start(settings, "https://forum.example/auth/facebook/callback")
    assert address.startswith(f"https://www.facebook.com/{providers.GRAPH_API_VERSION}/dialog/oauth?")


@pytest.mark.parametrize(
    ("days_left", "soon"), [(400, False), (184, False), (183, True), (0, True), (-9, True)]
)
def test_the_end_of_the_pinned_version_is_seen_coming(days_left: int, soon: bool) -> None:
    day = providers.GRAPH_API_END_OF_LIFE - timedelta(days=days_left)
    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        assert providers.graph_api_ends_soon() is soon


# --- time and room ---------------------------------------------------------------------------------------


def the_calls_have_ended() -> bool:
    """Wait a little for the threads that hold conversations to end."""
    holding = [thread for thread in threading.enumerate() if thread.name == "provider-call"]
    for thread in holding:
        thread.join(timeout=5)
    return not any(thread.is_alive() for thread in holding)


@pytest.mark.proves("A26")
def test_a_hanging_provider_is_given_up_within_five_seconds(
    registered: StandInClient, calls: ProviderCalls
) -> None:
    registered.misbehave(token_hangs=20)
    attempt, query = came_back(registered, "google", calls)
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as stopped:
        providers.finish(registered.google, attempt, query, calls=calls)
    assert time.monotonic() - began < 5
    assert stopped.value.reason is Reason.TOOK_TOO_LONG
    assert the_calls_have_ended()


@pytest.mark.proves("A26")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("trouble", ["token_hangs", "token_drips", "slow persona"])
def test_no_trick_stretches_the_deadline(registered: StandInClient, provider: str, trouble: str) -> None:
    hasty = ProviderCalls(1, deadline_seconds=0.4)
    if trouble != "slow persona":
        registered.misbehave(**{trouble: 3})
    attempt, query = came_back(
        registered, provider, ProviderCalls(1), "slow" if trouble == "slow persona" else "robin"
    )
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as stopped:
        providers.finish(registered.settings(provider), attempt, query, calls=hasty)
    assert time.monotonic() - began < 1.5
    assert stopped.value.reason is Reason.TOOK_TOO_LONG
    # The thread was let go, so its room is free again.
    assert the_calls_have_ended()
    assert hasty.run(frozenset(), lambda _talk: "room") == "room"


@contextmanager
def raw_server(answer: bytes, pause: float) -> Iterator[str]:
    """Serve one connection: take the request, send the answer byte by byte, then hold the line."""
    finished = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                for byte in answer:
                    if finished.wait(pause):
                        return
                    try:
                        line.sendall(bytes([byte]))
                    except OSError:
                        return
                finished.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        finally:
            finished.set()
            thread.join()


@pytest.mark.proves("A26")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 1000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"",
    ],
    ids=["headers", "body", "nothing"],
)
def test_headers_that_never_end_are_given_up_too(registered: StandInClient, answer: bytes) -> None:
    hasty = ProviderCalls(1, deadline_seconds=0.4)
    with raw_server(answer, pause=0.02) as address:
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable) as stopped:
            providers.start(
                replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=hasty
            )
        assert time.monotonic() - began < 1.5
        assert stopped.value.reason is Reason.TOOK_TOO_LONG
        assert the_calls_have_ended()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20000,
        b"nonsense",
    ],
    ids=["packed", "list", "redirect", "too many requests", "deep", "nonsense"],
)
def test_odd_answers_are_unavailability(
    registered: StandInClient, calls: ProviderCalls, answer: bytes
) -> None:
    with raw_server_at_once(answer) as address, pytest.raises(ProviderUnavailable):
        providers.start(
            replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=calls
        )


@contextmanager
def raw_server_at_once(answer: bytes) -> Iterator[str]:
    """Serve one connection: take the request, send the answer, close."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        thread.join()


def test_beyond_the_limit_nobody_waits() -> None:
    calls = ProviderCalls(1)
    begun_talking, may_end = threading.Event(), threading.Event()

    def talk() -> None:
        def conversation(_talk: object) -> None:
            begun_talking.set()
            may_end.wait(10)

        calls.run(frozenset(), conversation)

    first = threading.Thread(target=talk)
    first.start()
    assert begun_talking.wait(5)
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as stopped:
        calls.run(frozenset(), lambda _talk: None)
    assert time.monotonic() - began < 0.5
    assert stopped.value.reason is Reason.TOO_MANY_CALLS
    may_end.set()
    first.join()
    assert calls.run(frozenset(), lambda _talk: "room") == "room"


def test_failures_give_their_room_back(registered: StandInClient) -> None:
    calls = ProviderCalls(1)
    registered.misbehave(token_500=True)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable) as stopped:
            signed_in(registered, "google", calls)
        assert stopped.value.reason is Reason.SERVER_ERROR


# --- nothing leaks ---------------------------------------------------------------------------------------


@pytest.mark.proves("A44")
@pytest.mark.proves("W14")
@pytest.mark.parametrize("provider", BOTH)
def test_no_log_line_holds_a_secret_or_a_person(
    registered: StandInClient, calls: ProviderCalls, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for talkative in ("urllib3.connectionpool", "authlib"):
            logging.getLogger(talkative).setLevel(logging.DEBUG)
        attempt, query = came_back(registered, provider, calls)
        caplog.clear()  # What the test's own requests said.
        identity = providers.finish(registered.settings(provider), attempt, query, calls=calls)
    secrets = [attempt.state, attempt.nonce, attempt.code_verifier, query["code"], identity.subject]
    secrets += [registered.google.client_secret, "access_token", "input_token", *identity.name_hints]
    assert not [secret for secret in secrets if secret in caplog.text]


@pytest.mark.proves("W14")
@pytest.mark.parametrize("provider", BOTH)
def test_printing_what_we_pass_around_shows_no_secret_and_no_person(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    attempt, query = came_back(registered, provider, calls)
    identity = providers.finish(registered.settings(provider), attempt, query, calls=calls)
    shown = repr((attempt, identity, registered.settings(provider)))
    hidden = [attempt.state, attempt.nonce, attempt.code_verifier, identity.subject]
    hidden += [registered.google.client_secret, *identity.name_hints]
    assert not [secret for secret in hidden if secret in shown]


@pytest.mark.proves("A14")
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    "faults",
    [
        {"error_response": "invalid_scope"},
        {"token_not_our_client": True},
        {"token_html": True},
        {"token_500": True},
    ],
    ids=lambda faults: next(iter(faults)),
)
def test_an_error_is_a_reason_code_and_nothing_of_the_provider(
    registered: StandInClient,
    calls: ProviderCalls,
    provider: str,
    faults: dict[str, bool | str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    registered.misbehave(**faults)
    attempt, query = came_back(registered, provider, calls)
    caplog.clear()
    with pytest.raises(ProviderError) as failed:
        providers.finish(registered.settings(provider), attempt, query, calls=calls)
    assert str(failed.value) in set(Reason)
    # The state is in the callback's address, the code too; neither may stand in a traceback that someone logs.
    printed = "".join(traceback.format_exception(failed.value)) + caplog.text
    secrets = [attempt.state, attempt.code_verifier, query.get("code", attempt.state), DESCRIPTION]
    assert not [
        secret for secret in [*secrets, "Something went wrong", "invalid_client"] if secret in printed
    ]


@pytest.mark.proves("A44")
@pytest.mark.parametrize("provider", BOTH)
def test_nothing_is_given_back_but_the_identity(
    registered: StandInClient, calls: ProviderCalls, provider: str
) -> None:
    identity = signed_in(registered, provider, calls)
    given = {name: getattr(identity, name) for name in ProvidedIdentity.__slots__}
    assert set(given) == {
        "provider", "issuer", "subject", "email", "email_verified", "name_hints", "auth_time",
    }  # fmt: skip
    texts = [text for text in given.values() if isinstance(text, str)] + list(identity.name_hints)
    # Tokens and codes of the stand-in are at least this long; nothing about a person is.
    assert max(map(len, texts)) < 43


def test_a_certificate_nobody_vouches_for_is_not_taken(
    registered: StandInClient, calls: ProviderCalls, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line, suppress(OSError), context.wrap_socket(line, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"https://127.0.0.1:{listening.getsockname()[1]}/.well-known/openid-configuration"
        with pytest.raises(ProviderUnavailable) as stopped:
            providers.start(
                replace(registered.google, metadata_url=address), REDIRECT_URIS["google"], calls=calls
            )
        thread.join()
    assert stopped.value.reason is Reason.UNREACHABLE


def self_signed(folder: Path) -> Path:
    """Write a key and a certificate for this machine that nobody else signed, and return the file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-signed.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file
