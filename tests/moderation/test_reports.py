"""Telling the moderators about a post, with and without an account."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum import clock
from forum.accounts.models import Member
from forum.audit_log.models import AuditEntry
from forum.community.commands import writing as community
from forum.community.models.threads import Audience, Post, PostState
from forum.community.what_is_sent import PostEdit
from forum.database.session import Database
from forum.moderation.commands.reports import MOST_BY_A_MEMBER, MOST_BY_VISITORS, raise_report, sweep_reports
from forum.moderation.commands.working import claim_report, close_report
from forum.moderation.decisions import newest_decision
from forum.moderation.drafts import ClaimDraft, CloseDraft, ReportDraft
from forum.moderation.forms.telling import RULE_REASONS
from forum.moderation.models import Notice, Report, ReportOutcome, ReportReason
from forum.permissions.actor import VISITOR, MemberState
from forum.text.markdown import render_post
from tests import cast
from tests.community.conftest import reply
from tests.moderation.conftest import Told, make_post, send
from tests.pages import Element, read_page
from tests.threads import together


def reports(database: Database) -> list[Report]:
    with database.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def tell(database: Database, post_id: int, reason: ReportReason = ReportReason.OTHER, note: str = "") -> int:
    """Raise a visitor's report."""
    with database.transaction() as session:
        told = raise_report(session, VISITOR, post_id, ReportDraft(reason, note))
    assert told is not None
    return told


def listed(client: FlaskClient, address: str = "/moderation/reports") -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return read_page(answer.text).one("main")


def test_a_reader_without_an_account_can_say_that_they_are_worried(
    client: FlaskClient, database: Database, post: Told
) -> None:
    status, leads_to = send(client, f"{post.address}/worry", text="They said goodbye.\r\nPlease look.")
    assert (status, leads_to) == (303, f"{post.address}/worry/thanks")
    (report,) = reports(database)
    assert report.reason is ReportReason.WORRIED_ABOUT_SOMEONE
    assert report.note == "They said goodbye.\nPlease look."
    assert report.reporter_id is None


def test_a_members_report_carries_their_name(app: Flask, database: Database, post: Told) -> None:
    someone = cast.member(app)
    status, leads_to = send(someone.client, f"{post.address}/report", reason="spam-or-selling", text="")
    assert (status, leads_to) == (303, f"{post.address}/report/thanks")
    (report,) = reports(database)
    assert (report.reason, report.reporter_id) == (ReportReason.SPAM_OR_SELLING, someone.member_id)


def test_a_suspended_member_can_still_tell(app: Flask, database: Database, post: Told) -> None:
    assert send(cast.suspended(app).client, f"{post.address}/worry", text="")[0] == 303
    assert len(reports(database)) == 1


def test_the_worry_page_is_care_and_has_help_close_at_hand(client: FlaskClient, post: Told) -> None:
    main = read_page(client.get(f"{post.address}/worry").text).one("main")
    assert "/help-now" in {link.attributes["href"] for link in main.all("a")}
    assert "emergency number" in main.text
    for accusing in ("rule", "break", "violat", "offen"):
        assert accusing not in main.text.lower()
    assert not main.all("input", type="radio")


def test_the_report_page_offers_every_reason_but_the_worry(client: FlaskClient, post: Told) -> None:
    main = read_page(client.get(f"{post.address}/report").text).one("main")
    offered = main.all("input", type="radio")
    assert [choice.attributes["value"] for choice in offered] == [reason.value for reason in RULE_REASONS]
    assert "worried-about-someone" not in {choice.attributes["value"] for choice in offered}
    assert not [choice for choice in offered if "checked" in choice.attributes]
    # Whoever is worried is led to the path that is made for it.
    assert f"{post.address}/worry" in {link.attributes["href"] for link in main.all("a")}


@pytest.mark.parametrize("told", ["worry", "report"])
def test_the_thanks_say_what_happens_next(client: FlaskClient, post: Told, told: str) -> None:
    main = read_page(client.get(f"{post.address}/{told}/thanks").text).one("main")
    assert "Thank you" in main.one("h1").text
    assert "not always here" in main.text
    assert any(link.attributes["href"].startswith(f"/topics/{post.topic_id}/") for link in main.all("a"))


def test_the_thanks_stand_when_the_post_was_taken_away_meanwhile(
    client: FlaskClient, database: Database, post: Told
) -> None:
    with database.transaction() as session:
        session.execute(update(Post).values(state=PostState.HIDDEN))
    answer = client.get(f"{post.address}/report/thanks")
    assert answer.status_code == 200
    assert f"/topics/{post.topic_id}" not in answer.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": "It hurts."}, "Choose what it is about."),
        ({"reason": "", "text": "It hurts."}, "Choose what it is about."),
        ({"reason": "nonsense", "text": "It hurts."}, "Choose what it is about."),
        ({"reason": "worried-about-someone", "text": "It hurts."}, "Choose what it is about."),
        ({"reason": "other", "text": "It hurts. " + "x" * 1000}, "Keep it under 1000 characters."),
    ],
)
def test_a_report_that_lacks_something_is_asked_for_again_with_its_words(
    client: FlaskClient, database: Database, post: Told, fields: dict[str, str], sentence: str
) -> None:
    status, page = send(client, f"{post.address}/report", **fields)
    assert status == 422
    main = read_page(page).one("main")
    assert sentence in main.text
    assert main.one("textarea").raw.strip() == fields["text"]
    assert reports(database) == []


def test_a_worry_that_is_too_long_keeps_its_words(
    client: FlaskClient, database: Database, post: Told
) -> None:
    text = "<b>&amp; " + "y" * 1000
    status, page = send(client, f"{post.address}/worry", text=text)
    assert status == 422
    assert read_page(page).one("textarea").raw.strip() == text
    assert reports(database) == []


def test_a_thousand_characters_are_not_too_many(client: FlaskClient, database: Database, post: Told) -> None:
    # A browser counts a line's end as one character, and sends two.
    text = "\r\n".join(["z" * 99] * 10)
    assert send(client, f"{post.address}/worry", text=text)[0] == 303
    assert len(reports(database)[0].note) == 999


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "other", "text": "", "reporter_id": "1"},
        {"reason": "other", "text": "", "raised_at": "2020-01-01"},
        {"text": "", "post_id": "2", "reason": "other"},
    ],
)
def test_fields_that_the_form_does_not_have_are_refused(
    client: FlaskClient, database: Database, post: Told, fields: dict[str, str]
) -> None:
    assert send(client, f"{post.address}/report", **fields)[0] == 400
    assert reports(database) == []


def test_a_worry_takes_no_reason_from_outside(client: FlaskClient, database: Database, post: Told) -> None:
    assert send(client, f"{post.address}/worry", text="", reason="other")[0] == 400
    assert reports(database) == []


def test_invisible_characters_and_markup_arrive_as_text(
    app: Flask, client: FlaskClient, database: Database, post: Told
) -> None:
    hostile = "\u202eabc\x00<script>alert(1)</script>"
    assert send(client, f"{post.address}/worry", text=hostile)[0] == 303
    assert reports(database)[0].note == "abc<script>alert(1)</script>"
    page = cast.moderator(app).client.get(f"/moderation/reports/{reports(database)[0].id}")
    assert "<script>alert(1)" not in page.text
    assert "<script>alert(1)</script>" in read_page(page.text).one("main").text


@pytest.mark.parametrize("told", ["worry", "report"])
def test_nothing_is_told_without_a_token(
    client: FlaskClient, database: Database, post: Told, told: str
) -> None:
    assert client.post(f"{post.address}/{told}", data={"text": "", "reason": "other"}).status_code == 400
    assert reports(database) == []


@pytest.mark.parametrize("told", ["worry", "report"])
@pytest.mark.parametrize("post_id", ["0", "999999999", "99999999999999999999999", "x", "-1"])
def test_a_post_that_is_not_there_is_not_found(client: FlaskClient, told: str, post_id: str) -> None:
    assert client.get(f"/posts/{post_id}/{told}").status_code == 404


@pytest.mark.parametrize("told", ["worry", "report"])
def test_a_post_that_one_may_not_read_can_not_be_told_about(
    app: Flask, client: FlaskClient, database: Database, post: Told, told: str
) -> None:
    hidden, _topic, _room = make_post(
        database, post.author.actor, "flares-today", "Among us.", audience=Audience.MEMBERS
    )
    assert client.get(f"/posts/{hidden}/{told}").status_code == 404
    token = read_page(client.get(f"{post.address}/{told}").text).one("input", name="csrf_token")
    fields = {"csrf_token": token.attributes["value"], "text": ""}
    if told == "report":
        fields["reason"] = "other"
    assert client.post(f"/posts/{hidden}/{told}", data=fields).status_code == 404
    assert reports(database) == []
    del fields["csrf_token"]
    assert send(cast.member(app).client, f"/posts/{hidden}/{told}", **fields)[0] == 303


def test_a_member_who_sends_twice_raises_one_report_with_all_words(
    app: Flask, database: Database, post: Told
) -> None:
    someone = cast.member(app)
    for text in ("First.", "First.", "And more."):
        assert send(someone.client, f"{post.address}/report", reason="harassment", text=text)[0] == 303
    (report,) = reports(database)
    assert report.note == "First.\n\nAnd more."


def test_another_reason_another_member_or_a_later_day_is_another_report(
    app: Flask, database: Database, post: Told
) -> None:
    juniper, marlow = cast.member(app, "Juniper"), cast.member(app, "Marlow")
    send(juniper.client, f"{post.address}/report", reason="harassment", text="")
    send(juniper.client, f"{post.address}/report", reason="other", text="")
    send(marlow.client, f"{post.address}/report", reason="harassment", text="")
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        send(juniper.client, f"{post.address}/report", reason="harassment", text="")
    assert len(reports(database)) == 4


def test_two_visitors_are_not_taken_for_one(app: Flask, database: Database, post: Told) -> None:
    for text in ("One says this.", "One says this.", "Another says that."):
        send(cast.visitor(app), f"{post.address}/worry", text=text)
    assert [report.note for report in reports(database)] == ["One says this.", "Another says that."]


def test_reported_words_outlive_being_changed_or_taken_back(
    app: Flask, database: Database, post: Told
) -> None:
    someone = cast.member(app, "Marlow")
    reported = reply(database, someone.actor, post.topic_id, "Buy my cure.")
    told = tell(database, reported, ReportReason.SPAM_OR_SELLING)
    with database.transaction() as session:
        community.edit_post(session, someone.actor, reported, PostEdit(render_post("How kind of you.")))
    with database.transaction() as session:
        community.delete_post(session, someone.actor, reported)
    main = listed(cast.moderator(app).client, f"/moderation/reports/{told}")
    assert "Buy my cure." in main.one("details").text
    assert "How kind" not in main.text


def test_a_report_is_counted_by_nothing_public(client: FlaskClient, database: Database, post: Told) -> None:
    before = client.get(f"/topics/{post.topic_id}", follow_redirects=True).text
    tell(database, post.id, note="Among moderators.")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 1
    assert client.get(f"/topics/{post.topic_id}", follow_redirects=True).text == before


def test_visitors_are_heard_and_can_not_bury_what_others_tell(
    app: Flask, database: Database, post: Told
) -> None:
    for number in range(MOST_BY_VISITORS + 2):
        status, leads_to = send(cast.visitor(app), f"{post.address}/worry", text=f"Worry {number}.")
        assert (status, leads_to) == (303, f"{post.address}/worry/thanks")
    assert [report.note for report in reports(database)] == [
        f"Worry {number}." for number in range(MOST_BY_VISITORS)
    ]
    # Another reason, another post, a member and the next day are not held back by it.
    tell(database, post.id, ReportReason.OTHER)
    tell(database, reply(database, post.author.actor, post.topic_id), ReportReason.WORRIED_ABOUT_SOMEONE)
    assert send(cast.member(app).client, f"{post.address}/worry", text="")[0] == 303
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        tell(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE, "The next day.")
    assert len(reports(database)) == MOST_BY_VISITORS + 4


def test_visitors_who_send_at_once_take_turns(database: Database, post: Told) -> None:
    def worry(number: int) -> int | None:
        draft = ReportDraft(ReportReason.WORRIED_ABOUT_SOMEONE, f"Worry {number}.")
        with database.transaction() as session:
            return raise_report(session, VISITOR, post.id, draft)

    told = together(8, worry)
    assert told.count(None) == 8 - MOST_BY_VISITORS
    assert len(reports(database)) == MOST_BY_VISITORS


def test_a_member_who_tells_too_often_is_asked_to_wait_and_keeps_their_words(
    app: Flask, database: Database, post: Told
) -> None:
    someone = cast.member(app)
    *first, last = (reply(database, post.author.actor, post.topic_id) for _ in range(MOST_BY_A_MEMBER + 1))
    address = f"/posts/{last}/worry"
    with time_machine.travel(clock.now(), tick=False) as moment:
        for post_id in first:
            with database.transaction() as session:
                raise_report(session, someone.actor, post_id, ReportDraft(ReportReason.OTHER, ""))
            moment.shift(timedelta(minutes=1))
        form = read_page(someone.client.get(address).text).one("main").one("form", method="post")
        token = form.one("input", name="csrf_token").attributes["value"]
        fields = {"csrf_token": token, "text": "They said goodbye."}
        answer = someone.client.post(address, data=fields)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == str(60 * (60 - MOST_BY_A_MEMBER))
        assert "They said goodbye." in answer.text
        assert "emergency number" in read_page(answer.text).one("main").text
        assert len(reports(database)) == MOST_BY_A_MEMBER
        moment.shift(timedelta(minutes=60 - MOST_BY_A_MEMBER))
        assert someone.client.post(address, data=fields).status_code == 303
    assert len(reports(database)) == MOST_BY_A_MEMBER + 1


def test_reports_are_kept_as_long_as_the_policies_say(database: Database, post: Told) -> None:
    # A part of D15: every other table with a time of its own is still to come.
    tell(database, post.id, ReportReason.WORRIED_ABOUT_SOMEONE)
    tell(database, post.id, ReportReason.HARASSMENT)

    def left_after(days: int) -> list[ReportReason]:
        with time_machine.travel(clock.now() + timedelta(days=days)), database.transaction() as session:
            sweep_reports(session)
        return [report.reason for report in reports(database)]

    assert left_after(89) == [ReportReason.WORRIED_ABOUT_SOMEONE, ReportReason.HARASSMENT]
    assert left_after(91) == [ReportReason.HARASSMENT]
    assert left_after(182) == [ReportReason.HARASSMENT]
    assert left_after(184) == []


def test_an_answer_stays_and_says_no_more_what_it_was_about(
    app: Flask, database: Database, post: Told
) -> None:
    cedar, juniper = cast.moderator(app), cast.member(app)
    draft = ReportDraft(ReportReason.WORRIED_ABOUT_SOMEONE, "They said goodbye.")
    with database.transaction() as session:
        told = raise_report(session, juniper.actor, post.id, draft)
        assert told is not None
        claim_report(session, cedar.actor, told, ClaimDraft(0, take_over=False))
        seen = newest_decision(session, AuditEntry.report_id == told)
        close_report(session, cedar.actor, told, CloseDraft(seen, ReportOutcome.CARED, "They are well."))
    with time_machine.travel(clock.now() + timedelta(days=91)), database.transaction() as session:
        sweep_reports(session)
    assert reports(database) == []
    with database.reading() as session:
        notice = session.scalars(select(Notice)).one()
    assert (notice.report_id, notice.post_id, notice.topic_id) == (None, None, None)
    assert (notice.their_words, notice.message) == ("", "")
    assert "looking after it" in listed(juniper.client, f"/notices/{notice.id}").text


def test_a_topic_of_somebody_out_of_sight_is_not_named_where_a_reply_is_reported(
    app: Flask, client: FlaskClient, database: Database, post: Told
) -> None:
    answered = reply(database, cast.member(app).actor, post.topic_id)
    address = f"/posts/{answered}"
    pages = [f"{address}/{page}" for page in ("worry", "report", "worry/thanks", "report/thanks")]
    assert all("flare-number-nine" in client.get(page).text for page in pages)
    with database.transaction() as session:
        session.execute(
            update(Member).where(Member.id == post.author.member_id).values(state=MemberState.LEAVING)
        )
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        assert "flare" not in read_page(answer.text).one("main").text.lower()
        assert "flare-number-nine" not in answer.text
