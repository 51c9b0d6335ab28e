"""Policies: published in versions that stay, each of which holds from its day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from forum import clock
from forum.consent.drafts import PolicyDraft
from forum.consent.models import PolicyKind, PolicyVersion
from forum.consent.policies import publish_policy
from forum.consent.policy_queries import policy_page
from forum.consent.queries import policies_in_force, site_is_ready
from forum.database.page_stamps import read
from forum.database.session import Database
from forum.errors import NotFound
from forum.permissions.actor import OPERATOR
from tests.cast import publish_policies
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
    assert (announced.shown.is_to_come, announced.shown.is_in_force) == (True, False)
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


def test_a_version_nobody_published_is_not_found(bare: Database) -> None:
    publish(bare, TERMS)
    with bare.reading() as session, pytest.raises(NotFound):
        policy_page(session, PolicyKind.TERMS, "en", 2)


# --- several announced ------------------------------------------------------------------------------------


@pytest.mark.proves("C12")
def test_each_version_holds_from_its_day_until_the_day_of_another(bare: Database) -> None:
    """An announced version takes over on its day, also from what was published after it for an earlier one."""
    publish(bare, TERMS)
    soon, later = (clock.now() + timedelta(days=days) for days in (14, 30))
    publish(bare, replace(TERMS, markdown="Announced.\n", effective_at=soon))
    publish(bare, replace(TERMS, markdown="For now.\n"))
    publish(bare, replace(TERMS, markdown="One day.\n", effective_at=later))
    held = [version_in_force(bare)]
    for moment in (soon - timedelta(seconds=1), soon, later - timedelta(seconds=1), later):
        with time_machine.travel(moment, tick=False):
            held.append(version_in_force(bare))
            with bare.reading() as session:
                (terms,) = policies_in_force(session, "en")
            assert terms.version == held[-1]
    assert held == [3, 3, 2, 2, 4]


@pytest.mark.proves("C12")
def test_of_two_for_the_same_day_the_newer_holds_and_the_other_never_does(bare: Database) -> None:
    publish(bare, TERMS)
    soon = clock.now() + timedelta(days=14)
    publish(bare, replace(TERMS, markdown="With a mistake.\n", effective_at=soon))
    publish(bare, replace(TERMS, markdown="Without it.\n", effective_at=soon))
    assert version_in_force(bare) == 1
    for days in (0, 14, 400):
        with time_machine.travel(clock.now() + timedelta(days=days, minutes=1)), bare.reading() as session:
            page = policy_page(session, PolicyKind.TERMS, "en", 2)
        assert (page.shown.replaced_by, page.shown.is_in_force) == (3, False)
    with time_machine.travel(soon + timedelta(seconds=1)):
        assert version_in_force(bare) == 3


# --- never changed ----------------------------------------------------------------------------------------


@pytest.mark.proves("C6")
@pytest.mark.parametrize(
    "statement",
    [
        update(PolicyVersion).values(material=False),
        update(PolicyVersion).values(markdown="Others."),
        update(PolicyVersion).values(effective_at=clock.now()),
        delete(PolicyVersion),
    ],
    ids=str,
)
def test_what_is_published_is_not_changed_and_not_taken_back(bare: Database, statement: Any) -> None:
    publish(bare, replace(TERMS, material=True))
    with pytest.raises(DatabaseError), bare.transaction() as session:
        session.execute(statement)
    with bare.reading() as session:
        row = session.execute(select(PolicyVersion.markdown, PolicyVersion.material)).one()
    assert tuple(row) == (TERMS.markdown, True)
