"""Members as moderators see them: looked up, noted, let in, turned away, and erased after that."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum import clock
from forum.accounts.commands import change_role
from forum.accounts.models import EmailAddress, Member, Suspension
from forum.audit_log.models import AuditEntry
from forum.consent.models import ConsentEvent
from forum.database.session import Database
from forum.moderation.commands.members import let_in_member, note_member, turn_away_member
from forum.moderation.drafts import MemberDraft
from forum.moderation.models import MemberNote, Notice, ReasonCode, Report, ReportReason
from forum.moderation.queries.members import MEMBERS_PER_PAGE
from forum.permissions.actor import OPERATOR, MemberState, Purpose, Role
from forum.privacy.erasing import TURNED_AWAY_KEPT
from tests import cast
from tests.cast import Someone
from tests.consent.deciding import give, state_of, take_back
from tests.daily import do_daily_job
from tests.moderation.conftest import Told
from tests.moderation.working import entries, notices, page, press, refusal, report, rows_of
from tests.recorder import recorded

DESK = "/moderation/members"


def set_state(someone: Someone, state: MemberState) -> None:
    with someone.database.transaction() as session:
        session.execute(update(Member).where(Member.id == someone.member_id).values(state=state))


def is_in(someone: Someone) -> bool:
    return someone.actor.state is MemberState.ACTIVE


def waiting(app: Flask, name: str = "Hazel") -> Someone:
    """Return a newcomer whom nobody has let in yet."""
    someone = cast.newcomer(app, name)
    set_state(someone, MemberState.WAITING)
    return someone


def decide(someone: Someone, name: str, word: str, **fields: str) -> int:
    """Decide something about a member through the page that asks, and return the status of the answer."""
    address = f"{DESK}/{name}/{word}"
    sent = {"text": "", "step": "act", **fields}
    return press(someone.client, address, address, **sent).status_code


# --- looking up ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Juniper", "juniper", "  Juniper "])
def test_a_name_leads_to_its_member(app: Flask, cedar: Someone, typed: str) -> None:
    cast.member(app, "Juniper")
    answer = cedar.client.get(DESK, query_string={"name": typed})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DESK}/Juniper")


def test_who_left_and_who_never_was_read_the_same(app: Flask, cedar: Someone) -> None:
    set_state(cast.member(app, "Juniper"), MemberState.LEAVING)
    texts = [
        page(cedar.client, f"{DESK}?name={name}").text.replace(name, "…") for name in ("Juniper", "Sorrel")
    ]
    assert texts[0] == texts[1]
    assert refusal(cedar.client, f"{DESK}/Juniper") == refusal(cedar.client, f"{DESK}/Sorrel")
    for word in ("suspend", "lift", "clear-profile", "let-in", "turn-away"):
        gone, never = f"{DESK}/Juniper/{word}", f"{DESK}/Sorrel/{word}"
        assert refusal(cedar.client, gone) == refusal(cedar.client, never)


@pytest.mark.parametrize("typed", ["%00", "a" * 5000, "%F0%9F%8C%BF", "'; --"])
def test_what_is_no_name_is_nobodys(cedar: Someone, typed: str) -> None:
    assert "No member is called" in page(cedar.client, f"{DESK}?name=x{typed}").text


def test_a_members_page_says_how_things_stand_and_what_was_decided(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    told = report(database, post.id, ReportReason.HARASSMENT)
    assert decide(cedar, "Rowan", "suspend", length="7", reason="harassment") == 303
    main = page(cedar.client, f"{DESK}/Rowan")
    assert "In good standing" in main.text
    assert "Suspended" in main.text
    assert "Cedar suspended a member for 7 days" in main.text
    assert "Unkind or threatening" in main.text
    links = {link.attributes["href"] for link in main.all("a")}
    assert {f"/moderation/reports/{told}", f"{DESK}/Rowan/lift", "/moderation/log?member=Rowan"} <= links
    assert f"{DESK}/Rowan/suspend" not in links


def test_a_members_page_takes_six_statements(app: Flask, database: Database, cedar: Someone) -> None:
    cast.member(app, "Juniper")
    with recorded(database) as statements:
        page(cedar.client, f"{DESK}/Juniper")
    # Beside one for who asks and one for the community's settings.
    assert len(statements) == 8
    with recorded(database) as statements:
        page(cedar.client, DESK)
    assert len(statements) == 3


def test_who_waits_and_who_is_suspended_are_listed_the_longest_first(app: Flask, cedar: Someone) -> None:
    names = [f"Reed-{number}" for number in range(100, 100 + MEMBERS_PER_PAGE + 2)]
    for name in names:
        waiting(app, name)
    first = page(cedar.client, DESK)
    (on,) = [link for link in first.all("a") if "older=" in link.attributes["href"]]
    second = page(cedar.client, urljoin(DESK, on.attributes["href"]))
    assert [row.text for part in (first, second) for row in part.all("h2")] == names
    assert "Nobody is suspended." in page(cedar.client, f"{DESK}?show=suspended").text
    cast.suspended(app)
    assert [row.text for row in page(cedar.client, f"{DESK}?show=suspended").all("h2")] == ["Bramble"]
    assert cedar.client.get(f"{DESK}?show=everybody").status_code == 400


def test_only_moderators_of_the_whole_community_see_members(
    app: Flask, client: FlaskClient, post: Told
) -> None:
    addresses = (DESK, f"{DESK}/Rowan", f"{DESK}/Rowan/suspend")
    for address in addresses:
        assert client.get(address).status_code == 303
    alder = cast.category_moderator(app, post.category_id)
    for someone in (cast.member(app), cast.peer_supporter(app), alder):
        for address in addresses:
            assert refusal(someone.client, address) == refusal(someone.client, "/moderation/nothing")


# --- newcomers who took a consent back -------------------------------------------------------------------


@pytest.mark.proves("C11")
@pytest.mark.parametrize("turned_away_before", [False, True])
def test_whoever_took_health_data_back_while_waiting_rests_when_let_in(
    app: Flask, cedar: Someone, turned_away_before: bool
) -> None:
    hazel = waiting(app)
    assert take_back(hazel.client, Purpose.HEALTH_DATA).status_code == 303
    assert state_of(hazel) is MemberState.WAITING
    if turned_away_before:
        set_state(hazel, MemberState.TURNED_AWAY)
    assert decide(cedar, "Hazel", "let-in") == 303
    assert state_of(hazel) is MemberState.PAUSED
    assert give(hazel.client, Purpose.HEALTH_DATA).status_code == 303
    assert is_in(hazel)


# --- notes -----------------------------------------------------------------------------------------------


def test_a_note_is_for_the_moderators_and_its_writer_can_take_it_away(
    app: Flask, database: Database, cedar: Someone, morgan: Someone
) -> None:
    juniper = cast.member(app, "Juniper")
    address = f"{DESK}/Juniper"
    assert press(cedar.client, address, f"{address}/notes", text="Asked <b>kindly</b>.").status_code == 303
    main = page(morgan.client, address)
    assert "Asked <b>kindly</b>." in main.text
    assert "Cedar" in main.text
    assert "Delete this note" not in main.text
    with database.reading() as session:
        note = session.scalars(select(MemberNote)).one()
    token = main.one("form", action=f"{address}/notes").one("input", name="csrf_token").attributes["value"]
    delete = f"/moderation/notes/{note.id}/delete"
    assert morgan.client.post(delete, data={"csrf_token": token}).status_code == 404
    assert press(cedar.client, address, delete).status_code == 303
    assert "kindly" not in page(cedar.client, address).text
    assert [entry.facts for entry in entries(database)] == [{}, {"deleted": True}]
    assert {entry.member_uuid for entry in entries(database)} == {juniper.uuid}
    assert notices(database) == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 1001])
def test_a_note_that_can_not_be_kept_comes_back(app: Flask, cedar: Someone, text: str) -> None:
    cast.member(app, "Juniper")
    answer = press(cedar.client, f"{DESK}/Juniper", f"{DESK}/Juniper/notes", text=text)
    assert answer.status_code == 422
    assert text.strip() in answer.text


# --- newcomers -------------------------------------------------------------------------------------------


def test_a_newcomer_is_let_in_and_told(app: Flask, database: Database, cedar: Someone) -> None:
    hazel = waiting(app)
    assert decide(cedar, "Hazel", "let-in", text="Glad you are here.") == 303
    assert hazel.actor.state is MemberState.ACTIVE
    (notice,) = notices(database)
    assert (notice.member_id, notice.action, notice.message) == (
        hazel.member_id,
        "moderation:member:let-in",
        "Glad you are here.",
    )
    (entry,) = entries(database)
    assert (entry.action, entry.member_uuid, entry.reason) == ("moderation:member:let-in", hazel.uuid, "")
    assert "Nobody waits" in page(cedar.client, DESK).text


def test_a_newcomer_who_is_turned_away_reads_why_and_can_be_let_in_after_all(
    app: Flask, database: Database, cedar: Someone
) -> None:
    hazel = waiting(app)
    assert decide(cedar, "Hazel", "turn-away", reason="spam-or-selling", text="We found adverts.") == 303
    assert hazel.actor.state is MemberState.TURNED_AWAY
    (notice,) = notices(database)
    assert "We found adverts." in page(hazel.client, f"/notices/{notice.id}").text
    assert entries(database)[0].reason == "spam-or-selling"
    assert decide(cedar, "Hazel", "let-in") == 303
    assert is_in(hazel)


@pytest.mark.parametrize("word", ["let-in", "turn-away"])
def test_somebody_who_does_not_wait_is_not_decided_about(
    app: Flask, database: Database, cedar: Someone, word: str
) -> None:
    juniper = cast.member(app, "Juniper")
    fields = {"reason": "repeated"} if word == "turn-away" else {}
    assert decide(cedar, "Juniper", word, **fields) == 409
    assert juniper.actor.state is MemberState.ACTIVE
    assert (entries(database), notices(database)) == ([], [])


def test_a_preview_shows_what_they_will_read_and_decides_nothing(
    app: Flask, database: Database, cedar: Someone
) -> None:
    hazel = waiting(app)
    address = f"{DESK}/Hazel/turn-away"
    answer = press(cedar.client, address, address, reason="other", text="Sorry.", step="preview")
    assert answer.status_code == 200
    assert "This is what Hazel will read" in answer.text
    assert "We can&#39;t let you in" in answer.text
    assert "Sorry." in answer.text
    assert hazel.actor.state is MemberState.WAITING
    answer = press(cedar.client, address, address, text="Typed.", step="act")
    assert answer.status_code == 422
    assert "Typed." in answer.text
    assert (entries(database), notices(database)) == ([], [])


def test_who_was_turned_away_is_erased_after_fourteen_days_and_nobody_else(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    # A part of D15: every other table with a time of its own is still to come.
    someone = waiting(app)
    with database.transaction() as session:
        session.add(EmailAddress(member_id=someone.member_id, address="h@forum.invalid", verified_at=None))
    kept = waiting(app, "Heather")
    told = report(database, post.id, by=someone.actor)
    with database.transaction() as session:
        note_member(session, cedar.actor, "Hazel", "Adverts.")
        turn_away_member(session, cedar.actor, "Hazel", MemberDraft(0, ReasonCode.OTHER, ""))
        session.add(Suspension(member_id=someone.member_id, since=clock.now(), until=None))
    with database.reading() as session:
        events = session.execute(select(func.count()).select_from(ConsentEvent)).scalar_one()

    before = rows_of(database, someone.member_id, someone.uuid)
    do_daily_job(database, "moderation.erase_turned_away", TURNED_AWAY_KEPT - timedelta(minutes=1))
    assert rows_of(database, someone.member_id, someone.uuid) == before > 8
    do_daily_job(database, "moderation.erase_turned_away", TURNED_AWAY_KEPT + timedelta(minutes=1))
    assert rows_of(database, someone.member_id, someone.uuid) == 0
    assert rows_of(database, kept.member_id, kept.uuid) > 3
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(ConsentEvent)).scalar_one() == events
        assert session.get_one(Report, told).reporter_id is None
        assert session.scalars(select(AuditEntry).where(AuditEntry.member_uuid == someone.uuid)).all()
        for table in (EmailAddress, Suspension, MemberNote, Notice):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    main = page(cedar.client, "/moderation/log")
    assert "Hazel" not in main.text
    assert "a former member" in main.text
    assert refusal(cedar.client, f"{DESK}/Hazel") == refusal(cedar.client, f"{DESK}/Sorrel")


def test_who_was_let_in_after_all_is_not_erased(app: Flask, database: Database, cedar: Someone) -> None:
    hazel = waiting(app)
    with database.transaction() as session:
        turn_away_member(session, cedar.actor, "Hazel", MemberDraft(0, ReasonCode.OTHER, ""))
    with database.transaction() as session:
        let_in_member(session, cedar.actor, "Hazel", MemberDraft(entries(database)[0].id, None, ""))
    do_daily_job(database, "moderation.erase_turned_away", timedelta(days=30))
    assert rows_of(database, hazel.member_id, hazel.uuid) > 3


def test_a_new_role_counts_as_decided_meanwhile(app: Flask, database: Database, cedar: Someone) -> None:
    cast.member(app, "Juniper")
    address = f"{DESK}/Juniper/suspend"
    form = page(cedar.client, address).one("form", action=address)
    hidden = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}
    with database.transaction() as session:
        change_role(session, OPERATOR, "Juniper", Role.PEER_SUPPORTER)
    sent = {**hidden, "length": "1", "reason": "other", "text": "Kept.", "step": "act"}
    answer = cedar.client.post(address, data=sent)
    assert answer.status_code == 409
    assert "The operator was faster" in answer.text
    assert "Kept." in answer.text
