"""``forum providers check``, a process of its own that talks to the stand-in: what works, what doesn't, no secrets."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import PREFIX, ProviderSettings
from forum.accounts.providers import ProviderCalls, ProviderRefused, ProviderUnavailable, facebook
from forum.demo.stand_in import GOOGLE_ISSUER
from tests.accounts.stand_in import StandInClient, free_port
from tests.accounts.test_provider_network import raw_server, raw_server_at_once
from tests.cli.conftest import environment

Start = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 30
# Conversations are given up after five seconds, and all of them run beside each other; the rest is a slow machine.
SOON = 20
NAMES = ("settings", "discovery", "keys", "security events", "Graph API version", "app id and secret")
# Nothing of this command is in the database: it need not be there.
NOWHERE = "sqlite:///nowhere/forum.sqlite3"


def variables(own: ProviderSettings) -> dict[str, str]:
    """Return a provider's settings as an operator would give them."""
    given = {
        name: getattr(own, name)
        for name in ProviderSettings.__dataclass_fields__
        if name != "provider" and getattr(own, name) is not None
    }
    return {f"{PREFIX}{own.provider.upper()}_{name.upper()}": value for name, value in given.items()}


@pytest.fixture
def configured(registered: StandInClient, tmp_path: Path) -> dict[str, str]:
    """The settings of a forum that uses both of the stand-in's providers."""
    assert registered.google.security_events_url
    both = variables(registered.google) | variables(registered.facebook)
    return environment(NOWHERE, tmp_path) | both | {f"{PREFIX}STAND_IN": "yes"}


class Said:
    """What the command said, and its findings by name."""

    def __init__(self, status: int, text: str, *, is_json: bool) -> None:
        self.status = status
        self.text = text
        self.content: dict[str, Any] = json.loads(text) if is_json else {}

    def provider(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.content["providers"] if one["provider"] == name)
        return found

    def levels(self) -> dict[str, str]:
        """Return how each finding is to be taken, without those that say only what is configured."""
        return {
            finding["about"]: finding["level"]
            for provider in self.content["providers"]
            for finding in provider["findings"]
            if finding["about"] != "settings"
        }

    def says(self, about: str) -> str:
        for provider in self.content["providers"]:
            for finding in provider["findings"]:
                if finding["about"] == about:
                    return str(finding["says"])
        raise AssertionError(f"Nothing is said about {about}.")


@pytest.fixture
def check(start: Start, registered: StandInClient) -> Callable[..., Said]:
    """Run the command, for people or for programs; whatever it says, no secret and no token is in it."""

    def run(environ: Mapping[str, str], *options: str) -> Said:
        process = start(environ, "providers", "check", *options)
        text, _nothing = process.communicate(timeout=PATIENCE)
        kept = ("SECRET", "KEYS", "PASSWORD")
        secrets = [value for name, value in environ.items() if value and any(word in name for word in kept)]
        assert secrets
        assert not [secret for secret in secrets if secret in text]
        assert registered.google.client_secret not in text
        assert "Traceback" not in text
        assert "access_token" not in text
        return Said(process.returncode, text, is_json="--json" in options)

    return run


Check = Callable[..., Said]
ALL_WELL = {name: "ok" for name in NAMES if name != "settings"}


def test_where_all_is_well_it_says_so_and_what_can_not_be_known(
    check: Check, configured: dict[str, str]
) -> None:
    told = check(configured, "--json")
    assert told.levels() == ALL_WELL
    assert told.status == 0
    assert told.content["findings"] == []
    for name in ("google", "facebook"):
        assert told.provider(name)["configured"] is True
        assert any("person" in sentence for sentence in told.provider(name)["unknown"])
    # What only a log-in can show is nowhere said to be well.
    assert "secret" in " ".join(told.provider("google")["unknown"])
    assert "secret" not in " ".join(finding["says"] for finding in told.provider("google")["findings"])


def test_people_read_the_same_without_colour(check: Check, configured: dict[str, str]) -> None:
    told = check(configured)
    assert told.status == 0
    assert "\x1b" not in told.text
    for_programs = check(configured, "--json")
    for provider in for_programs.content["providers"]:
        for finding in provider["findings"]:
            assert f"  {finding['level']:<7}  {finding['about']}: {finding['says']}\n" in told.text
        for one in provider["register"]:
            assert f"    {one['field']}: {one['address']}\n" in told.text
        for sentence in provider["unknown"]:
            assert sentence in told.text


def test_the_addresses_to_register_are_the_ones_that_answer(
    check: Check, configured: dict[str, str], app: Flask
) -> None:
    told = check(configured, "--json")
    base_url = configured["ALONGSIDE_BASE_URL"]
    given = {
        name: [one["address"] for one in told.provider(name)["register"]] for name in ("google", "facebook")
    }
    assert given == {
        "google": [f"{base_url}/auth/google/callback", f"{base_url}/auth/google/events"],
        "facebook": [
            f"{base_url}/auth/facebook/callback",
            f"{base_url}/auth/facebook/deauthorize",
            f"{base_url}/auth/facebook/deletion",
        ],
    }
    answers = app.url_map.bind("localhost")
    for address in [*given["google"], *given["facebook"]]:
        path = address.removeprefix(base_url)
        assert answers.allowed_methods(path), path


@pytest.mark.parametrize(
    ("fault", "wrong", "word"),
    [
        ("discovery_down", "discovery", "Try again later"),
        ("discovery_html", "discovery", "no JSON"),
        ("wrong_issuer_in_discovery", "discovery", "another issuer"),
        ("no_rs256_in_discovery", "discovery", "RS256"),
        ("endpoints_on_other_host", "discovery", "another host"),
        ("token_endpoint_without_tls", "discovery", "without https"),
        ("keys_down", "keys", "Try again later"),
        ("token_not_our_client", "app id and secret", "not accepted"),
        ("token_500", "app id and secret", "Try again later"),
        ("token_html", "app id and secret", "no JSON"),
        ("token_redirect", "app id and secret", "somewhere else"),
        ("token_huge", "app id and secret", "too large"),
        ("no_access_token", "app id and secret", "neither a token"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_else(
    check: Check, configured: dict[str, str], registered: StandInClient, fault: str, wrong: str, word: str
) -> None:
    registered.misbehave(**{fault: True})
    told = check(configured, "--json")
    assert told.status == 1
    assert word in told.says(wrong)
    left_out = {"keys"} if wrong == "discovery" else set[str]()
    assert told.levels() == {
        name: "problem" if name == wrong else "ok" for name in ALL_WELL if name not in left_out
    }


def test_a_wrong_facebook_secret_or_app_is_found(check: Check, configured: dict[str, str]) -> None:
    for name in ("CLIENT_SECRET", "CLIENT_ID"):
        told = check(configured | {f"{PREFIX}FACEBOOK_{name}": "1029384756-made-up"}, "--json")
        assert told.status == 1
        assert told.levels() == ALL_WELL | {"app id and secret": "problem"}
        assert "not accepted" in told.says("app id and secret")
        assert "made-up" not in told.text


def test_a_provider_that_hangs_is_given_up_in_time(
    check: Check, configured: dict[str, str], registered: StandInClient
) -> None:
    registered.misbehave(token_hangs=60)
    with raw_server(b"", pause=0.02) as address:
        began = time.monotonic()
        told = check(configured | {f"{PREFIX}GOOGLE_METADATA_URL": address}, "--json")
    assert time.monotonic() - began < SOON
    assert told.status == 1
    for about in ("discovery", "app id and secret"):
        assert "in time" in told.says(about)


def test_nobody_there_and_one_half_there(check: Check, configured: dict[str, str]) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/x"
    told = check(
        configured | {f"{PREFIX}GOOGLE_METADATA_URL": nobody, f"{PREFIX}FACEBOOK_TOKEN_URL": nobody}, "--json"
    )
    assert told.status == 1
    assert "nobody answers" in told.says("discovery")
    assert "nobody answers" in told.says("app id and secret")


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (b"{}", "lacks"),
        (b'{"issuer": 5, "jwks_uri": "https://elsewhere.invalid/keys"}', "lacks"),
        (
            b'{"issuer": "https://elsewhere.invalid", "jwks_uri": "https://elsewhere.invalid/keys"}',
            "another issuer",
        ),
        (
            f'{{"issuer": "{GOOGLE_ISSUER}", "jwks_uri": "https://elsewhere.invalid/keys"}}'.encode(),
            "another host",
        ),
        (b"<html>", "no JSON"),
    ],
)
def test_who_signs_security_events_must_be_known(
    check: Check, configured: dict[str, str], document: bytes, word: str
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(document), document)
    with raw_server_at_once(answer) as address:
        told = check(configured | {f"{PREFIX}GOOGLE_SECURITY_EVENTS_URL": address}, "--json")
    assert told.status == 1
    assert told.levels() == ALL_WELL | {"security events": "problem"}
    assert word in told.says("security events")


def test_security_events_that_were_switched_off_are_a_warning(
    check: Check, configured: dict[str, str]
) -> None:
    told = check(configured | {f"{PREFIX}GOOGLE_SECURITY_EVENTS_URL": ""}, "--json")
    assert told.levels()["security events"] == "warning"
    assert f"{PREFIX}GOOGLE_SECURITY_EVENTS_URL is empty" in told.says("security events")
    assert told.status == 0


def test_one_that_is_not_configured_is_no_problem(check: Check, configured: dict[str, str]) -> None:
    without = {name: value for name, value in configured.items() if "FACEBOOK" not in name}
    told = check(without, "--json")
    assert told.status == 0
    assert told.provider("facebook")["configured"] is False
    assert f"{PREFIX}FACEBOOK_CLIENT_ID is not set" in told.text
    assert told.provider("facebook")["unknown"] == []
    # And none at all is one.
    none = check(environment(NOWHERE, Path(without["ALONGSIDE_DATA_FOLDER"])), "--json")
    assert none.status == 1
    assert none.content["findings"][0]["level"] == "problem"


@pytest.mark.parametrize("name", ["ALONGSIDE_GOOGLE_CLIENT_SECRET", "ALONGSIDE_BASE_URL"])
def test_settings_that_can_not_be_read_are_status_2(
    check: Check, configured: dict[str, str], name: str
) -> None:
    told = check(configured | {name: ""})
    assert told.status == 2
    assert name in told.text
    assert len(told.text.strip().splitlines()) == 1


def test_it_needs_no_database(check: Check, configured: dict[str, str], tmp_path: Path) -> None:
    assert check(configured).status == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ('{"message": "x", "code": 1}', ProviderRefused),
        ('{"message": "x", "code": 101}', ProviderRefused),
        ('{"message": "x", "code": 4}', ProviderUnavailable),
        ('{"message": "x", "code": 1, "is_transient": true}', ProviderUnavailable),
        ('"invalid_client"', ProviderRefused),
        ('"temporarily_unavailable"', ProviderUnavailable),
    ],
)
def test_a_busy_platform_is_not_taken_for_a_wrong_secret(
    registered: StandInClient, error: str, kind: type[Exception]
) -> None:
    body = f'{{"error": {error}}}'.encode()
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with raw_server_at_once(answer) as address, pytest.raises(kind):
        facebook.require_known_app(ProviderCalls(1), replace(registered.facebook, token_url=address))
