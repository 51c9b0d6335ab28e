"""The list of conditions and treatments, as administrators keep it: nothing goes from it."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.audit_log.models import AuditEntry
from forum.community.models.people import HealthTerm, TermKind
from forum.community.profiles import Said
from forum.community.queries.terms import shared_terms
from forum.database import page_stamps
from forum.database.session import Database
from forum.site import shipped_texts
from tests import cast
from tests.cast import Someone
from tests.community.saying import make_terms, say
from tests.moderation.working import page, press, refusal
from tests.site.texts import publish_texts

LIST = "/admin/health-terms"


@pytest.fixture
def aspen(app: Flask) -> Someone:
    """An administrator."""
    return cast.administrator(app)


def terms(database: Database) -> list[tuple[TermKind, str, str, bool]]:
    with database.reading() as session:
        rows = session.execute(
            select(HealthTerm.kind, HealthTerm.slug, HealthTerm.name, HealthTerm.offered).order_by(
                HealthTerm.id
            )
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]  # A row is a tuple of what was selected.


def add(someone: Someone, kind: str, name: str) -> int:
    return press(someone.client, LIST, LIST, kind=kind, name=name).status_code


def test_what_is_added_is_on_offer_and_what_is_there_can_be_renamed_and_taken_off(
    app: Flask, database: Database, aspen: Someone
) -> None:
    assert page(aspen.client, LIST).text.count("Nothing is on this list yet.") == 2
    assert add(aspen, "condition", "  Rare   disease (RD) ") == 303
    assert add(aspen, "treatment", "Warm baths") == 303
    assert terms(database) == [
        (TermKind.CONDITION, "rare-disease-rd", "Rare disease (RD)", True),
        (TermKind.TREATMENT, "warm-baths", "Warm baths", True),
    ]
    someone = cast.member(app, "Juniper")
    say(someone, Said(conditions=frozenset({"rare-disease-rd"})))
    with database.reading() as session:
        before = page_stamps.read(session, ["site"])
        term_id = session.scalars(select(HealthTerm.id).order_by(HealthTerm.id).limit(1)).one()
    address = f"{LIST}/{term_id}"
    assert "checked" in page(aspen.client, address).one("input", type="checkbox").attributes
    # A box that is not ticked sends nothing.
    answer = press(aspen.client, address, address, name="Another name")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}?saved")
    assert terms(database)[0] == (TermKind.CONDITION, "rare-disease-rd", "Another name", False)
    listed = page(aspen.client, f"{LIST}?saved").text
    assert "Another name Offered no more" in listed
    with database.reading() as session:
        # Whoever has it keeps it, and shares it.
        assert [one.name for one in shared_terms(session, someone.actor)] == ["Another name"]
        assert page_stamps.read(session, ["site"])["site"] > before["site"]
        facts = session.scalars(select(AuditEntry.facts).order_by(AuditEntry.id)).all()
    assert facts[-1] == {
        "term": term_id,
        "kind": "condition",
        "name": "Another name",
        "from_name": "Rare disease (RD)",
        "offered": False,
    }
    log = page(aspen.client, "/moderation/log").one("ol", class_="log")
    assert "renamed “Rare disease (RD)” to “Another name”" in log.text
    assert press(aspen.client, address, address, name="Another name", offered="yes").status_code == 303
    assert terms(database)[0][3]


def test_a_name_that_is_there_and_what_is_no_name_are_refused(database: Database, aspen: Someone) -> None:
    make_terms(database)
    before = terms(database)
    for kind, name in (
        ("condition", "fibroMYALGIA"),
        # It is on the list, and offered no more.
        ("condition", "An old word"),
        ("condition", "Old: word"),
        ("condition", " … "),
        ("condition", "x" * 81),
        ("illness", "Gout"),
    ):
        assert add(aspen, kind, name) == 422, name
    answer = press(aspen.client, LIST, LIST, kind="condition", name="Gout", offered="yes")
    assert answer.status_code == 400
    with database.reading() as session:
        migraine = session.scalars(select(HealthTerm.id).where(HealthTerm.slug == "migraine")).one()
    address = f"{LIST}/{migraine}"
    assert press(aspen.client, address, address, name="Fibromyalgia", offered="yes").status_code == 422
    assert press(aspen.client, address, address, name="Migraine", offered="maybe").status_code == 400
    assert terms(database) == before
    # A treatment may have the name of a condition.
    assert add(aspen, "treatment", "Migraine") == 303


def test_what_ships_comes_once_and_never_over_what_administrators_changed(
    app: Flask, database: Database, aspen: Someone
) -> None:
    assert add(aspen, "condition", "Gout") == 303
    publish_texts(app)
    assert len(terms(database)) == len(shipped_texts.health_terms())
    with database.transaction() as session:
        session.scalars(select(HealthTerm).where(HealthTerm.slug == "migraine")).one().name = "Bad headaches"
        session.scalars(select(HealthTerm).where(HealthTerm.slug == "lupus")).one().offered = False
    before = terms(database)
    assert publish_texts(app).health_terms == 0
    assert terms(database) == before


def test_it_is_there_for_administrators_alone(app: Flask, database: Database, aspen: Someone) -> None:
    make_terms(database)
    cedar = cast.moderator(app, "Cedar")
    for address in (LIST, f"{LIST}/1"):
        assert refusal(cedar.client, address) == refusal(cedar.client, "/admin/nothing")
    assert refusal(aspen.client, f"{LIST}/99999") == refusal(aspen.client, "/admin/nothing")
