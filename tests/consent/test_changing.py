"""Without a consent nothing happens: what each purpose is needed for, and what goes with it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.account_notices import tell
from forum.accounts.models import AccountEvent, AccountNotice, EmailAddress, Member
from forum.consent import changing, commands, letters
from forum.consent.choices_queries import consent_stands
from forum.consent.drafts import ChoiceDraft
from forum.consent.models import ConsentEvent, ConsentMethod, ConsentRecord, Decision
from forum.database.session import Database
from forum.errors import Forbidden, Malformed, NotFound
from forum.events import FOLLOWER, AccountNoticeMade, ConsentTakenBack, Event, MemberPaused
from forum.permissions.actions import Action
from forum.permissions.actor import REQUIRED_PURPOSES, VISITOR, MemberId, MemberState, Purpose
from forum.permissions.check import can, require
from tests import cast
from tests.consent.deciding import agree, give
from tests.front_door import NEEDED, Browser, Forum
from tests.recorder import recorded
from tests.threads import together

ADDRESS = "willow@people.invalid"
FORUM = Path(__file__).resolve().parents[2] / "forum"


def agreeing(database: Database, purpose: Purpose) -> list[str]:
    """Return the names of those who agree to a purpose, as any feature asks for them."""
    with database.reading() as session:
        return list(session.scalars(select(Member.name).where(consent_stands(Member.uuid, purpose))))


def addresses(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(EmailAddress.address)))


# --- what refuses without a consent ----------------------------------------------------------------------


@pytest.mark.proves("C13")
@pytest.mark.parametrize("purpose", Purpose)
def test_nobody_is_found_for_a_purpose_but_whoever_agrees_to_it_now(
    app: Flask, database: Database, purpose: Purpose
) -> None:
    willow = cast.member(app, "Willow", given=Purpose)
    cast.member(app, "Hazel")
    with database.transaction() as session:
        # Somebody of whom nothing is recorded at all.
        session.add(
            Member(
                uuid=uuid4(),
                name="Nobody",
                name_key="nobody",
                name_since=clock.now(),
                locale="en",
                joined_at=clock.now(),
            )
        )
    everyone = ["Willow", "Hazel"] if purpose in REQUIRED_PURPOSES else ["Willow"]
    assert sorted(agreeing(database, purpose)) == sorted(everyone)
    with database.transaction() as session:
        assert changing.take_back(session, willow.member_id, purpose, ConsentMethod.OPERATOR)
    assert agreeing(database, purpose) == everyone[1:]


def _writing(purpose: Purpose, app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    assert can(willow.actor, Action.TOPIC_START)
    with database.transaction() as session:
        changing.take_back(session, willow.member_id, purpose, ConsentMethod.OPERATOR)
    # Also where nothing else stands in the way.
    _make_active(database, willow.member_id)
    assert willow.actor.missing_consents == {purpose}
    with pytest.raises(Forbidden):
        require(willow.actor, Action.TOPIC_START)


def _mail(_purpose: Purpose, app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.transaction() as session:
        changing.keep_vouched_address(session, willow.member_id, ADDRESS)
    assert addresses(database) == []
    # An address that should not be there is not written to either.
    with database.transaction() as session:
        session.add(EmailAddress(member_id=willow.member_id, address=ADDRESS, verified_at=clock.now()))
        tell(session, willow.member_id, AccountEvent.PASSKEY_ADDED)
    with database.reading() as session:
        notice = session.scalars(select(AccountNotice.id)).one()
        assert letters.letter_about_account(session, AccountNoticeMade(notice)) is None
    give(willow.client, Purpose.EMAIL)
    with database.reading() as session:
        assert letters.letter_about_account(session, AccountNoticeMade(notice)) is not None


def _nothing_yet(purpose: Purpose, app: Flask, database: Database) -> None:
    """Nothing does anything or stores anything under it: but for what asks and records, no code knows its name.

    What once does so has to name it, and then this says that it needs a line of its own here.
    """
    knows = {
        path.relative_to(FORUM).as_posix()
        for path in FORUM.rglob("*.py")
        if re.search(rf"\b{purpose.name}\b|[\"']{purpose.value}[\"']", path.read_text(encoding="utf-8"))
    }
    assert knows == {
        "permissions/actor.py",
        "consent/changing.py",
        "consent/wording/__init__.py",
    }
    assert changing.GOES_WITH[purpose] == ()


# By purpose, what needs it. A new purpose needs a line, and so does what begins to need an old one.
NEEDED_FOR = {
    Purpose.MEMBERSHIP: _writing,
    Purpose.HEALTH_DATA: _writing,
    Purpose.EMAIL: _mail,
    Purpose.MATCHING: _nothing_yet,
    Purpose.AGGREGATE_STATISTICS: _nothing_yet,
    Purpose.RESEARCH_CONTACT: _nothing_yet,
}


@pytest.mark.proves("C13")
@pytest.mark.parametrize("purpose", Purpose)
def test_what_needs_a_consent_refuses_without_it(app: Flask, database: Database, purpose: Purpose) -> None:
    NEEDED_FOR[purpose](purpose, app, database)


def test_every_purpose_says_what_goes_with_it() -> None:
    assert set(changing.GOES_WITH) == set(Purpose)


# --- what taking back sets off ---------------------------------------------------------------------------


def events_of(database: Database, do: Callable[[Session], object]) -> list[Event]:
    """Return what a change announced."""
    heard: list[Event] = []
    with database.transaction() as session:
        session.info[FOLLOWER] = lambda _session, event: heard.append(event)
        do(session)
    return heard


@pytest.mark.parametrize("method", ConsentMethod)
def test_taking_back_is_announced_by_its_number(
    app: Flask, database: Database, method: ConsentMethod
) -> None:
    willow = cast.member(app, "Willow", given=Purpose)
    follows: dict[Purpose, list[Event]] = {
        Purpose.MATCHING: [],
        Purpose.HEALTH_DATA: [MemberPaused(willow.member_id)],
    }
    for purpose, more in follows.items():
        heard = events_of(
            database, partial(changing.take_back, member_id=willow.member_id, purpose=purpose, method=method)
        )
        with database.reading() as session:
            newest = session.scalars(
                select(ConsentEvent.sequence).order_by(ConsentEvent.sequence.desc())
            ).first()
        assert heard == [ConsentTakenBack(newest or 0), *more]


def test_coming_back_needs_all_that_an_account_stands_on(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.transaction() as session:
        for purpose in REQUIRED_PURPOSES:
            changing.take_back(session, willow.member_id, purpose, ConsentMethod.OPERATOR)
    assert give(willow.client, Purpose.HEALTH_DATA).status_code == 303
    assert willow.actor.state is MemberState.PAUSED
    assert willow.actor.missing_consents == {Purpose.MEMBERSHIP}
    # The privacy page leads to where both are asked.
    assert "/settings/privacy/agree-again" in willow.client.get("/settings/privacy").text
    answer = agree(willow.client, willow.client.get("/settings/privacy/agree-again"))
    assert answer.status_code == 303
    assert (willow.actor.state, willow.actor.missing_consents) == (MemberState.ACTIVE, frozenset())


def test_nobody_decides_for_a_visitor_or_over_being_a_member(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    draft = ChoiceDraft("0" * 64, gpc=False, locale="en")
    with database.transaction() as session:
        with pytest.raises(NotFound):
            changing.take_consent_back(session, VISITOR, Purpose.EMAIL, gpc=False)
        with pytest.raises(NotFound):
            changing.give_consent(session, VISITOR, Purpose.EMAIL, draft)
        with pytest.raises(Malformed):
            changing.take_consent_back(session, willow.actor, Purpose.MEMBERSHIP, gpc=False)
        with pytest.raises(Malformed):
            changing.give_consent(session, willow.actor, Purpose.MEMBERSHIP, draft)


def test_the_operator_takes_the_ledgers_turn_once_and_the_ledger_once_more(
    app: Flask, database: Database
) -> None:
    cast.member(app, "Willow")
    with recorded(database) as statements, database.transaction() as session:
        commands.withdraw(session, "Willow", Purpose.HEALTH_DATA)
    turns = [statement for statement in statements if "advisory" in statement]
    # SQLite has one writer at a time anyway.
    assert len(turns) == (2 if database.write_engine.name == "postgresql" else 0)
    with database.reading() as session:
        newest = select(ConsentRecord.method).order_by(ConsentRecord.sequence.desc()).limit(1)
        assert session.scalar(newest) is ConsentMethod.OPERATOR


@pytest.mark.proves("C8")
def test_two_who_press_the_same_button_at_once_decide_once(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow", given=Purpose)

    def press(_number: int) -> int | None:
        with database.transaction() as session:
            return changing.take_consent_back(session, willow.actor, Purpose.MATCHING, gpc=False)

    assert together(2, press).count(None) == 1
    with database.reading() as session:
        said = session.scalars(
            select(ConsentRecord.decision)
            .where(ConsentRecord.subject == willow.uuid, ConsentRecord.purpose == Purpose.MATCHING)
            .order_by(ConsentRecord.sequence)
        ).all()
    assert said == [Decision.GIVEN, Decision.WITHDRAWN]


# --- the address at the next log-in ----------------------------------------------------------------------


def joined(forum: Forum, *agree: str, provider: str = "google", persona: str = "robin") -> MemberId:
    Browser(forum).join("quiet-river", provider, persona, agree=(*NEEDED, *agree))
    with forum.database.reading() as session:
        return MemberId(session.scalars(select(Member.id)).one())


@pytest.mark.proves("C13")
def test_an_address_is_taken_over_at_a_log_in_once_it_may_be_kept(forum: Forum) -> None:
    member_id = joined(forum)
    Browser(forum).sign_in()
    assert addresses(forum.database) == []
    browser = Browser(forum)
    browser.sign_in()
    page = browser.get("/settings/privacy")
    assert browser.submit(page, "/settings/privacy/email/give").status_code == 303
    assert addresses(forum.database) == []
    Browser(forum).sign_in()
    with forum.database.reading() as session:
        kept = session.execute(
            select(EmailAddress.member_id, EmailAddress.address, EmailAddress.verified_at)
        ).one()
    assert kept.member_id == member_id
    assert kept.address.startswith("robin")
    assert kept.verified_at is not None
    # Once one is kept, no other takes its place.
    forum.provider.misbehave(email="other@people.invalid")
    Browser(forum).sign_in()
    assert addresses(forum.database) == [kept.address]
    # And with the consent gone, none comes back.
    page = browser.get("/settings/privacy")
    assert browser.submit(page, "/settings/privacy/email/take-back").status_code == 303
    Browser(forum).sign_in()
    assert addresses(forum.database) == []


@pytest.mark.parametrize(
    ("provider", "fault"),
    [("google", {"email_not_verified": True}), ("google", {"email": "x" * 300}), ("facebook", {})],
)
def test_no_address_is_taken_over_that_nobody_vouches_for(
    forum: Forum, provider: str, fault: dict[str, bool | str]
) -> None:
    forum.provider.misbehave(**fault)
    joined(forum, "email", provider=provider)
    Browser(forum).sign_in(provider)
    assert addresses(forum.database) == []


def _make_active(database: Database, member_id: MemberId) -> None:
    with database.transaction() as session:
        session.get_one(Member, member_id).state = MemberState.ACTIVE
