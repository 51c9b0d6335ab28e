"""Policies in two languages, counted in each of its own: what a record names leads to the words that were agreed to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from forum.accounts.sign_in_sessions import sign_in
from forum.app import create_app
from forum.consent import commands, wording
from forum.consent.drafts import JoinDraft, PolicyDraft
from forum.consent.models import PolicyKind
from forum.consent.policies import publish_policy
from forum.consent.queries import policies_in_force
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, REQUIRED_PURPOSES, MemberId
from forum.text import translate
from tests import cast
from tests.conftest import database_of
from tests.pages import read_page


def publish_german(database: Database, *, times: int, material: bool = False) -> None:
    """Publish every policy in German, so often."""
    with database.transaction() as session:
        for number in range(times):
            for kind in PolicyKind:
                draft = PolicyDraft(kind, "de", f"Deutsch {kind.value}", f"Fassung {number}.\n", material)
                publish_policy(session, OPERATOR, draft)
                draft = replace(draft, markdown=f"Neue Fassung {number}.\n")
                publish_policy(session, OPERATOR, draft)


def join_in_german(database: Database) -> MemberId:
    with database.transaction() as session:
        policies = policies_in_force(session, "de")
        shown = wording.choices(policies, locale="de", gpc=False)
        draft = JoinDraft(
            name="Birke",
            is_name_confirmed=True,
            given=REQUIRED_PURPOSES,
            policies=frozenset((policy.kind, policy.version) for policy in policies),
            wording_sha256=wording.hash_of_choices(shown),
            gpc=False,
            locale="de",
        )
        return commands.join(session, cast.identity(), draft, ban_keys=())


@pytest.fixture
def birke(app: Flask, database: Database) -> FlaskClient:
    """The browser of somebody who agreed to the second German version, where the English one is the first."""
    cast.publish_policies(database)
    publish_german(database, times=1)
    member_id = join_in_german(database)
    with database.transaction() as session:
        return cast.signed_in(app, sign_in(session, member_id))


def followed(client: FlaskClient, address: str, part: str = "main") -> set[str]:
    """Follow each link to a version of a policy, and return the headings of what it leads to."""
    page = read_page(client.get(address).text).one("main")
    headings = set()
    for link in (
        page.all("a")
        if part == "main"
        else [one for dl in page.all("dl", class_=part) for one in dl.all("a")]
    ):
        target = urlsplit(link.attributes["href"])
        if target.path.startswith("/policies/") and target.path.count("/") > 2:
            answer = client.get(link.attributes["href"])
            assert answer.status_code == 200, link.attributes["href"]
            headings.add(read_page(answer.text).one("main").one("h1").text)
    return headings


GERMAN = {f"Deutsch {kind.value}" for kind in PolicyKind}


def test_the_privacy_page_leads_to_the_versions_that_were_agreed_to(birke: FlaskClient) -> None:
    assert followed(birke, "/settings/privacy", "key-facts") == GERMAN


def test_a_receipt_leads_to_the_versions_that_it_names(birke: FlaskClient) -> None:
    assert followed(birke, "/settings/privacy/receipts/1") == GERMAN


def test_the_settings_lead_to_the_versions_that_were_agreed_to(birke: FlaskClient) -> None:
    assert followed(birke, "/settings") == GERMAN


def test_being_asked_again_leads_to_what_changed_in_ones_language(
    birke: FlaskClient, database: Database
) -> None:
    publish_german(database, times=2, material=True)
    changes = {f"What version {version} changed" for version in (3, 4, 5, 6)}
    assert followed(birke, "/settings/privacy/agree-again") == GERMAN | changes
    assert followed(birke, "/notices") == GERMAN | changes


@pytest.fixture
def german_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue in German, where catalogues are looked for."""
    folder = tmp_path / "locales" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, Catalog(locale="de", domain="messages"))
    monkeypatch.setattr(translate, "LOCALES_FOLDER", tmp_path / "locales")
    translate._catalogue.cache_clear()
    yield
    translate._catalogue.cache_clear()


def test_a_version_is_the_same_text_whoever_reads_it(german_too: None, settings: Settings) -> None:
    """Without a language in its address it is the English one, also for whoever reads all else in German."""
    app = create_app(settings)
    database = database_of(app)
    try:
        cast.publish_policies(database)
        publish_german(database, times=1)
        client = app.test_client()

        def heading(address: str) -> str:
            answer = client.get(address, headers={"Accept-Language": "de"})
            return read_page(answer.text).one("main").one("h1").text

        assert heading("/policies/terms") == "Deutsch terms"
        assert heading("/policies/terms/1") == "Terms"
        assert heading("/policies/terms/1?language=de") == "Deutsch terms"
    finally:
        database.dispose()
