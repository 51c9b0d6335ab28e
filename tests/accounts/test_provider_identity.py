"""Who a provider says it is: the identity that the forum is given, and nothing about a person beyond it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from forum import clock
from forum.accounts.providers import ProvidedIdentity, Provider, ProviderCalls
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.conversations import BOTH, ROBIN, signed_in
from tests.accounts.stand_in import StandInClient


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


@pytest.mark.proves("P1")
@pytest.mark.parametrize("persona", [key for key, p in PERSONAS.items() if p.kind == "ordinary"])
@pytest.mark.parametrize("provider", BOTH)
def test_every_ordinary_persona_gets_in(
    registered: StandInClient, calls: ProviderCalls, provider: str, persona: str
) -> None:
    identity = signed_in(registered, provider, calls, persona)
    subjects = {"google": PERSONAS[persona].google_subject, "facebook": PERSONAS[persona].facebook_subject}
    assert (identity.issuer, identity.subject) == (registered.settings(provider).issuer, subjects[provider])


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
