"""Nothing of a provider or a person leaks: into no log, no error, no cookie, and no more of it into the database than
an identity.
"""

import logging
import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import text

from forum.accounts import providers
from forum.accounts.providers import ProvidedIdentity, ProviderCalls, ProviderError, Reason
from forum.database.base import Base
from forum.demo.stand_in.authorization import DESCRIPTION
from forum.demo.stand_in.personas import PERSONAS
from tests.accounts.conversations import BOTH, came_back, signed_in
from tests.accounts.relay import Relay
from tests.accounts.stand_in import StandIn, StandInClient, query_of
from tests.conftest import settings_for
from tests.front_door import Browser, Forum, Log, served

# --- from the client -------------------------------------------------------------------------------------


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


# --- from the forum --------------------------------------------------------------------------------------


@pytest.mark.proves("A44")
@pytest.mark.proves("W14")
@pytest.mark.parametrize("provider", BOTH)
def test_no_token_of_a_provider_stays_anywhere(
    database_url: str, tmp_path: Path, stand_in: StandIn, provider: str
) -> None:
    settings = settings_for(database_url, tmp_path)
    with Relay(stand_in.base_url) as relay, served(settings, stand_in, relay=relay) as forum:
        log = Log(tmp_path / "forum.log")
        browser = Browser(forum)
        back = browser.return_address(provider, next="/about")
        query = query_of(back)
        cookies = [browser.http.cookies["session"]]
        browser.get(back)
        cookies += browser.http.cookies.values()
        browser.agree(
            browser.get("/join/consent"), "quiet-river", agree=("membership", "health_data", "email")
        )
        cookies += browser.http.cookies.values()
        again = Browser(forum)
        again.sign_in(provider)
        assert again.name() == "quiet-river"
        tokens = relay.tokens()
        assert len(tokens) >= (4 if provider == "google" else 2)
        assert not [secret for secret in tokens if secret in everything_kept()]
        gone = {*tokens, query["code"], query["state"]}
        stored = everything_stored(forum, tmp_path)
        logged = log.text()
        log.close()
        assert "quiet-river" in stored
        assert "/auth/<provider>/callback" in logged
        for secret in gone:
            assert secret not in stored
            assert secret not in logged
        for secret in tokens:
            assert not [cookie for cookie in cookies if secret in (cookie or "")]
        assert PERSONAS["robin"].name not in stored
        for person in ("robin", PERSONAS["robin"].google_subject, PERSONAS["robin"].facebook_subject):
            assert person not in logged.lower()


@pytest.mark.proves("A44")
@pytest.mark.parametrize(
    ("provider", "faults", "status"),
    [
        ("google", {"nonce_wrong": True}, 400),
        ("google", {"wrong_key": True}, 400),
        ("google", {"no_id_token": True}, 400),
        ("google", {"keys_down": True}, 503),
        ("facebook", {"debug_token_other_user": True}, 400),
        ("facebook", {"profile_500": True}, 503),
        ("google", {}, 303),
        ("facebook", {}, 303),
    ],
)
def test_no_token_stays_where_nobody_was_signed_in(
    database_url: str, tmp_path: Path, stand_in: StandIn, provider: str, faults: dict[str, bool], status: int
) -> None:
    settings = settings_for(database_url, tmp_path)
    with Relay(stand_in.base_url) as relay, served(settings, stand_in, relay=relay) as forum:
        log = Log(tmp_path / "forum.log")
        forum.provider.misbehave(**faults)
        browser = Browser(forum)
        answers = [browser.get(browser.return_address(provider))]
        assert answers[0].status_code == status
        if not faults:
            # Whoever says no at the consent step was known to us for a moment.
            page = browser.get("/join/consent")
            answers += [page, browser.submit(page, "/join/consent/decline")]
        tokens = relay.tokens()
        assert tokens
        logged = log.text()
        log.close()
        cookies = " ".join(value or "" for value in browser.http.cookies.values())
        said = "".join(f"{answer.text} {answer.headers}" for answer in answers)
        for kept in (everything_stored(forum, tmp_path), logged, cookies, said, everything_kept()):
            assert not [secret for secret in tokens if secret in kept]
        # And nobody on the way keeps what was said.
        assert {answer.headers["Cache-Control"] for answer in answers} <= {"no-store", "private, no-store"}


def everything_kept() -> str:
    """Return whatever the forum's modules keep in this process from one request to the next."""
    kept = [
        repr(value)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] == "forum" and not name.startswith("forum.demo")
        for value in vars(module).values()
        if isinstance(value, dict | list | set)
    ]
    assert any("token_endpoint" in one for one in kept), "The discovery document is among it, for one."
    return "".join(kept)


def everything_stored(forum: Forum, folder: Path) -> str:
    """Return every byte of the database files on SQLite, every value of every table on PostgreSQL."""
    if forum.settings.on_sqlite:
        return "".join(file.read_bytes().decode("latin-1") for file in sorted(folder.rglob("forum.sqlite3*")))
    with forum.database.reading() as session:
        rows = [
            str(session.execute(text(f"SELECT row_to_json(t)::text FROM {table} AS t")).scalars().all())
            for table in Base.metadata.tables
        ]
    return "".join(rows)
