"""Working on reports: taking them on, giving them back, taking over, closing, and telling whoever told."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.database.session import Database
from forum.errors import NotFound
from forum.moderation.commands.working import claim_report
from forum.moderation.drafts import ClaimDraft
from forum.moderation.models import ReportOutcome, ReportReason
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.moderation.conftest import Told, make_post, make_room
from tests.moderation.working import (
    close,
    entries,
    fields_of,
    notices,
    page,
    press,
    refusal,
    report,
    reports,
    take,
)


def test_taking_one_takes_all_of_its_kind_on_that_post_and_no_others(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    first = report(database, post.id, ReportReason.HARASSMENT)
    report(database, post.id, ReportReason.MISINFORMATION, by=cast.member(app).actor)
    report(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE)
    report(database, reply(database, post.author.actor, post.topic_id), ReportReason.HARASSMENT)
    take(cedar.client, first)
    assert [one.claimed_by_id == cedar.member_id for one in reports(database)] == [True, True, False, False]
    (entry,) = entries(database)
    assert (entry.action, entry.report_id, entry.post_id) == ("moderation:report:claim", first, post.id)
    assert entry.facts == {"reports": 2, "taken_over": False}


def test_taking_on_twice_changes_nothing(database: Database, post: Told, cedar: Someone) -> None:
    told = report(database, post.id)
    address = f"/moderation/reports/{told}"
    fields = fields_of(cedar.client, address, f"{address}/claim")
    for _time in range(2):
        assert cedar.client.post(f"{address}/claim", data=fields).status_code == 303
    assert len(entries(database)) == 1


def test_what_one_gives_back_is_anybodys_again(database: Database, post: Told, cedar: Someone) -> None:
    told = report(database, post.id)
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    assert press(cedar.client, address, f"{address}/let-go").status_code == 303
    assert (reports(database)[0].claimed_by_id, reports(database)[0].claimed_at) == (None, None)
    assert [entry.action.rsplit(":")[-1] for entry in entries(database)] == ["claim", "let-go"]


def test_another_moderator_sees_who_works_on_it_and_can_take_it_over(
    database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id)
    address = f"/moderation/reports/{told}"
    take(morgan.client, told)
    main = page(cedar.client, address)
    assert "Morgan works on it" in main.text
    assert [button.text for button in main.all("button")] == ["Take over from Morgan"]
    assert press(cedar.client, address, f"{address}/claim").status_code == 303
    assert reports(database)[0].claimed_by_id == cedar.member_id
    assert entries(database)[-1].facts == {"reports": 1, "taken_over": True}


def test_only_whoever_took_it_on_can_close_it(
    database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id)
    address = f"/moderation/reports/{told}"
    token = fields_of(cedar.client, address, f"{address}/claim")["csrf_token"]
    sent = {"csrf_token": token, "outcome": "acted", "text": "", "step": "act"}
    answer = cedar.client.post(f"{address}/close", data={**sent, "seen": "0"})
    assert answer.status_code == 409
    assert "Take this on first" in answer.text
    take(morgan.client, told)
    seen = str(entries(database)[-1].id)
    answer = cedar.client.post(f"{address}/close", data={**sent, "seen": seen})
    assert answer.status_code == 409
    assert "Morgan works on this" in answer.text
    assert cedar.client.post(f"{address}/let-go", data={"csrf_token": token, "seen": seen}).status_code == 409
    assert reports(database)[0].closed_at is None
    assert close(morgan.client, told) == 303


def test_what_was_decided_meanwhile_is_said_and_nothing_is_changed(
    database: Database, post: Told, cedar: Someone, morgan: Someone
) -> None:
    told = report(database, post.id)
    address = f"/moderation/reports/{told}"
    fields = fields_of(cedar.client, address, f"{address}/claim")
    take(morgan.client, told)
    answer = cedar.client.post(f"{address}/claim", data=fields)
    assert answer.status_code == 409
    assert "Morgan was faster, and took 1 report on. Nothing was changed by you." in answer.text
    assert reports(database)[0].claimed_by_id == morgan.member_id
    assert close(morgan.client, told) == 303
    answer = cedar.client.post(f"{address}/claim", data=fields)
    assert answer.status_code == 409
    assert "Morgan has closed this already." in answer.text
    assert len(entries(database)) == 2


def test_closing_tells_each_member_once_and_closes_what_was_taken_on(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    juniper, marlow = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    first = report(database, post.id, ReportReason.HARASSMENT, "So unkind.", juniper.actor)
    report(database, post.id, ReportReason.OTHER, "And more.", juniper.actor)
    report(database, post.id, ReportReason.HARASSMENT, "", marlow.actor)
    report(database, post.id, ReportReason.HARASSMENT)
    take(cedar.client, first)
    later = report(database, post.id, ReportReason.MISINFORMATION, "New.")
    assert close(cedar.client, first, "acted", "Thank you.") == 303
    *closed, still_open = reports(database)
    assert {one.outcome for one in closed} == {ReportOutcome.ACTED}
    assert {one.closed_by_id for one in closed} == {cedar.member_id}
    assert (still_open.id, still_open.closed_at, still_open.claimed_by_id) == (later, None, None)
    told = notices(database)
    assert [(one.member_id, one.their_words, one.message) for one in told] == [
        (juniper.member_id, "So unkind.\n\nAnd more.", "Thank you."),
        (marlow.member_id, "", "Thank you."),
    ]
    entry = entries(database)[-1]
    assert (entry.action, entry.facts) == ("moderation:report:close", {"outcome": "acted", "reports": 4})
    assert entry.member_uuid is None
    # The same once more, as when a button was pressed twice.
    assert "We changed something" in page(cedar.client, f"/moderation/reports/{first}").text


def test_closing_twice_tells_nobody_twice(app: Flask, database: Database, post: Told, cedar: Someone) -> None:
    told = report(database, post.id, by=cast.member(app).actor)
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    fields = fields_of(cedar.client, address, f"{address}/close")
    fields |= {"outcome": "nothing-wrong", "text": "", "step": "act"}
    assert [cedar.client.post(f"{address}/close", data=fields).status_code for _time in range(2)] == [
        303,
        303,
    ]
    assert len(notices(database)) == 1
    assert len(entries(database)) == 2


def test_a_preview_shows_what_they_will_read_and_writes_nothing(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    told = report(database, post.id, by=cast.member(app).actor)
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    answer = press(
        cedar.client, address, f"{address}/close", outcome="nothing-wrong", text="Stay kind.", step="preview"
    )
    assert answer.status_code == 200
    assert "found that it may stay" in answer.text
    assert "Stay kind." in answer.text
    assert "Nothing has been sent yet" in answer.text
    assert notices(database) == []
    assert reports(database)[0].closed_at is None


def test_a_refused_closing_keeps_what_was_typed(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    told = report(database, post.id, by=cast.member(app).actor)
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    answer = press(cedar.client, address, f"{address}/close", text="Typed with care.", step="act")
    assert answer.status_code == 422
    assert "Typed with care." in answer.text
    assert "Choose what came of it." in answer.text
    answer = press(cedar.client, address, f"{address}/close", outcome="acted", text="x" * 1001, step="act")
    assert answer.status_code == 422
    assert reports(database)[0].closed_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "later"},
        {"seen": "x"},
        {"seen": "-1"},
        {"seen": "9" * 30},
        {"outcome": "cared"},
        {"closed_by_id": "1"},
    ],
)
def test_what_the_page_never_sends_is_malformed(
    database: Database, post: Told, cedar: Someone, changes: dict[str, str]
) -> None:
    told = report(database, post.id)
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    sent = {"outcome": "acted", "text": "", "step": "act", **changes}
    assert press(cedar.client, address, f"{address}/close", **sent).status_code == 400
    assert reports(database)[0].closed_at is None


def test_a_worry_is_never_answered_coldly_and_leaves_no_trace_to_its_person(
    app: Flask, database: Database, post: Told, cedar: Someone
) -> None:
    told = report(
        database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE, "They said goodbye.", cast.member(app).actor
    )
    take(cedar.client, told)
    address = f"/moderation/reports/{told}"
    main = page(cedar.client, address)
    offered = [choice.attributes["value"] for choice in main.all("input", type="radio")]
    assert offered == ["cared", "acted"]
    assert (
        press(
            cedar.client, address, f"{address}/close", outcome="nothing-wrong", text="", step="act"
        ).status_code
        == 400
    )
    assert close(cedar.client, told, "cared") == 303
    for entry in entries(database):
        assert (entry.post_id, entry.topic_id, entry.member_uuid, entry.reason) == (None, None, None, "")
        assert "worr" not in str(entry.facts)
    (notice,) = notices(database)
    assert notice.outcome is ReportOutcome.CARED


def test_category_moderators_work_on_their_own_alone(app: Flask, database: Database, post: Told) -> None:
    make_room(database, "medicines")
    elsewhere, _topic, medicines = make_post(database, post.author.actor, "medicines", "Elsewhere.")
    not_theirs, theirs = report(database, post.id), report(database, elsewhere)
    alder = cast.category_moderator(app, medicines)
    take(alder.client, theirs)
    assert close(alder.client, theirs) == 303
    address = f"/moderation/reports/{not_theirs}"
    missing = alder.client.get("/moderation/reports/999999")
    answer = alder.client.get(address)
    assert (answer.status_code, missing.status_code) == (404, 404)
    with database.transaction() as session, pytest.raises(NotFound):
        claim_report(session, alder.actor, not_theirs, ClaimDraft(0, take_over=False))


def test_it_is_no_page_for_anybody_else(
    app: Flask, client: FlaskClient, database: Database, post: Told
) -> None:
    told = report(database, post.id)
    assert client.get(f"/moderation/reports/{told}").status_code == 303
    for someone in (cast.member(app), cast.peer_supporter(app), cast.suspended(app)):
        there, missing = f"/moderation/reports/{told}", "/moderation/reports/999999"
        assert refusal(someone.client, there) == refusal(someone.client, missing)
        for action in ("claim", "let-go", "close"):
            assert someone.client.post(f"/moderation/reports/{told}/{action}").status_code in (400, 404)
