"""Receipts: whoever decided can take along what proves it, check it with nothing of ours, and nobody else gets it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.consent import ledger
from forum.consent.models import ConsentEvent, ConsentRecord, Decision, InterfaceText, PolicyVersion
from forum.consent.receipts import receipt, receipt_page
from forum.database.session import Database
from forum.permissions.actor import Purpose
from tests import cast
from tests.cast import Someone
from tests.consent.long_ledger import make_long
from tests.json_schema import problems
from tests.pages import read_page
from tests.recorder import recorded

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "consent-receipt.schema.json"

REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def juniper(app: Flask) -> Someone:
    """Return a member who agreed to what is needed and to e-mail, and refused the rest."""
    return cast.member(app, given={Purpose.MEMBERSHIP, Purpose.HEALTH_DATA, Purpose.EMAIL})


def canonical(value: Any) -> bytes:
    """Return canonical JSON as one makes it without a library, where keys are in ASCII and numbers whole."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sequence_of(someone: Someone, purpose: Purpose) -> int:
    """Return the number of what somebody last said about a purpose."""
    with someone.database.reading() as session:
        return session.scalars(
            select(ConsentRecord.sequence)
            .where(ConsentRecord.subject == someone.uuid, ConsentRecord.purpose == purpose)
            .order_by(ConsentRecord.sequence.desc())
        ).all()[0]


@pytest.mark.proves("C9")
def test_a_receipt_is_canonical_and_fits_its_published_schema(juniper: Someone) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    cast.withdraw(juniper.database, juniper.uuid, Purpose.EMAIL)
    with juniper.database.reading() as session:
        numbers = session.scalars(select(ConsentEvent.sequence)).all()
    assert len(numbers) == 7
    for sequence in numbers:
        answer = juniper.client.get(f"/settings/privacy/receipts/{sequence}.json")
        assert answer.status_code == 200
        assert answer.data == canonical(answer.json)
        assert list(problems(schema, answer.json)) == []


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("record", "purpose", "fame"),
        ("record", "subject", "me"),
        ("record", "happened_at", "yesterday"),
        ("record", "nickname", "Juni"),
        ("event", "hash", "F" * 64),
        ("event", "sequence", 0),
    ],
)
def test_the_schema_refuses_what_is_no_receipt(juniper: Someone, part: str, name: str, value: Any) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    told = juniper.client.get("/settings/privacy/receipts/1.json").json
    assert told is not None
    told[part][name] = value
    assert len(list(problems(schema, told))) == 1


@pytest.mark.proves("C9")
def test_a_receipt_proves_what_was_decided_with_nothing_of_ours(juniper: Someone) -> None:
    sequence = sequence_of(juniper, Purpose.EMAIL)
    told = juniper.client.get(f"/settings/privacy/receipts/{sequence}.json").json
    assert told is not None
    with juniper.database.reading() as session:
        event = session.get_one(ConsentEvent, sequence)
        record = session.get_one(ConsentRecord, sequence)
        shown = session.get_one(InterfaceText, record.interface_text_sha256)
        published = session.execute(select(PolicyVersion.sha256, PolicyVersion.markdown)).all()
    policies = {row.sha256: row.markdown for row in published}
    said = told["record"]
    assert (said["purpose"], said["decision"], said["subject"]) == ("email", "given", str(juniper.uuid))
    assert told["interface_text"] == shown.text
    assert hashlib.sha256(shown.text.encode()).hexdigest() == said["interface_text_sha256"]
    assert (said["interface_text_locale"], shown.locale) == ("en", "en")
    assert len(said["policies"]) == len(policies) == 4
    for policy in said["policies"]:
        assert hashlib.sha256(policies[policy["sha256"]].encode()).hexdigest() == policy["sha256"]
    commitment = hashlib.sha256(bytes.fromhex(told["salt"]) + canonical(said)).hexdigest()
    assert commitment == told["event"]["commitment"] == event.commitment
    link = {name: value for name, value in told["event"].items() if name != "hash"}
    assert hashlib.sha256(canonical(link)).hexdigest() == told["event"]["hash"] == event.hash
    assert link["happened_at"] == said["happened_at"]


@pytest.mark.proves("C9")
@pytest.mark.parametrize("ending", ["", ".json"])
def test_only_its_owner_gets_it(app: Flask, juniper: Someone, ending: str) -> None:
    hazel = cast.member(app, "Hazel")
    administrator = cast.administrator(app)
    address = f"/settings/privacy/receipts/{sequence_of(juniper, Purpose.HEALTH_DATA)}{ending}"
    assert juniper.client.get(address).status_code == 200
    nowhere = hazel.client.get(f"/settings/privacy/receipts/9999{ending}")
    for other in (hazel, administrator):
        assert other.client.get(address).status_code == 404
    # Nothing tells it from a number that there isn't, but the request's own id.
    told, of_nothing = (read_page(one.text).one("main").text for one in (hazel.client.get(address), nowhere))
    assert REQUEST_ID.sub("", told) == REQUEST_ID.sub("", of_nothing)
    assert cast.visitor(app).get(address).status_code == 303


@pytest.mark.parametrize("number", ["0", str(2**63), str(2**200)])
@pytest.mark.parametrize("ending", ["", ".json"])
def test_a_number_that_can_not_be_is_nobodys(juniper: Someone, number: str, ending: str) -> None:
    assert juniper.client.get(f"/settings/privacy/receipts/{number}{ending}").status_code == 404


def test_the_file_is_an_attachment_that_nobody_stores(juniper: Someone) -> None:
    answer = juniper.client.get("/settings/privacy/receipts/2.json")
    assert answer.headers["Content-Disposition"] == "attachment; filename=receipt-2.json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.mimetype == "application/json"


@pytest.mark.proves("C9")
@pytest.mark.parametrize(
    ("purpose", "withdrawn", "said"),
    [
        (Purpose.EMAIL, False, "You said yes"),
        (Purpose.MATCHING, False, "You said no"),
        (Purpose.EMAIL, True, "You took it back"),
    ],
)
def test_the_page_says_the_same_in_plain_words(
    juniper: Someone, purpose: Purpose, withdrawn: bool, said: str
) -> None:
    if withdrawn:
        cast.withdraw(juniper.database, juniper.uuid, purpose)
    sequence = sequence_of(juniper, purpose)
    page = read_page(juniper.client.get(f"/settings/privacy/receipts/{sequence}").text)
    told = juniper.client.get(f"/settings/privacy/receipts/{sequence}.json").json
    assert told is not None
    main = page.one("main")
    assert said in main.text
    links = {link.attributes.get("href") for link in main.all("a")}
    for line in told["interface_text"].split("\n"):
        assert line in main.text
    for policy in told["record"]["policies"]:
        assert f"/policies/{policy['kind']}/{policy['version']}" in links
        assert policy["sha256"] in main.text
    for proof in ("commitment", "previous_hash", "hash"):
        assert told["event"][proof] in main.text
    assert told["salt"] in main.text
    assert f"/settings/privacy/receipts/{sequence}.json" in links


def test_whoever_took_a_needed_consent_back_still_gets_their_receipts(app: Flask) -> None:
    willow = cast.consent_withdrawn(app)
    for ending in ("", ".json"):
        sequence = sequence_of(willow, Purpose.HEALTH_DATA)
        assert willow.client.get(f"/settings/privacy/receipts/{sequence}{ending}").status_code == 200


def test_the_first_records_cover_less_and_have_their_receipts_all_the_same(database: Database) -> None:
    make_long(database, 3, schema_version=1)
    with database.reading() as session:
        subject = session.scalars(select(ConsentRecord.subject).where(ConsentRecord.sequence == 2)).one()
        found = receipt(session, subject, 2)
        assert ledger.verify(session).holds
    assert found is not None
    told = json.loads(found)
    assert "interface_text_locale" not in told["record"]
    assert list(problems(json.loads(SCHEMA.read_text(encoding="utf-8")), told)) == []
    commitment = hashlib.sha256(bytes.fromhex(told["salt"]) + canonical(told["record"])).hexdigest()
    assert commitment == told["event"]["commitment"]


def test_how_many_questions_a_receipt_asks(juniper: Someone) -> None:
    sequence = sequence_of(juniper, Purpose.EMAIL)
    actor = juniper.actor
    with recorded(juniper.database) as statements, juniper.database.reading() as session:
        assert receipt_page(session, actor, sequence).decision is Decision.GIVEN
        assert len(statements) == 2
        assert receipt(session, juniper.uuid, sequence) is not None
        assert len(statements) == 3
