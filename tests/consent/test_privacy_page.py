"""Settings, privacy: what a member agrees to, and that one button takes it back as one button gives it."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum import clock
from forum.accounts.leaving import begin_leaving
from forum.accounts.models import EmailAddress, Member
from forum.accounts.sign_in_sessions import sign_in
from forum.consent import ledger, wording
from forum.consent.models import ConsentMethod, Decision, PolicyKind
from forum.consent.queries import policies_in_force
from forum.database.session import Database
from forum.permissions.actor import REQUIRED_PURPOSES, MemberState, Purpose
from forum.text.translate import DEFAULT_LOCALE
from tests import cast
from tests.community.conftest import reply, start, topic_draft
from tests.consent.deciding import (
    CHANGEABLE,
    GPC,
    OPTIONAL,
    PRIVACY,
    decisions,
    form_to,
    give,
    opened,
    publish,
    records,
    section,
    state_of,
    take_back,
)
from tests.moderation.conftest import make_room
from tests.pages import read_page

WORDS = "Words about Willow's health."
OWN_TITLE, OWN_WORDS = "Rain in my knees", "It pours in there."


# --- what the page shows ---------------------------------------------------------------------------------


def test_each_purpose_says_what_it_means_and_how_it_stands(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow", given=REQUIRED_PURPOSES | {Purpose.EMAIL})
    page = opened(willow.client.get(PRIVACY))
    for purpose in Purpose:
        shown = section(page, purpose)
        stands = purpose in REQUIRED_PURPOSES | {Purpose.EMAIL}
        facts = dict(
            zip((one.text for one in shown.all("dt")), (one.text for one in shown.all("dd")), strict=True)
        )
        assert facts["You said"] == ("Yes" if stands else "No")
        assert {"What you agree to", "What we keep for it", "Who gets to see it", "How long"} <= facts.keys()
        assert facts["Since"]
        assert facts["In force then"].count("(version 1)") == len(wording.is_about(purpose))
        links = {link.attributes["href"] for link in shown.all("a")}
        assert {f"/policies/{kind.value}/1" for kind in wording.is_about(purpose)} <= links
    # What it was agreed under stays what it was, whatever is published later.
    publish(database, PolicyKind.PRIVACY, material=False)
    later = section(opened(willow.client.get(PRIVACY)), Purpose.EMAIL).one("dl", class_="key-facts")
    assert "/policies/privacy/1" in {link.attributes["href"] for link in later.all("a")}


def test_being_a_member_is_an_agreement_that_ends_by_leaving(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    shown = section(opened(willow.client.get(PRIVACY)), Purpose.MEMBERSHIP)
    assert shown.all("form") == []
    assert "/settings/leave" in {link.attributes["href"] for link in shown.all("a")}
    for deed in ("give", "take-back"):
        for purpose in ("membership", "world-domination", "EMAIL"):
            answer = willow.client.post(f"{PRIVACY}/{purpose}/{deed}", data=token(willow))
            assert answer.status_code == 404
    assert decisions(database, willow) == []


def test_it_leads_to_a_copy_leaving_restriction_and_the_policies(app: Flask) -> None:
    willow = cast.member(app, "Willow")
    page = opened(willow.client.get(PRIVACY))
    links = {link.attributes["href"] for link in page.all("a")}
    assert {
        f"{PRIVACY}/export",
        "/settings/leave",
        "/settings",
        *(f"/policies/{kind.value}" for kind in PolicyKind),
    } <= links
    assert PRIVACY in {
        link.attributes["href"] for link in read_page(willow.client.get("/settings").text).all("a")
    }
    assert page.all("form", action=f"{PRIVACY}/restrict")


# --- one button each way ---------------------------------------------------------------------------------


@pytest.mark.proves("C4")
@pytest.mark.proves("C10")
@pytest.mark.proves("C11")
@pytest.mark.parametrize("purpose", OPTIONAL)
def test_an_optional_purpose_is_given_and_taken_back_in_one_step_each(
    app: Flask, database: Database, purpose: Purpose
) -> None:
    willow = cast.member(app, "Willow")
    page = willow.client.get(PRIVACY)
    words = section(opened(page), purpose).one("div", data_purpose=purpose.value).text
    answer = give(willow.client, purpose)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PRIVACY}?changed={purpose.value}")
    said = opened(willow.client.get(answer.headers["Location"])).one(class_="notice").text
    assert "You agree to this from now on." in said
    answer = take_back(willow.client, purpose)
    assert answer.status_code == 303
    said = opened(willow.client.get(answer.headers["Location"])).one(class_="notice").text
    assert "You took this back" in said
    assert decisions(database, willow) == [(purpose, Decision.GIVEN), (purpose, Decision.WITHDRAWN)]
    (given, kept), (taken, _again) = records(database, willow)[len(Purpose) :]
    # What is kept is what was rendered, under what was in force.
    assert " ".join(kept.split()) == words
    assert (given.method, given.locale, given.gpc) == (ConsentMethod.SETTINGS, DEFAULT_LOCALE, False)
    assert {policy["kind"] for policy in given.policies} == {kind.value for kind in PolicyKind}
    assert taken.interface_text_sha256 == given.interface_text_sha256
    # Nothing else is lost by it, and writing goes on.
    assert (willow.actor.state, willow.actor.missing_consents) == (MemberState.ACTIVE, frozenset())
    assert willow.client.get("/topics/new").status_code == 200
    with database.reading() as session:
        assert ledger.verify(session).holds


@pytest.mark.proves("C11")
def test_health_data_taken_back_hides_everything_at_once_and_given_again_brings_it_back(
    app: Flask, database: Database
) -> None:
    willow, hazel = cast.member(app, "Willow"), cast.member(app, "Hazel")
    make_room(database, "quiet-room")
    topic_id = start(database, hazel.actor, topic_draft("quiet-room"))
    reply(database, willow.actor, topic_id, WORDS)
    own = start(database, willow.actor, replace(topic_draft("quiet-room", OWN_WORDS), title=OWN_TITLE))
    address = hazel.client.get(f"/topics/{topic_id}").headers["Location"]
    mine = hazel.client.get(f"/topics/{own}").headers["Location"]
    assert WORDS in read_page(hazel.client.get(address).text).text

    answer = take_back(willow.client, Purpose.HEALTH_DATA)
    said = opened(willow.client.get(answer.headers["Location"])).one(class_="notice").text
    assert "Nobody else sees anything you wrote" in said
    assert state_of(willow) is MemberState.PAUSED
    visitor = cast.visitor(app)
    for client in (visitor, hazel.client):
        assert WORDS not in read_page(client.get(address).text).text
        for hidden in (mine, "/categories/quiet-room"):
            seen = read_page(client.get(hidden, follow_redirects=True).text).text
            assert OWN_TITLE not in seen
            assert OWN_WORDS not in seen
    assert willow.client.get("/topics/new").status_code == 403
    # Where they would write, the sentence leads to where they can change that.
    assert opened(willow.client.get(address)).all("a", href=PRIVACY)
    # Reading, a copy, leaving and the way back remain.
    for remains in (address, PRIVACY, f"{PRIVACY}/export", "/settings/leave", "/my-posts"):
        assert willow.client.get(remains).status_code == 200, remains

    answer = give(willow.client, Purpose.HEALTH_DATA)
    said = opened(willow.client.get(answer.headers["Location"])).one(class_="notice").text
    assert "What you wrote is shown as before, and you can write." in said
    assert state_of(willow) is MemberState.ACTIVE
    assert WORDS in read_page(visitor.get(address).text).text
    assert OWN_WORDS in read_page(visitor.get(mine).text).text
    assert willow.client.get("/topics/new").status_code == 200


@pytest.mark.proves("C11")
def test_an_address_goes_at_once_with_the_consent_to_it(app: Flask, database: Database) -> None:
    given = REQUIRED_PURPOSES | {Purpose.EMAIL}
    willow = cast.member(app, "Willow", given=given)
    with database.transaction() as session:
        session.add(
            EmailAddress(member_id=willow.member_id, address="w@people.invalid", verified_at=clock.now())
        )
    cast.join(database, "Hazel", given=given, pending=cast.identity(email="hazel@people.invalid"))
    assert "w@people.invalid" in willow.client.get(PRIVACY).text
    answer = take_back(willow.client, Purpose.EMAIL)
    page = willow.client.get(answer.headers["Location"])
    assert "We deleted your e-mail address" in page.text
    assert "w@people.invalid" not in page.text
    with database.reading() as session:
        assert session.scalars(select(EmailAddress.address)).all() == ["hazel@people.invalid"]
    # Saying yes again brings no address back by itself, and the page says how one comes.
    answer = give(willow.client, Purpose.EMAIL)
    assert "when you next log in with Google" in willow.client.get(answer.headers["Location"]).text
    with database.reading() as session:
        assert session.scalars(select(EmailAddress.address)).all() == ["hazel@people.invalid"]


def test_what_is_sent_twice_is_decided_once(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    action = f"{PRIVACY}/matching/give"
    sent = form_to(willow.client.get(PRIVACY), action)
    assert [willow.client.post(action, data=sent).status_code for _time in range(2)] == [303, 303]
    action = f"{PRIVACY}/matching/take-back"
    sent = form_to(willow.client.get(PRIVACY), action)
    assert [willow.client.post(action, data=sent).status_code for _time in range(2)] == [303, 303]
    assert decisions(database, willow) == [
        (Purpose.MATCHING, Decision.GIVEN),
        (Purpose.MATCHING, Decision.WITHDRAWN),
    ]


@pytest.mark.proves("C5")
@pytest.mark.proves("C10")
@pytest.mark.parametrize("purpose", CHANGEABLE)
def test_words_that_changed_meanwhile_are_shown_again(
    app: Flask, database: Database, purpose: Purpose
) -> None:
    willow = cast.consent_withdrawn(app)
    page = willow.client.get(PRIVACY)
    for kind in PolicyKind:
        publish(database, kind, material=False)
    action = f"{PRIVACY}/{purpose.value}/give"
    before = len(records(database, willow))
    answer = willow.client.post(action, data=form_to(page, action))
    assert answer.status_code == 409
    assert "Please look once more." in opened(answer).text
    assert len(records(database, willow)) == before
    # What comes is the page itself, from which it can be sent again.
    assert willow.client.post(action, data=form_to(answer, action)).status_code == 303
    (record, _words) = records(database, willow)[-1]
    assert (record.purpose, record.decision) == (purpose, Decision.GIVEN)
    assert {policy["version"] for policy in record.policies} == {2}


@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    "changes",
    [{"wording": "made up"}, {"wording": ""}, {"subject": "1"}, {"gpc": "no"}, {"purpose": "email"}],
)
def test_what_the_page_cannot_have_sent_is_refused(
    app: Flask, database: Database, changes: dict[str, str]
) -> None:
    willow = cast.member(app, "Willow")
    action = f"{PRIVACY}/matching/give"
    sent = form_to(willow.client.get(PRIVACY), action)
    assert willow.client.post(action, data=sent | changes).status_code == 400
    assert willow.client.post(f"{PRIVACY}/matching/take-back", data=sent).status_code == 400
    assert decisions(database, willow) == []


# --- what the browser asks -------------------------------------------------------------------------------


@pytest.mark.proves("C14")
@pytest.mark.parametrize("purpose", [Purpose.AGGREGATE_STATISTICS, Purpose.RESEARCH_CONTACT])
def test_a_browser_that_asks_for_privacy_locks_what_would_share(
    app: Flask, database: Database, purpose: Purpose
) -> None:
    willow = cast.member(app, "Willow")
    open_page = willow.client.get(PRIVACY)
    page = opened(willow.client.get(PRIVACY, headers=GPC))
    assert "Global Privacy Control" in page.one(class_="notice").text
    assert section(page, purpose).all("form") == []
    assert "So this stays off." in section(page, purpose).text
    # A page from before it was asked is shown again, and a forged one is refused.
    action = f"{PRIVACY}/{purpose.value}/give"
    assert willow.client.post(action, data=form_to(open_page, action), headers=GPC).status_code == 409
    assert decisions(database, willow) == []
    assert give(willow.client, Purpose.MATCHING, GPC).status_code == 303
    assert records(database, willow)[-1][0].gpc
    # A yes from elsewhere stands, is said to, and can be taken back.
    give(willow.client, purpose)
    shown = section(opened(willow.client.get(PRIVACY, headers=GPC)), purpose)
    assert "this stays on until you take it back" in shown.text
    assert take_back(willow.client, purpose, GPC).status_code == 303
    assert records(database, willow)[-1][0].gpc


@pytest.mark.proves("C14")
def test_a_forged_yes_against_the_browsers_no_is_refused(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.reading() as session:
        policies = policies_in_force(session, DEFAULT_LOCALE)
    locked = next(
        choice
        for choice in wording.choices(policies, locale=DEFAULT_LOCALE, gpc=True)
        if choice.purpose is Purpose.RESEARCH_CONTACT
    )
    sent = token(willow) | {"wording": wording.hash_of_choices([locked])}
    answer = willow.client.post(f"{PRIVACY}/research-contact/give", data=sent, headers=GPC)
    assert answer.status_code == 400
    assert decisions(database, willow) == []


# --- however things stand --------------------------------------------------------------------------------


@pytest.mark.proves("C11")
@pytest.mark.parametrize("state", sorted(MemberState))
def test_everybody_can_change_their_mind_however_things_stand(
    app: Flask, database: Database, state: MemberState
) -> None:
    willow = cast.member(app, "Willow", given=Purpose)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == willow.member_id).values(state=state))
    for purpose in CHANGEABLE:
        assert take_back(willow.client, purpose).status_code == 303, purpose
    hidden = {MemberState.ACTIVE: MemberState.PAUSED}.get(state, state)
    assert state_of(willow) is hidden
    for purpose in CHANGEABLE:
        assert give(willow.client, purpose).status_code == 303, purpose
    back = {MemberState.PAUSED: MemberState.ACTIVE}.get(hidden, hidden)
    assert state_of(willow) is back
    assert willow.actor.missing_consents == frozenset()


def test_whoever_is_suspended_stays_so_and_is_told_so(app: Flask) -> None:
    bramble = cast.suspended(app)
    take_back(bramble.client, Purpose.HEALTH_DATA)
    answer = give(bramble.client, Purpose.HEALTH_DATA)
    assert (bramble.actor.state, bramble.actor.is_suspended) == (MemberState.ACTIVE, True)
    said = opened(bramble.client.get(answer.headers["Location"])).text
    assert "What else stands in the way of writing has not changed." in said


def test_whoever_is_leaving_comes_back_to_what_they_agree_to(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.transaction() as session:
        begin_leaving(session, willow.member_id)
    take_back(willow.client, Purpose.HEALTH_DATA)
    assert state_of(willow) is MemberState.LEAVING
    give(willow.client, Purpose.HEALTH_DATA)
    assert state_of(willow) is MemberState.LEAVING
    with database.transaction() as session:
        sign_in(session, willow.member_id)
    assert state_of(willow) is MemberState.ACTIVE


def test_nobody_is_asked_for_a_fresh_proof(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.transaction() as session:
        unproven = cast.signed_in(app, sign_in(session, willow.member_id))
    assert give(unproven, Purpose.MATCHING).status_code == 303
    assert take_back(unproven, Purpose.HEALTH_DATA).status_code == 303
    assert give(unproven, Purpose.HEALTH_DATA).status_code == 303


def token(who: cast.Someone) -> dict[str, str]:
    page = read_page(who.client.get(PRIVACY).text)
    return {"csrf_token": page.all("input", name="csrf_token")[0].attributes["value"]}
