"""Nobody judges in their own cause: reports, notes and decisions about moderators are for the other moderators."""

import pytest
from flask import Flask
from sqlalchemy import update

from forum import clock
from forum.accounts.commands import change_role
from forum.accounts.models import Member, Suspension
from forum.community.models.threads import Audience
from forum.database.session import Database
from forum.moderation.commands.members import note_member
from forum.moderation.models import ReportReason
from forum.permissions.actor import OPERATOR, MemberState, Role
from tests import cast
from tests.cast import Someone
from tests.moderation.conftest import Told, make_post, make_room
from tests.moderation.threads import done, make_thread, topic_row
from tests.moderation.working import close, entries, fields_of, page, press, refusal, report, reports, take

MEMBERS = "/moderation/members"


@pytest.fixture
def of_cedar(database: Database, post: Told, cedar: Someone) -> int:
    """A post of a moderator's."""
    return make_post(database, cedar.actor, "flares-today", "Just take more of it.")[0]


def test_a_report_about_ones_own_words_is_as_one_that_never_was(
    app: Flask, database: Database, cedar: Someone, morgan: Someone, of_cedar: int
) -> None:
    fern = cast.member(app, "Fern")
    told = report(database, of_cedar, ReportReason.MEDICAL_INSTRUCTION, "I am afraid.", by=fern.actor)
    address = f"/moderation/reports/{told}"
    assert refusal(cedar.client, address) == refusal(cedar.client, "/moderation/reports/987654")
    for show in ("open", "mine", "closed"):
        assert "Fern" not in page(cedar.client, f"/moderation/reports?show={show}").text
        assert not page(cedar.client, f"/moderation/reports?show={show}").all("li", class_="report")
    assert "Look at the reports" not in page(cedar.client, "/moderation").text
    assert address in {
        link.attributes["href"] for link in page(morgan.client, "/moderation/reports").all("a")
    }
    sent = fields_of(morgan.client, address, f"{address}/claim")
    token = page(cedar.client, "/settings/reading").all("input", name="csrf_token")[0].attributes["value"]
    for word, more in (
        ("claim", {}),
        ("let-go", {}),
        ("close", {"outcome": "acted", "text": "", "step": "act"}),
    ):
        answer = cedar.client.post(f"{address}/{word}", data={**sent, **more, "csrf_token": token})
        assert answer.status_code == 404, word
    assert entries(database) == []
    take(morgan.client, told)
    assert close(morgan.client, told) == 303


def test_on_ones_own_page_stand_neither_reports_nor_notes(
    app: Flask, database: Database, cedar: Someone, of_cedar: int
) -> None:
    report(database, of_cedar)
    aspen = cast.administrator(app)
    with database.transaction() as session:
        note_member(session, aspen.actor, "Cedar", "Asked kindly.")
    main = page(cedar.client, f"{MEMBERS}/Cedar")
    assert "Asked kindly." not in main.text
    assert "Reports about your own words are for the other moderators." in main.text
    assert "Notes about you are for the others." in main.text
    assert not [link for link in main.all("a") if "/moderation/reports/" in link.attributes["href"]]
    assert not [form for form in main.all("form") if form.attributes.get("action", "").endswith("/notes")]
    assert "Asked kindly." in page(aspen.client, f"{MEMBERS}/Cedar").text


def test_notes_about_a_moderator_are_administrators_business(
    app: Flask, database: Database, cedar: Someone, morgan: Someone
) -> None:
    aspen = cast.administrator(app)
    cast.member(app, "Juniper")
    with database.transaction() as session:
        note_member(session, aspen.actor, "Cedar", "Asked kindly.")
    main = page(morgan.client, f"{MEMBERS}/Cedar")
    assert "Asked kindly." not in main.text
    assert "Only administrators read and write notes about moderators." in main.text
    fields = fields_of(morgan.client, f"{MEMBERS}/Juniper", f"{MEMBERS}/Juniper/notes")
    for name in ("Cedar", "Morgan"):
        answer = morgan.client.post(f"{MEMBERS}/{name}/notes", data={**fields, "text": "Mine."})
        assert answer.status_code == 403
    assert len(entries(database)) == 1


def test_an_administrator_deletes_any_note_and_a_double_click_writes_one(
    app: Flask, database: Database, cedar: Someone
) -> None:
    cast.member(app, "Juniper")
    aspen = cast.administrator(app)
    address = f"{MEMBERS}/Juniper"
    for _click in range(2):
        assert press(cedar.client, address, f"{address}/notes", text="Asked kindly.").status_code == 303
    main = page(aspen.client, address)
    assert main.text.count("Asked kindly.") == 1
    (delete,) = (form for form in main.all("form") if form.attributes.get("action", "").endswith("/delete"))
    where = delete.attributes["action"]
    assert press(aspen.client, address, where).status_code == 303
    assert "Asked kindly." not in page(cedar.client, address).text
    assert [entry.facts for entry in entries(database)] == [{}, {"deleted": True}]
    # Who became a moderator since is no more for every moderator to note about.
    assert press(cedar.client, address, f"{address}/notes", text="Again.").status_code == 303
    fields = fields_of(cedar.client, address, f"{address}/notes")
    with database.transaction() as session:
        change_role(session, OPERATOR, "Juniper", Role.MODERATOR)
    answer = cedar.client.post(where.replace("/1/", "/2/"), data={"csrf_token": fields["csrf_token"]})
    assert answer.status_code == 404


def test_nobody_brings_back_or_opens_their_own(app: Flask, database: Database, cedar: Someone) -> None:
    make_room(database, "flares-today")
    aspen = cast.administrator(app)
    post_id, topic_id, _room = make_post(database, aspen.actor, "flares-today", "My own.")
    for word, back, where in (
        ("lock", "unlock", f"/moderation/topics/{topic_id}"),
        ("remove", "restore", f"/moderation/topics/{topic_id}"),
    ):
        done(cedar.client, f"{where}/{word}")
        answer = aspen.client.get(f"{where}/{back}")
        assert answer.status_code == 403
        assert "Somebody else must look at this again." in answer.text
        links = {link.attributes["href"] for link in page(aspen.client, where).all("a")}
        assert f"{where}/{back}" not in links
        done(cedar.client, f"{where}/{back}")
    done(cedar.client, f"/moderation/posts/{post_id}/hide")
    assert aspen.client.get(f"/moderation/posts/{post_id}/restore").status_code == 403
    done(cedar.client, f"/moderation/posts/{post_id}/restore")


def test_a_case_offers_nothing_that_one_may_not_do_with_ones_own_topic(
    app: Flask, database: Database, cedar: Someone, morgan: Someone
) -> None:
    thread = make_thread(app, database)
    with database.transaction() as session:
        change_role(session, OPERATOR, "Rowan", Role.MODERATOR)
    done(morgan.client, f"{thread.desk}/lock")
    told = report(database, thread.post_ids[1])
    address = f"/moderation/reports/{told}"
    for someone, may in ((thread.author, False), (cedar, True)):
        fields = fields_of(someone.client, address, f"{address}/claim")
        assert someone.client.post(f"{address}/claim", data=fields).status_code == 303
        links = {link.attributes["href"] for link in page(someone.client, address).all("a")}
        assert (f"{thread.desk}/unlock?report={told}" in links) is may
        assert f"/moderation/posts/{thread.post_ids[1]}/hide?report={told}" in links
    assert topic_row(database, thread.id).locked


def test_whoever_waits_or_was_turned_away_reads_what_is_public(app: Flask, database: Database) -> None:
    make_room(database, "flares-today")
    author, hazel = cast.author(app), cast.newcomer(app)
    _post, for_members, _room = make_post(
        database, author.actor, "flares-today", "Only among us.", Audience.MEMBERS
    )
    _post, own, _room = make_post(database, hazel.actor, "flares-today", "My own.", Audience.MEMBERS)
    _post, public, _room = make_post(database, author.actor, "flares-today", "For all.")
    for state in MemberState:
        with database.transaction() as session:
            session.execute(update(Member).where(Member.id == hazel.member_id).values(state=state))
        reads = state not in (MemberState.WAITING, MemberState.TURNED_AWAY)
        for topic_id, status in ((for_members, 200 if reads else 404), (own, 200), (public, 200)):
            answer = hazel.client.get(f"/topics/{topic_id}", follow_redirects=True)
            assert answer.status_code == status, (state, topic_id)
        listed = hazel.client.get("/categories/flares-today").text
        assert (f"/topics/{for_members}" in listed) is reads


def test_a_moderator_who_is_suspended_or_rests_reads_as_a_member(app: Flask, database: Database) -> None:
    make_room(database, "flares-today")
    author, cedar = cast.author(app), cast.moderator(app)
    _post, private, room = make_post(
        database, author.actor, "flares-today", "For moderators.", Audience.MODERATORS_AND_AUTHOR
    )
    alder = cast.category_moderator(app, room)
    for someone in (cedar, alder):
        assert someone.client.get(f"/topics/{private}", follow_redirects=True).status_code == 200
    with database.transaction() as session:
        session.add(Suspension(member_id=cedar.member_id, since=clock.now(), until=None))
    cast.pause(alder)
    for someone in (cedar, alder):
        assert someone.client.get(f"/topics/{private}", follow_redirects=True).status_code == 404
        assert someone.client.get(f"/moderation/topics/{private}").status_code == 403


def test_a_case_of_more_than_a_page_shows_can_be_worked(
    app: Flask, database: Database, post: Told, morgan: Someone
) -> None:
    rules = [reason for reason in ReportReason if reason is not ReportReason.WORRIED_ABOUT_SOMEONE][:7]
    ids = [report(database, post.id, rule, f"Note {n} of {rule}") for rule in rules for n in range(5)]
    assert len(ids) == 35
    last = ids[-1]
    address = f"/moderation/reports/{last}"
    main = page(morgan.client, address)
    assert f"Note 4 of {rules[-1]}" in main.text
    assert "More was told about this post than is shown here." in main.text
    take(morgan.client, last)
    for told in (last, ids[0]):
        where = f"/moderation/reports/{told}"
        assert "You work on it" in page(morgan.client, where).text
        assert press(morgan.client, where, f"{where}/let-go").status_code == 303
        take(morgan.client, told)
    assert close(morgan.client, ids[0], "nothing-wrong") == 303
    assert all(one.closed_by_id == morgan.member_id for one in reports(database))
