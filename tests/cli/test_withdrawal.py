"""``forum members withdraw``: what taking a consent back does at once, in the ledger and on the pages."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import EmailAddress, Member
from forum.community.models.threads import Topic
from forum.consent import ledger
from forum.consent.models import ConsentMethod, ConsentRecord, Decision, InterfaceText
from forum.database import page_stamps
from forum.database.session import Database
from forum.permissions.actor import REQUIRED_PURPOSES, MemberState, Purpose
from tests import cast
from tests.cli.conftest import Run
from tests.community.conftest import reply, start, topic_draft
from tests.pages import read_page


def records(database: Database, someone: cast.Someone, purpose: Purpose) -> list[tuple[ConsentRecord, str]]:
    """Return what somebody said about a purpose, with the words that stood beside it, the newest last."""
    with database.reading() as session:
        rows = session.execute(
            select(ConsentRecord, InterfaceText.text)
            .join(InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256)
            .where(ConsentRecord.subject == someone.uuid, ConsentRecord.purpose == purpose)
            .order_by(ConsentRecord.sequence)
        ).all()
    return [(row[0], row[1]) for row in rows]


@pytest.mark.proves("C13")
def test_health_data_taken_back_hides_everything_and_stops_writing(
    run: Run, app: Flask, database: Database
) -> None:
    run("site", "init")
    willow, hazel = cast.member(app, "Willow"), cast.member(app, "Hazel")
    topic_id = start(database, hazel.actor, topic_draft("flares-today"))
    reply(database, willow.actor, topic_id, "Words about Willow's health.")
    address = f"/topics/{topic_id}/flare-number-nine"
    visitor = cast.visitor(app)
    # Whoever read it before, and whose browser would ask whether it is still the same.
    before = visitor.get(address)
    assert "Words about Willow" in before.text
    with database.reading() as session:
        stamp = page_stamps.read(session, ["site"])["site"]

    result = run("members", "withdraw", "Willow", "--purpose", "health-data")
    assert result.exit_code == 0, result.output
    assert "paused" in result.output

    for client in (visitor, hazel.client, willow.client):
        page = client.get(address)
        assert page.status_code == 200
        assert "health" not in read_page(page.text).one("main").text
        assert "It is bad today." in page.text
    assert "Willow" not in visitor.get(address).text
    assert "/reply" not in willow.client.get(address).text
    assert willow.client.get("/topics/new").status_code == 403
    assert "Your account is paused, so you can read but not write." in willow.client.get(address).text
    assert willow.actor.missing_consents == {Purpose.HEALTH_DATA}
    with database.reading() as session:
        assert page_stamps.read(session, ["site"]) == {"site": stamp + 1}
        assert session.scalars(select(Topic.reply_count).where(Topic.id == topic_id)).one() == 0
        assert session.scalars(select(Member.state).order_by(Member.id)).all() == [
            MemberState.PAUSED,
            MemberState.ACTIVE,
        ]
        assert ledger.verify(session).holds


def test_what_is_recorded_is_what_they_had_agreed_to(run: Run, app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    # The policies go on; the withdrawal is of what was agreed to before.
    run("site", "init", "--renew-policies")
    assert run("members", "withdraw", "Willow", "--purpose", "health-data").exit_code == 0
    (given, asked), (taken, words) = records(database, willow, Purpose.HEALTH_DATA)
    assert (given.decision, taken.decision) == (Decision.GIVEN, Decision.WITHDRAWN)
    assert (given.method, taken.method) == (ConsentMethod.CONSENT_STEP, ConsentMethod.OPERATOR)
    assert (words, taken.policies, taken.locale) == (asked, given.policies, given.locale)


def test_an_address_goes_with_the_consent_to_email(run: Run, app: Flask, database: Database) -> None:
    given = REQUIRED_PURPOSES | {Purpose.EMAIL}
    for name in ("Willow", "Hazel"):
        cast.join(database, name, given=given, pending=cast.identity(email=f"{name}@people.invalid"))
    assert run("members", "withdraw", "Willow", "--purpose", "email").exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(EmailAddress.address)).all() == ["Hazel@people.invalid"]
        assert set(session.scalars(select(Member.state))) == {MemberState.ACTIVE}


@pytest.mark.parametrize(
    "purpose", [Purpose.MATCHING, Purpose.RESEARCH_CONTACT, Purpose.AGGREGATE_STATISTICS]
)
def test_what_is_optional_is_taken_back_and_nothing_else_changes(
    run: Run, app: Flask, database: Database, purpose: Purpose
) -> None:
    willow = cast.member(app, "Willow", given=frozenset(Purpose))
    assert run("members", "withdraw", "Willow", "--purpose", purpose.value).exit_code == 0
    assert [record.decision for record, _words in records(database, willow, purpose)] == [
        Decision.GIVEN,
        Decision.WITHDRAWN,
    ]
    assert (willow.actor.state, willow.actor.missing_consents) == (MemberState.ACTIVE, frozenset())


def test_whoever_is_suspended_is_hidden_too_and_stays_suspended(run: Run, app: Flask) -> None:
    bramble = cast.suspended(app)
    assert run("members", "withdraw", bramble.name, "--purpose", "health-data").exit_code == 0
    assert (bramble.actor.state, bramble.actor.is_suspended) == (MemberState.PAUSED, True)


def test_whoever_leaves_goes_on_leaving(run: Run, app: Flask, database: Database) -> None:
    someone = cast.member(app, "Aspen")
    with database.transaction() as session:
        session.get_one(Member, someone.member_id).state = MemberState.LEAVING
    assert run("members", "withdraw", someone.name, "--purpose", "health-data").exit_code == 0
    assert someone.actor.state is MemberState.LEAVING


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("Nobody", "--purpose", "email"), 1, "No member has this name."),
        (("Willow", "--purpose", "email"), 1, "nothing to take back"),
        (("Willow", "--purpose", "everything"), 2, "everything"),
        (("Willow",), 2, "--purpose"),
    ],
)
def test_what_can_not_be_taken_back_changes_nothing(
    run: Run, app: Flask, database: Database, arguments: tuple[str, ...], status: int, says: str
) -> None:
    willow = cast.member(app, "Willow")
    result = run("members", "withdraw", *arguments)
    assert result.exit_code == status
    assert says in result.stderr
    assert len(records(database, willow, Purpose.EMAIL)) == 1
    assert willow.actor.state is MemberState.ACTIVE


def test_a_second_time_there_is_nothing_left_to_take_back(run: Run, app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    withdraw = ("members", "withdraw", "Willow", "--purpose", "health-data")
    assert [run(*withdraw).exit_code for _time in range(2)] == [0, 1]
    assert len(records(database, willow, Purpose.HEALTH_DATA)) == 2
