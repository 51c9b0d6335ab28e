"""What the stand-in is asked is what the real providers would be asked: only issuer, addresses and client differ."""

from dataclasses import fields
from pathlib import Path

import pytest

from config import ProviderSettings, Settings
from forum import clock
from forum.accounts import providers
from forum.accounts.providers import GRAPH_API_VERSION, ProviderCalls, openid
from forum.demo import preparation
from tests.accounts.conversations import BOTH, begun
from tests.accounts.stand_in import REDIRECT_URIS, StandInClient, free_port, query_of

# What is of one start alone.
OF_ONE_START = {"state", "nonce", "code_challenge"}
DIFFERS = {
    "google": {"client_id", "client_secret", "issuer", "metadata_url", "security_events_url"},
    "facebook": {
        "client_id", "client_secret", "issuer", "authorize_url", "token_url", "profile_url", "debug_token_url",
    },
}  # fmt: skip


def real_settings(folder: Path) -> Settings:
    """Return a real forum's settings, with nothing said about the providers but the clients."""
    return Settings.from_environ(
        {
            "ALONGSIDE_BASE_URL": "https://forum.example",
            "ALONGSIDE_DATA_FOLDER": str(folder),
            "ALONGSIDE_SESSION_KEYS": "a session key that serves tests alone",
            "ALONGSIDE_LEDGER_KEYS": "a ledger key that serves this test alone",
            "ALONGSIDE_BAN_KEYS": "a key for bans that serves this test alone",
            "ALONGSIDE_COOKIE_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "ALONGSIDE_OPERATOR_NAME": "The Community",
            "ALONGSIDE_OPERATOR_CONTACT": "care@forum.example",
            "ALONGSIDE_GOOGLE_CLIENT_ID": "a real client",
            "ALONGSIDE_GOOGLE_CLIENT_SECRET": "a real secret",
            "ALONGSIDE_FACEBOOK_CLIENT_ID": "a real client",
            "ALONGSIDE_FACEBOOK_CLIENT_SECRET": "another real secret",
        }
    )


def real(folder: Path, provider: str) -> ProviderSettings:
    """Return the settings of a real provider."""
    return real_settings(folder).providers[provider]


@pytest.mark.proves("P6")
@pytest.mark.parametrize("provider", BOTH)
def test_the_demo_changes_issuer_addresses_and_client_and_nothing_else(tmp_path: Path, provider: str) -> None:
    prepared = preparation.prepare({"PORT": str(free_port()), "DATA": str(tmp_path / "demo")})
    of_demo = Settings.from_environ(prepared.environ).providers[provider]
    of_real = real(tmp_path, provider)
    differ = {one.name for one in fields(of_demo) if getattr(of_demo, one.name) != getattr(of_real, one.name)}
    assert differ == DIFFERS[provider]


@pytest.mark.proves("P6")
@pytest.mark.parametrize(
    ("provider", "page"),
    [
        ("google", "https://accounts.google.com/o/oauth2/v2/auth"),
        ("facebook", f"https://www.facebook.com/{GRAPH_API_VERSION}/dialog/oauth"),
    ],
)
def test_the_same_is_asked_of_both(
    registered: StandInClient,
    calls: ProviderCalls,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    page: str,
) -> None:
    settings = real(tmp_path, provider)
    # Google's discovery document can't be fetched here; this is what it said when it was last read.
    known = openid.Metadata(
        authorization_endpoint="https://accounts.google.com/o/oauth2/v2/auth",
        token_endpoint="https://oauth2.googleapis.com/token",
        keys_address="https://www.googleapis.com/oauth2/v3/certs",
        sends_issuer=True,
    )
    kept = (str(settings.metadata_url), settings.issuer)
    monkeypatch.setitem(openid._metadata, kept, (known, clock.now()))
    there, _attempt = begun(registered, provider, calls)
    here, _attempt = providers.start(settings, REDIRECT_URIS[provider], calls=calls)
    assert here.partition("?")[0] == page
    asked_there, asked_here = query_of(there), query_of(here)
    assert list(asked_there) == list(asked_here)
    differ = {name for name, value in asked_here.items() if asked_there[name] != value}
    assert differ == ({"client_id"} | OF_ONE_START) & set(asked_here)
