"""Policies: published in versions that stay, and readable for everyone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from forum import clock
from forum.consent.commands import publish_policy
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind
from forum.consent.queries import policies_in_force, policy_page, site_is_ready
from forum.database.page_stamps import read
from forum.database.session import Database
from forum.errors import NotFound
from forum.permissions.actor import OPERATOR
from tests.cast import publish_policies
from tests.front_door import Page
from tests.recorder import recorded

TERMS = PolicyDraft(PolicyKind.TERMS, "en", "Terms", "## In short\n\nBe kind.\n")


@pytest.fixture
def bare(database_url: str) -> Iterator[Database]:
    """Return a database without an application."""
    made = Database(database_url)
    yield made
    made.dispose()


def publish(database: Database, draft: PolicyDraft) -> int:
    """Publish in a transaction of its own."""
    with database.transaction() as session:
        return publish_policy(session, OPERATOR, draft)


def version_in_force(database: Database) -> int:
    """Return which version of the terms counts."""
    with database.reading() as session:
        return policy_page(session, PolicyKind.TERMS, "en").version


def test_a_changed_text_is_a_new_version_and_the_same_text_is_none(bare: Database) -> None:
    first = publish(bare, TERMS)
    assert publish(bare, TERMS) == first
    second = publish(bare, replace(TERMS, markdown="## In short\n\nBe kinder.\n", material=True))
    assert second != first
    assert version_in_force(bare) == 2
    # The words of the first again are a third version: what counted in between is not unwritten.
    publish(bare, TERMS)
    assert version_in_force(bare) == 3
    with bare.reading() as session:
        assert read(session, ["site"]) == {"site": 3}


def test_an_announced_version_waits_for_its_day(bare: Database) -> None:
    publish(bare, TERMS)
    soon = clock.now() + timedelta(days=14)
    publish(bare, replace(TERMS, markdown="Be kinder.\n", effective_at=soon))
    assert version_in_force(bare) == 1
    with bare.reading() as session:
        announced = policy_page(session, PolicyKind.TERMS, "en", 2)
    assert (announced.is_to_come, announced.is_in_force) == (True, False)
    with time_machine.travel(soon + timedelta(seconds=1)):
        assert version_in_force(bare) == 2


def test_only_all_four_open_sign_up(bare: Database) -> None:
    publish(bare, TERMS)
    with bare.reading() as session:
        assert not site_is_ready(session, "en")
    publish_policies(bare)
    with bare.reading() as session:
        assert site_is_ready(session, "en")
        assert not site_is_ready(session, "fr")
        assert [policy.kind for policy in policies_in_force(session, "en")] == list(PolicyKind)


def test_reading_a_policy_takes_two_statements(bare: Database) -> None:
    publish(bare, TERMS)
    with recorded(bare) as statements, bare.reading() as session:
        policy_page(session, PolicyKind.TERMS, "en")
        assert len(statements) == 2
        site_is_ready(session, "en")
        assert len(statements) == 3


def test_every_version_stays_readable(app: Flask, database: Database) -> None:
    publish(database, TERMS)
    publish(database, replace(TERMS, markdown="## In short\n\nBe kinder.\n"))
    client = app.test_client()
    now, then = client.get("/policies/terms"), client.get("/policies/terms/1")
    assert now.status_code == then.status_code == 200
    assert "Be kinder." in now.text
    assert "Be kind." in then.text
    assert "This is an earlier version." in then.text
    assert '<h2 id="in-short">In short</h2>' in now.text
    links = Page(now.text).links()
    assert {"/policies/terms/1", "/policies/terms/2"} <= set(links.values())


@pytest.mark.parametrize(
    "address",
    [
        "/policies/terms",
        "/policies/terms/1",
        "/policies/nonsense",
        "/policies/terms/0",
        "/policies/terms/99999999999999999999999999",
        "/policies/health-data/9",
    ],
)
def test_a_policy_that_is_not_there_is_not_found(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code == 404


def test_a_version_nobody_published_is_not_found(bare: Database) -> None:
    publish(bare, TERMS)
    with bare.reading() as session, pytest.raises(NotFound):
        policy_page(session, PolicyKind.TERMS, "en", 2)
